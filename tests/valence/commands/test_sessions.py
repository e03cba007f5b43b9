"""`valence sessions`, run as a user runs it."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path

import pyarrow.parquet
import pytest
from typer.testing import CliRunner, Result

from results import Audit, Store, write_folder
from stream.frames import Box, Sample
from valence.commands.sessions import app, sparkline
from valence.errors import ValenceError


@pytest.fixture
def stored(tmp_path: Path, monkeypatch) -> str:
    """The id of a session of two faces, in the folder that the settings name."""
    monkeypatch.setenv("VALENCE_SESSIONS", str(tmp_path / "kept"))
    monkeypatch.delenv("VALENCE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    with (
        Store(tmp_path / "kept") as store,
        store.begin("ad [1]", source="films/ad [1].mp4", kind="video", model_name="m") as writer,
    ):
        writer.add(
            Sample(n / 10, n, face, Box(1, 2, 3, 4), 0.3, 0.3, 0.9, 0.8) for n in range(10) for face in (1, 2)
        )
        writer.progress(10, 10, 0.9)
        writer.folder.mkdir()
    return writer.id


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_list_shows_what_is_there(stored: str) -> None:
    shown = run("list")

    assert shown.exit_code == 0
    assert stored in shown.output and "done" in shown.output and "+0.30" in shown.output


def test_list_as_json(stored: str) -> None:
    (listed,) = json.loads(run("list", "--json").output)

    assert listed["session"] == stored
    assert (listed["frames"], listed["faces"], listed["valence_mean"]) == (10, 2, 0.3)
    assert json.loads(run("list", "--json", "--search", "nothing like it").output) == []
    assert json.loads(run("list", "--json", "--state", "running").output) == []


def test_list_of_nothing_says_how_to_begin(tmp_path: Path) -> None:
    shown = run("list", "--sessions", str(tmp_path / "new"))

    assert shown.exit_code == 0 and "valence analyze" in shown.output


def test_show_by_the_beginning_of_an_id(stored: str) -> None:
    shown = run("show", stored[:12])

    assert shown.exit_code == 0
    assert "films/ad [1].mp4" in shown.output, "square brackets are not markup"
    assert json.loads(run("show", stored[:12], "--json").output)["faces"][1]["face_id"] == 2


def test_a_missing_session_is_one_clear_error(stored: str) -> None:
    for command in ("show", "export", "delete"):
        failed = run(command, "1999")
        assert isinstance(failed.exception, ValenceError)
        assert str(failed.exception) == "There is no session '1999'."
        assert failed.exception.exit_code == 2


def test_export_in_every_format(stored: str, tmp_path: Path) -> None:
    for form in ("csv", "json", "parquet"):
        done = run("export", stored, "--format", form, "--out", f"out/x.{form}", "--json")
        assert json.loads(done.output) == {"session": stored, "format": form, "file": f"out/x.{form}"}

    with (tmp_path / "out/x.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20 and rows[0]["valence"] == "0.3000"
    assert len(json.loads((tmp_path / "out/x.json").read_text())["samples"]["frame"]) == 20
    assert pyarrow.parquet.read_table(tmp_path / "out/x.parquet").num_rows == 20


def test_export_without_a_name_and_to_standard_output(stored: str, tmp_path: Path) -> None:
    assert run("export", stored).output.strip() == f"{stored}.csv"
    assert run("export", stored, "--out", "-").output == (tmp_path / f"{stored}.csv").read_text()
    assert json.loads(run("export", stored, "--format", "json", "--out", "-").output)["session"] == stored
    assert isinstance(run("export", stored, "--format", "parquet", "--out", "-").exception, ValenceError)


def test_delete_needs_a_yes(stored: str, tmp_path: Path) -> None:
    refused = run("delete", stored)
    assert isinstance(refused.exception, ValenceError) and "--yes" in str(refused.exception)
    assert (tmp_path / "kept" / stored).exists()

    assert run("delete", stored, "--yes").exit_code == 0
    assert not (tmp_path / "kept" / stored).exists()
    assert json.loads(run("list", "--json").output) == []


def test_a_broken_database_ends_with_exit_code_1(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("VALENCE_DATABASE_URL", raising=False)
    (tmp_path / "valence.db").write_bytes(b"no database " * 500)

    failed = run("list", "--sessions", str(tmp_path))

    assert isinstance(failed.exception, ValenceError) and failed.exception.exit_code == 1


def test_a_sparkline_spans_minus_one_to_one() -> None:
    assert sparkline((-1.0, 0.0, 1.0, None)) == "▁▅█ "
    assert sparkline(()) == ""
    assert len(sparkline((0.5,) * 64, 20)) == 20


@pytest.fixture
def several(stored: str, tmp_path: Path) -> dict[str, str]:
    """More sessions beside `stored`: their ids by name."""
    ids = {"ad": stored}
    with Store(tmp_path / "kept") as store:
        for name, kind, day in (("old", "video", 1), ("picture", "image", 20), ("camera", "live", 21)):
            created = datetime(2026, 11, day, 12).astimezone()
            with store.begin(name, source=f"/x/{name}", kind=kind, created=created) as writer:
                writer.add([Sample(0.0, 0, 1, Box(1, 2, 3, 4), 0.3, 0.3, 0.9, 0.8)])
                writer.progress(1, 1, 0.0)
                if kind == "live":
                    writer.keep([], progress=(5, 1, 0.2))
            ids[name] = writer.id
    return ids


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (["--all"], ["old", "picture", "camera", "ad"]),
        (["--kind", "video"], ["old", "ad"]),
        (["--since", "2026-11-20"], ["picture", "camera", "ad"]),
        (["--since", "2026-11-20T13:00"], ["camera", "ad"]),
        (["--since", "2026-11-20", "--kind", "image"], ["picture"]),
        (["--search", "/x/", "--state", "done"], ["old", "picture", "camera"]),
    ],
)
def test_many_sessions_are_chosen_for_one_table(
    several: dict[str, str], tmp_path: Path, choice: list[str], names: list[str]
) -> None:
    done = run("export", *choice, "--out", "all.csv", "--json")
    assert json.loads(done.output) == {
        "sessions": [several[name] for name in names],
        "format": "csv",
        "file": "all.csv",
    }
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(dict.fromkeys(row["session"] for row in rows)) == [several[name] for name in names]
    assert list(rows[0])[:3] == ["session", "source", "time_s"]


def test_several_ids_make_one_table(several: dict[str, str], tmp_path: Path) -> None:
    names = (several["camera"], several["old"][:10], several["camera"])
    assert run("export", *names).output == "sessions.csv: 2 sessions\n"
    text = (tmp_path / "sessions.csv").read_text()
    assert [line.split(",")[:2] for line in text.splitlines()[1:]] == [
        [several["camera"], "/x/camera"],
        [several["old"], "old"],
    ]
    assert run("export", *names, "--out", "-").output == text
    run("export", *names, "--format", "json")
    assert [entry["session"] for entry in json.loads((tmp_path / "sessions.json").read_text())] == [
        several["camera"],
        several["old"],
    ]
    run("export", "--all", "--format", "parquet")
    assert pyarrow.parquet.read_table(tmp_path / "sessions.parquet").num_rows == 23


def test_what_cannot_be_chosen(several: dict[str, str], tmp_path: Path) -> None:
    for arguments, said in (
        ([], "Name sessions or choose them"),
        ([several["ad"], "--all"], "Name sessions or choose them"),
        (["--since", "2099-01-01"], "no such session"),
        (["--all", "--format", "parquet", "--out", "-"], "not text"),
        ([several["ad"], "1999"], "no session '1999'"),
    ):
        failed = run("export", *arguments)
        assert isinstance(failed.exception, ValenceError) and said in str(failed.exception)
        assert failed.exception.exit_code == 2
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_each_export_of_many_is_in_the_audit_trail(several: dict[str, str], tmp_path: Path) -> None:
    run("export", "--kind", "video")
    with Store(tmp_path / "kept") as store:
        lines = [line.what for line in Audit(store.database).lines()]
    assert lines == [f"csv of session {several[name][:19]}" for name in ("ad", "old")]


def test_every_frame(several: dict[str, str], tmp_path: Path) -> None:
    with Store(tmp_path / "kept") as store, store.begin("wall", source="w.mp4", kind="video") as writer:
        for frame in range(4):
            writer.progress(frame + 1, 0, frame / 25)
    assert len(run("export", writer.id, "--every-frame", "--out", "-").output.splitlines()) == 5
    assert len(run("export", writer.id, "--out", "-").output.splitlines()) == 1
    table = run("export", writer.id, several["ad"], "--every-frame", "--out", "-").output.splitlines()
    assert len(table) == 1 + 4 + 20
    for arguments in ([several["camera"]], ["--all"]):
        failed = run("export", *arguments, "--every-frame", "--out", "x.csv")
        assert isinstance(failed.exception, ValenceError) and failed.exception.exit_code == 2
        assert f"Session {several['camera']} does not know when" in str(failed.exception)
        assert not (tmp_path / "x.csv").exists()


def test_the_list_is_narrowed_as_exports_are(several: dict[str, str]) -> None:
    listed = json.loads(run("list", "--json", "--kind", "live").output)
    assert [entry["session"] for entry in listed] == [several["camera"]]
    assert len(json.loads(run("list", "--json", "--since", "2026-11-10").output)) == 3


def test_show_leaves_out_what_is_excluded(stored: str, tmp_path: Path) -> None:
    with Store(tmp_path / "kept") as store:
        store.add_stretch(stored, "excluded", 0.0, 0.45)
        shown = run("show", stored)
        assert "Without 10 of 20 samples, which are excluded." in shown.output
        assert [face["samples"] for face in json.loads(run("show", stored, "--json").output)["faces"]] == [
            5,
            5,
        ]
        store.add_stretch(stored, "excluded", 0.4, 1.0)
    assert "Without 20 of 20 samples" in run("show", stored).output
    assert "No face was found" not in run("show", stored).output


def test_faces_are_merged_split_and_put_back(several: dict[str, str], tmp_path: Path) -> None:
    stored = several["ad"]
    with Store(tmp_path / "kept") as store:
        write_folder(store, stored)
        store.name_face(stored, 2, "Ann")
    folder = tmp_path / "kept" / stored
    before = (folder / "valence.csv").read_text()

    merged = run("merge-faces", stored[:12], "1", "2")
    assert merged.output.startswith(f"{stored}: face 2 merged into face 1. Both were seen in 10 frames")
    assert "undo-faces" in merged.output
    assert (folder / "valence.csv").read_text().count(",1,") == 10, "the files follow"
    (face,) = json.loads(run("show", stored, "--json").output)["faces"]
    assert (face["face_id"], face["name"], face["samples"]) == (1, "Ann", 10)

    split = json.loads(run("split-face", stored, "1", "--at", "0.5", "--json").output)
    assert split == {
        "session": stored,
        "edit": "split",
        "undone": False,
        "of": [1, 3],
        "at_s": 0.5,
        "doubled": 0,
        "faces": [1, 3],
    }
    assert run("undo-faces", stored).output.startswith(f"{stored}: undone: face 1 split at 0.50 s")
    undone = json.loads(run("undo-faces", stored, "--json").output)
    assert (undone["edit"], undone["undone"], undone["faces"]) == ("merge", True, [1, 2])
    after = (folder / "valence.csv").read_text()
    assert after.replace(",Ann,0", ",,0") == before
    failed = run("undo-faces", stored)
    assert isinstance(failed.exception, ValenceError) and failed.exception.exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["merge-faces", "1", "9"], "has no face 9"),
        (["merge-faces", "1"], "at least two"),
        (["split-face", "7", "--at", "0.5"], "has no face 7"),
        (["split-face", "1", "--at", "50"], "cannot be split at 50.00 s"),
        (["split-face", "1", "--at", "nan"], "cannot be split at nan"),
    ],
)
def test_what_cannot_be_done_to_faces(stored: str, arguments: list[str], said: str) -> None:
    command, *rest = arguments
    failed = run(command, stored, *rest)
    assert isinstance(failed.exception, ValenceError) and said in str(failed.exception)
    assert failed.exception.exit_code == 2
