"""The same store on PostgreSQL, where a server can be started; skipped elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from results import (
    AccessError,
    Audit,
    FaceEdits,
    Links,
    NotFoundError,
    Operators,
    Options,
    SignIns,
    State,
    Store,
    Studies,
    Viewings,
    aggregate,
    rows_and_summary,
    shared_secret,
    summary_of,
)
from results.sessions.samples import EXTRAS
from stream.frames import Box, Sample

pytest.importorskip("psycopg")
INITDB, SERVER = shutil.which("initdb"), shutil.which("pg_ctl")
pytestmark = pytest.mark.skipif(not (INITDB and SERVER), reason="no PostgreSQL server here")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server of our own, on a socket in a folder of its own.

    PostgreSQL refuses to run as the superuser; for one, it runs as nobody, in a folder nobody may enter.
    """
    user = "nobody" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="valence-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)

        def run(*command: object) -> None:
            subprocess.run(
                [str(part) for part in command], user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL
            )

        data, log = folder / "data", folder / "log"
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run(INITDB, "-D", data, "-U", "valence", "-A", "trust", "-E", "UTF8")
        run(SERVER, "-D", data, "-o", options, "-l", log, "-w", "start")
        yield f"postgresql+psycopg://valence@/postgres?host={folder}"
        run(SERVER, "-D", data, "-m", "immediate", "stop")


def test_a_session_lives_and_dies_on_postgresql(server: str, tmp_path: Path) -> None:
    with Store(tmp_path, server) as store:
        with store.begin("clip", source="clip.mp4", kind="video", settings={"a": [1]}) as writer:
            writer.add(
                Sample(n / 30, n, face, Box(1, 2, 3, 4), 0.1 * face, 0.2, 0.9, 0.8)
                for n in range(1000)
                for face in (1, 2)
            )
            writer.progress(1000, 1000, 33.3)
            writer.event("cut", "The source ended early.")
        again = store.begin("clip", source="clip.mp4", kind="video", created=store.get(writer.id).created)
        store.name_face(writer.id, 2, "Ada")
        store.add_stretch(writer.id, "marker", 1.0)

        assert again.id == f"{writer.id}_2"
        assert [session.state for session in store.sessions()] == [State.RUNNING, State.DONE]
        assert store.get(f"{writer.id}_2").created == store.get(writer.id).created
        content, samples = summary_of(store, writer.id)
        assert len(samples) == 2000 and samples.frame.tolist()[:4] == [0, 0, 1, 1]
        assert [face["valence_mean"] for face in content["faces"]] == [0.1, 0.2]
        assert content["settings"] == {"a": [1]}
        assert not (tmp_path / "valence.db").exists()
        again.finish()
        for session in store.sessions():
            store.delete(session.id)
        with pytest.raises(NotFoundError):
            store.get(writer.id)


def test_a_study_lives_and_dies_on_postgresql(server: str, tmp_path: Path) -> None:
    with Store(tmp_path, server) as store:
        studies, viewings = Studies(store), Viewings(store)
        study = studies.create("Spring", options=Options(baseline=(0.0, 1.0))).id
        studies.add_stimulus(study, "Ad", 5.0)
        studies.set_segment(study, "ad", "logo", 4, 5)
        first = viewings.add_viewer(study, consent_text="Yes.")
        for number in range(4):
            with store.begin(f"v{number}", source="v.mp4", kind="video") as writer:
                writer.add(
                    Sample(n / 20, n, 1, Box(1, 2, 3, 4), 0.1 * (n > 40), 0.1, 0.9, 0.8) for n in range(100)
                )
            viewer = first.id if number == 0 else None
            viewings.attach(study, "ad", writer.id, viewer=viewer, clock=[(0.0, 0.0), (5.0, 5.0)])
            store.add_stretch(writer.id, "excluded", 0.5, 0.6)

        found = aggregate(store, study)
        viewings.delete_viewer(study, first.id)

        assert found.overall.n == 4 and found.segments[0].mean == pytest.approx(0.1)
        assert found.panel.excluded.marked == 4 * 3
        assert [viewer.id for viewer in viewings.viewers(study)] == ["v1", "v2", "v3"]
        assert studies.create("Spring").id == "spring-2"
        for name in ("spring", "spring-2"):
            studies.delete(name, with_sessions=True)
        assert store.sessions() == [] and studies.all() == []


