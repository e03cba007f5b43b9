"""All that can be said of an audience and one stimulus, gathered; and of two stimuli side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from results.audience.bootstrap import CONFIDENCE, MIN_VIEWERS, RESAMPLES
from results.audience.curves import (
    Curve,
    Difference,
    Stretch,
    audience_curve,
    difference,
    stretch_statistics,
)
from results.audience.moments import Moment, key_moments
from results.audience.panel import Options, Panel, Response, make_panel
from results.database.errors import StudyError
from results.sessions.records import Floats
from results.sessions.statistics import NEUTRAL
from results.sessions.store import Store
from results.sessions.summaries import program_version
from results.studies.records import Stimulus, Study
from results.studies.responses import VALENCE, measures_known, models_used, places_used, responses
from results.studies.store import Studies


@dataclass(frozen=True)
class ViewerLine:
    """One viewer in the list of a report."""

    viewer: str
    samples: int
    quality: float
    """Mean over all samples; NaN without any."""
    coverage: float
    """Share of the stimulus's moments at which this viewer counts, 0..1."""
    valence: float
    """Mean over those moments; NaN for a viewer who was left out."""
    left_out: str = ""
    """Why this viewer does not count; empty for those who do."""


@dataclass(frozen=True)
class Beside:
    """An audience in another measure than valence."""

    measure: str
    curve: Curve
    overall: Stretch
    segments: tuple[Stretch, ...]


@dataclass(frozen=True)
class Findings:
    """One stimulus of a study and its audience."""

    study: Study
    stimulus: Stimulus
    panel: Panel
    curve: Curve
    overall: Stretch
    segments: tuple[Stretch, ...]
    moments: tuple[Moment, ...]
    viewers: tuple[ViewerLine, ...]
    models: tuple[tuple[str, str], ...]
    """Name and sha256 of each model that read the faces; more than one makes viewers hard to compare."""
    places: tuple[str, ...] = ()
    """Where faces were read: ``browser`` (the viewers' own), ``server``."""
    measure: str = VALENCE
    """What all figures are of."""
    measures: tuple[str, ...] = ()
    """What else these models said of the faces: other measures that can be asked for."""
    beside: tuple[Beside, ...] = ()
    """Each of them, where that was wanted."""


@dataclass(frozen=True)
class Comparison:
    """Two stimuli: A less B."""

    a: Findings
    b: Findings
    difference: Difference


def aggregate(
    store: Store,
    study: str,
    stimulus: str | None = None,
    *,
    options: Options | None = None,
    given: Iterable[Response] | None = None,
    measure: str = VALENCE,
    beside: bool = False,
) -> Findings:
    """Aggregate the viewings of one stimulus (by default the study's only one).

    options: instead of the study's own. given: the responses, where the caller has read them already (to
    show progress, say). measure: what of the faces, see `responses`; shares are then those above and below
    what is neutral of valence. beside: also the other measures that are known. A stimulus that nobody has
    watched gives empty findings, not an error.
    """
    found = Studies(store).get(study)
    of = found.stimulus(stimulus)
    shown = list(responses(store, found.id, of.id, measure) if given is None else given)
    measures = measures_known(store, found.id, of.id)
    panel = make_panel(shown, of.duration_s, options or found.options)
    curve = audience_curve(panel)
    return Findings(
        study=found,
        stimulus=of,
        panel=panel,
        curve=curve,
        overall=stretch_statistics(panel, 0.0, of.duration_s, "whole"),
        segments=tuple(stretch_statistics(panel, s.start, s.end, s.name) for s in of.segments),
        moments=tuple(key_moments(panel, curve)),
        viewers=tuple(_viewer_lines(panel, shown)),
        models=models_used(store, found.id, of.id),
        places=places_used(store, found.id, of.id),
        measure=measure,
        measures=measures,
        beside=tuple(
            _beside(store, found.id, of, one, panel.options) for one in (measures if beside else ())
        ),
    )


def _beside(store: Store, study: str, of: Stimulus, measure: str, options: Options) -> Beside:
    panel = make_panel([*responses(store, study, of.id, measure)], of.duration_s, options)
    return Beside(
        measure,
        audience_curve(panel),
        stretch_statistics(panel, 0.0, of.duration_s, "whole"),
        tuple(stretch_statistics(panel, s.start, s.end, s.name) for s in of.segments),
    )


def compare(a: Findings, b: Findings, paired: bool | None = None) -> Comparison:
    """A less B. Raises StudyError when they are on different grids."""
    try:
        return Comparison(a, b, difference(a.panel, b.panel, paired))
    except ValueError as error:
        raise StudyError(f"{a.stimulus.name} and {b.stimulus.name} cannot be compared: {error}.") from error


def require_viewers(findings: Findings) -> None:
    """Raise StudyError, saying what became of each viewing, when nobody is left to speak of."""
    if findings.panel.viewers:
        return
    name = findings.stimulus.name
    if not findings.viewers:
        raise StudyError(f"No session is attached to {name} yet.")
    raise StudyError(f"No viewer of {name} can be used: {reasons(findings)}.")


