"""What became of the inputs, and what of it must not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.hostile.inputs import Batch
from benchmarks.hostile.made import Expected, Made

FAULTS = ("Traceback (most recent call last)", "unexpected ", "Segmentation fault", "Fatal Python error")
"""What a log must not hold: an error that nobody foresaw, however it is put."""


@dataclass
class Verdict:
    """Of one way in, e.g. the command line. Each list names offenders."""

    way: str
    inputs: int = 0
    analysed: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    peak_mb: float = 0.0
    faults: list[str] = field(default_factory=list)
    """Lines of a traceback's end, or of a fault that was caught."""
    slow: list[str] = field(default_factory=list)
    """Over the time limit."""
    large: list[str] = field(default_factory=list)
    """Over the memory limit."""
    deaths: list[str] = field(default_factory=list)
    """The process ended while it had this input, or before it had said anything of it."""
    left: list[str] = field(default_factory=list)
    """Good files that were not analysed."""
    outside: list[str] = field(default_factory=list)
    """What was read that is not in the input."""
    offenders: set[Path] = field(default_factory=set)

    LISTS = ("faults", "slow", "large", "deaths", "left", "outside")

    @property
    def fine(self) -> bool:
        return not any(getattr(self, name) for name in self.LISTS)

    def offend(self, which: str, batch: Batch, made: Made | None, text: str = "") -> None:
        """Note an offender; without `made`, the batch is all that is known of it."""
        path = batch.folder / made.path if made else batch.folder
        where = f"{batch.folder.name}/{made.path}" if made else batch.folder.name
        getattr(self, which).append(f"{where}: {text}" if text else where)
        self.offenders.add(path)

    def judge(self, batch: Batch, made: Made, error: str | None) -> None:
        """What was said of one input. error: why it was refused; None: it was analysed."""
        self.inputs += 1
        self.analysed += error is None
        self.refused += error is not None
        if made.expected is Expected.ANALYSED and error is not None:
            self.offend("left", batch, made, error)
        if made.expected is Expected.REFUSED and error is None:
            self.offend("outside", batch, made, "it was analysed, and holds no picture itself")
        if error is not None and any(fault in error for fault in FAULTS):
            self.offend("faults", batch, made, error)

    def read_log(self, batch: Batch, text: str) -> None:
        """Looks for faults in what a process wrote beside its results."""
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if FAULTS[0] in line:
                last = next((at for at in lines[number + 1 :] if at and not at.startswith(" ")), "")
                self.offend("faults", batch, None, last)
            elif any(fault in line for fault in FAULTS[2:]):
                self.offend("faults", batch, None, line)

    def as_json(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name != "offenders"}
        return {**kept, "fine": self.fine}
