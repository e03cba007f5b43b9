"""Studies and findings as tables for people and JSON for programs."""

from __future__ import annotations

from rich.table import Table

from results import Findings, Store, Study, Viewings, study_json
from valence.printing import cell, console, limits, print_json, signed


def studies_table(found: list[Study]) -> Table:
    made = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("study", "name", "made"):
        made.add_column(heading)
    for heading in ("stimuli", "viewers", "viewings"):
        made.add_column(heading, justify="right")
    for study in found:
        made.add_row(
            cell(study.id),
            cell(study.name),
            f"{study.created:%Y-%m-%d}",
            str(len(study.stimuli)),
            str(study.viewers),
            str(sum(stimulus.viewings for stimulus in study.stimuli)),
        )
    return made


def tell_study(study: Study, store: Store, as_json: bool) -> None:
    viewings = Viewings(store).all(study.id)
    if as_json:
        print_json(study_json(study, viewings))
        return
    screen = console()
    screen.print(cell(f"{study.name} ({study.id}), {study.viewers} viewers", style="bold"))
    for stimulus in study.stimuli:
        screen.print(
            cell(
                f"  {stimulus.id}: {stimulus.name}, {stimulus.duration_s:.2f} s, {stimulus.viewings} viewings"
            )
        )
        for part in stimulus.segments:
            screen.print(cell(f"    {part.start:g}-{part.end:g} s {part.name}"))
    if not study.stimuli:
        screen.print("  no stimulus yet: add one with `valence study stimulus`")


def findings_line(findings: Findings) -> str:
    """Who watched, and how they looked overall."""
    overall = findings.overall
    return (
        f"{findings.stimulus.name}: {len(findings.panel.viewers)} viewers"
        f" ({findings.panel.excluded.viewers} left out), mean valence {signed(overall.mean)}"
        f" ({limits(overall.low, overall.high)})"
    )


def findings_table(findings: Findings) -> Table:
    """The key moments."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("moment", "at (s)", "valence", "95 % interval", "n", "confidence"):
        table.add_column(heading, justify="left" if heading == "moment" else "right")
    for moment in findings.moments:
        sure = "" if moment.confidence != moment.confidence else f"{100 * moment.confidence:.0f} %"
        table.add_row(
            moment.kind.value,
            f"{moment.time:.2f}",
            signed(moment.value),
            limits(moment.low, moment.high),
            str(moment.n),
            sure,
        )
    return table
