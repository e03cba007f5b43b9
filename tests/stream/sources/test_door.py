"""What comes in through the door for media, and what does not."""

from __future__ import annotations

import ast
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from stream.sources.door import CODECS, SourceError, opened_video
from stream.sources.files import open_source
from stream.sources.limits import MediaLimits
from stream.sources.pictures import read_picture
from stream.sources.stills import stills
from stream.sources.timing import Timing, timing
from tests import ROOT

SAMPLE = ROOT / "media" / "sample.mp4"
ONE_FACE = ROOT / "media" / "one_face.jpg"


def clip(path: Path, frames: int = 6, size: int = 32, tracks: int = 1, rate: int = 10, **tags: str) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        streams = [container.add_stream("mpeg4", rate=rate) for _ in range(tracks)]
        for stream in streams:
            stream.width = stream.height = size
            stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = av.VideoFrame.from_ndarray(np.full((size, size, 3), number, np.uint8), "rgb24")
            for stream in streams:
                container.mux(stream.encode(picture))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def read(path: Path, limits: MediaLimits | None = None) -> int:
    return sum(1 for _ in open_source(path, limits or MediaLimits()))


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (MediaLimits(video_megapixels=0.001), "pixels"),
        (MediaLimits(video_frames=5), "6 frames"),
        (MediaLimits(video_hours=0.0001), "hours"),
        (MediaLimits(video_streams=1), "more than 1 streams"),
    ],
)
def test_limits_are_held_against_the_header(tmp_path: Path, limits: MediaLimits, says: str) -> None:
    path = clip(tmp_path / "a.mp4", tracks=2)
    assert read(path) == 6
    with pytest.raises(SourceError, match=says):
        open_source(path, limits)


def test_a_picture_is_measured_before_it_is_decoded() -> None:
    with pytest.raises(SourceError, match="VALENCE_PICTURE_MEGAPIXELS raises the limit"):
        read_picture(ONE_FACE, MediaLimits(picture_megapixels=0.01))


def gif(path: Path, side: int) -> Path:
    """35 bytes that stand for side x side pixels."""
    path.write_bytes(
        b"GIF89a"
        + struct.pack("<HH", side, side)
        + b"\x80\0\0\0\0\0\xff\xff\xff,"
        + struct.pack("<HHHH", 0, 0, side, side)
        + b"\0\x02\x02\x44\x01\0;"
    )
    return path


def png(path: Path, side: int) -> Path:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
    return path


def tiff(path: Path, side: int) -> Path:
    entries = [
        (256, 4, 1, side),  # width
        (257, 4, 1, side),  # height
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (277, 3, 1, 1),
        (278, 4, 1, side),
        (279, 4, 1, side * side % 2**32),
    ]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + table + b"\0\0\0\0" + bytes(100))
    return path


@pytest.mark.parametrize(
    ("bomb", "side"), [(gif, 16000), (png, 32000), (tiff, 30000)], ids=["gif", "png", "tiff"]
)
def test_bombs_do_not_go_off(tmp_path: Path, bomb: object, side: int) -> None:
    path = bomb(tmp_path / "bomb.png", side)  # type: ignore[operator]
    assert path.stat().st_size < 3000
    with pytest.raises(SourceError, match="pixels"):
        read(path)


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{canary}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile {canary}\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    "<Period><AdaptationSet mimeType='video/mp4'><Representation id='1' bandwidth='1'>"
    "<BaseURL>{canary}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "svg": "<svg xmlns:xlink='http://www.w3.org/1999/xlink'><image xlink:href='{canary}'/></svg>",
}


@pytest.mark.parametrize("suffix", ["mp4", "own"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_no_file_opens_another_one(tmp_path: Path, kind: str, suffix: str) -> None:
    canary = clip(tmp_path / "canary.mp4")
    path = tmp_path / f"list.{kind if suffix == 'own' else suffix}"
    path.write_text(PLAYLISTS[kind].format(canary=canary))
    with pytest.raises(SourceError):
        read(path)
    assert timing(path) == Timing() and stills(path, [0.0]) == {}


@pytest.fixture
def in_folder(tmp_path: Path) -> Iterator[Path]:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


@pytest.mark.parametrize(
    "name", ["concat:a|b.mp4", "http:x.mp4", "pipe:0", "file:x.mp4", "frame%03d.mp4", "-i", "a\nb.mp4"]
)
def test_a_name_is_a_name_whatever_it_looks_like(in_folder: Path, name: str) -> None:
    clip(in_folder / "clip.mp4").rename(in_folder / name)
    assert read(Path(name)) == 6


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "zero.jpg").symlink_to("/dev/zero")
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.jpg").symlink_to(tmp_path / "circle.jpg")
    for name, says in (
        ("pipe.mp4", "pipe"),
        ("zero.jpg", "device"),
        ("gone.mp4", "the link leads nowhere"),
        ("circle.jpg", "the link leads nowhere"),
        (".", "folder"),
    ):
        reading = threading.Thread(target=_refused, args=(tmp_path / name, says))
        reading.start()
        reading.join(20)
        assert not reading.is_alive(), name


def _refused(path: Path, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(path)


def test_what_a_file_holds_counts_and_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "picture.mp4").write_bytes(ONE_FACE.read_bytes())
    (tmp_path / "video.jpg").write_bytes(SAMPLE.read_bytes())
    assert open_source(tmp_path / "picture.mp4").kind == "image"
    assert open_source(tmp_path / "video.jpg").kind == "video"


def test_tags_that_are_not_utf8_do_no_harm(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", title="abcdefgh")
    data = path.read_bytes()
    assert data.count(b"abcdefgh") == 1
    path.write_bytes(data.replace(b"abcdefgh", b"caf\xe9\xff\xfe\xe9\xe9"))
    assert read(path) == 6


def test_a_codec_that_is_not_on_the_list_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "a.mp4")
    monkeypatch.setattr("stream.sources.door.CODECS", CODECS - {"mpeg4"})
    with pytest.raises(SourceError, match="the codec mpeg4"), opened_video(path):
        pass


def test_a_video_that_grows_does_not_get_beyond_the_limit(tmp_path: Path) -> None:
    small, large = clip(tmp_path / "a.mpg", 30, 64), clip(tmp_path / "b.mpg", 4, 512)
    both = tmp_path / "both.mpg"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    within = 0
    with suppress(SourceError):
        for _ in open_source(both, MediaLimits(video_megapixels=0.01)):
            within += 1
    assert within <= 30
    assert len(list(open_source(both))) == 34, "it has larger ones"


def test_files_are_opened_in_one_place() -> None:
    """PyAV, OpenCV and Pillow open files of strangers in `stream/sources` alone."""
    found = set()
    for room in ("analysis", "inference", "results", "stream", "valence", "web"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                call = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                writes = isinstance(node, ast.Call) and len(node.args) > 1
                if call == "av.open" and not writes:
                    found.add(path.relative_to(ROOT).as_posix())
                if call in ("cv2.imread", "cv2.imdecode", "Image.open", "Pillow.open"):
                    found.add(path.relative_to(ROOT).as_posix())
    assert found == {"stream/sources/door.py", "stream/sources/pictures.py", "stream/sources/address.py"}


def test_a_text_is_called_one(tmp_path: Path) -> None:
    notes = tmp_path / "clip.mp4"
    notes.write_text("The audience was quiet — at first.\n", encoding="utf-8")
    with pytest.raises(SourceError, match="it is a text, and no image or video"):
        read(notes)
    notes.write_bytes(b"\0\1not a text\0")
    with pytest.raises(SourceError, match="damaged or of another kind"):
        read(notes)
