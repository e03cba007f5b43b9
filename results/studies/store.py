"""Studies in the database: create them, give them stimuli and segments, delete them."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from results.audience.panel import Options
from results.audience.resampling import MAX_MOMENTS
from results.database.errors import NotFoundError, StudyError
from results.database.ids import insert_under_free_id, slug
from results.database.schema import LinkRow, SegmentRow, StimulusRow, StudyRow, ViewerRow
from results.sessions.store import Store, remove_files
from results.studies.records import (
    Segment,
    Stimulus,
    Study,
    Where,
    find_stimulus,
    find_study,
    options_of,
    study_of,
)
from results.studies.viewings import Viewings

STIMULI = ".stimuli"
"""Below the sessions folder: videos of stimuli that were handed to us, each in a folder of its own."""


class Studies:
    """All studies of a store.

    A study is named by its id, the short form of its name ("spring-campaign"), or by its name. Methods raise
    NotFoundError for what is not there and StudyError for what cannot be done.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._database = store.database

    def create(
        self,
        name: str,
        *,
        consent_text: str = "",
        keep_media: bool = False,
        allow_spectators: bool = False,
        where: Where = Where.SERVER,
        notes: str = "",
        options: Options | None = None,
    ) -> Study:
        """A new study without stimuli. Its id gets a number if another study has it."""
        if not name.strip():
            raise StudyError("A study needs a name.")
        if where is Where.BROWSER and (keep_media or allow_spectators):
            raise StudyError(
                "Where viewers' own browsers analyse, no picture comes here: none can be kept or looked at."
            )
        values = {
            "name": name.strip(),
            "created": datetime.now(UTC),
            "notes": notes,
            "consent_text": consent_text,
            "keep_media": keep_media,
            "allow_spectators": allow_spectators,
            "analysed": where.value,
            "settings": asdict(options or Options()),
        }
        with self._database.write() as connection:
            _, study_id = insert_under_free_id(connection, StudyRow, slug(name).lower(), values, "-")
        return self.get(study_id)

    def all(self) -> list[Study]:
        """All studies, newest first."""
        with self._database.read() as connection:
            query = select(StudyRow).order_by(StudyRow.created.desc(), StudyRow.key.desc())
            return [study_of(connection, row) for row in connection.execute(query).fetchall()]

    def get(self, study: str) -> Study:
        with self._database.read() as connection:
            return study_of(connection, find_study(connection, study))

    def change(
        self,
        study: str,
        *,
        name: str | None = None,
        notes: str | None = None,
        consent_text: str | None = None,
        options: Options | None = None,
    ) -> Study:
        """Change what is given; the id stays, and so does what viewers have already agreed to.

        Another name closes the study's links: who has one was invited to something else.
        """
        name = name.strip() if name is not None else None
        if name == "":
            raise StudyError("A study needs a name.")
        given = {"name": name, "notes": notes, "consent_text": consent_text}
        values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
        if options is not None:
            values["settings"] = asdict(options)
        with self._database.write() as connection:
            row = find_study(connection, study)
            if name is not None and name != row.name:
                _close_links(connection, row.key)
            if values:
                connection.execute(update(StudyRow).where(StudyRow.key == row.key).values(values))
        return self.get(row.id)

    def delete(self, study: str, with_sessions: bool = False) -> None:
        """Remove a study, its viewers and their consents, and the videos of stimuli that were uploaded;
        with the viewers' sessions if asked, else those stay."""
        with self._database.read() as connection:
            row = find_study(connection, study)
            viewers = connection.execute(select(ViewerRow.id).where(ViewerRow.study_key == row.key))
            names = list(viewers.scalars())
        if with_sessions:
            viewings = Viewings(self._store)
            for viewer in names:
                viewings.delete_viewer(row.id, viewer)
        for stimulus in self.get(row.id).stimuli:
            self._remove_upload(stimulus)
        with self._database.write() as connection:
            connection.execute(delete(StudyRow).where(StudyRow.key == row.key))
        self._database.scrub()

    def add_stimulus(self, study: str, name: str, duration_s: float, path: Path | None = None) -> Stimulus:
        """Something to watch: its length in seconds, and its video if there is one."""
        if not name.strip():
            raise StudyError("A stimulus needs a name.")
        if not (isfinite(duration_s) and duration_s > 0):
            raise StudyError(f"A stimulus cannot last {duration_s} seconds.")
        with self._database.write() as connection:
            row = find_study(connection, study)
            longest = options_of(row.settings).step * MAX_MOMENTS
            if duration_s > longest:
                raise StudyError(
                    f"A stimulus of {duration_s:g} s is too long; up to {longest:g} s are possible."
                )
            values = {
                "study_key": row.key,
                "name": name.strip(),
                "path": str(path.resolve()) if path else None,
                "duration_s": float(duration_s),
            }
            _, stimulus_id = insert_under_free_id(connection, StimulusRow, slug(name).lower(), values, "-")
        return self.get(row.id).stimulus(stimulus_id)

    def remove_stimulus(self, study: str, stimulus: str) -> None:
        """Take a stimulus out of a study; the sessions of those who watched it stay."""
        found = self.get(study)
        gone = found.stimulus(stimulus)
        self._remove_upload(gone)
        with self._database.write() as connection:
            row = find_stimulus(connection, find_study(connection, found.id).key, gone.id)
            connection.execute(delete(StimulusRow).where(StimulusRow.key == row.key))

    def set_segment(self, study: str, stimulus: str, name: str, start: float, end: float) -> Segment:
        """Name a stretch of a stimulus; a segment of that name is moved."""
        found = self.get(study)
        of = found.stimulus(stimulus)
        if not name.strip():
            raise StudyError("A segment needs a name.")
        if not 0 <= start < end <= of.duration_s:
            raise StudyError(
                f"A segment from {start:g} to {end:g} s does not lie in the {of.duration_s:g} s of {of.id}."
            )
        with self._database.write() as connection:
            key = find_stimulus(connection, find_study(connection, found.id).key, of.id).key
            same = (SegmentRow.stimulus_key == key, SegmentRow.name == name.strip())
            connection.execute(delete(SegmentRow).where(*same))
            values = {"stimulus_key": key, "name": name.strip(), "start": float(start), "end": float(end)}
            connection.execute(insert(SegmentRow).values(values))
        return Segment(name.strip(), float(start), float(end))

    def remove_segment(self, study: str, stimulus: str, name: str) -> None:
        found = self.get(study)
        of = found.stimulus(stimulus)
        with self._database.write() as connection:
            key = find_stimulus(connection, find_study(connection, found.id).key, of.id).key
            query = delete(SegmentRow).where(SegmentRow.stimulus_key == key, SegmentRow.name == name)
            if connection.execute(query).rowcount == 0:
                raise NotFoundError(f"Stimulus {of.id} has no segment {name!r}.")

    def upload_folder(self) -> Path:
        """A new folder for a stimulus's video; what lies in it belongs to the study and goes with it."""
        folder = self._store.root / STIMULI / secrets.token_hex(8)
        self._database.require_folder()
        folder.mkdir(parents=True)
        return folder

    def _remove_upload(self, stimulus: Stimulus) -> None:
        """A video that was handed to us is removed with its folder; one elsewhere belongs to the user."""
        ours = self._store.root.resolve() / STIMULI
        if stimulus.path is not None and stimulus.path.parent.parent == ours:
            remove_files(stimulus.path.parent)


def _close_links(connection: Connection, study_key: int) -> None:
    stimuli = select(StimulusRow.key).where(StimulusRow.study_key == study_key)
    query = update(LinkRow).where(LinkRow.stimulus_key.in_(stimuli), LinkRow.revoked.is_(None))
    connection.execute(query.values(revoked=datetime.now(UTC)))
