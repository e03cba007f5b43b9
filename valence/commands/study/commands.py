"""`valence study`: put sessions on a stimulus, aggregate their viewers, report, compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from results import (
    Findings,
    Options,
    Store,
    Studies,
    Viewings,
    Where,
    compare,
    comparison_json,
    require_viewers,
    study_json,
)
from valence.commands.shared import AsJson, Folder, Yes, note
from valence.commands.study import links
from valence.commands.study.options import Aggregation, stretch_of
from valence.commands.study.printing import findings_line, findings_table, studies_table, tell_study
from valence.commands.study.shared import OfStimulus, StudyName
from valence.commands.tables import number
from valence.errors import WRONG_USE, ValenceError
from valence.options import finite, with_options
from valence.printing import ask, console, limits, print_json, say, signed, tell
from valence.settings import load
from valence.storage import opened_store

app = typer.Typer(
    help="Put sessions on a stimulus, aggregate their viewers, report and compare.", no_args_is_help=True
)

app.command()(links.link)
app.command("links")(links.links)
app.command("close-link")(links.close_link)


@app.command()
@with_options
def create(
    aggregation: Aggregation,
    name: Annotated[str, typer.Argument(help="What the study is called.", show_default=False)],
    stimulus: Annotated[
        list[str] | None,
        typer.Option(metavar="VIDEO|NAME=SECONDS", help="What is watched; may be given again."),
    ] = None,
    consent: Annotated[str, typer.Option(help="The text that viewers agree to.")] = "",
    keep_media: Annotated[
        bool, typer.Option("--keep-media/--no-keep-media", help="Keep pictures and videos of viewers.")
    ] = False,
    allow_spectators: Annotated[
        bool,
        typer.Option(
            "--allow-spectators/--no-spectators",
            help="Operators may look on while somebody takes part; the consent says so.",
        ),
    ] = False,
    where: Annotated[
        Where, typer.Option(help="Where viewers' cameras are analysed: here, or in their own browsers.")
    ] = Where.SERVER,
    notes: Annotated[str, typer.Option(help="Printed at the head of the report.")] = "",
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Create a study with its stimuli."""
    wanted = [_stimulus(text) for text in stimulus or []]
    options = aggregation.over(Options())
    with opened_store(sessions) as store:
        studies = Studies(store)
        made = studies.create(
            name,
            consent_text=consent,
            keep_media=keep_media,
            allow_spectators=allow_spectators,
            where=where,
            notes=notes,
            options=options,
        )
        for title, seconds, path in wanted:
            studies.add_stimulus(made.id, title, seconds, path)
        tell_study(studies.get(made.id), store, as_json)


@app.command()
def stimulus(
    study: StudyName,
    what: Annotated[str, typer.Argument(metavar="VIDEO|NAME=SECONDS", show_default=False)],
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Give a study one more stimulus: a video file, or a name and how long it lasts."""
    title, seconds, path = _stimulus(what)
    with opened_store(sessions) as store:
        studies = Studies(store)
        studies.add_stimulus(study, title, seconds, path)
        tell_study(studies.get(study), store, as_json)


@app.command()
def segment(
    study: StudyName,
    name: Annotated[str, typer.Argument(help="What the stretch is called.", show_default=False)],
    stretch: Annotated[str, typer.Argument(metavar="FROM-TO", help="In seconds.", show_default=False)],
    of: OfStimulus = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Name a stretch of a stimulus; the report then has statistics of it."""
    start, end = stretch_of(stretch) or (0.0, 0.0)
    with opened_store(sessions) as store:
        studies = Studies(store)
        found = studies.get(study)
        studies.set_segment(found.id, found.stimulus(of).id, name, start, end)
        tell_study(studies.get(study), store, as_json)


@app.command()
def add(
    study: StudyName,
    recordings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SESSION|RECORDING...",
            help="Stored sessions, or recordings and folders of them, analysed now if they were not yet.",
            show_default=False,
        ),
    ] = None,
    of: OfStimulus = None,
    table: Annotated[
        Path | None,
        typer.Option(help="CSV file with the column session and any of stimulus, viewer, offset_s, face_id."),
    ] = None,
    viewer: Annotated[
        str | None, typer.Option(help="Who is seen.", show_default="the session's name")
    ] = None,
    face: Annotated[int | None, typer.Option(help="Which face.", show_default="the one seen most")] = None,
    offset: Annotated[
        float,
        typer.Option(
            callback=finite,
            help="Seconds of the recording at which the stimulus begins; may be negative.",
        ),
    ] = 0.0,
    discard_media: Annotated[
        bool,
        typer.Option("--discard-media", help="Delete annotated videos that a study may not keep."),
    ] = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Attach recordings of viewers to a stimulus."""
    from valence.commands.study.add import Entry, attach_all, entries_in, entries_of

    common = Entry("", of, viewer, offset, face)
    settings = load()
    entries = entries_of(recordings or [], common, [sessions or settings.sessions])
    entries += entries_in(table, common) if table else []
    if not entries:
        raise ValenceError("There is nothing to add: name sessions or recordings, or a --table of them.")
    if viewer and len(entries) > 1:
        raise ValenceError("One --viewer cannot be in several recordings of one stimulus: use a --table.")
    with opened_store(sessions) as store:
        found = Studies(store).get(study)
        attached, failed = attach_all(store, settings, found, entries, discard_media)
    if as_json:
        print_json({"study": found.id, "attached": attached, "failed": failed})
    else:
        say(f"{len(attached)} of {len(entries)} added to {found.id}.")
    for failure in failed:
        say(f"valence: {failure['input']}: {failure['error']}", err=True)
    if failed:
        raise typer.Exit(WRONG_USE)


@app.command("list")
def list_studies(sessions: Folder = None, as_json: AsJson = False) -> None:
    """List the studies."""
    with opened_store(sessions) as store:
        found = Studies(store).all()
    if as_json:
        print_json([study_json(study) for study in found])
        return
    if not found:
        say("No studies yet: make one with `valence study create`.")
        return
    console().print(studies_table(found))


@app.command()
def show(study: StudyName, sessions: Folder = None, as_json: AsJson = False) -> None:
    """Show a study: its stimuli, its settings and who was seen."""
    with opened_store(sessions) as store:
        tell_study(Studies(store).get(study), store, as_json)


@app.command()
@with_options
def report(
    aggregation: Aggregation,
    study: StudyName,
    of: Annotated[
        list[str] | None, typer.Option("--stimulus", help="Only this one; may be given again.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder to write to.", show_default="<study>-report")
    ] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Aggregate the viewers and write the report: HTML, CSV and JSON."""
    from results.report.documents import all_comparisons
    from valence.commands.study.report import findings_of, write_report

    with opened_store(sessions) as store:
        found = Studies(store).get(study)
        options = aggregation.over(found.options)
        wanted = of or [stimulus.id for stimulus in found.stimuli]
        if not wanted:
            raise ValenceError(f"Study {found.id} has no stimulus yet.")
        findings = [findings_of(store, found, name, options) for name in wanted]
        if not any(one.panel.viewers for one in findings):
            require_viewers(findings[0])
        written = write_report(out or Path(f"{found.id}-report"), findings, all_comparisons(findings), load())
        note(store, "exported", f"the report of study {found.id}")
    if as_json:
        print_json(written)
        return
    for one in findings:
        say(findings_line(one))
        if one.moments:
            console().print(findings_table(one))
    for path in (written["files"]["html"], written["files"]["json"], *written["files"]["csv"]):
        say(path)