def test_faces_are_edited_and_frames_are_kept_on_postgresql(server: str, tmp_path: Path) -> None:
    with Store(tmp_path, server) as store:
        with store.begin("faces", source="f.mp4", kind="video", settings={"smoothing": 0.3}) as writer:
            for n in range(100):
                if n >= 10:
                    face = 1 if n < 50 else 2
                    writer.add([Sample(n / 20, n, face, Box(1, 2, 3, 4), 0.1 * face, 0.1, 0.9, 0.8)])
                writer.progress(n + 1, max(0, n - 9), n / 20)
                if n % 30 == 0:
                    writer.flush()
        store.name_face(writer.id, 2, "Ada")
        store.add_stretch(writer.id, "excluded", 3.0, 4.0, face_id=2)
        before = summary_of(store, writer.id)[0]
        edits = FaceEdits(store)
        edits.merge(writer.id, [1, 2])
        assert store.samples(writer.id).faces == [1] and store.get(writer.id).digest.faces == 1
        assert edits.split(writer.id, 1, 4.5).faces == (1, 3)
        assert [s.face_id for s in store.stretches(writer.id)] == [1]
        content, rows = rows_and_summary(store, writer.id, every_frame=True)
        assert len(rows) == 100 and [face["name"] for face in content["faces"]] == ["Ada", None]
        edits.undo(writer.id)
        assert edits.split(writer.id, 1, 2.5).restored
        assert summary_of(store, writer.id)[0] == before
        store.delete(writer.id)


def test_two_stores_may_open_a_new_database_at_once(server: str, tmp_path: Path) -> None:
    with Store(tmp_path, server) as one, Store(tmp_path, server) as two:
        assert one.sessions() == two.sessions() == []


def test_a_database_of_version_2_is_upgraded_and_lets_people_in(server: str, tmp_path: Path) -> None:
    with Store(tmp_path, server) as store:
        study = Studies(store).create("upgraded")
        Studies(store).add_stimulus(study.id, "Ad", 5.0)
        with store.begin("old", source="old.mp4", kind="video", settings={"smoothing_s": 0.3}) as writer:
            pass
        with store.database.write() as connection:  # as version 2 of the schema left it
            newer = ("frame_times", "face_parts", "face_edits", "jobs", "links", "entries", "sign_ins")
            for table in (*newer, "still_tracks", "operators", "tokens", "audit", "secrets"):
                connection.exec_driver_sql(f"DROP TABLE {table}")
            for column in EXTRAS:
                connection.exec_driver_sql(f"ALTER TABLE samples DROP COLUMN {column.stored}")
            connection.exec_driver_sql("ALTER TABLE studies DROP COLUMN allow_spectators")
            connection.exec_driver_sql("ALTER TABLE viewers DROP COLUMN token")
            connection.exec_driver_sql("ALTER TABLE sessions DROP COLUMN person")
            connection.exec_driver_sql("DROP TABLE alembic_version")
            connection.exec_driver_sql("CREATE TABLE schema (version INTEGER PRIMARY KEY)")
            connection.exec_driver_sql("INSERT INTO schema VALUES (2)")
    with Store(tmp_path, server) as store:
        assert store.get(writer.id).settings == {"smoothing": 0.3}
        assert not Studies(store).get(study.id).allow_spectators
        database = store.database
        Operators(database).add("ann", "correct horse battery")
        with pytest.raises(AccessError, match="already an operator"):
            Operators(database).add("ann", "correct horse battery")
        signed_in = SignIns(database).begin(Operators(database).all()[0].key)
        found = SignIns(database).find(signed_in)
        assert found is not None and found.operator == "ann"
        assert shared_secret(database, "cookies") == shared_secret(database, "cookies")
        link = Links(database).invite(study.id, "ad", days=1)
        assert link.open and Links(database).find(link.token) == link
        Studies(store).change(study.id, name="another name")
        assert not Links(database).of_study(study.id)[0].open
        Audit(database).note("ann", "deleted", "study x")
        assert Audit(database).lines()[0].who == "ann"
        Studies(store).delete(study.id)
        assert Links(database).find(link.token) is None


def test_texts_that_postgresql_has_no_place_for_are_kept_as_escapes(server: str, tmp_path: Path) -> None:
    result = tmp_path / os.fsdecode(b"caf\xe9") / "valence.csv"
    result.parent.mkdir()
    result.touch()
    with Store(tmp_path, server) as store:
        name = os.fsdecode(b"caf\xe9") + "\0"
        with store.begin(name, source=name, kind="live", settings={"said": name}) as writer:
            writer.event("source", name)
        store.set_files(writer.id, {"csv": result})

        (found,) = store.sessions(search=name)
        assert found.id == writer.id and found.name == r"caf\xe9\x00"
        assert found.settings["said"] == name and found.files["csv"] == str(result)
        store.delete(writer.id)
        assert not result.exists()
