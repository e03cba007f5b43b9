"""The benchmarks of jitter and of smoothing draw what they say, and measure right."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.jitter import FRAMES, Clip, Shake, figures, shaken, watch
from benchmarks.posed import HEIGHT, WIDTH, Person, people
from benchmarks.smoothing import DELAY, EVEN, compare, delay, judged, lengthened, low_pass, response, tuned
from inference import ValenceModel
from media.crowd import FPS
from stream.faces.detection import open_detector
from tests import MEDIA

STILL = Shake(shift=0, zoom=0, roll=0, light=0, noise=0, quality=(90, 91))


@pytest.fixture(scope="module")
def person() -> Person:
    (found,) = people([MEDIA / "one_face.jpg"], open_detector(), ValenceModel.open(device="cpu"))
    return found


@pytest.fixture(scope="module")
def noisy() -> list[Clip]:
    """Noise as of six faces, of which some are read surely and some are not."""
    random = np.random.default_rng(0)
    sizes = (0.005, 0.01, 0.01, 0.02, 0.04, 0.05)
    return [
        Clip(size * random.standard_normal(FRAMES), np.full(FRAMES, 0.04 + 3 * size), np.zeros(FRAMES))
        for size in sizes
    ]


def test_what_is_not_to_shake_stays_and_two_runs_see_the_same(person: Person) -> None:
    first, second = shaken(person, 2, STILL)
    assert first.shape == (HEIGHT, WIDTH, 3) and np.array_equal(first, second)
    one, other = (list(shaken(person, 2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(one[0], one[1])


def test_a_shaken_face_is_read_in_every_frame_and_shakes_more_than_a_still_one(person: Person) -> None:
    detector, model = open_detector(), ValenceModel.open(device="cpu")
    shaking = watch(shaken(person, 20), detector, model)
    still = watch(shaken(person, 20, STILL), detector, model)
    assert len(shaking.raw) == len(still.raw) == 20
    assert still.raw.std() < shaking.raw.std() < 0.1
    assert (shaking.spread > 0).all()
    found = figures([shaking])
    assert found["frames without the face"] == FRAMES - 20
    assert found["raw"] == {"median": round(shaking.raw.std(), 4), "p90": round(shaking.raw.std(), 4)}


def test_a_low_pass_filter_takes_as_long_as_theory_says() -> None:
    silence = [(np.zeros(150), np.ones(150))]
    risen = response(low_pass(1 / 0.3), silence, 0.5)
    # The frame in which a step begins has it for a whole frame already.
    assert delay(risen, 1 - math.exp(-1)) == pytest.approx(0.3, abs=0.002)
    assert delay(risen, 0.9) == pytest.approx(0.3 * math.log(10), abs=0.002)
    assert delay(risen, 1.1) == math.inf
    figures = judged(low_pass(1 / 0.3), silence)
    assert figures["over"] == 0 and figures["glitch"] == pytest.approx(1 - math.exp(-1 / 9), abs=1e-3)


def test_filters_are_compared_at_the_same_delay(noisy: list[Clip]) -> None:
    noises = [lengthened(clip) for clip in noisy]
    for family in (low_pass,):
        assert delay(response(tuned(family, noises), noises, EVEN), 1 - math.exp(-1)) == pytest.approx(
            DELAY, abs=1e-3
        )
    told = compare(noisy)
    for name in ("low-pass", "one-euro", "Kalman"):
        assert told[name][f"step {EVEN}"][0] == pytest.approx(1000 * DELAY, abs=1)


def test_what_ships_lets_less_noise_through_and_is_as_fast(noisy: list[Clip]) -> None:
    told = compare(noisy)
    ours, fixed = told["shipped"], told["low-pass"]
    assert all(a < 0.9 * b for a, b in zip(ours["noise"], fixed["noise"], strict=True))
    assert ours[f"step {EVEN}"][0] < fixed[f"step {EVEN}"][0] + 1000 / FPS
    assert ours["step 0.5"][0] < 0.6 * fixed["step 0.5"][0]


def test_the_face_is_as_large_as_it_says_and_in_the_middle(person: Person) -> None:
    (image,) = shaken(person, 1, STILL)
    (found,) = [face for face in open_detector().detect(image) if face.score > 0.8]
    assert math.sqrt(found.box.area) == pytest.approx(120, rel=0.1)
    assert found.box.centre == pytest.approx((WIDTH / 2, HEIGHT / 2), abs=10)
