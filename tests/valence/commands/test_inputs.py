"""What `valence analyze` takes besides files: pipes, addresses, folders with its own results in them."""

from __future__ import annotations

import functools
import http.server
import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.sources.address import is_address
from tests import MEDIA
from tests.valence import media_files as make
from tests.valence.command import Run
from tests.valence.media_files import smile_video
from valence.commands.piped import piped
from valence.errors import ValenceError

ONE = MEDIA / "one_face.jpg"


def analyze(folder: Path, *words: str, piped_in: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "valence", "analyze", *words, "--json", "--no-annotate"],
        cwd=folder,
        input=piped_in,
        stdin=None if piped_in is not None else subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
        env={"PATH": "", "PYTHONPATH": str(MEDIA.parent), "VALENCE_SESSIONS": str(folder / "sessions")},
    )


def test_a_recording_that_is_piped_in(tmp_path: Path) -> None:
    smile_video(tmp_path / "a.mp4")
    done = analyze(tmp_path, "-", piped_in=(tmp_path / "a.mp4").read_bytes())
    assert done.returncode == 0, done.stderr
    assert b'"input": "stdin"' in done.stdout and b'"frames": 12' in done.stdout
    assert [path.name.endswith("_stdin") for path in (tmp_path / "sessions").iterdir() if path.is_dir()] == [
        True
    ]


def test_an_empty_pipe_is_told(tmp_path: Path) -> None:
    done = analyze(tmp_path, "-", piped_in=b"")
    assert done.returncode == 2
    assert b"stdin: the file is empty" in done.stderr


def test_a_pipe_that_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("valence.commands.piped.SPARED", 1 << 60)
    with pytest.raises(ValenceError, match="does not fit"), piped(1, io.BytesIO(b"abc")):
        pass


def test_more_than_may_come() -> None:
    with (
        pytest.raises(ValenceError, match="VALENCE_PIPED_MB raises the limit"),
        piped(1, io.BytesIO(bytes(1_000_001))),
    ):
        pass


class Input:
    """Stands for standard input."""

    closed = False

    def __init__(self, content: bytes, terminal: bool = False) -> None:
        self.buffer = io.BytesIO(content)
        self.isatty = lambda: terminal


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, "standard input is closed"),
        (Input(b"", terminal=True), "nothing is piped in"),
        (Input(b""), "the file is empty"),
        (Input(b"no media at all"), "it is a text, and no image or video"),
    ],
)
def test_what_is_wrong_with_a_pipe_is_told_and_the_others_are_analysed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Input | None, says: str
) -> None:
    shutil.copy(ONE, tmp_path)
    monkeypatch.setattr(sys, "stdin", given)
    result = run("analyze", "-", ONE.name, "--json", "--no-annotate")
    bad = next(line for line in result.lines if line["input"] == "stdin")
    good = next(line for line in result.lines if line["input"] == ONE.name)
    assert result.code == 2 and says in bad["error"] and good["faces"]
    assert result.err.count("\n") == 1 and says in result.err


def test_a_pipe_is_read_once_and_leaves_no_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spool"))
    monkeypatch.setattr(sys, "stdin", Input(ONE.read_bytes()))
    result = run("analyze", "-", "-", "--json", "--no-annotate")
    assert result.code == 0 and len(result.lines) == 1
    assert list((tmp_path / "spool").iterdir()) == []


def test_files_of_odd_names_are_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = ["-", "http:x.jpg", "rtsp:", "concat:a|b.jpg"]
    for name in (*odd, "-x.jpg"):
        shutil.copy(ONE, tmp_path / name)
    monkeypatch.setattr(sys, "stdin", Input(b""))
    result = run("analyze", "./-", *odd[1:], "--json", "--no-annotate")
    assert result.code == 0 and [line["input"] for line in result.lines] == odd
    assert run("analyze", "--no-annotate", "--", "-x.jpg").code == 0


def test_what_two_words_stand_for_is_analysed_once(run: Run, tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path)
    words = (".", ONE.name, tmp_path, tmp_path / ONE.name)
    assert len(run("analyze", *words, "--json", "--no-annotate").lines) == 1


def test_an_empty_name_is_not_this_folder(run: Run, tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path)
    result = run("analyze", "", "--json")
    assert result.code == 2 and "the name is empty" in result.err


