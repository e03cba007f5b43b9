"""Which causal filter lets least of the readings' noise through at the same delay.

    python -m benchmarks.smoothing                      # the two portraits of media/
    python -m benchmarks.smoothing PORTRAITS --json     # a folder of photographs, one person each

The noise is that of the clips of `benchmarks.jitter`, each repeated to `LENGTH` frames; a step is added.
Every filter is tuned by its one free constant until it takes as long for a step of `EVEN` as a first-order
low-pass filter with the shipped time constant: `DELAY` seconds until 63 % have come through. Then:

noise       standard deviation of what comes through of noise alone: median over clips, 90th percentile, mean
63 %, 90 %  milliseconds from a step of that size until so much of it has come through, mean over clips
over        how far the mean response rises beyond the step, in steps
glitch      share of one frame that is off by .5 that comes through at most

low-pass    first-order, its rate fixed
one-euro    Casiez, Roussel & Vogel 2012: its rate grows with the speed of the values
Kalman      a random walk read with the network's own error (`spread`): sure readings count for more
shipped     `stream.faces.smoothing`, as it is
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.jitter import Clip, Values, asked
from media.crowd import FPS
from stream.faces.smoothing import TIME_CONSTANT, Smoother

LENGTH, START = 150, 60
"""Frames of a clip, and the one with which the step begins."""
STEPS = (0.05, 0.1, 0.2, 0.5)
EVEN = 0.1
DELAY = TIME_CONSTANT
_SPEED, _BETA = 1.0, 0.5
"""Hertz up to which the one-euro filter sees speed, and what its cut-off gains by it (Hz per 1/s)."""

Filter = Callable[[Values, Values], Values]
"""Raw values (n,) and their spread (n,) at `FPS` frames a second, to smoothed values (n,)."""


def low_pass(rate: float) -> Filter:
    """`rate` in 1/s."""
    gain = 1 - math.exp(-rate / FPS)

    def run(raw: Values, _spread: Values) -> Values:
        smoothed = raw.copy()
        for i in range(1, len(raw)):
            smoothed[i] = smoothed[i - 1] + gain * (raw[i] - smoothed[i - 1])
        return smoothed

    return run


def one_euro(rate: float) -> Filter:
    """`rate` in 1/s, of values that stay."""
    see = 1 - math.exp(-2 * math.pi * _SPEED / FPS)

    def run(raw: Values, _spread: Values) -> Values:
        smoothed, speed = raw.copy(), 0.0
        for i in range(1, len(raw)):
            speed += see * ((raw[i] - raw[i - 1]) * FPS - speed)
            gain = 1 - math.exp(-(rate + 2 * math.pi * _BETA * abs(speed)) / FPS)
            smoothed[i] = smoothed[i - 1] + gain * (raw[i] - smoothed[i - 1])
        return smoothed

    return run


def kalman(rate: float) -> Filter:
    """`rate`: how far the walk goes in a second, in spreads of .1."""

    def run(raw: Values, spread: Values) -> Values:
        smoothed = raw.copy()
        noise = np.maximum(spread, 1e-3) ** 2
        variance = noise[0]
        for i in range(1, len(raw)):
            variance += (0.1 * rate) ** 2 / FPS
            gain = variance / (variance + noise[i])
            smoothed[i] = smoothed[i - 1] + gain * (raw[i] - smoothed[i - 1])
            variance *= 1 - gain
        return smoothed

    return run


def shipped(raw: Values, _spread: Values) -> Values:
    """What the product does."""
    smoother = Smoother()
    return np.array([smoother(i / FPS, value) for i, value in enumerate(raw.tolist())])


def lengthened(clip: Clip) -> tuple[Values, Values]:
    """The clip's noise around zero and its spread, repeated to `LENGTH` frames."""
    index = np.arange(LENGTH) % len(clip.raw)
    return (clip.raw - clip.raw.mean())[index], clip.spread[index]


def response(run: Filter, noises: Sequence[tuple[Values, Values]], step: float) -> Values:
    """(n,) the mean over clips of the share of a step that has come through, frame by frame after it."""
    rise = np.where(np.arange(LENGTH) >= START, step, 0.0)
    return np.asarray(np.mean([run(noise + rise, spread)[START:] for noise, spread in noises], axis=0) / step)


def delay(risen: Values, share: float) -> float:
    """Seconds until `share` of a step has come through, between frames by a straight line; inf: never."""
    reached = np.flatnonzero(risen >= share)
    if not len(reached):
        return math.inf
    first = int(reached[0])
    before = 0.0 if first == 0 else float(risen[first - 1])
    return (first + (share - before) / (float(risen[first]) - before)) / FPS


def tuned(family: Callable[[float], Filter], noises: Sequence[tuple[Values, Values]]) -> Filter:
    """The filter of the family that takes `DELAY` for a step of `EVEN`, by bisection of its rate."""
    low, high = 0.01, 100.0
    for _ in range(25):
        rate = math.sqrt(low * high)
        if delay(response(family(rate), noises, EVEN), 1 - math.exp(-1)) > DELAY:
            low = rate
        else:
            high = rate
    return family(high)


def judged(run: Filter, noises: Sequence[tuple[Values, Values]]) -> dict[str, Any]:
    """The figures of one filter, by the words of the table."""
    noise = [float(run(*pair)[START:].std()) for pair in noises]
    once = np.where(np.arange(LENGTH) == START, 0.5, 0.0)
    told: dict[str, Any] = {
        "noise": [float(np.median(noise)), float(np.percentile(noise, 90)), float(np.mean(noise))],
        "glitch": float(np.mean([run(once, spread).max() / 0.5 for _, spread in noises])),
        "over": max(0.0, max(float(response(run, noises, step).max()) - 1 for step in STEPS)),
    }
    for step in STEPS:
        risen = response(run, noises, step)
        told[f"step {step}"] = [1000 * delay(risen, share) for share in (1 - math.exp(-1), 0.9)]
    return told


def compare(watched: Sequence[Clip]) -> dict[str, dict[str, Any]]:
    """The figures of all filters."""
    noises = [lengthened(clip) for clip in watched]
    filters = {
        "low-pass": tuned(low_pass, noises),
        "one-euro": tuned(one_euro, noises),
        "Kalman": tuned(kalman, noises),
        "shipped": shipped,
    }
    return {name: judged(run, noises) for name, run in filters.items()}


def main() -> None:
    """Prints the table."""
    watched, as_json = asked(__doc__, 1)
    told = compare(watched)
    if as_json:
        print(json.dumps(told))
        return
    table = Table(title=f"Smoothing at the same delay, {len(watched)} clips")
    columns = ("noise: median", "p90", "mean", *(f"step {step}: 63 / 90 %, ms" for step in STEPS))
    for column in ("", *columns, "over", "glitch"):
        table.add_column(column, justify="left" if not column else "right")
    for name, figures in told.items():
        steps = (" / ".join(f"{value:.0f}" for value in figures[f"step {step}"]) for step in STEPS)
        rest = (f"{figures['over']:.2f}", f"{figures['glitch']:.2f}")
        table.add_row(name, *(f"{value:.4f}" for value in figures["noise"]), *steps, *rest)
    Console().print(table)


if __name__ == "__main__":
    main()
