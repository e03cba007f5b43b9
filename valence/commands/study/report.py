"""Aggregating a study's stimuli and writing the report with its CSV and JSON files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.probe import stills
from inference import ManifestError
from inference.manifest import Manifest
from inference.manifest import load as load_manifest
from results import (
    Comparison,
    Findings,
    Options,
    Store,
    Study,
    aggregate,
    curve_csv,
    difference_csv,
    responses,
    utf8,
    written_atomically,
)
from results.report.documents import report_json, report_page
from valence.commands.study.add import progress
from valence.printing import shown
from valence.settings import Settings


def findings_of(
    store: Store, study: Study, stimulus: str | None = None, options: Options | None = None
) -> Findings:
    """Aggregate one stimulus, with a progress bar while its sessions are read."""
    of = study.stimulus(stimulus)
    with progress() as bars:
        bar = bars.add_task(shown(f"reading {of.name}"), total=of.viewings)
        given = []
        for response in responses(store, study.id, of.id):
            given.append(response)
            bars.advance(bar)
    return aggregate(store, study.id, of.id, options=options, given=given, beside=True)


def write_report(
    out: Path, findings: Sequence[Findings], comparisons: Sequence[Comparison], settings: Settings
) -> dict[str, Any]:
    """Write report.html, report.json and a CSV per stimulus and comparison into the folder `out`.

    Returns what the JSON file holds, and under `files` where everything is.
    """
    files = {"html": out / "report.html", "json": out / "report.json"}
    _write(files["html"], report_page(findings, comparisons, _manifest(settings), stills))
    tables = []
    for one in findings:
        tables.append(out / f"{one.stimulus.id}.csv")
        _write(tables[-1], curve_csv(one))
    for pair in comparisons:
        tables.append(out / f"{pair.a.stimulus.id}-less-{pair.b.stimulus.id}.csv")
        _write(tables[-1], difference_csv(pair))
    content = report_json(findings, comparisons)
    _write(files["json"], json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    listed = {**{kind: str(path) for kind, path in files.items()}, "csv": [str(path) for path in tables]}
    return {**content, "files": listed}


def _manifest(settings: Settings) -> Manifest | None:
    try:
        return load_manifest(settings.model) if settings.model else load_manifest()
    except ManifestError:
        return None


def _write(path: Path, text: str) -> None:
    with written_atomically(path) as file:
        file.write(utf8(text))
