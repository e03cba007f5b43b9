"""Who watched what: viewers, their consent, the sessions that show them, and their removal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from math import isfinite
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from results.database.errors import NotFoundError, StudyError
from results.database.ids import insert_under_free_id
from results.database.schema import SessionRow, StudyRow, ViewerRow, ViewingRow
from results.sessions.forgetting import forget_faces
from results.sessions.reading import find_session, load_samples, main_face, require_face, state_of
from results.sessions.records import State
from results.sessions.statistics import digest
from results.sessions.store import Store, remove_files
from results.studies.records import Viewer, Viewing, find_stimulus, find_study, find_viewer
from results.studies.responses import viewing_rows

FACE_FILES = ("annotated", "recording", "thumbnail")
"""Kinds of a session's files that show faces; all others hold numbers."""


class Viewings:
    """The viewers of a store's studies, and the sessions in which they are seen."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database

    def add_viewer(
        self,
        study: str,
        name: str | None = None,
        consent_text: str | None = None,
        consent_time: datetime | None = None,
        token: str | None = None,
    ) -> Viewer:
        """A new viewer; without a name they get the next number. `consent_text` is what they agreed to, word
        for word, at `consent_time` (now by default). token: the hash of what they are known by, if they come
        by a link. Raises StudyError if the name is taken."""
        if consent_text is not None and consent_time is None:
            consent_time = datetime.now(UTC)
        values: dict[str, Any] = {
            "created": datetime.now(UTC),
            "consent_text": consent_text,
            "consent_time": consent_time,
            "token": token,
        }
        with self._database.write() as connection:
            row = find_study(connection, study)
            values["study_key"] = row.key
            if name is None:
                taken = set(
                    connection.execute(select(ViewerRow.id).where(ViewerRow.study_key == row.key)).scalars()
                )
                numbers = (f"viewer-{number:03d}" for number in count(len(taken) + 1))
                stem = next(free for free in numbers if free not in taken)
                _, viewer_id = insert_under_free_id(connection, ViewerRow, stem, values, "-")
            else:
                viewer_id = name.strip()
                if not viewer_id:
                    raise StudyError("A viewer's name cannot be empty.")
                try:
                    with connection.begin_nested():
                        connection.execute(insert(ViewerRow).values(id=viewer_id, **values))
                except IntegrityError as error:
                    raise StudyError(f"There is already a viewer {viewer_id!r} in this study.") from error
            return _viewer_of(find_viewer(connection, row.key, viewer_id))

    def viewers(self, study: str) -> list[Viewer]:
        """In the order in which they came."""
        with self._database.read() as connection:
            key = find_study(connection, study).key
            query = select(ViewerRow).where(ViewerRow.study_key == key).order_by(ViewerRow.key)
            return [_viewer_of(row) for row in connection.execute(query)]

    def of_token(self, token: str) -> tuple[str, Viewer] | None:
        """The study and the viewer who is known by what has this hash; None: nothing of them is kept."""
        query = (
            select(ViewerRow, StudyRow.id.label("study_id"))
            .join(StudyRow, StudyRow.key == ViewerRow.study_key)
            .where(ViewerRow.token == token)
        )
        with self._database.read() as connection:
            row: Row[Any] | None = connection.execute(query).first()  # type: ignore[assignment]
        return None if row is None else (row.study_id, _viewer_of(row))

    def attach(
        self,
        study: str,
        stimulus: str,
        session: str,
        *,
        viewer: str | None = None,
        token: str | None = None,
        face_id: int | None = None,
        offset_s: float = 0.0,
        clock: Sequence[tuple[float, float]] = (),
        discard_media: bool = False,
    ) -> Viewing:
        """Say that a session shows a viewer watching a stimulus.

        viewer: made if there is none of that name; by default named as the session, or by its id where a
        viewer of that name has already watched this stimulus. token: the viewer's, instead; NotFoundError if
        nothing of them is kept any more. face_id: whose face it is, by default the one with the most samples.
        offset_s, clock: see `results.audience.clock.stimulus_time`. discard_media: in a study that keeps no
        pictures of viewers, delete those the session has; without it such a session is refused (StudyError).
        Nothing is deleted unless the session is attached.
        """
        if not isfinite(offset_s):
            raise StudyError(f"A stimulus cannot begin at {offset_s} seconds.")
        with self._database.read() as connection:
            found = find_study(connection, study)
            row = find_session(connection, session)
        media = [row.files[kind] for kind in FACE_FILES if kind in row.files]
        if media and not found.keep_media and not discard_media:
            raise StudyError(
                f"Study {found.id} keeps no pictures of viewers, and session {row.id} has some: "
                "discard them, or make the study one that keeps media."
            )
        with self._database.write() as connection:
            on = find_stimulus(connection, found.key, stimulus)
            if media and not found.keep_media:
                kept = {kind: file for kind, file in row.files.items() if kind not in FACE_FILES}
                connection.execute(update(SessionRow).where(SessionRow.key == row.key).values(files=kept))
            if face_id is not None:
                require_face(connection, row, face_id)
            elif state_of(row) is not State.RUNNING:
                face_id = main_face(connection, row.key)
            if token is not None:
                viewer_key, name = _known_viewer(connection, found.key, token)
            else:
                name = viewer or _free_viewer(connection, found.key, on.key, row)
                viewer_key = _viewer_key(connection, found.key, name)
            values = {
                "stimulus_key": on.key,
                "viewer_key": viewer_key,
                "session_key": row.key,
                "face_id": face_id,
                "offset_s": float(offset_s),
                "clock": [[float(session_s), float(media_s)] for session_s, media_s in clock],
            }
            same = (
                ViewingRow.stimulus_key == on.key,
                ViewingRow.session_key == row.key,
                func.coalesce(ViewingRow.face_id, 0) == (face_id or 0),
            )
            if connection.execute(select(ViewingRow.key).where(*same)).first():
                raise StudyError(f"Session {row.id} is already attached to stimulus {on.id}.")
            seen = (
                ViewingRow.stimulus_key == on.key,
                ViewingRow.session_key == row.key,
                ViewingRow.viewer_key == viewer_key,
            )
            if connection.execute(select(ViewingRow.key).where(*seen)).first():
                raise StudyError(f"Viewer {name!r} is already seen in session {row.id} watching {on.id}.")
            try:
                (key,) = connection.execute(insert(ViewingRow).values(values)).inserted_primary_key or (0,)
            except IntegrityError as error:
                raise StudyError(
                    f"Session {row.id}, or stimulus {on.id}, was deleted while it was being attached."
                ) from error
            if media and not found.keep_media:  # last: if they cannot be deleted, nothing of this holds
                remove_files(files=[self._store.root / file for file in media])
        return Viewing(int(key), on.id, name, row.id, face_id, float(offset_s), tuple(clock))

    def set_clock(
        self,
        viewing: int,
        offset_s: float | None = None,
        clock: Sequence[tuple[float, float]] | None = None,
        session: str | None = None,
    ) -> None:
        """Put a viewing elsewhere on the stimulus's clock, e.g. while the viewer still watches.

        session: which the viewing must be of; a key alone may be that of a later viewing once one is deleted.
        """
        values: dict[str, Any] = {}
        if offset_s is not None:
            values["offset_s"] = float(offset_s)
        if clock is not None:
            values["clock"] = [[float(session_s), float(media_s)] for session_s, media_s in clock]
        with self._database.write() as connection:
            query = update(ViewingRow).where(ViewingRow.key == viewing)
            if session is not None:
                of = select(SessionRow.key).where(SessionRow.id == session).scalar_subquery()
                query = query.where(ViewingRow.session_key == of)
            if values and connection.execute(query.values(values)).rowcount == 0:
                raise NotFoundError(f"There is no viewing {viewing}.")

    def detach(self, viewing: int) -> None:
        """Take a viewing out of its study; the session stays."""
        with self._database.write() as connection:
            if connection.execute(delete(ViewingRow).where(ViewingRow.key == viewing)).rowcount == 0:
                raise NotFoundError(f"There is no viewing {viewing}.")

    def all(self, study: str, stimulus: str | None = None) -> list[Viewing]:
        """The viewings of a study, or of one of its stimuli, in the order in which they were attached."""
        with self._database.read() as connection:
            key = find_study(connection, study).key
            if stimulus is not None:
                find_stimulus(connection, key, stimulus)
            return [_viewing_of(row) for row in viewing_rows(connection, key, stimulus)]

    def studies_of(self, session: str | None = None) -> dict[str, list[str]]:
        """The studies in which each session, or one of them, is a viewing: ids by id."""
        query = (
            select(SessionRow.id.label("session"), StudyRow.id.label("study"))
            .join(ViewingRow, ViewingRow.session_key == SessionRow.key)
            .join(ViewerRow, ViewerRow.key == ViewingRow.viewer_key)
            .join(StudyRow, StudyRow.key == ViewerRow.study_key)
            .distinct()
            .order_by(StudyRow.id)
        )
        if session is not None:
            query = query.where(SessionRow.id == session)
        found: dict[str, list[str]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                found.setdefault(row.session, []).append(row.study)
        return found

    def delete_viewer(self, study: str, viewer: str) -> None:
        """Remove every trace of a viewer: consent, viewings, and the sessions that show them.

        A session that also shows another viewer, as another face, keeps the other's numbers; its files, which
        show or hold both, go.
        """
        with self._database.read() as connection:
            gone = find_viewer(connection, find_study(connection, study).key, viewer)
        self._delete(gone)

    def delete_of_token(self, token: str) -> None:
        """As `delete_viewer`, of who is known by what has this hash; also sessions that show them and that no
        study has any more. Raises NotFoundError: there is nothing."""
        with self._database.read() as connection:
            gone = connection.execute(select(ViewerRow).where(ViewerRow.token == token)).first()
        if gone is not None:
            self._delete(gone)
        attached = select(ViewingRow.session_key)
        query = select(SessionRow.id).where(SessionRow.person == token, SessionRow.key.not_in(attached))
        with self._database.read() as connection:
            left = list(connection.execute(query).scalars())
        for session in left:
            self._store.delete(session)
        if gone is None and not left:
            raise NotFoundError("Nothing is kept of this viewer.")

    def _delete(self, gone: Row[Any]) -> None:
        with self._database.read() as connection:
            faces = _faces_in_sessions(connection, ViewingRow.viewer_key == gone.key)
            others = _faces_in_sessions(
                connection, ViewingRow.session_key.in_(faces), ViewingRow.viewer_key != gone.key
            )
            rows = connection.execute(select(SessionRow).where(SessionRow.key.in_(faces))).fetchall()
        for row in rows:
            if others.get(row.key, set()) - faces[row.key]:
                self._forget_faces(row, faces[row.key])
            else:
                self._store.delete(row.id)
        with self._database.write() as connection:
            connection.execute(delete(ViewerRow).where(ViewerRow.key == gone.key))
        self._database.scrub()

    def _forget_faces(self, session: Row[Any], faces: set[int | None]) -> None:
        files = [self._store.root / file for file in session.files.values()]
        remove_files(self._store.folder(session.id), files)
        with self._database.write() as connection:
            forget_faces(connection, session.key, {face for face in faces if face is not None})
            rest = digest(load_samples(connection, session.key), session.duration_s)
            connection.execute(
                update(SessionRow)
                .where(SessionRow.key == session.key)
                .values(files={}, digest=rest.as_json())
            )
        remove_files(self._store.folder(session.id), files)  # what was written anew in the meantime


def _faces_in_sessions(
    connection: Connection, *conditions: ColumnElement[bool]
) -> dict[int, set[int | None]]:
    """Which faces viewings concern, by session key."""
    faces: dict[int, set[int | None]] = {}
    for row in connection.execute(select(ViewingRow).where(*conditions)).fetchall():
        face = row.face_id if row.face_id is not None else main_face(connection, row.session_key)
        faces.setdefault(row.session_key, set()).add(face)
    return faces


def _free_viewer(connection: Connection, study_key: int, stimulus_key: int, session: Row[Any]) -> str:
    """The session's name, or its id if a viewer of that name has already watched the stimulus."""
    watched = (
        select(ViewingRow.key)
        .join(ViewerRow, ViewerRow.key == ViewingRow.viewer_key)
        .where(
            ViewerRow.study_key == study_key,
            ViewerRow.id == session.name,
            ViewingRow.stimulus_key == stimulus_key,
        )
    )
    taken = connection.execute(watched.limit(1)).first() is not None
    return str(session.id if taken else session.name)


