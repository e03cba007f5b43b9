"""Sessions and samples made for tests, and what is left of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from sqlalchemy import func, select

from results import Store
from results.database.schema import Base
from stream.frames import Box, Sample

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=timezone(timedelta(hours=1)))


def sample(frame: int = 0, face_id: int = 1, valence: float = 0.25, quality: float = 0.9) -> Sample:
    return Sample(frame / 30, frame, face_id, Box(1.5, 2.25, 81.5, 102.25), valence, valence, quality, 0.8)


def begin(store: Store, name: str = "clip", **more):
    return store.begin(name, source=f"/films/{name}.mp4", kind="video", created=NOON, **more)


def rows_left(store: Store) -> dict[str, int]:
    with store.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in Base.metadata.sorted_tables
            if table.name != "alembic_version"
        }
