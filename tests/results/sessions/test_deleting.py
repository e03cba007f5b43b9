"""Sessions deleted: nothing of them stays, and nothing else goes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from results import DeletedError, Store, StoreError
from tests.results.made import begin, rows_left, sample


def test_delete_leaves_no_row_no_file_and_no_byte(store: Store, tmp_path: Path) -> None:
    secret = "Zarathustra-4711"
    with begin(store, "kept") as kept:
        kept.add([sample()])
    with begin(store, secret) as writer:
        writer.add(sample(frame) for frame in range(1000))
        writer.event("note", secret)
        writer.folder.mkdir()
        writer.folder.joinpath("annotated.mp4").write_bytes(b"x")
        elsewhere = tmp_path / "out" / "valence.csv"
        elsewhere.parent.mkdir()
        elsewhere.write_text("x")
        bystander = elsewhere.with_name("thesis.doc")
        bystander.write_text("mine")
    store.set_files(writer.id, {"csv": elsewhere, "annotated": writer.folder / "annotated.mp4"})
    store.name_face(writer.id, 1, secret)
    store.add_stretch(writer.id, "marker", 1.0, label=secret)
    left_before = rows_left(store)

    store.delete(writer.id)

    assert left_before["samples"] == 1001 and left_before["stretches"] == 1
    assert rows_left(store) == {**dict.fromkeys(left_before, 0), "sessions": 1, "samples": 1}
    assert not writer.folder.exists() and not elsewhere.exists() and bystander.exists()
    for file in store.root.iterdir():
        assert secret.encode() not in file.read_bytes(), f"{file.name} still holds the deleted text"
    with pytest.raises(LookupError):
        store.delete(writer.id)


def test_deleting_a_running_session_stops_its_writer(store: Store) -> None:
    writer = begin(store)
    writer.add([sample()])
    store.delete(writer.id)

    with pytest.raises(DeletedError, match="deleted"):
        writer.flush()
    writer.finish()
    assert sum(rows_left(store).values()) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may delete anything")
def test_files_that_cannot_be_deleted_keep_the_session_listed(store: Store) -> None:
    with begin(store) as writer:
        writer.folder.mkdir()
    writer.folder.joinpath("x").touch()
    writer.folder.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="cannot be deleted"):
            store.delete(writer.id)
        assert store.get(writer.id)
    finally:
        writer.folder.chmod(0o700)


def test_an_output_folder_of_the_sessions_name_goes_with_it(store: Store, tmp_path: Path) -> None:
    with begin(store) as writer:
        pass
    out = tmp_path / "out" / writer.id
    out.mkdir(parents=True)
    (out / "valence.csv").touch()
    store.set_files(writer.id, {"csv": out / "valence.csv"})

    store.delete(writer.id)

    assert not out.exists() and out.parent.exists()
