"""Where a phase keeps what it did: ``runs/<phase>/<network>/<time>/``.

``config.json`` says what was asked for and is there from the start, ``result.json`` what came out
and is there when the phase is done. A folder with the first and without the second was interrupted.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from training.datasets.files import read_json, write_json
from training.errors import TrainingError
from training.fitting.config import Config, config_from

CONFIG, RESULT = "config.json", "result.json"

MODEL_SELECTION, CROSS_VALIDATION, TUNING, FINAL = "model_selection", "cross_validation", "tuning", "final"
"""The folders of the phases of training."""


@dataclass(frozen=True)
class Run:
    folder: Path
    config: Config
    resumed: bool

    def finish(self, result: dict[str, Any]) -> None:
        """Stores `result`; from now on the run is done."""
        write_json(self.folder / RESULT, result)

    def discard_unless_begun(self) -> None:
        """Removes the folder where nothing in it is worth resuming."""
        if not any(self.folder.rglob("*.pt")):
            shutil.rmtree(self.folder)


def open_run(runs: Path, phase: str, network: str, config: Config, resume: bool = False) -> Run:
    """A new run, or with `resume` the newest one that was interrupted, with the settings it began with.

    Raises:
        TrainingError: there is nothing to resume, or `runs` cannot be written.
    """
    home = runs / phase / network
    if resume:
        interrupted = [f.parent for f in sorted(home.glob(f"*/{CONFIG}")) if not (f.parent / RESULT).exists()]
        if not interrupted:
            raise TrainingError(f"no interrupted run in {home}; start one without --resume")
        folder = interrupted[-1]
        return Run(folder, config_from(read_json(folder / CONFIG), str(folder / CONFIG)), True)
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    names = itertools.chain([stamp], (f"{stamp}_{i}" for i in itertools.count(2)))
    folder = next(home / n for n in names if not (home / n).exists())
    write_json(folder / CONFIG, config.to_dict())
    return Run(folder, config, False)