def reasons(findings: Findings) -> str:
    """Why viewers were left out, with counts: "2 never watched the stimulus, 1 was seen too little"."""
    out = findings.panel.excluded
    counts = [
        (len(out.no_overlap), "without a sample during the stimulus"),
        (
            len(out.low_coverage),
            f"seen well for less than {100 * findings.panel.options.min_coverage:.0f} % of it",
        ),
        (len(out.no_baseline), "not seen during the baseline"),
    ]
    return ", ".join(f"{count} {why}" for count, why in counts if count)


def findings_json(findings: Findings) -> dict[str, Any]:
    """Everything as JSON can hold it; what is not known is null."""
    panel, curve = findings.panel, findings.curve
    content = {
        "study": findings.study.id,
        "stimulus": {
            "id": findings.stimulus.id,
            "name": findings.stimulus.name,
            "duration_s": findings.stimulus.duration_s,
        },
        "viewers": len(panel.viewers),
        "options": asdict(panel.options),
        "method": {
            "confidence": CONFIDENCE,
            "resamples": RESAMPLES,
            "min_viewers_for_a_band": MIN_VIEWERS,
            "neutral": NEUTRAL,
        },
        "models": [{"name": name, "sha256": sha256} for name, sha256 in findings.models],
        "computed": findings.places,
        "excluded": asdict(panel.excluded),
        "overall": asdict(findings.overall),
        "segments": [asdict(segment) for segment in findings.segments],
        "moments": [{**asdict(moment), "kind": moment.kind.value} for moment in findings.moments],
        "curve": _curve_json(curve),
        "measure": findings.measure,
        "measures": findings.measures,
        "beside": [
            {
                "measure": one.measure,
                "overall": asdict(one.overall),
                "segments": [asdict(segment) for segment in one.segments],
                "curve": _curve_json(one.curve),
            }
            for one in findings.beside
        ],
        "viewer_list": [asdict(line) for line in findings.viewers],
        "version": program_version(),
    }
    return dict(_plain(content))


def _curve_json(curve: Curve) -> dict[str, Any]:
    told = {name: values.tolist() for name, values in vars(curve).items() if values is not None}
    return {"time_s": told.pop("time"), **told}


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """The difference as JSON can hold it; what is not known is null."""
    found = comparison.difference
    content = {
        "a": {"study": comparison.a.study.id, "stimulus": comparison.a.stimulus.id},
        "b": {"study": comparison.b.study.id, "stimulus": comparison.b.stimulus.id},
        "paired": found.paired,
        "overall": {
            "difference": found.overall,
            "low": found.overall_low,
            "high": found.overall_high,
            "n_a": found.overall_n[0],
            "n_b": found.overall_n[1],
        },
        "curve": {
            "time_s": found.time.tolist(),
            "difference": found.mean.tolist(),
            "low": found.low.tolist(),
            "high": found.high.tolist(),
            "n_a": found.n_a.tolist(),
            "n_b": found.n_b.tolist(),
        },
        "version": program_version(),
    }
    return dict(_plain(content))


def curve_csv(findings: Findings) -> str:
    """The curve as CSV; an empty cell is something that is not known."""
    curve = findings.curve
    names = ["mean", "low", "high", "n", "share_positive", "share_negative"]
    if curve.error is not None and not np.isnan(curve.error).all():
        names.append("error")
    return _csv(",".join(("time_s", *names)), curve.time, [getattr(curve, name) for name in names])


def difference_csv(comparison: Comparison) -> str:
    """The difference as CSV, A less B."""
    found = comparison.difference
    columns = (found.mean, found.low, found.high, found.n_a, found.n_b)
    return _csv("time_s,difference,low,high,n_a,n_b", found.time, columns)


def _csv(header: str, time: Floats, columns: Sequence[Any]) -> str:
    lines = [header]
    for moment, *cells in zip(time.tolist(), *(column.tolist() for column in columns), strict=True):
        lines.append(f"{moment:.3f}," + ",".join(_cell(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def _cell(value: float | int) -> str:
    if isinstance(value, int):
        return str(value)
    return "" if np.isnan(value) else f"{value:z.4f}"


def _plain(value: Any) -> Any:
    """NaN as None, floats to six places, tuples as lists."""
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 6)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _viewer_lines(panel: Panel, shown: Sequence[Response]) -> Iterable[ViewerLine]:
    """One line a viewer, in the order in which they were attached."""
    out = panel.excluded
    why = {
        **dict.fromkeys(out.no_overlap, "no sample during the stimulus"),
        **dict.fromkeys(out.low_coverage, "seen too little"),
        **dict.fromkeys(out.no_baseline, "not seen during the baseline"),
    }
    rows = dict(zip(panel.viewers, panel.values, strict=True))
    for viewer in dict.fromkeys(response.viewer for response in shown):
        quality = np.concatenate([response.quality for response in shown if response.viewer == viewer])
        row = rows.get(viewer, np.full(len(panel.time), np.nan))
        known = row[~np.isnan(row)]
        yield ViewerLine(
            viewer=viewer,
            samples=len(quality),
            quality=float(quality.mean()) if len(quality) else np.nan,
            coverage=len(known) / len(row),
            valence=float(known.mean()) if len(known) else np.nan,
            left_out=why.get(viewer, ""),
        )
