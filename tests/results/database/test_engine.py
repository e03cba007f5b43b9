"""Databases that are opened: new, old, newer, and none at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from results import Links, State, Store, StoreError, Studies, aggregate
from results.database.migration import HEAD, SCRIPTS
from results.database.schema import Base
from tests.results.made import begin, sample


def test_a_database_of_a_newer_program_is_left_alone(store: Store) -> None:
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '999'")
    raw.close()

    with pytest.raises(StoreError, match="version 999"):
        Store(store.root)


def test_a_database_that_is_refused_is_let_go_of(older: Path) -> None:
    raw = sqlite3.connect(older / "valence.db")
    raw.execute("UPDATE schema SET version = 999")
    raw.commit()
    raw.close()
    with pytest.raises(StoreError, match="version 999") as refused:
        Store(older)
    held = [file.path for file in psutil.Process().open_files() if Path(file.path).parent == older]
    assert held == [], refused


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A sessions folder whose database version 2 of the schema wrote (valence 0.1.0)."""
    folder = tmp_path / "older"
    folder.mkdir()
    raw = sqlite3.connect(folder / "valence.db")
    raw.executescript(Path(__file__).with_name("version_2.sql").read_text())
    raw.close()
    return folder


def test_a_database_of_an_older_program_is_brought_up_to_date(older: Path) -> None:
    with Store(older) as store:
        live, clip = store.sessions()
        assert (clip.name, clip.state, live.state) == ("clip", State.DONE, State.INTERRUPTED)
        assert len(store.samples(clip.id)) == 31 and len(store.samples(live.id)) == 1
        assert clip.face_names == {1: "Ann"}
        assert [stretch.kind.value for stretch in store.stretches(clip.id)] == ["marker", "excluded"]
        assert clip.settings["smoothing"] == live.settings["smoothing"] == 0.3, "one name for one thing"
        study = Studies(store).get("spring-ad")
        assert (study.consent_text, study.allow_spectators, study.where) == ("You agree.", False, "server")
        found = aggregate(store, "spring-ad")
        assert found.panel.viewers == ("Ann",) and found.segments[0].name == "logo"
        with begin(store, "new") as writer:
            writer.add([sample()])
        link = Links(store.database).invite(study.id, "ad")
        assert Links(store.database).find(link.token) == link
    with Store(older) as again:
        assert again.get(writer.id).state is State.DONE


def test_the_first_schema_is_brought_up_to_date_too(older: Path) -> None:
    raw = sqlite3.connect(older / "valence.db")
    raw.executescript("ALTER TABLE sessions DROP COLUMN origin; UPDATE schema SET version = 1;")
    raw.close()
    with Store(older) as store:
        assert [session.origin for session in store.sessions()] == [None, None]


def test_an_upgraded_database_is_like_a_new_one(older: Path, store: Store) -> None:
    def described(folder: Path) -> object:
        with Store(folder) as opened, opened.database.read() as connection:
            assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()

    newest = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert described(older) == described(store.root) == HEAD == newest


def test_two_programs_upgrade_at_once(older: Path) -> None:
    program = f"from results import Store\nwith Store({str(older)!r}) as store: print(len(store.sessions()))"
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    outcomes = [opener.communicate(timeout=60) for opener in openers]
    assert [out.strip() for out, _ in outcomes] == ["2"] * 3, outcomes


@pytest.mark.parametrize("url", ["nonsense", "nodialect://x", "sqlite:////no/such/folder/x.db"])
def test_a_database_that_cannot_be_opened_is_one_clear_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(StoreError):
        Store(tmp_path, url)


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "valence.db").write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Store(tmp_path)


def test_many_processes_open_a_new_store_at_once(tmp_path: Path) -> None:
    program = f"from results import Store\nwith Store({str(tmp_path / 's')!r}) as store: store.sessions()"
    openers = [
        subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True) for _ in range(5)
    ]
    errors = [opener.communicate(timeout=60)[1] for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * 5, errors


@pytest.mark.parametrize("name", ["what?", "50%25", "a#b", "c:d", "e f", "%"])
def test_the_database_lies_in_the_folder_whatever_its_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    with Store(folder) as store, begin(store, "here") as writer:
        pass
    assert (folder / "valence.db").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {name}
    with Store(folder) as again:
        assert again.get(writer.id).name == "here"


def test_who_reads_does_not_wait_for_those_who_wait_to_write(store: Store) -> None:
    """However many they are: a locked database holds each for half a minute."""
    finished = begin(store)
    finished.finish()
    other = sqlite3.connect(store.root / "valence.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = [threading.Thread(target=store.rename, args=(finished.id, "later")) for _ in range(20)]
    for thread in waiting:
        thread.start()
    try:
        while store.database.engine.pool.checkedout() < 15:  # type: ignore[attr-defined]
            threading.Event().wait(0.01)
        began = time.monotonic()
        assert [session.id for session in store.sessions()] == [finished.id]
        assert time.monotonic() - began < 20, "not until the others give up"
    finally:
        other.close()
        for thread in waiting:
            thread.join()
    assert store.get(finished.id).name == "later"
