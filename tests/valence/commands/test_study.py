"""`valence study`, run as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from results import FaceEdits, Store, Viewings
from stream.frames import Box, Sample
from stream.sources.stills import stills
from tests.valence.media_files import MEDIA, write_video
from valence.commands.study.commands import app
from valence.commands.study.stimulus import duration_of
from valence.errors import ValenceError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch) -> Path:
    """An empty folder to stand in, with its own sessions folder."""
    monkeypatch.setenv("VALENCE_SESSIONS", str(tmp_path / "sessions"))
    monkeypatch.delenv("VALENCE_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run_json(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def react(name: str, peak: float, level: float = 0.0, annotated: bool = False) -> str:
    """A stored session of ten seconds with a bump at `peak` seconds."""
    with Store(Path("sessions")) as store:
        with store.begin(name, source=f"{name}.mp4", kind="video") as writer:
            writer.add(
                Sample(n / 20, n, 1, Box(0, 0, 9, 9), v, v, 0.9, 0.9)
                for n in range(200)
                for v in [level + 0.5 * float(np.exp(-((n / 20 - peak) ** 2)))]
            )
            writer.progress(200, 200, 10.0)
        if annotated:
            writer.folder.mkdir()
            writer.folder.joinpath("annotated.mp4").touch()
            store.set_files(writer.id, {"annotated": writer.folder / "annotated.mp4"})
    return writer.id


def complaint(result: Result) -> str:
    assert isinstance(result.exception, ValenceError), result.output
    assert result.exception.exit_code == 2
    return str(result.exception)


def test_a_study_from_beginning_to_end(folder: Path) -> None:
    made = run_json("create", "Spring", "--stimulus", "Ad A=10", "--stimulus", "Ad B=8.5", "--notes", "N.")
    assert made["study"] == "spring"
    assert [(s["id"], s["duration_s"]) for s in made["stimuli"]] == [("ad-a", 10), ("ad-b", 8.5)]
    run_json("segment", "spring", "logo", "8-10", "--stimulus", "ad-a")
    a = [react(f"v{n}", 4.0 + 2, 0.02 * n) for n in range(5)]
    b = [react(f"v{n}", 7.0, 0.02 * n - 0.2) for n in range(5)]

    added = run_json("add", "spring", *a, "--stimulus", "ad-a", "--offset", 2)
    run_json("add", "spring", *b, "--stimulus", "ad-b")
    shown = run_json("show", "spring")
    report = run_json("report", "spring", "--out", "out")
    pair = run_json("compare", "spring", "ad-a", "ad-b")

    assert [row["viewer"] for row in added["attached"]] == [f"v{n}" for n in range(5)]
    assert shown["viewers"] == 5 and len(shown["viewings"]) == 10
    assert [(m["kind"], m["time"]) for m in report["stimuli"][0]["moments"]] == [("peak", 4.0)]
    assert report["stimuli"][0]["segments"][0]["name"] == "logo"
    assert [path.name for path in sorted((folder / "out").iterdir())] == [
        "ad-a-less-ad-b.csv",
        "ad-a.csv",
        "ad-b.csv",
        "report.html",
        "report.json",
    ]
    written = json.loads((folder / "out" / "report.json").read_text())
    assert written["stimuli"] == report["stimuli"]
    assert pair["paired"] and pair["overall"]["n_a"] == 5 and pair["overall"]["low"] > 0.1
    assert run_json("list")[0]["study"] == "spring"
    assert run("delete", "spring", "--yes").exit_code == 0
    assert run_json("list") == []


def test_for_people_there_are_tables(folder: Path) -> None:
    run("create", "Spring [x]", "--stimulus", "Ad=10")
    run("add", "spring-x", *[react(f"v{n}", 4.0) for n in range(4)])

    report = run("report", "Spring [x]")

    assert "peak" in report.output and "4.00" in report.output and "+0.50" in report.output
    assert "spring-x-report/report.html" in report.output
    assert "Spring [x]" in run("list").output, "square brackets are not markup"
    assert "4 viewers" in run("show", "spring-x").output
    assert "valence study create" in run("list", "--sessions", folder / "other").output


def test_a_table_puts_hundreds_in_their_places(folder: Path) -> None:
    run("create", "S", "--stimulus", "A=10", "--stimulus", "B=10")
    one, two = react("one", 4), react("two", 5)
    (folder / "who.csv").write_text(
        f"session,stimulus,viewer,offset_s,face_id\n{one},a,Ann,1.5,1\n{two},b,,,\nmissing,a,Bob,,\n"
    )

    done = run("add", "s", "--table", "who.csv", "--json")

    assert done.exit_code == 2, "one of them failed"
    said = json.loads(done.stdout)
    assert [(row["viewer"], row["stimulus"], row["offset_s"]) for row in said["attached"]] == [
        ("Ann", "a", 1.5),
        ("two", "b", 0.0),
    ]
    assert said["failed"] == [{"input": "missing", "error": "There is no session 'missing'."}]
    assert "missing" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("viewer\nAnn\n", "column 'session' is missing"),
        ("session,mood\nx,y\n", "'mood' is not known"),
        ("session,offset_s\nx,soon\n", "line 2"),
        ("session,viewer\n,Ann\n", "line 2: the session is missing"),
        ("session,offset_s\nx,inf\n", "line 2: offset_s must be a number of seconds, it is 'inf'"),
        ("session,offset_s\nx,nan\n", "line 2: offset_s must be"),
        ("session,face_id\nx,1.5\n", "line 2: face_id must be the number of a face"),
        ("session,face_id\nx,first\n", "line 2: face_id must be the number of a face"),
        ("session,offset_s\nx,1,5\n", "line 2: it has more fields"),
        ("session,offset_s,session\nx,1,y\n", "the column session twice"),
    ],
)
def test_a_table_that_cannot_be_read_says_where(folder: Path, text: str, said: str) -> None:
    run("create", "S", "--stimulus", "A=10")
    (folder / "who.csv").write_text(text)

    assert said in complaint(run("add", "s", "--table", "who.csv"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_as_spreadsheets_write_it(folder: Path, encoding: str) -> None:
    run("create", "S", "--stimulus", "A=10")
    one = react("one", 4)
    text = f"Session;offset_s;face_id;viewer\r\n{one};0,5;1,0;Jos\u00e9\r\n;;;\r\n"
    (folder / "who.csv").write_bytes(text.encode(encoding))
    done = run("add", "s", "--table", "who.csv", "--json")
    (row,) = json.loads(done.stdout)["attached"]
    assert (row["viewer"], row["offset_s"], row["face_id"]) == ("Jos\u00e9", 0.5, 1)


@pytest.mark.parametrize("value", ["inf", "-inf", "nan"])
def test_no_number_that_can_be_used_is_refused_before_anything_is_analysed(folder: Path, value: str) -> None:
    run("create", "S", "--stimulus", "A=10")
    done = run("add", "s", "not there.mp4", f"--offset={value}")
    assert done.exit_code == 2 and "no number" in done.stderr and "no such file" not in done.stderr
    assert "is no number" in complaint(run("create", "T", "--stimulus", f"A={value}"))
    assert "no stretch" in complaint(run("segment", "s", "x", f"0:{value}"))


def test_wrong_use_is_one_clear_line(folder: Path) -> None:
    run("create", "S", "--stimulus", "A=10")
    session = react("v", 4)

    assert "no such video" in complaint(run("create", "T", "--stimulus", "missing.mp4"))
    assert "'soon' is no number" in complaint(run("create", "T", "--stimulus", "A=soon"))
    assert "no stretch" in complaint(run("segment", "s", "x", "soon"))
    assert "does not lie" in complaint(run("segment", "s", "x", "5-50"))
    assert "no study 'nothing'" in complaint(run("report", "nothing"))
    assert "No session is attached" in complaint(run("report", "s"))
    assert "nothing to add" in complaint(run("add", "s"))
    assert "--table" in complaint(run("add", "s", session, session, "--viewer", "Ann"))
    assert "--yes" in complaint(run("delete", "s"))
    run("add", "s", session, "--offset", 100)
    assert "without a sample during the stimulus" in complaint(run("report", "s"))
    assert [path.name for path in folder.iterdir()] == ["sessions"], "nothing half-written"


def test_pictures_of_viewers_are_not_kept_unless_the_study_says_so(folder: Path) -> None:
    run("create", "S", "--stimulus", "A=10")
    session = react("v", 4, annotated=True)
    video = folder / "sessions" / session / "annotated.mp4"

    refused = run("add", "s", session)
    assert refused.exit_code == 2 and "keeps no pictures" in refused.stderr and video.exists()
    assert run("add", "s", session, "--discard-media").exit_code == 0 and not video.exists()


def test_a_viewer_can_be_deleted(folder: Path) -> None:
    run("create", "S", "--stimulus", "A=10")
    run("add", "s", *[react(f"v{n}", 4) for n in range(3)])

    assert run("delete-viewer", "s", "v1", "--yes").exit_code == 0

    assert [row["viewer"] for row in run_json("show", "s")["viewings"]] == ["v0", "v2"]
    with Store(folder / "sessions") as store:
        assert [session.name for session in store.sessions()] == ["v2", "v0"]
    assert "no viewer 'v1'" in complaint(run("delete-viewer", "s", "v1", "--yes"))


def test_stimuli_of_different_studies_can_be_compared(folder: Path) -> None:
    for name in ("One", "Two"):
        run("create", name, "--stimulus", "Ad=10")
        run("add", name, *[react(f"{name}{n}", 4, 0.1 * n) for n in range(4)])

    pair = run_json("compare", "one", "ad", "two/ad", "--out", "both")

    assert not pair["paired"] and pair["overall"]["difference"] == 0
    assert "One and Two" in Path(pair["files"]["html"]).read_text()


def test_stills_are_what_the_video_shows_then(folder: Path) -> None:
    grey = [np.full((90, 160, 3), 40 + 20 * n, np.uint8) for n in range(8)]
    times = [0, 0.1, 0.2, 0.9, 1.0, 1.7, 1.8, 2.6]  # a variable frame rate
    write_video(folder / "ad.mp4", grey, times)

    shown = stills(folder / "ad.mp4", [0.0, 0.5, 0.95, 2.0, 99.0], width=80)

    images = {time: cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1) for time, jpeg in shown.items()}
    assert {time: round(float(image.mean()) / 20) - 2 for time, image in images.items()} == {
        0.0: 0,
        0.5: 2,
        0.95: 3,
        2.0: 6,
        99.0: 7,
    }
    assert images[0.5].shape == (45, 80, 3)
    assert duration_of(folder / "ad.mp4") == pytest.approx(2.6, abs=0.1)
    assert stills(folder / "missing.mp4", [1.0]) == {}
    with pytest.raises(ValenceError, match=r"(?i)no such file"):
        duration_of(folder / "missing.mp4")


def smiling(path: Path, peak: float, rng: np.random.Generator, seconds: float = 8.0, rate: int = 10) -> None:
    """A recording of somebody calm who smiles for two seconds around `peak`.

    Two people in truth, whom whoever knows better puts together.
    """
    calm = cv2.resize(cv2.imread(str(MEDIA / "neutral_face.jpg")), (320, 320))
    smile = cv2.resize(cv2.imread(str(MEDIA / "one_face.jpg")), (320, 320))
    times = np.arange(0, seconds, 1 / rate) + rng.uniform(0, 0.3 / rate, int(seconds * rate))
    images = [
        np.clip((smile if abs(t - peak) < 1 else calm) + rng.normal(0, 4, calm.shape), 0, 255).astype(
            np.uint8
        )
        for t in times
    ]
    write_video(path, images, list(times - times[0]))


@pytest.mark.slow
def test_recordings_are_analysed_and_the_smile_is_found_when_it_was(folder: Path) -> None:
    rng = np.random.default_rng(0)
    (folder / "recordings").mkdir()
    write_video(folder / "ad.mp4", [np.full((90, 160, 3), 200, np.uint8)] * 80, [n / 10 for n in range(80)])
    for number in range(4):
        smiling(folder / "recordings" / f"viewer {number}.mp4", 5.0, rng)

    run_json("create", "Film", "--stimulus", "ad.mp4")
    added = run_json("add", "film", "recordings")
    with Store(folder / "sessions") as store:
        for session in store.sessions():
            FaceEdits(store).merge(session.id, [1, 2])
    again = run("add", "film", "recordings", "--json")
    report = run_json("report", "film")

    assert [row["viewer"] for row in added["attached"]] == [f"viewer {n}" for n in range(4)]
    assert "already attached" in json.loads(again.stdout)["failed"][0]["error"], "not analysed twice"
    (stimulus,) = report["stimuli"]
    best = max((m for m in stimulus["moments"] if m["kind"] == "peak"), key=lambda m: m["value"])
    assert abs(best["time"] - 5.0) <= 0.5 and best["n"] == 4
    html = Path(report["files"]["html"]).read_text()
    assert html.count("data:image/jpeg") >= 13, "the stimulus's frames"
    with Store(folder / "sessions") as store:
        assert len(store.sessions()) == 4
        assert all("annotated" not in session.files for session in store.sessions())


def test_a_fault_in_one_recording_does_not_stop_the_others(folder: Path, monkeypatch) -> None:
    run_json("create", "spring", "--stimulus", "ad=10")
    first, second = react("ann", 3), react("ben", 4)
    attach = Viewings.attach

    def stumbling(self: Viewings, study: str, stimulus: str, session: str, **given: Any) -> Any:
        if session == first:
            raise ZeroDivisionError("nobody thought of it")
        return attach(self, study, stimulus, session, **given)

    monkeypatch.setattr(Viewings, "attach", stumbling)
    done = run("add", "spring", first, second, "--json")

    assert done.exit_code == 2
    said = json.loads(done.stdout)
    assert [one["session"] for one in said["attached"]] == [second]
    assert said["failed"][0]["input"] == first and "ZeroDivisionError" in said["failed"][0]["error"]
