"""The makers of hostile inputs make what they say, and the same for the same seed."""

from __future__ import annotations

import io
import os
import stat
import struct
from pathlib import Path
from random import Random

import av
import cv2
import numpy as np
import pytest

from benchmarks.hostile import bombs, good
from benchmarks.hostile.containers import boxes
from benchmarks.hostile.inputs import Batch
from benchmarks.hostile.made import Expected, Made
from benchmarks.hostile.mutations import mutated
from benchmarks.hostile.odd import hostile_names, no_files, polyglots
from benchmarks.hostile.pointers import pointers
from benchmarks.hostile.verdict import Verdict
from benchmarks.hostile.watching import outside
from tests.web.serving import wait_until


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A good file of each kind."""
    return good.files(tmp_path_factory.mktemp("good"))


def test_good_files_are_good(files: dict[str, bytes], tmp_path: Path) -> None:
    for kind in good.VIDEOS:
        with av.open(io.BytesIO(files[kind])) as container:
            assert sum(1 for _ in container.decode(video=0)) == good.FRAMES, kind
    for kind in good.PICTURES:
        picture = cv2.imdecode(np.frombuffer(files[kind], np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and picture.shape == (good.HEIGHT, good.WIDTH, 3), kind


def test_the_same_seed_makes_the_same_files(files: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    again = good.files(tmp_path / "again")
    assert again.keys() == files.keys()
    first = list(mutated(files, 88, Random(7)))

    assert first == list(mutated(files, 88, Random(7)))
    assert first != list(mutated(files, 88, Random(8)))
    assert len({name for name, _ in first}) == 88
    assert all(data not in files.values() for _, data in first)
    assert {name.rsplit(".", 1)[1] for name, _ in first} == {*good.VIDEOS, *good.PICTURES}


def test_pictures_that_are_bombs_are_small_and_say_that_they_are_large(files: dict[str, bytes]) -> None:
    gif, tiff, png = bombs.gif_16000(), bombs.tiff_30000(), bombs.png_32000()

    assert len(gif) <= 35 and struct.unpack_from("<HH", gif, 6) == (16000, 16000)
    assert len(tiff) < 10_000 and _tags(tiff)[256] == _tags(tiff)[257] == 30000
    assert _tags(tiff)[259] == 8, "deflate"
    assert len(png) < 200_000 and struct.unpack_from(">II", png, 16) == (32000, 32000)


def _tags(tiff: bytes) -> dict[int, int]:
    (at,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, at)
    entries = [struct.unpack_from("<HHII", tiff, at + 2 + 12 * number) for number in range(count)]
    return {tag: value for tag, _, _, value in entries}


def test_videos_that_are_bombs_have_what_they_say(files: dict[str, bytes]) -> None:
    tracks = list(boxes(bombs.mp4_900_tracks(files["mp4"])))[-1]
    assert sum(box.kind == b"trak" for box in tracks.children) == 900
    for full, size in ((True, 12_000_000), (False, len(files["mp4"]))):
        data = bombs.mp4_million(files["mp4"], full)
        sizes = list(boxes(data))[-1].find(*bombs.STBL, b"stsz").payload
        assert struct.unpack_from(">I", sizes, 8) == (1_000_000,)
        assert abs(len(data) - size) < 10_000
        with av.open(io.BytesIO(data)) as container:
            assert container.streams.video[0].frames == 1_000_000


def test_times_and_indices_differ_from_the_good_file_and_can_mostly_be_opened(
    files: dict[str, bytes],
) -> None:
    opened = 0
    for name, data in bombs.times(files["mp4"]):
        assert data != files["mp4"], name
        with av.open(io.BytesIO(data)) as container:
            opened += bool(container.streams.video)
    assert opened > 10


def test_pointers_hold_no_picture_of_their_own(files: dict[str, bytes], tmp_path: Path) -> None:
    with outside(tmp_path / "canaries") as watched:
        canaries = watched.canaries
        made = dict(pointers(files, canaries.video, canaries.text, canaries.fifo, canaries.url))
        assert str(canaries.fifo).encode() in made["m3u8_pipe_as.mp4"]
        assert canaries.url.encode() in made["reference_url_server.mov"]
        for name, data in made.items():
            if name.startswith("reference"):
                assert _frames(data) == 0, name
        assert watched.reads == 0


def _frames(data: bytes) -> int:
    try:
        with av.open(io.BytesIO(data)) as container:
            return sum(1 for _ in container.decode(video=0))
    except av.FFmpegError:
        return 0


def test_whoever_reads_outside_is_counted(tmp_path: Path) -> None:
    with outside(tmp_path / "canaries") as watched:
        reader = os.open(watched.canaries.fifo, os.O_RDONLY | os.O_NONBLOCK)
        wait_until(lambda: watched.opened > 0, 10)
        os.close(reader)
        with pytest.raises(av.FFmpegError):
            av.open(watched.canaries.url)
        wait_until(lambda: watched.connected > 0, 10)


def test_names_and_no_files_are_on_the_disk(files: dict[str, bytes], tmp_path: Path) -> None:
    named = list(hostile_names(tmp_path, files, 9))
    assert all((tmp_path / made.path).read_bytes() in (files["mp4"], files["jpg"]) for made in named)
    assert any("\udce9" in str(made.path) for made in named)
    special = {str(made.path): (tmp_path / made.path).lstat().st_mode for made in no_files(tmp_path, files)}
    assert stat.S_ISFIFO(special["pipe.mp4"]) and stat.S_ISDIR(special["folder.mp4"])
    assert stat.S_ISLNK(special["zero.mp4"]) and not (tmp_path / "nothing.jpg").exists()
    odd = dict(polyglots(files))
    assert odd["jpeg_and_zip.jpg"].startswith(files["jpg"]) and b"PK" in odd["jpeg_and_zip.jpg"]
    assert b"caf\xe9" in odd["title.mp4"]


def test_a_verdict_names_what_must_not_be(tmp_path: Path) -> None:
    verdict = Verdict("test")
    batch = Batch(tmp_path / "batch", ())
    verdict.judge(batch, Made(Path("good.mp4"), "good", Expected.ANALYSED), None)
    verdict.judge(batch, Made(Path("list.mp4"), "pointers", Expected.REFUSED), "it is no video")
    verdict.read_log(batch, "WARNING: nothing of note\n")
    assert verdict.fine and (verdict.inputs, verdict.analysed, verdict.refused) == (2, 1, 1)

    verdict.judge(batch, Made(Path("other.mp4"), "good", Expected.ANALYSED), "it is no video")
    verdict.judge(batch, Made(Path("list.jpg"), "pointers", Expected.REFUSED), None)
    verdict.read_log(batch, "Traceback (most recent call last):\n  File ...\nKeyError: 'a'\n")
    assert not verdict.fine
    assert [len(getattr(verdict, name)) for name in verdict.LISTS] == [1, 0, 0, 0, 1, 1]
    assert verdict.faults == ["batch: KeyError: 'a'"]
