"""A sessions folder that goes away, or is another one, under a running program; or that may only be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from results import Store, StoreError
from tests import ROOT


def test_a_folder_that_is_gone_is_noticed_and_not_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    with Store(folder) as store:
        writer = store.begin("a", source="a.mp4", kind="video")
        folder.rename(tmp_path / "elsewhere")
        for use in (store.sessions, writer.flush, lambda: store.make_folder(writer.id)):
            with pytest.raises(StoreError, match="is gone, or another one is in its place: put it back"):
                use()
        assert store.database.trouble() is not None
        assert not folder.exists(), "nothing is written into the void"
        (tmp_path / "elsewhere").rename(folder)
        assert store.database.trouble() is None
        writer.event("note", "It is back.")
        writer.finish()
        assert store.make_folder(writer.id).is_dir()
        assert [event.text for event in store.events(writer.id)] == ["It is back."]


def test_a_folder_in_the_place_of_another_is_not_taken_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "sessions"
    with Store(folder) as store, Store(tmp_path / "other") as other:
        folder.rename(tmp_path / "elsewhere")
        other.root.rename(folder)
        with pytest.raises(StoreError, match="another one is in its place"):
            store.begin("a", source="a.mp4", kind="video")
    with Store(folder) as store:
        assert store.sessions() == []


def test_a_database_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    with Store(tmp_path / "sessions") as store, Store(tmp_path / "other"):
        (tmp_path / "other" / "valence.db").replace(tmp_path / "sessions" / "valence.db")
        with pytest.raises(StoreError, match=r"database in .* is gone"):
            store.sessions()


READER = """
import os, sys
import sqlalchemy.dialects.sqlite
from results import Store, StoreError, csv_text

if os.getuid() == 0:  # root may write everywhere
    os.setgid(65534)
    os.setuid(65534)
with Store(sys.argv[1]) as store:
    (session,) = store.sessions()
    print(len(csv_text(store.samples(session.id)).splitlines()), session.name)
    try:
        store.rename(session.id, "b")
    except StoreError as error:
        print(error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs users")
@pytest.mark.parametrize("left_open", [False, True])
def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path, left_open: bool) -> None:
    """As another user, for root may write everywhere."""
    folder = tmp_path / "sessions"
    with Store(folder) as store, store.begin("a", source="a.mp4", kind="video"):
        pass
    writing = Store(folder) if left_open else None
    if writing is not None:
        writing.rename(writing.sessions()[0].id, "a")
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in [tmp_path, *tmp_path.parents]:
        if path.stat().st_uid == os.getuid() and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)
    done = subprocess.run(
        [sys.executable, "-c", READER, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    said = "write to the database" if left_open else "may only be read"
    assert done.stdout.startswith("1 a\n") and said in done.stdout, done.stdout
    if writing is not None:
        writing.close()
    folder.chmod(0o755)
