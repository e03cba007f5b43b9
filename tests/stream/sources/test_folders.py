"""Folders: by what files hold, and nothing vanishes without a word."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stream.sources.door import SourceError
from stream.sources.folders import LOOP, NOT_MEDIA, RESULTS, SOUND, UNREADABLE, find_media, looks_like_media
from tests import MEDIA
from tests.stream.sources.recordings import encode, moving

ONE = MEDIA / "one_face.jpg"


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


NAMES = ["a.MTS", "a.m2ts", "a.vob", "a.mxf", "a.heic", "a.avif", "a.jfif", "a.h264", "a.DV", "a.Wmv"]


@pytest.mark.parametrize("name", NAMES)
def test_known_names_are_candidates_whatever_they_hold(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"damaged")
    assert names(find_media(tmp_path).media) == [name]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "mpg", "webm", "flv"])
def test_recordings_are_known_by_what_they_hold(tmp_path: Path, suffix: str) -> None:
    codec = {"avi": "mpeg4", "mpg": "mpeg2video", "webm": "libvpx", "flv": "flv"}.get(suffix, "libx264")
    encode(tmp_path / f"a.{suffix}", moving(5), codec=codec).rename(tmp_path / "recording.0001")
    assert names(find_media(tmp_path).media) == ["recording.0001"]


def test_pictures_without_a_suffix(tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path / "IMG_0001")
    assert names(find_media(tmp_path).media) == ["IMG_0001"]


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
    (inside / "dead.jpg").symlink_to(tmp_path / "nowhere.jpg")

    listing = find_media(inside)

    assert len(listing.media) == 3 and "dead.jpg" in names(listing.media), "an error later, not silence"
    assert sorted(names(listing.passed_over[LOOP])) == ["link", "up"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read anything")
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    shutil.copy(ONE, tmp_path / "a.jpg")
    (tmp_path / "locked").mkdir(mode=0)
    assert names(find_media(tmp_path).passed_over[UNREADABLE]) == ["locked"]


def test_nothing_to_analyse_is_an_error_that_counts(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(SourceError, match=r"no images or videos \(1 other"):
        find_media(tmp_path)
    with pytest.raises(SourceError, match="no such"):
        find_media(tmp_path / "gone")
    assert find_media(tmp_path / "a.txt").media == [tmp_path / "a.txt"], "named by the user"


@pytest.mark.parametrize(
    "head", [b"", b"G", b"\x47" * 10, b"OggS" + bytes(100), b"\0\0\0\x18ftypM4A ", b"BMW"]
)
def test_what_only_looks_like_it(head: bytes) -> None:
    assert not looks_like_media(head)
