"""`valence doctor`: what is installed, what really runs, what is missing and how to get it."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.table import Table

from analysis.engine import detector_of, open_model
from analysis.errors import AnalysisError
from inference.outputs import Output
from stream.faces.detection import DETECTORS, DetectorError, open_detector
from valence import __version__
from valence.errors import DONE, FAILED, how_to_get
from valence.printing import cell, console, print_json
from valence.settings import Settings

_PACKAGES = (
    "onnxruntime",
    "opencv-python-headless",
    "dlib-bin",
    "av",
    "aiortc",
    "fastapi",
    "numpy",
)
_EXTRAS = {"torch": "training", "tensorboard": "training", "pyarrow": "parquet", "onnxruntime-gpu": "gpu"}


def run(settings: Settings, *, as_json: bool) -> int:
    """Prints the report; the exit code is 0 where analysing works."""
    report = examine(settings)
    if as_json:
        print_json(report, indent=None)
    else:
        _print(report)
    return DONE if not report["problems"] else FAILED


def examine(settings: Settings) -> dict[str, Any]:
    """The report as plain data."""
    problems: list[str] = []
    model: dict[str, Any] | None = None
    running = None
    try:
        opened = open_model(settings.analysis)
        running = opened.device
        manifest = opened.manifest
        model = {"name": manifest.name, "version": manifest.version, "sha256": manifest.sha256}
        model |= {"precision": manifest.precision, "remark": opened.remark, "metrics": manifest.metrics}
        model["says"] = said(manifest.output)
    except AnalysisError as error:
        problems.append(str(error))
    detectors: dict[str, str] = {}
    for name in DETECTORS:
        try:
            open_detector(name, settings.detector_weights)
            detectors[name] = "ready"
        except DetectorError as error:
            detectors[name] = str(error)
    try:
        detector_of(settings.analysis)
    except AnalysisError as error:
        problems.append(str(error))
    if not _writable(settings.sessions):
        problems.append(
            f"the sessions folder {settings.sessions} cannot be written; set VALENCE_SESSIONS to one that can"
        )
    missing = {name: how_to_get(extra) for name, extra in _EXTRAS.items() if _installed(name) is None}
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "device": {"requested": settings.device, "running": running},
        "model": model,
        "detectors": detectors,
        "sessions": str(settings.sessions),
        "packages": {name: _installed(name) for name in _PACKAGES},
        "optional_missing": missing,
        "problems": problems,
    }


def said(output: Output) -> list[str]:
    """What a network says of a face, in words."""
    beside = {
        "its error": output.spread and output.error,
        "arousal": output.arousal,
        "expressions": output.expressions,
    }
    return ["valence", *(name for name, there in beside.items() if there)]


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _writable(folder: Path) -> bool:
    """Whether it can be written, or made."""
    existing = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)


def _print(report: dict[str, Any]) -> None:
    screen = console()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("valence", f"{report['version']} on Python {report['python']}, {report['cores']} cores")
    device = report["device"]
    table.add_row("device", f"{device['running'] or 'none'} (asked for: {device['requested']})")
    if report["model"]:
        table.add_row("model", cell(f"{report['model']['name']} {report['model']['version']}"))
        file = [report["model"]["precision"], f"sha256 {report['model']['sha256'][:16]}…"]
        table.add_row("", ", ".join(part for part in file if part))
        table.add_row("", f"says {', '.join(report['model']['says'])}")
        if report["model"]["remark"]:
            table.add_row("", cell(report["model"]["remark"], "yellow"))
    for name, state in report["detectors"].items():
        table.add_row(f"detector {name}", cell(state))
    table.add_row("sessions", cell(report["sessions"]))
    for name, version in report["packages"].items():
        table.add_row(name, version or f"missing: python -m pip install {name}")
    for name, how in report["optional_missing"].items():
        table.add_row(name, f"not installed (optional): {how}")
    screen.print(table)
    for problem in report["problems"]:
        screen.print(cell(f"problem: {problem}", "red"))
    if not report["problems"]:
        screen.print("Ready.", style="green")
