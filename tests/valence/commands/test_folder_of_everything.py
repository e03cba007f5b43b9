"""One folder of everything that people have, one command: each file is read right, or it says why not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL.ExifTags import Base

from tests import MEDIA
from tests.stream.sources.recordings import encode, hdr, heic
from tests.stream.sources.test_orientation import MATRICES, with_matrix
from tests.valence import media_files as make
from tests.valence.command import Run

WIDE = [make.portrait(320, 240, shift=number) for number in range(8)]
TURNED = [np.rot90(image).copy() for image in WIDE]
FRAMES = len(WIDE)


def _turned(path: Path) -> None:
    encode(path, TURNED)
    with_matrix(path, MATRICES[6])


def _mirrored(path: Path) -> None:
    encode(path, [image[:, ::-1].copy() for image in WIDE])
    with_matrix(path, MATRICES[2])


def _squeezed(path: Path) -> None:
    encode(path, [cv2.resize(image, (160, 240)) for image in WIDE], aspect=Fraction(2))


def _joined(path: Path) -> None:
    part = encode(path.with_suffix(".part"), WIDE, container="mpegts")
    path.write_bytes(2 * part.read_bytes())
    part.unlink()


def _photo(path: Path, way: int = 1) -> None:
    exif = Pillow.Exif()
    exif[Base.Orientation] = way
    stored = np.rot90(WIDE[0]) if way == 6 else WIDE[0]
    Pillow.fromarray(stored[..., ::-1].copy()).save(path, exif=exif)


def _phone(path: Path) -> None:
    face = cv2.resize(WIDE[0], (512, 384))
    tiles = [face[top : top + 192, left : left + 256].copy() for top in (0, 192) for left in (0, 256)]
    heic(path, tiles, 2)


def _moving(path: Path) -> None:
    first, *others = [Pillow.fromarray(image[..., ::-1].copy()) for image in WIDE]
    first.save(path, save_all=True, append_images=others, duration=40)


def _cut_short(path: Path) -> None:
    whole = encode(path, WIDE, codec="mjpeg", pix_fmt="yuvj420p")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])


RECORDINGS: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "plain.mp4": (lambda p: encode(p, WIDE), FRAMES, ""),
    "turned.mp4": (_turned, FRAMES, ""),
    "mirrored.mov": (_mirrored, FRAMES, ""),
    "squeezed.mp4": (_squeezed, FRAMES, ""),
    "a thousand.avi": (lambda p: encode(p, WIDE, codec="mpeg4", rate=1000), FRAMES, ""),
    "raw.h264": (lambda p: encode(p, WIDE, container="h264"), FRAMES, "no time stamps"),
    "raw without a suffix": (lambda p: encode(p, WIDE, container="h264"), FRAMES, "no time stamps"),
    "joined.MTS": (_joined, 2 * FRAMES, "begin again"),
    "ten bits.mkv": (lambda p: encode(p, WIDE, pix_fmt="yuv420p10le"), FRAMES, ""),
    "hlg.mp4": (lambda p: hdr(p, WIDE, "HLG"), FRAMES, "high dynamic range"),
    "pq.mov": (lambda p: hdr(p, WIDE, "PQ"), FRAMES, "high dynamic range"),
    "moving.webp": (_moving, FRAMES, ""),
    "moving.avif": (_moving, FRAMES, ""),
    "moving.gif": (_moving, FRAMES, ""),
    "a picture by name.jpg": (lambda p: encode(p, WIDE, container="mp4"), FRAMES, ""),
}
PICTURES: dict[str, Callable[[Path], object]] = {
    "photo.jpg": _photo,
    "turned.jpg": lambda p: _photo(p, 6),
    "turned.png": lambda p: _photo(p, 6),
    "turned.tif": lambda p: _photo(p, 6),
    "phone.heic": _phone,
    "[bold]anna[happy].jpg": _photo,
    "größe 测试.jpg": _photo,
    "two\nlines.jpg": _photo,
    "-i.jpg": _photo,
    "frame%03d.jpg": _photo,
    "below/photo.JPG": lambda p: (p.parent.mkdir(), _photo(p)),
}
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.mp4": (lambda p: p.touch(), "empty"),
    "text.mp4": (lambda p: p.write_text("plain words " * 50), "it is a text"),
    "cut.jpg": (lambda p: p.write_bytes((MEDIA / "one_face.jpg").read_bytes()[:900]), "not a picture"),
    "sound.mp4": (make.audio_only, "only sound"),
    "dead.mp4": (lambda p: p.symlink_to("nowhere.mp4"), "leads nowhere"),
    "circle.jpg": (lambda p: p.symlink_to("circle.jpg"), "leads nowhere"),
    "pipe.mp4": (os.mkfifo, "pipe"),
}


@pytest.mark.slow
def test_each_file_is_read_right_or_says_why_not(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    makers = {name: maker for name, (maker, *_) in (RECORDINGS | REFUSED).items()} | PICTURES
    for name, maker in makers.items():
        maker(folder / name)
    _cut_short(folder / "cut short.avi")
    shutil.copy(MEDIA / "no_face.jpg", folder)
    (folder / "notes.txt").write_text("notes")
    (folder / "song.mp3").write_bytes(b"ID3")
    (folder / ".hidden.jpg").write_text("not looked at")
    (folder / "again.mp4").symlink_to("plain.mp4")
    (folder / "around").symlink_to(folder)

    result = run("analyze", folder, "--no-annotate", "--json")

    lines = {str(Path(line["input"]).relative_to(folder)): line for line in result.lines}
    assert len(result.lines) == len(lines), "one line a file"
    assert set(lines) == {*makers, "cut short.avi", "no_face.jpg"}
    value = lines["photo.jpg"]["faces"][0]["valence_mean"]
    for name, (_, frames, warning) in RECORDINGS.items():
        line = lines[name]
        assert (line["kind"], line["frames"], len(line["faces"])) == ("video", frames, 1), line
        assert line["faces"][0]["valence_mean"] == pytest.approx(value, abs=0.05), line
        told = line.get("warnings", [])
        assert len(told) == bool(warning) and warning in "".join(told), line
    for name in PICTURES:
        line = lines[name]
        assert (line["kind"], len(line["faces"])) == ("image", 1), line
        assert line["faces"][0]["valence_mean"] == pytest.approx(value, abs=0.05), line
    for name, (_, reason) in REFUSED.items():
        assert reason in lines[name]["error"], lines[name]
    assert 0 < lines["cut short.avi"]["frames"] < FRAMES and lines["cut short.avi"]["warnings"]
    assert lines["no_face.jpg"]["faces"] == []
    said = [line.rpartition("passed over, ")[2] for line in result.err.splitlines() if "passed over" in line]
    assert sorted(said) == [
        "a link to what is analysed already: again.mp4",
        "leads back into a folder above, or was seen by another way: around",
        "no picture or recording: notes.txt",
        "sound without a picture: song.mp3",
    ]
    assert result.code == 2, "some could not be read"
    assert "Traceback" not in result.err
