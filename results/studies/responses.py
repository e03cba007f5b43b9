"""What the viewers of a stimulus showed: stored samples, put on the stimulus's clock."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from results.audience.clock import stimulus_spans, stimulus_time
from results.audience.panel import Response
from results.database.errors import NotFoundError
from results.database.schema import SessionRow, StimulusRow, ViewerRow, ViewingRow
from results.sessions.exclusions import excluded_spans, within
from results.sessions.reading import load_fields, load_stretches, main_face
from results.sessions.samples import ERROR, MEASURES
from results.sessions.store import Store
from results.sessions.table import SAMPLES
from results.studies.records import find_stimulus, find_study

VALENCE = "valence"


def responses(store: Store, study: str, stimulus: str, measure: str = VALENCE) -> Iterator[Response]:
    """One response per viewing, read one at a time, in the order in which they were attached.

    Samples taken while the stimulus stood still are left out; stretches that a user excluded from a session
    come along, on the stimulus's clock. measure: valence, or one of MEASURES. Raises NotFoundError for an
    unknown study, stimulus or measure.
    """
    if measure not in (VALENCE, *MEASURES):
        raise NotFoundError(
            f"There is no measure {measure!r}: choose one of {', '.join((VALENCE, *MEASURES))}."
        )
    with store.database.read() as connection:
        key = find_study(connection, study).key
        find_stimulus(connection, key, stimulus)
        for row in viewing_rows(connection, key, stimulus):
            yield _response(connection, row, measure)


def measures_known(store: Store, study: str, stimulus: str) -> tuple[str, ...]:
    """What the networks that read the viewers of a stimulus said beside valence: a network says it of every
    face, or of none."""
    columns = [SAMPLES.c[column.stored] for column in MEASURES.values()]
    known: set[str] = set()
    with store.database.read() as connection:
        rows = viewing_rows(connection, find_study(connection, study).key, stimulus)
        for session in {row.session_key for row in rows}:
            said = connection.execute(
                select(*columns).where(SAMPLES.c.session_key == session).limit(1)
            ).first()
            known |= {name for name, value in zip(MEASURES, said or (), strict=False) if value is not None}
    return tuple(name for name in MEASURES if name in known)


def viewing_rows(connection: Connection, study_key: int, stimulus: str | None = None) -> list[Row[Any]]:
    """A study's viewings with the ids of their stimulus, viewer and session."""
    query = (
        select(
            ViewingRow,
            StimulusRow.id.label("stimulus_id"),
            ViewerRow.id.label("viewer_id"),
            SessionRow.id.label("session_id"),
        )
        .join(StimulusRow, StimulusRow.key == ViewingRow.stimulus_key)
        .join(ViewerRow, ViewerRow.key == ViewingRow.viewer_key)
        .join(SessionRow, SessionRow.key == ViewingRow.session_key)
        .where(StimulusRow.study_key == study_key)
        .order_by(ViewingRow.key)
    )
    if stimulus is not None:
        query = query.where(StimulusRow.id == stimulus)
    return [*connection.execute(query)]


def models_used(store: Store, study: str, stimulus: str) -> tuple[tuple[str, str], ...]:
    """Name and sha256 of every model that read the faces of a stimulus's viewers."""
    with store.database.read() as connection:
        query = (
            select(SessionRow.model_name, SessionRow.model_sha256)
            .distinct()
            .join(ViewingRow, ViewingRow.session_key == SessionRow.key)
            .join(StimulusRow, StimulusRow.key == ViewingRow.stimulus_key)
            .where(StimulusRow.study_key == find_study(connection, study).key, StimulusRow.id == stimulus)
            .order_by(SessionRow.model_name, SessionRow.model_sha256)
        )
        return tuple((row.model_name, row.model_sha256) for row in connection.execute(query))


def places_used(store: Store, study: str, stimulus: str) -> tuple[str, ...]:
    """Where the faces of a stimulus's viewers were read: ``browser`` (their own), ``server``, or both."""
    place = SessionRow.settings["computed"].as_string()
    with store.database.read() as connection:
        query = (
            select(place)
            .distinct()
            .join(ViewingRow, ViewingRow.session_key == SessionRow.key)
            .join(StimulusRow, StimulusRow.key == ViewingRow.stimulus_key)
            .where(StimulusRow.study_key == find_study(connection, study).key, StimulusRow.id == stimulus)
        )
        return tuple(sorted({value or "server" for value in connection.execute(query).scalars()}))


def _response(connection: Connection, viewing: Row[Any], measure: str) -> Response:
    face = viewing.face_id if viewing.face_id is not None else main_face(connection, viewing.session_key)
    wanted = ("time", measure, "quality", *([ERROR.name] if measure == VALENCE else []))
    session_time, valence, quality, *error = load_fields(connection, viewing.session_key, wanted, face)
    spans = excluded_spans(load_stretches(connection, viewing.session_key), face) if face is not None else ()
    knots = [(session_s, media_s) for session_s, media_s in viewing.clock]
    time = stimulus_time(session_time, viewing.offset_s, knots)
    playing = ~np.isnan(time)
    return Response(
        viewer=viewing.viewer_id,
        time=time[playing],
        valence=valence[playing],
        quality=quality[playing],
        excluded=tuple(chain.from_iterable(stimulus_spans(*span, viewing.offset_s, knots) for span in spans)),
        marked=within(session_time, spans)[playing],
        error=error[0][playing] if error else None,
    )