@app.command("compare")
def compare_stimuli(
    study: StudyName,
    a: Annotated[str, typer.Argument(metavar="A", help="A stimulus.", show_default=False)],
    b: Annotated[
        str,
        typer.Argument(
            metavar="B", help="Another; that of another study as STUDY/STIMULUS.", show_default=False
        ),
    ],
    paired: Annotated[
        bool | None,
        typer.Option(
            "--paired/--independent",
            help="Compare each viewer with themselves, or group with group.",
            show_default="whichever fits",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write a report into this folder.")] = None,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Compare two stimuli: A less B, with a band."""
    from valence.commands.study.report import write_report

    with opened_store(sessions) as store:
        first = _named(store, study, a)
        second = _named(store, study, b)
        for one in (first, second):
            require_viewers(one)
        pair = compare(first, second, paired)
        written = write_report(out, [first, second], [pair], load()) if out else None
    if as_json:
        print_json({**comparison_json(pair), **({"files": written["files"]} if written else {})})
        return
    found = pair.difference
    n_a, n_b = found.overall_n
    who = f"{n_a} viewers of both" if found.paired else f"{n_a} and {n_b} viewers"
    say(
        f"{first.stimulus.name} minus {second.stimulus.name}: "
        f"{signed(found.overall)} ({limits(found.overall_low, found.overall_high)}; {who})"
    )
    if written:
        say(written["files"]["html"])


@app.command()
def delete(
    study: StudyName,
    with_sessions: Annotated[
        bool, typer.Option("--with-sessions", help="Delete the viewers' sessions and files, too.")
    ] = False,
    yes: Yes = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Delete a study; its sessions stay unless you say otherwise."""
    with opened_store(sessions) as store:
        studies = Studies(store)
        found = studies.get(study)
        also = " and its viewers' sessions" if with_sessions else ""
        ask(f"Delete the study {found.name!r} of {found.viewers} viewers{also}?", yes)
        studies.delete(found.id, with_sessions)
        note(store, "deleted", f"study {found.id}{also}")
    tell({"study": found.id, "deleted": True}, f"{found.id} is deleted.", as_json)


@app.command("delete-viewer")
def delete_viewer(
    study: StudyName,
    viewer: Annotated[str, typer.Argument(metavar="VIEWER", show_default=False)],
    yes: Yes = False,
    sessions: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Delete every trace of a viewer: consent, sessions, files."""
    with opened_store(sessions) as store:
        found = Studies(store).get(study)
        ask(f"Delete everything of the viewer {viewer!r} of {found.name!r}?", yes)
        Viewings(store).delete_viewer(found.id, viewer)
        note(store, "deleted", f"a viewer of study {found.id}")
    tell(
        {"study": found.id, "viewer": viewer, "deleted": True},
        f"Every trace of {viewer} is deleted.",
        as_json,
    )


def _stimulus(text: str) -> tuple[str, float, Path | None]:
    """Name, seconds and path of VIDEO or NAME=SECONDS."""
    from valence.commands.study.stimulus import (
        duration_of,  # as below: what decodes video takes a while to load
    )

    path = Path(text)
    if path.exists():
        return path.stem, duration_of(path), path
    name, equals, seconds = text.rpartition("=")
    length = number(seconds)
    if not equals or length is None:
        wrong = f"{seconds!r} is no number of seconds" if equals else "there is no such video"
        raise ValenceError(f"{text}: {wrong}; give a video file, or NAME=SECONDS")
    return name, length, None


def _named(store: Store, study: str, name: str) -> Findings:
    """The findings of a stimulus, or of STUDY/STIMULUS."""
    from valence.commands.study.report import findings_of

    other, slash, stimulus = name.rpartition("/")
    found = Studies(store).get(other if slash else study)
    return findings_of(store, found, stimulus)
