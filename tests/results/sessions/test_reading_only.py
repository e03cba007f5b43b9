"""Reading writes nothing, also where a process was killed and nobody has written that down yet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from results import Format, State, Store, Studies, aggregate, export, summary_of
from tests.results.made import begin, sample


@pytest.fixture
def abandoned(store: Store) -> str:
    """A session whose process is gone, as it left it."""
    writer = begin(store, "cut off")
    writer.add([sample(0), sample(1)])
    writer.progress(2, 2, 0.1)
    writer.flush()
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE sessions SET owner_started = 'long ago' WHERE id = ?", (writer.id,))
    raw.close()
    return writer.id


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """What the database is asked."""
    asked: list[str] = []
    event.listen(store.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    yield asked


def test_reading_writes_nothing(store: Store, abandoned: str, tmp_path: Path, statements: list[str]) -> None:
    Studies(store).create("Spring")
    Studies(store).add_stimulus("spring", "Ad", 5)
    statements.clear()
    (session,) = store.sessions(search="cut")
    assert store.get(abandoned) == session and store.get(abandoned[:12]).id == abandoned
    assert (session.state, len(store.samples(abandoned))) == (State.INTERRUPTED, 2)
    assert session.digest is not None and session.digest.samples == 2
    summary_of(store, abandoned)
    for form in (Format.CSV, Format.JSON):
        export(store, abandoned, form, tmp_path / f"out.{form}")
    store.events(abandoned), store.stretches(abandoned), Studies(store).all(), aggregate(store, "spring")
    assert {statement.split()[0] for statement in statements} == {"SELECT", "BEGIN"}


def test_states_are_found_as_they_are_read(store: Store, abandoned: str) -> None:
    running = begin(Store(store.root), "running")  # which closes what was interrupted: begin it first
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE sessions SET state = 'running', digest = NULL WHERE id = ?", (abandoned,))
    raw.close()
    with begin(store, "done"):
        pass
    for _written_down in (False, True):
        found = {state: [session.name for session in store.sessions(state=state)] for state in State}
        assert found[State.RUNNING] == ["running"] and found[State.INTERRUPTED] == ["cut off"]
        assert found[State.DONE] == ["done"]
        assert [s.name for s in store.sessions(state=State.INTERRUPTED, limit=1)] == ["cut off"]
        assert store.sessions(state=State.INTERRUPTED, offset=1) == []
        before = store.get(abandoned)
        store.close_interrupted()
        assert store.get(abandoned) == before, "it is written down as it was read"
    running.finish()


def test_what_writes_notes_what_was_interrupted(store: Store, abandoned: str) -> None:
    with begin(store, "next"), sqlite3.connect(store.root / "valence.db") as raw:
        (state,) = raw.execute("SELECT state FROM sessions WHERE id = ?", (abandoned,)).fetchone()
    raw.close()
    assert state == "interrupted"


def test_a_session_that_came_back_and_then_died_is_read_whole(store: Store) -> None:
    writer = begin(store, "slow")
    writer.add([sample(0)])
    writer.flush()
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE sessions SET owner_started = 'long ago'")
    raw.close()
    store.close_interrupted()
    writer.add([sample(1), sample(2)])
    writer.flush()

    seen = store.get(writer.id)
    assert seen.digest is not None and seen.digest.samples == 3
    store.close_interrupted()
    assert store.get(writer.id) == seen, "it is written down as it was read"
