"""Texts and paths that no database takes as they are: kept, found again by the same text, and deleted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from results import (
    AccessError,
    NotFoundError,
    Operators,
    State,
    Store,
    StoreError,
    Studies,
    Tokens,
    summary_of,
)
from results.database.texts import StoredPath, StoredText, storable
from tests.results.made import begin, sample

DIALECT = sqlite.dialect()
ANY_TEXT = st.text(st.characters(), max_size=30) | st.binary(max_size=30).map(os.fsdecode)
CAFE = os.fsdecode(b"caf\xe9")


@given(ANY_TEXT)
def test_what_is_stored_can_be_encoded_and_is_stored_once(text: str) -> None:
    kept = StoredText().process_bind_param(text, DIALECT)

    assert kept is not None and kept.encode() is not None and "\0" not in kept
    assert storable(kept) == kept


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",))))
def test_any_other_text_is_stored_as_it_is(text: str) -> None:
    assert StoredText().process_bind_param(text, DIALECT) == text


@given(
    st.binary(min_size=1).map(lambda data: "/" + os.fsdecode(data.replace(b"\0", b"_")))
    | st.just("file:/a%41")
)
def test_a_path_leads_to_its_file_again(path: str) -> None:
    column = StoredPath()
    kept = column.process_bind_param(path, DIALECT)

    assert kept is not None and kept.encode()
    assert Path(column.process_result_value(kept, DIALECT) or "") == Path(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(ANY_TEXT.filter(str.strip))
def test_a_session_of_any_name_is_found_by_it(store: Store, name: str) -> None:
    with store.begin(name, source=f"films/{CAFE}", kind="live") as writer:
        writer.event("source", name)

    assert store.get(writer.id).name == storable(name)
    assert writer.id in {found.id for found in store.sessions(search=name)}
    store.rename(writer.id, name)
    assert store.events(writer.id)[0].text == storable(name)
    store.delete(writer.id)


def test_a_file_whose_name_is_not_utf_8_is_found_again(store: Store, tmp_path: Path) -> None:
    source = tmp_path / f"{CAFE}.mp4"
    source.write_bytes(b"film")
    result = tmp_path / CAFE / "valence.csv"
    result.parent.mkdir()
    result.write_text("numbers")
    with store.begin(source.stem, source=str(source), kind="video") as writer:
        writer.add([sample()])
    store.set_files(writer.id, {"csv": result})

    assert store.get(writer.id).origin == source
    found = store.latest_of(source)
    assert found is not None and found.id == writer.id
    assert Path(found.files["csv"]).read_text() == "numbers"
    store.delete(writer.id)
    assert not result.exists()


def test_a_stimulus_whose_name_is_not_utf_8_is_found_again(store: Store, tmp_path: Path) -> None:
    film = tmp_path / f"{CAFE}.mp4"
    film.write_bytes(b"film")
    study = Studies(store).create(f"spring {CAFE}\0")
    Studies(store).add_stimulus(study.id, film.stem, 3.0, film)

    assert Studies(store).get(f"spring {CAFE}\0").id == study.id
    assert Studies(store).get(study.id).stimulus(CAFE).path == film


def test_names_that_are_looked_up_may_be_any_text(store: Store) -> None:
    for desk in (Tokens(store.database), Operators(store.database)):
        with pytest.raises(AccessError):
            desk.create(CAFE) if isinstance(desk, Tokens) else desk.add(CAFE, "a long password of hers")
    with pytest.raises(NotFoundError) as caught:
        store.get(f"{CAFE}\0\ud800")
    assert str(caught.value).encode()


def test_a_sessions_folder_whose_name_is_not_utf_8_can_be_complained_of(tmp_path: Path) -> None:
    folder = tmp_path / CAFE
    with Store(folder) as store, begin(store, "clip") as writer:
        writer.add([sample()])
    with Store(folder) as store:
        assert store.get(writer.id).state is State.DONE
        assert summary_of(store, writer.id)[0]["session"] == writer.id
    (folder / "valence.db").write_bytes(b"no database" * 100)
    with pytest.raises(StoreError) as caught:
        Store(folder)
    assert str(caught.value).encode() and "caf" in str(caught.value)
