"""Aggregating a study's stimuli and writing the report with its CSV and JSON files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from inference import ManifestError
from inference.manifest import load as load_manifest
from results import (
    Comparison,
    Findings,
    Options,
    Store,
    Study,
    aggregate,
    compare,
    comparison_json,
    curve_csv,
    difference_csv,
    findings_json,
    pictures_wanted,
    report_html,
    responses,
    written_atomically,
)
from valence.settings import Settings
from valence.stimulus import stills
from valence.study_add import progress

MOST_COMPARED = 4
"""Up to so many stimuli, a report compares each with each; of more, `valence study compare` does any two."""


def findings_of(
    store: Store, study: Study, stimulus: str | None = None, options: Options | None = None
) -> Findings:
    """Aggregate one stimulus, with a progress bar while its sessions are read."""
    of = study.stimulus(stimulus)
    with progress() as bars:
        bar = bars.add_task(f"reading {of.name}", total=of.viewings)
        given = []
        for response in responses(store, study.id, of.id):
            given.append(response)
            bars.advance(bar)
    return aggregate(store, study.id, of.id, options=options, given=given)


def all_comparisons(findings: Sequence[Findings]) -> list[Comparison]:
    """Each stimulus against each that has an audience, as long as they are few."""
    seen = [one for one in findings if one.panel.viewers]
    return [compare(a, b) for a, b in combinations(seen, 2)] if len(seen) <= MOST_COMPARED else []


def write_report(
    out: Path, findings: Sequence[Findings], comparisons: Sequence[Comparison], settings: Settings
) -> dict[str, Any]:
    """Write report.html, report.json and a CSV per stimulus and comparison into the folder `out`.

    Returns what the JSON file holds, and under `files` where everything is.
    """
    pictures = {
        one.stimulus.id: stills(one.stimulus.path, pictures_wanted(one))
        for one in findings
        if one.stimulus.path is not None
    }
    html = report_html(findings, comparisons, pictures=pictures, accuracy=accuracy_of(findings, settings))
    files = {"html": out / "report.html", "json": out / "report.json"}
    _write(files["html"], html)
    tables = []
    for one in findings:
        tables.append(out / f"{one.stimulus.id}.csv")
        _write(tables[-1], curve_csv(one))
    for pair in comparisons:
        tables.append(out / f"{pair.a.stimulus.id}-less-{pair.b.stimulus.id}.csv")
        _write(tables[-1], difference_csv(pair))
    content = {
        "study": findings[0].study.id,
        "stimuli": [findings_json(one) for one in findings],
        "comparisons": [comparison_json(pair) for pair in comparisons],
    }
    _write(files["json"], json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    listed = {**{kind: str(path) for kind, path in files.items()}, "csv": [str(path) for path in tables]}
    return {**content, "files": listed}


def accuracy_of(findings: Sequence[Findings], settings: Settings) -> str:
    """What the model's manifest says of its accuracy, if it is the model that read these faces."""
    try:
        manifest = load_manifest(settings.model) if settings.model else load_manifest()
    except ManifestError:
        return ""
    if {sha256 for one in findings for _, sha256 in one.models} != {manifest.sha256}:
        return ""
    said = {str(name): value for name, value in manifest.metrics.items() if isinstance(value, int | float)}
    known = [f"{label} {said[name]:.2f}" for name, label in _METRICS.items() if name in said]
    data = manifest.metrics.get("data") or manifest.metrics.get("dataset") or "its test images"
    return f"On {data}: {', '.join(known)}." if known else ""


_METRICS = {
    "ccc": "concordance correlation",
    "rmse": "root mean squared error",
    "sagr": "sign agreement",
}


def _write(path: Path, text: str) -> None:
    with written_atomically(path) as file:
        file.write(text.encode())
