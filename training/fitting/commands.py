"""What the command line calls: a phase, from settings to its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from training.datasets.crops import cropping
from training.datasets.faces import Locate
from training.datasets.files import read_json
from training.datasets.prepare import Prepared, prepare
from training.errors import TrainingError
from training.fitting import phases, tuning
from training.fitting.config import Config, config_from
from training.fitting.progress import Bars
from training.fitting.runs import (
    CONFIG,
    CROSS_VALIDATION,
    FINAL,
    MODEL_SELECTION,
    RESULT,
    TUNING,
    Run,
    open_run,
)
from training.scoring.judged import Judge
from training.shipping.card import record, write_card
from training.shipping.export import export as export_network
from training.shipping.export import ship


@dataclass(frozen=True)
class Places:
    """Where things are kept."""

    data: Path = Path("data")
    runs: Path = Path("runs")
    models: Path = Path("models")


@dataclass(frozen=True)
class Order:
    """One call of a phase."""

    config: Config
    locate: Locate
    """Finds the face in a training picture."""
    places: Places = Places()
    resume: bool = False
    """Go on with the newest interrupted run."""
    quality: Judge | None = None
    """Judges faces, for the error bar of what is exported; None: it gets none."""


def train(order: Order) -> phases.Result:
    """`phases.train`, in a run of its own."""
    return _run(order, FINAL, order.config.recipe.network, phases.train)


def cross_validate(order: Order) -> phases.Result:
    """`phases.cross_validate`, in a run of its own."""
    return _run(order, CROSS_VALIDATION, order.config.recipe.network, phases.cross_validate)


def model_selection(order: Order) -> phases.Result:
    """`phases.model_selection`, in a run of its own."""
    return _run(order, MODEL_SELECTION, "comparison", phases.model_selection)


def tune(order: Order) -> phases.Result:
    """`tuning.tune`, in a run of its own."""
    return _run(order, TUNING, order.config.recipe.network, tuning.tune)


def evaluate(
    order: Order, source: Path | None = None, split: str = "test", card: bool = False
) -> phases.Result:
    """`phases.evaluate` of `source`, by default the newest finished training run; `card` writes what
    is left under corruption into the model card."""
    chosen = source or newest_run(order)

    def phase(run: Run, prepared: Prepared, bars: Bars) -> phases.Result:
        result = phases.evaluate(run, chosen, prepared, bars, split)
        if card:
            bars.say(f"written to {record(order.places.models, robustness=result['robustness'])}")
        return result

    return _run(order, "evaluate", _label(chosen), phase)


def average(order: Order, source: Path | None = None, share: float = 0.5) -> phases.Result:
    """`phases.average` of `source`, by default the newest finished training run."""
    chosen = source or newest_run(order)
    return _run(order, FINAL, _label(chosen), partial(phases.average, source=chosen, share=share))


def export(
    order: Order,
    source: Path | None = None,
    *,
    others: Sequence[Path] = (),
    share: float | None = None,
    name: str = "",
    version: str = "1.0",
    shipped: bool = False,
) -> phases.Result:
    """`export.export` of `source`, by default the newest finished training run, averaged with `others`
    (`share`: how much of the mean is `source`'s); `shipped` puts it into the models folder."""
    chosen = source or newest_run(order)

    def phase(run: Run, prepared: Prepared, bars: Bars) -> phases.Result:
        result = export_network(
            run,
            [chosen, *others],
            prepared,
            bars,
            quality=order.quality,
            first=share,
            name=name,
            version=version,
        )
        if shipped:
            ship(run.folder, order.places.models)
            write_card(order.places.models)
        bars.say(f"the model is in {order.places.models if shipped else run.folder}")
        return result

    return _run(order, "export", _label(chosen), phase)


def newest_run(order: Order) -> Path:
    """The newest finished run of `train` for the network in the order's settings.

    Raises:
        TrainingError: there is none.
    """
    home = order.places.runs / FINAL / order.config.recipe.network
    finished = sorted(f.parent for f in home.glob(f"*/{RESULT}"))
    if not finished:
        raise TrainingError(f"no finished training run in {home}; train first, or name a run's folder")
    return finished[-1]


def _label(source: Path) -> str:
    """The folder's network, or the file's name: the middle part of where the results go."""
    if source.suffix in (".json", ".onnx"):
        return source.stem
    config = source / CONFIG
    return config_from(read_json(config), str(config)).recipe.network if config.is_file() else source.name


def _run(
    order: Order, phase: str, network: str, do: Callable[[Run, Prepared, Bars], phases.Result]
) -> phases.Result:
    with Bars() as bars:
        # A run that cannot be resumed, or data that cannot be read, must leave no folder behind.
        resumed = open_run(order.places.runs, phase, network, order.config, True) if order.resume else None
        config = resumed.config if resumed else order.config
        prepared = prepare(
            config.data, order.places.data, cropping(order.places.models), order.locate, bars.align
        )
        run = resumed or open_run(order.places.runs, phase, network, config)
        try:
            return do(run, prepared, bars)
        except TrainingError:
            run.discard_unless_begun()
            raise