def _viewer_key(connection: Connection, study_key: int, name: str) -> int:
    query = select(ViewerRow.key).where(ViewerRow.study_key == study_key, ViewerRow.id == name)
    key = connection.execute(query).scalar_one_or_none()
    if key is None:
        values = {"study_key": study_key, "id": name, "created": datetime.now(UTC)}
        (key,) = connection.execute(insert(ViewerRow).values(values)).inserted_primary_key or (0,)
    return int(key)


def _known_viewer(connection: Connection, study_key: int, token: str) -> tuple[int, str]:
    """Key and id of the viewer who is known by what has this hash. Raises NotFoundError."""
    query = select(ViewerRow).where(ViewerRow.study_key == study_key, ViewerRow.token == token)
    row = connection.execute(query).first()
    if row is None:
        raise NotFoundError("Nothing of this viewer is kept any more.")
    return row.key, row.id


def _viewer_of(row: Row[Any]) -> Viewer:
    consented = row.consent_time.astimezone() if row.consent_time else None
    return Viewer(row.id, row.created.astimezone(), row.consent_text, consented)


def _viewing_of(row: Row[Any]) -> Viewing:
    clock = tuple((float(session_s), float(media_s)) for session_s, media_s in row.clock)
    return Viewing(row.key, row.stimulus_id, row.viewer_id, row.session_id, row.face_id, row.offset_s, clock)
