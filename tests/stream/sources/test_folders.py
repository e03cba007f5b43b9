"""Folders: by what files hold, and nothing vanishes without a word."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image as Pillow

from stream.sources import folders
from stream.sources.door import SourceError
from stream.sources.folders import (
    LOOP,
    NOT_MEDIA,
    RESULTS,
    SOUND,
    TWICE,
    UNREADABLE_FOLDER,
    find_media,
)
from stream.sources.sniffing import HEAD, seems_media
from tests import MEDIA
from tests.stream.sources.recordings import encode, moving
from tests.valence import media_files as make
from tests.valence.media_files import portrait

ONE = MEDIA / "one_face.jpg"


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


NAMES = ["a.MTS", "a.m2ts", "a.vob", "a.mxf", "a.heic", "a.avif", "a.jfif", "a.h264", "a.DV", "a.Wmv"]


@pytest.mark.parametrize("name", NAMES)
def test_known_names_are_candidates_whatever_they_hold(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"damaged")
    assert names(find_media(tmp_path).media) == [name]


CONTAINERS = {
    "mp4": "libx264",
    "mov": "mjpeg",
    "matroska": "libx264",
    "webm": "libvpx",
    "avi": "mpeg4",
    "asf": "wmv2",
    "mpegts": "mpeg2video",
    "mpeg": "mpeg1video",
    "vob": "mpeg2video",
    "flv": "flv",
    "ogv": "libtheora",
    "mxf": "mpeg2video",
    "h264": "libx264",
    "hevc": "libx265",
    "m4v": "mpeg4",
    "mpeg2video": "mpeg2video",
    "ivf": "libvpx",
    "gif": "gif",
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_recordings_are_known_by_what_they_hold(tmp_path: Path, kind: str) -> None:
    codec = CONTAINERS[kind]
    if codec not in av.codecs_available:
        pytest.skip(f"no encoder {codec}")
    with av.open(str(tmp_path / "recording.0001"), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = 352, 288
        stream.pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
        for i in range(5):
            picture = av.VideoFrame.from_ndarray(portrait(352, 288, shift=i), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    assert names(find_media(tmp_path).media) == ["recording.0001"]


def test_h264_that_begins_with_words_about_it(tmp_path: Path) -> None:
    """As it is taken out of an MP4 of x264: its parameter sets come second."""
    sets = b"\0\0\0\1\x67\x64\0\x0d\0\0\0\1\x68\xeb"
    assert seems_media(b"\0\0\0\1\x06\x05\xff\xdcx264 - core 164\x80" + sets)
    assert not seems_media(b"\0\0\0\1\x06\x05 and something else" + bytes(1000))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "AVIF"])
def test_pictures_without_a_suffix(tmp_path: Path, kind: str) -> None:
    Pillow.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "IMG_0001", kind)
    assert names(find_media(tmp_path).media) == ["IMG_0001"]


@pytest.mark.parametrize(("size", "at"), [(192, 4), (204, 0)])
def test_transport_streams_of_other_packets(size: int, at: int) -> None:
    packet = bytearray(size)
    packet[at] = 0x47
    assert seems_media(bytes(packet) * 30)


def test_what_is_passed_over_is_named_with_the_reason(tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path / "b.JPG")
    (tmp_path / "below").mkdir()
    encode(tmp_path / "below" / "a.mp4", moving(3))
    (tmp_path / "notes.txt").write_text("MM and II are no pictures")
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    (tmp_path / ".hidden.jpg").touch()
    os.mkfifo(tmp_path / "pipe")
    listing = find_media(tmp_path)
    assert names(listing.media) == ["b.JPG", "a.mp4"]
    assert {reason: names(paths) for reason, paths in listing.passed_over.items()} == {
        NOT_MEDIA: ["notes.txt", "pipe"],
        SOUND: ["song.mp3"],
    }


def test_results_are_not_inputs(tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path / "a.jpg")
    for folder in ("out/one", "elsewhere/2026-01-01_a", "sessions/x"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(ONE, tmp_path / folder / "annotated.jpg")
    for name in ("summary.json", "valence.csv"):
        (tmp_path / "elsewhere/2026-01-01_a" / name).touch()

    listing = find_media(tmp_path, [tmp_path / "out", tmp_path / "sessions", tmp_path / "gone"])

    assert names(listing.media) == ["a.jpg"]
    assert sorted(names(listing.passed_over[RESULTS])) == ["2026-01-01_a", "out", "sessions"]


def test_linked_folders_are_followed_once_and_loops_are_noticed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "given", tmp_path / "outside"
    for folder in (inside / "below", outside):
        folder.mkdir(parents=True)
        shutil.copy(ONE, folder / "a.jpg")
    (inside / "link").symlink_to(outside)
    (inside / "again").symlink_to(outside)
    (inside / "below" / "up").symlink_to(inside)
    (inside / "a link to below").symlink_to(inside / "below")
    (inside / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (inside / "circle").symlink_to(inside / "circle")

    listing = find_media(inside)

    assert len(listing.media) == 3 and "dead.jpg" in names(listing.media), "an error later, not silence"
    assert inside / "below" / "a.jpg" in listing.media, "the folder itself, not the link to it"
    assert sorted(names(listing.passed_over[LOOP])) == ["a link to below", "link", "up"]
    assert names(listing.passed_over[NOT_MEDIA]) == ["circle"]


def test_linked_files_are_taken_once(tmp_path: Path) -> None:
    inside, outside = tmp_path / "given", tmp_path / "outside.jpg"
    inside.mkdir()
    shutil.copy(ONE, inside / "b.jpg")
    shutil.copy(ONE, outside)
    (inside / "a.jpg").symlink_to(inside / "b.jpg")
    for name in ("c.jpg", "d.jpg"):
        (inside / name).symlink_to(outside)

    listing = find_media(inside)

    assert names(listing.media) == ["b.jpg", "c.jpg"]
    assert names(listing.passed_over[TWICE]) == ["a.jpg", "d.jpg"]


def test_what_was_killed_and_other_stores_are_results(tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path / "a.jpg")
    kept = ("mine/annotated.mp4", "2026-01-01_10-00-00_a/holiday.mp4")
    for name in (*kept, "2026-01-01_10-00-00_b/annotated.mp4", "store/valence.db", "store/one/x.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    listing = find_media(tmp_path)

    assert {str(path.relative_to(tmp_path)) for path in listing.media} == {"a.jpg", *kept}
    assert names(listing.passed_over[RESULTS]) == ["2026-01-01_10-00-00_b", "store"]


def test_a_folder_that_is_given_is_read_although_results_go_there(tmp_path: Path) -> None:
    for name in ("a.mp4", "valence.db"):
        (tmp_path / name).touch()
    assert names(find_media(tmp_path, [tmp_path]).media) == ["a.mp4"]


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ONE, tmp_path / "a.jpg")
    (tmp_path / "locked").mkdir()
    make.lock_folders(monkeypatch, "locked")
    assert names(find_media(tmp_path).passed_over[UNREADABLE_FOLDER]) == ["locked"]
    with pytest.raises(SourceError, match="may not be read"):
        find_media(tmp_path / "locked")


def test_little_is_read_of_what_is_not_called_media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(50_000_000)
    (tmp_path / "a.mp4").touch()
    read: list[int] = []

    def judge(head: bytes) -> bool:
        read.append(len(head))
        return False

    monkeypatch.setattr(folders, "seems_media", judge)
    find_media(tmp_path)
    assert read == [HEAD]


def test_nothing_to_analyse_is_an_error_that_counts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(SourceError, match=r"no images or videos \(1 other"):
        find_media(tmp_path)
    with pytest.raises(SourceError, match="no such"):
        find_media(tmp_path / "gone")
    assert find_media(tmp_path / "a.txt").media == [tmp_path / "a.txt"], "named by the user"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"G",
        b"\x47" * 10,
        b"OggS" + bytes(100),
        b"OggS" + bytes(24) + b"\x01vorbis",
        b"\0\0\0\x18ftypM4A ",
        b"BMW",
        b"BM is how this text begins",
        b"plain words\n" * 300,
        b"GATTACA" * 580,
        b"\0\0\1\0\1\0\x10\x10",  # an icon
        b"\0\1\0\0\0\x12OS/2",  # a font
        b"RIFF\0\0\0\0WAVEfmt ",
    ],
    ids=lambda head: repr(head[:12]),
)
def test_what_only_looks_like_it(head: bytes) -> None:
    assert not seems_media(head)
