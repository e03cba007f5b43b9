"""The report of a study: one HTML file that needs nothing else, to be read, printed and sent on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from results.report.cards import FILM_FRAMES, Pictures, film_time
from results.report.charts import common_limit
from results.report.comparison import comparison_section
from results.report.stimulus import shown_moments, stimulus_section
from results.report.templating import render
from results.sessions.summaries import program_version
from results.studies.findings import Comparison, Findings


def pictures_wanted(findings: Findings) -> list[float]:
    """The seconds of the stimulus that a report would like to show, ascending."""
    film = [film_time(part, findings.stimulus.duration_s) for part in range(FILM_FRAMES)]
    return sorted({*film, *(mark.moment.time for mark in shown_moments(findings))})


def report_html(
    findings: Sequence[Findings],
    comparisons: Sequence[Comparison] = (),
    *,
    pictures: Mapping[str, Pictures] | None = None,
    accuracy: str = "",
    created: datetime | None = None,
) -> str:
    """The whole report.

    findings: one per stimulus, at least one. pictures: JPEG files by stimulus id and second, for the times
    that `pictures_wanted` names; what is missing is left out. accuracy: what is known of the model's, in a
    sentence. created: printed in the report; now by default.
    """
    study = findings[0].study
    created = created or datetime.now().astimezone()
    people = {line.viewer for one in findings for line in one.viewers if not line.left_out}
    # One axis for all: what is higher on the page is higher.
    limit = common_limit([*(one.curve for one in findings), *(one.difference for one in comparisons)])
    studies = " and ".join(dict.fromkeys(one.study.name for one in findings))
    return render(
        "report.html",
        title=studies if len(findings) > 1 else f"{studies}: {findings[0].stimulus.name}",
        people=len(people),
        created=f"{created.day} {created:%B %Y}",
        notes=study.notes,
        stimuli=[stimulus_section(one, (pictures or {}).get(one.stimulus.id, {}), limit) for one in findings],
        comparisons=[comparison_section(one, limit) for one in comparisons],
        options=findings[0].panel.options,
        models=list(dict.fromkeys(model for one in findings for model in one.models)),
        places={place for one in findings for place in one.places},
        accuracy=accuracy,
        reading=findings[0].overall.error,
        version=program_version(),
    )
