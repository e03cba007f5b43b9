"""A study's report as whole documents: what the terminal writes into files and the web sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from inference.manifest import Manifest
from results.report.page import pictures_wanted, report_html
from results.studies.findings import Comparison, Findings, compare, comparison_json, findings_json

MOST_COMPARED = 4
"""Up to so many stimuli, a report compares each with each; of more, any two can be compared by name."""
Stills = Callable[[Path, list[float]], dict[float, bytes]]
"""What a video shows at some of its seconds, as JPEG files; what cannot be read is left out."""
_METRICS = {
    "ccc": "concordance correlation",
    "rmse": "root mean squared error",
    "sagr": "sign agreement",
}


def all_comparisons(findings: Sequence[Findings]) -> list[Comparison]:
    """Each stimulus against each that has an audience, as long as they are few."""
    seen = [one for one in findings if one.panel.viewers]
    return [compare(a, b) for a, b in combinations(seen, 2)] if len(seen) <= MOST_COMPARED else []


def report_json(findings: Sequence[Findings], comparisons: Sequence[Comparison] = ()) -> dict[str, Any]:
    """The figures of a report, at least one stimulus; what is not known is null."""
    return {
        "study": findings[0].study.id,
        "stimuli": [findings_json(one) for one in findings],
        "comparisons": [comparison_json(pair) for pair in comparisons],
    }


def report_page(
    findings: Sequence[Findings],
    comparisons: Sequence[Comparison],
    manifest: Manifest | None,
    stills: Stills,
) -> str:
    """The report with stills of the stimuli's videos; `manifest`: of the model that is in use now."""
    pictures = {
        one.stimulus.id: stills(one.stimulus.path, pictures_wanted(one))
        for one in findings
        if one.stimulus.path is not None
    }
    accuracy = accuracy_of(findings, manifest) if manifest else ""
    return report_html(findings, comparisons, pictures=pictures, accuracy=accuracy)


def accuracy_of(findings: Sequence[Findings], manifest: Manifest) -> str:
    """What a model's manifest says of its accuracy, if it is the model that read these faces."""
    if {sha256 for one in findings for _, sha256 in one.models} != {manifest.sha256}:
        return ""
    said = {str(name): value for name, value in manifest.metrics.items() if isinstance(value, int | float)}
    known = [f"{label} {said[name]:.2f}" for name, label in _METRICS.items() if name in said]
    data = manifest.metrics.get("data") or manifest.metrics.get("dataset") or "its test images"
    return f"On {data}: {', '.join(known)}." if known else ""
