"""Putting recordings and stored sessions into a study, one or hundreds."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from analysis.errors import AnalysisError
from analysis.tasks import FileTask, analyze_file
from analysis.workers import Workers
from results import ResultsError, Store, StoreError, Study, Viewings
from valence.commands.inputs import Failure, media_in
from valence.commands.tables import Line, number, read_table
from valence.errors import ValenceError, fault
from valence.printing import console, shown
from valence.settings import Settings

COLUMNS = ("session", "stimulus", "viewer", "offset_s", "face_id")


@dataclass(frozen=True)
class Entry:
    """One recording or session to be attached."""

    what: str
    """A path, or a session's id or the beginning of one."""
    stimulus: str | None = None
    viewer: str | None = None
    offset_s: float = 0.0
    face_id: int | None = None


def entries_of(given: Sequence[str], common: Entry, leave_out: Collection[Path] = ()) -> list[Entry]:
    """An entry for each argument; a folder stands for the images and videos in it.

    leave_out: folders of results. Raises ValenceError: a folder cannot be read, or holds none.
    """
    entries: list[Entry] = []
    for what in given:
        if not Path(what).is_dir():
            entries.append(replace(common, what=what))
            continue
        for media in media_in(Path(what), leave_out):
            if isinstance(media, Failure):
                raise ValenceError(f"{media.name}: {media.reason}")
            entries.append(replace(common, what=str(media)))
    return entries


def entries_in(table: Path, common: Entry) -> list[Entry]:
    """The rows of a table with the column `session` and any of `stimulus, viewer, offset_s, face_id`.

    Paths in it are relative to its folder. What a row leaves empty is as in `common`. Raises ValenceError.
    """
    read = read_table(table, COLUMNS)
    unknown = [name for name in read.names if name and name not in COLUMNS]
    if "session" not in read.names or unknown:
        said = f"the column {unknown[0]!r} is not known" if unknown else "the column 'session' is missing"
        raise ValenceError(f"{table}: {said}; possible are {', '.join(COLUMNS)}")
    return [_entry(table, line, common) for line in read.lines]


def _entry(table: Path, line: Line, common: Entry) -> Entry:
    def wrong(what: str) -> ValenceError:
        return ValenceError(f"{table}, line {line.number}: {what}")

    cells = line.cells
    what = cells["session"]
    if line.surplus:
        raise wrong("it has more fields than the header; a name with the sign between them wants quotes")
    if not what:
        raise wrong("the session is missing")
    offset, face = cells.get("offset_s"), cells.get("face_id")
    offset_s, face_id = number(offset or ""), number(face or "")
    if offset and offset_s is None:
        raise wrong(f"offset_s must be a number of seconds, it is {offset!r}")
    if face and (face_id is None or face_id != int(face_id) or face_id < 1):
        raise wrong(f"face_id must be the number of a face (1, 2, …), it is {face!r}")
    beside = table.parent / what
    return Entry(
        what=str(beside) if beside.exists() else what,
        stimulus=cells.get("stimulus") or common.stimulus,
        viewer=cells.get("viewer") or common.viewer,
        offset_s=common.offset_s if offset_s is None else offset_s,
        face_id=common.face_id if face_id is None else int(face_id),
    )


def attach_all(
    store: Store, settings: Settings, study: Study, entries: Sequence[Entry], discard_media: bool
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Attach every entry; recordings that were not analysed before are analysed now.

    One that fails does not stop the others. Returns what was attached and what failed, ready for JSON.
    """
    attached: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    viewings = Viewings(store)
    with progress() as bars, Workers(1, settings.worker_limits) as workers:
        desk = _Desk(store, settings, workers, study.keep_media)
        bar = bars.add_task("", total=len(entries))
        for entry in entries:
            bars.update(bar, description=shown(Path(entry.what).name))
            try:
                stimulus = study.stimulus(entry.stimulus)
                viewing = viewings.attach(
                    study.id,
                    stimulus.id,
                    desk.session(entry.what),
                    viewer=entry.viewer,
                    face_id=entry.face_id,
                    offset_s=entry.offset_s,
                    discard_media=discard_media,
                )
            except StoreError:  # for the others, too, nothing can be kept
                raise
            except (AnalysisError, ValenceError, ResultsError) as error:
                failed.append({"input": entry.what, "error": str(error)})
            except Exception as error:
                failed.append({"input": entry.what, "error": fault(error)})
            else:
                attached.append(
                    {
                        "input": entry.what,
                        "session": viewing.session,
                        "stimulus": viewing.stimulus,
                        "viewer": viewing.viewer,
                        "face_id": viewing.face_id,
                        "offset_s": viewing.offset_s,
                    }
                )
            bars.advance(bar)
    return attached, failed


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar with count and time left on a terminal; nothing where stderr is none."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
    )
    disable = not sys.stderr.isatty()
    with Progress(*columns, console=console(err=True), transient=True, disable=disable) as bars:
        yield bars


class _Desk:
    """Finds the session of a path or an id, and has a recording analysed that has none yet."""

    def __init__(self, store: Store, settings: Settings, workers: Workers, keep_media: bool) -> None:
        self._store = store
        self._settings = settings
        self._workers = workers
        self._keep_media = keep_media

    def session(self, what: str) -> str:
        path = Path(what)
        if not path.is_file():
            return self._known(what)
        known = self._store.latest_of(path)
        return known.id if known is not None else self._analysed(path)

    def _known(self, what: str) -> str:
        try:
            return self._store.get(what).id
        except ResultsError as error:
            if "/" in what or Path(what).suffix:
                raise ValenceError("there is no such file or session") from error
            raise

    def _analysed(self, path: Path) -> str:
        settings = self._settings
        task = FileTask(
            path, self._store.root, settings.database_url, settings.analysis, annotated=self._keep_media
        )
        return str(self._workers.run(analyze_file, task)["session"])
