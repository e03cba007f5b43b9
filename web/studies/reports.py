"""What a study found, over HTTP: curves, comparisons, and the report as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from analysis.probe import STILL_WIDTH, stills
from results import (
    VALENCE,
    Comparison,
    Findings,
    Study,
    aggregate,
    compare,
    comparison_json,
    curve_csv,
    difference_csv,
    findings_json,
    require_viewers,
)
from results.report.documents import all_comparisons, report_json, report_page
from web.access.audience import API
from web.access.trail import note
from web.errors import explained
from web.library.files import download
from web.state import state_of
from web.studies.lookup import known_study

router = APIRouter(tags=["studies"], dependencies=[API])

_CSV = "text/csv; charset=utf-8"
MOST_TRACES = 200


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/findings")
def findings(study_id: str, stimulus_id: str, request: Request, measure: str = VALENCE) -> dict[str, Any]:
    """The audience of one stimulus: what `valence study report --json` holds of it. Without viewers all
    figures are null. `measure`: one of those that `measures` names, instead of valence."""
    with explained():
        study = known_study(request, study_id)
        return findings_json(_found(request, study, stimulus_id, measure))


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/traces")
def traces(study_id: str, stimulus_id: str, request: Request, measure: str = VALENCE) -> dict[str, Any]:
    """Each viewer's own curve: `values` at the moments of `time_s`, null where nothing is known. Of very many
    viewers 200, evenly chosen; `of` says of how many.
    """
    with explained():
        panel = _found(request, known_study(request, study_id), stimulus_id, measure).panel
    many = len(panel.viewers)
    chosen = np.unique(np.linspace(0, many - 1, min(many, MOST_TRACES)).round().astype(int))
    rows = ((panel.viewers[i], panel.values[i].tolist()) for i in chosen)
    return {
        "time_s": [round(time, 6) for time in panel.time.tolist()],
        "viewers": [
            {"viewer": viewer, "values": [None if np.isnan(value) else round(value, 4) for value in values]}
            for viewer, values in rows
        ],
        "of": many,
    }


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/findings.csv")
def findings_table(study_id: str, stimulus_id: str, request: Request, measure: str = VALENCE) -> Response:
    """The curve of one stimulus, a line a moment. `measure`: as of the findings."""
    with explained():
        study = known_study(request, study_id)
        one = _found(request, study, stimulus_id, measure)
        note(request, "exported", f"a curve of study {study.id}")
    what = "" if measure == VALENCE else f"_{measure}"
    return download(curve_csv(one), _CSV, f"{study.id}_{one.stimulus.id}{what}.csv")


@router.get("/api/studies/{study_id}/comparison")
def comparison(study_id: str, a: str, b: str, request: Request, paired: bool | None = None) -> dict[str, Any]:
    """Stimulus `a` less stimulus `b`, as `valence study compare --json`. 422: one of them has no viewers."""
    with explained():
        return comparison_json(_compared(request, study_id, a, b, paired))


@router.get("/api/studies/{study_id}/comparison.csv")
def comparison_table(study_id: str, a: str, b: str, request: Request, paired: bool | None = None) -> Response:
    """The difference curve, a line a moment."""
    with explained():
        pair = _compared(request, study_id, a, b, paired)
        note(request, "exported", f"a comparison of study {study_id}")
    name = f"{study_id}_{pair.a.stimulus.id}-less-{pair.b.stimulus.id}.csv"
    return download(difference_csv(pair), _CSV, name)


@router.get("/api/studies/{study_id}/report.{form}")
def report(study_id: str, form: Literal["html", "json"], request: Request) -> Response:
    """The whole report, as `valence study report` writes it. 422: nobody has watched anything yet."""
    with explained():
        study = known_study(request, study_id)
        if not study.stimuli:
            raise HTTPException(422, f"Study {study.id} has no stimulus yet.")
        found = [_found(request, study, stimulus.id, beside=True) for stimulus in study.stimuli]
        if not any(one.panel.viewers for one in found):
            require_viewers(found[0])
        pairs = all_comparisons(found)
        note(request, "exported", f"the report of study {study.id}")
        name = f"{study.id}-report.{form}"
        if form == "json":
            text = json.dumps(report_json(found, pairs), ensure_ascii=False, indent=1) + "\n"
            return download(text, "application/json", name)
        return download(_page(request, found, pairs), "text/html; charset=utf-8", name)


def _page(request: Request, found: Sequence[Findings], pairs: Sequence[Comparison]) -> str:
    state = state_of(request)

    def look(path: Path, times: list[float]) -> dict[float, bytes]:
        return state.probes.run(stills, path, times, STILL_WIDTH, state.engine.settings.limits)

    return report_page(found, pairs, state.model.manifest, look)


def _found(
    request: Request, study: Study, stimulus: str, measure: str = VALENCE, beside: bool = False
) -> Findings:
    store = state_of(request).store
    return aggregate(store, study.id, study.stimulus(stimulus).id, measure=measure, beside=beside)


def _compared(request: Request, study_id: str, a: str, b: str, paired: bool | None) -> Comparison:
    study = known_study(request, study_id)
    first, second = _found(request, study, a), _found(request, study, b)
    for one in (first, second):
        require_viewers(one)
    return compare(first, second, paired)