def test_a_folder_below_that_may_not_be_read_is_an_error_and_the_rest_is_analysed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(ONE, tmp_path)
    (tmp_path / "locked").mkdir()
    make.lock_folders(monkeypatch, "locked")
    result = run("analyze", ".", "--json", "--no-annotate")
    bad, good = result.lines
    assert result.code == 2 and bad["input"] == "locked" and "may not be read" in bad["error"]
    assert good["input"] == ONE.name


def test_what_is_passed_over_is_named_also_where_nothing_is_left(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    result = run("analyze", ".", "--json")
    assert result.code == 2 and "1 passed over, no picture or recording: notes.txt" in result.err
    assert "no images or videos" in result.lines[0]["error"]


def test_a_study_takes_no_results_from_a_folder_and_says_what_it_passes_over(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    shutil.copy(ONE, tmp_path / "d")
    run("analyze", "d", "--out", "d/results")
    (tmp_path / "d" / "notes.txt").touch()
    run("study", "create", "S")
    run("study", "stimulus", "S", "Ad=2")
    result = run("study", "add", "S", "d", "--json")
    (study,) = [json.loads(result.out)]
    assert [entry["input"] for entry in study["attached"] + study["failed"]] == [f"d/{ONE.name}"]
    assert "results of an earlier analysis: results" in result.err and "notes.txt" in result.err


def test_own_results_do_not_become_inputs(run: Run, tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path)
    for out in ((), (), ("--out", "results"), ("--out", "results")):
        result = run("analyze", ".", "--json", *out)
        assert result.code == 0 and len(result.lines) == 1, result.err
    assert "results of an earlier analysis" in result.err


def test_what_is_passed_over_is_named(run: Run, tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path)
    for number in range(20):
        (tmp_path / f"notes [{number:02}].txt").touch()
    result = run("analyze", ".", "--json", "--no-annotate")
    assert result.code == 0 and len(result.lines) == 1
    assert "20 passed over, no picture or recording: notes [00].txt" in result.err
    assert "and 12 more" in result.err


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("rtsp://camera/live", True),
        ("HTTP://127.0.0.1/a.mp4", True),
        ("http:x.mp4", False),
        ("rtsp:/x", False),
        ("file:///etc/passwd", False),
        ("concat:a|b", False),
        ("C://clips/a.mp4", False),
        ("rtsp://", False),
    ],
)
def test_an_address_is_taken_only_where_one_is_meant(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A folder over HTTP on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://someone:hunter2x@127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_recording_at_an_address_is_played_live_and_ends(run: Run, tmp_path: Path, address: str) -> None:
    smile_video(tmp_path / "a.mp4", frames=50)

    result = run("analyze", f"{address}/a.mp4", "--json")

    assert result.code == 0, result.err
    (line,) = result.lines
    assert line["kind"] == "live" and line["faces"]
    assert 1.5 < line["faces"][0]["last_s"] < 2.5
    assert "hunter2x" not in result.out + result.err
    assert not any(
        b"hunter2x" in path.read_bytes() for path in (tmp_path / "sessions").rglob("*") if path.is_file()
    )


def test_a_stream_ends_after_its_seconds(run: Run, tmp_path: Path, address: str) -> None:
    smile_video(tmp_path / "a.mkv", frames=2000)
    result = run("analyze", f"{address}/a.mkv", "--json", "--seconds", "5")
    assert result.code == 0, result.err
    assert result.lines[0]["faces"][0]["last_s"] < 20


def test_an_address_that_gives_no_picture_in_time_stores_nothing(run: Run, tmp_path: Path) -> None:
    result = run("analyze", "rtsp://127.0.0.1:1/x", "--seconds", "1")
    assert result.code == 2
    assert "rtsp://127.0.0.1:1/x: no picture came, so nothing is stored" in result.err


def test_a_playlist_at_an_address_reads_no_file_of_this_computer(
    run: Run, tmp_path: Path, address: str
) -> None:
    smile_video(tmp_path / "a.mp4")
    (tmp_path / "list.m3u8").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{tmp_path / 'a.mp4'}\n#EXT-X-ENDLIST\n"
    )
    result = run("analyze", f"{address}/list.m3u8", "--json", "--seconds", "2")
    assert not any(line.get("faces") for line in result.lines)


def test_a_stream_is_analysed_alone(run: Run) -> None:
    result = run("analyze", "rtsp://127.0.0.1:1/x", str(ONE))
    assert result.code == 2 and "alone" in result.err
