"""Databases that are opened: new, old, newer, and none at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from results import Store, StoreError
from tests.results.made import begin, sample


def test_a_database_of_a_newer_program_is_left_alone(store: Store) -> None:
    with sqlite3.connect(store.root / "valence.db") as raw:
        raw.execute("UPDATE schema SET version = 999")
    raw.close()

    with pytest.raises(StoreError, match="version 999"):
        Store(store.root)


def test_a_database_of_an_older_program_is_brought_up_to_date(store: Store) -> None:
    with begin(store, "old") as writer:
        writer.add([sample()])
    store.close()
    raw = sqlite3.connect(store.root / "valence.db")
    raw.executescript("ALTER TABLE sessions DROP COLUMN origin; UPDATE schema SET version = 1;")
    raw.close()

    with Store(store.root) as again:
        assert again.get(writer.id).origin is None
        assert len(again.samples(writer.id)) == 1
        with begin(again, "new") as writer:
            pass
        assert again.get(writer.id).origin == Path("/films/new.mp4")


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
