"""`valence analyze http://…`: a live stream at an address, as a person reads it; what is secret stays so."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from results import Store
from tests import MEDIA, ROOT
from tests.stream.sources import senders
from tests.stream.sources.recordings import encode
from tests.stream.sources.test_orientation import MATRICES, with_matrix
from tests.valence import media_files as make
from tests.valence.command import Run

SECRET = "s3cr3t"
Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a content at every address of this computer: whole, or again and again without an end."""
    running: list[tuple[http.server.ThreadingHTTPServer, threading.Thread]] = []
    over = threading.Event()

    def start(content: bytes, *, status: int = 200, length: bool = True, endless: bool = False) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                if length and not endless:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                try:
                    self.wfile.write(content)
                    if endless:
                        over.wait()
                except OSError:
                    pass  # the reader has enough

            def log_message(self, *_: object) -> None: ...

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        running.append((server, thread))
        return f"http://ann:{SECRET}@127.0.0.1:{server.server_port}/live.ts?token={SECRET}"

    yield start
    over.set()
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def transport_stream(path: Path, frames: int) -> bytes:
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "5", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(frames):
            image = make.portrait(shift=i / 5)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return path.read_bytes()


def nothing_secret(folder: Path, *texts: str) -> None:
    assert not any(SECRET in text for text in texts), texts
    for path in (folder / "sessions").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_a_recording_at_an_address_ends_with_its_end(run: Run, tmp_path: Path, serve: Serve) -> None:
    make.smile_video(tmp_path / "clip.mp4", frames=30)
    url = serve((tmp_path / "clip.mp4").read_bytes())

    result = run("analyze", url, "--json")

    assert result.code == 0, result.err
    (line,) = result.lines
    assert line["kind"] == "live" and line["input"].startswith("http://127.0.0.1:")
    assert line["duration_s"] == pytest.approx(29 / 25, abs=0.3)
    assert 1 <= line["frames"] <= 30 and len(line["faces"]) == 1
    assert set(line["files"]) == {"csv", "summary"}
    assert all(Path(file).is_file() for file in line["files"].values())
    nothing_secret(tmp_path, result.out, result.err)


def test_a_stream_without_an_end_is_connected_again_until_the_time_is_over(
    run: Run, tmp_path: Path, serve: Serve
) -> None:
    url = serve(transport_stream(tmp_path / "clip.ts", 12), length=False)

    result = run("analyze", url, "--seconds", "4", "--out", "results", "--json")

    assert result.code == 0, result.err
    (line,) = result.lines
    assert "connecting again" in result.err and any("connecting again" in w for w in line["warnings"])
    assert (tmp_path / "results" / line["session"] / "valence.csv").is_file()
    with Store(tmp_path / "sessions") as store:
        (session,) = store.sessions()
        assert session.id == line["session"] and session.state.value == "done"
    nothing_secret(tmp_path, result.out, result.err, json.dumps(line))


def test_the_table_for_people_names_the_stream(run: Run, tmp_path: Path, serve: Serve) -> None:
    make.smile_video(tmp_path / "clip.mp4", frames=10)
    result = run("analyze", serve((tmp_path / "clip.mp4").read_bytes()))
    assert result.code == 0 and "live.ts" in result.out and "valence.csv" in result.out
    nothing_secret(tmp_path, result.out, result.err)


def test_a_recording_at_an_address_is_shown_as_a_player_would(run: Run, tmp_path: Path, serve: Serve) -> None:
    """A clip of a phone held upright, the face in its lower half."""
    upright = np.roll(make.portrait(240, 320), 90, axis=0)
    encode(tmp_path / "clip.mp4", [np.rot90(upright).copy()] * 30)
    with_matrix(tmp_path / "clip.mp4", MATRICES[6])
    result = run("analyze", serve((tmp_path / "clip.mp4").read_bytes()), "--json")
    (line,) = result.lines
    (face,) = line["faces"]
    left, top, right, bottom = face["box"]
    assert (left + right) / 2 == pytest.approx(120, abs=20), "in the middle of 240 pixels"
    assert (top + bottom) / 2 > 145, "of 320"


def test_a_camera_is_read_by_who_knows_its_password(run: Run, tmp_path: Path) -> None:
    with senders.by_rtsp(password=SECRET) as url:
        known = url.replace("//", f"//ann:{SECRET}@")
        result = run("analyze", known, "--seconds", "4", "--json")
        stranger = run("analyze", url.replace("//", f"//ann:not{SECRET}@"), "--json")
    assert result.code == 0, result.err
    (line,) = result.lines
    assert line["input"] == url and len(line["faces"]) == 1 and "warnings" not in line
    assert stranger.code == 2 and "wants a name and a password" in stranger.lines[0]["error"]
    nothing_secret(tmp_path, result.out, result.err, stranger.out, stranger.err)


def test_ctrl_c_ends_and_keeps_the_session(tmp_path: Path, serve: Serve) -> None:
    url = serve(transport_stream(tmp_path / "clip.ts", 50), endless=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VALENCE_")}
    program = (
        "import sys\n"
        "from stream.pipelines import live\n"
        "plain = live.LivePipeline._hand_out\n"
        "def watched(self, *given):\n"
        "    plain(self, *given)\n"
        "    print('frame', file=sys.stderr, flush=True)\n"
        "live.LivePipeline._hand_out = watched\n"
        "import asyncio\n"
        "from asyncio.unix_events import _UnixSelectorEventLoop as Loop\n"
        "Loop.add_signal_handler = asyncio.AbstractEventLoop.add_signal_handler  # as on Windows\n"
        "from valence.cli import main\n"
        f"main(['analyze', {url!r}, '--json'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line == "frame\n":
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=120)
    assert process.returncode in (0, 3), err
    (line,) = [json.loads(text) for text in out.splitlines()]
    assert line["frames"] >= 1
    with Store(tmp_path / "sessions") as store:
        assert [session.id for session in store.sessions()] == [line["session"]]


def test_a_stream_without_faces_asks_for_another(run: Run, tmp_path: Path, serve: Serve) -> None:
    image = make.portrait() * 0 + 90
    make.write_video(tmp_path / "clip.mp4", [image] * 8, [i / 25 for i in range(8)])
    result = run("analyze", serve((tmp_path / "clip.mp4").read_bytes()), "--json")
    assert result.code == 3 and "choose another" in result.err


@pytest.mark.parametrize(
    ("status", "says"), [(401, "wants a name and a password"), (403, "wants a name"), (400, "understand")]
)
def test_who_is_refused_is_told_at_once(
    run: Run, tmp_path: Path, serve: Serve, status: int, says: str
) -> None:
    result = run("analyze", serve(b"no", status=status), "--json")
    assert result.code == 2 and says in result.lines[0]["error"] and result.err.count("\n") == 1
    with Store(tmp_path / "sessions") as store:
        assert store.sessions() == []
    nothing_secret(tmp_path, result.out, result.err)


def test_where_nothing_comes_nothing_is_stored(run: Run, tmp_path: Path, serve: Serve) -> None:
    result = run("analyze", serve(b"<html>no picture</html>"), "--seconds", "1", "--json")
    assert result.code == 2 and "no picture came" in result.lines[0]["error"]
    assert "trying again" in result.err
    with Store(tmp_path / "sessions") as store:
        assert store.sessions() == []
    nothing_secret(tmp_path, result.out, result.err)


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://ann:{SECRET}@camera/x",
        f"rtsp://ann:{SECRET}/more@camera/x",
        f"rtsp://ann:{SECRET}?@camera/x",
        f"rtsp://[{SECRET}",
        f"rtsp:///{SECRET}",
        f"FTP://{SECRET}@camera/x",
        f"file:///{SECRET}.mp4",
    ],
)
def test_a_wrong_address_is_one_clear_line_without_what_is_secret(run: Run, tmp_path: Path, url: str) -> None:
    result = run("analyze", url, "--json")
    assert result.code == 2 and "address" in result.lines[0]["error"]
    assert result.err.count("\n") == 1
    nothing_secret(tmp_path, result.out, result.err)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rtsp://camera/live", "face.jpg"], "analysed alone"),
        (["rtsp://camera/live", "rtsp://camera/other"], "analysed alone"),
        (["face.jpg", "--seconds", "3"], "--seconds is for the address"),
        (["rtsp://camera/live", "--seconds", "nan"], "--seconds"),
        (["rtsp://camera/live", "--seconds", "inf"], "no number"),
        (["rtsp://camera/live", "--seconds", "0"], "--seconds"),
    ],
)
def test_wrong_use_is_refused(run: Run, arguments: list[str], says: str) -> None:
    result = run("analyze", *arguments)
    assert result.code == 2 and says in result.err


def test_only_what_is_given_as_an_address_is_one(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "d" / "rtsp:"
    folder.mkdir(parents=True)
    for name in ("x.jpg", "http:y.jpg"):
        (folder / name).write_bytes((MEDIA / "one_face.jpg").read_bytes())
    result = run("analyze", "d", "--json", "--no-annotate")
    assert [line["input"] for line in result.lines] == ["d/rtsp:/http:y.jpg", "d/rtsp:/x.jpg"]
    os.chdir(tmp_path / "d")
    result = run("analyze", "rtsp:/x.jpg", "./rtsp://x.jpg", "--json", "--no-annotate")
    assert result.code == 0 and [line["input"] for line in result.lines] == ["rtsp:/x.jpg"]
