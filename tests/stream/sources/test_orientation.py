"""Pictures and recordings are seen as they were taken: eight ways to be turned, in every format."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from stream.sources.orientation import of_matrix, turned
from stream.sources.stills import stills
from stream.sources.timing import timing
from tests.stream.sources.recordings import alike, corners, encode, heic, read

SEEN = corners()
# How a camera that holds each orientation has stored what is seen: the inverse of the turn.
STORED = {
    1: SEEN,
    2: SEEN[:, ::-1],
    3: SEEN[::-1, ::-1],
    4: SEEN[::-1],
    5: SEEN.transpose(1, 0, 2),
    6: np.rot90(SEEN, 1),
    7: SEEN[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(SEEN, -1),
}
# a, b, c, d of ISO/IEC 14496-12, 6.2.2
MATRICES = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, 1, -1, 0),
    7: (0, -1, -1, 0),
    8: (0, -1, 1, 0),
}


def with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Writes a display matrix into the MP4's track header (ISO/IEC 14496-12, 8.3.2)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (v * 65536 for v in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("way", STORED)
def test_each_way_is_undone(way: int) -> None:
    np.testing.assert_array_equal(turned(np.ascontiguousarray(STORED[way]), way), SEEN)
    a, b, c, d = MATRICES[way]
    assert of_matrix([a, b, 0, c, d, 0, 0, 0, 1]) == way


def test_a_matrix_that_says_nothing_turns_nothing() -> None:
    assert of_matrix([0] * 9) == 1


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("way", STORED)
def test_recordings(tmp_path: Path, way: int, suffix: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", [np.ascontiguousarray(STORED[way])] * 3)
    with_matrix(path, MATRICES[way])

    _, frames = read(path)

    assert len(frames) == 3
    assert alike(frames[0].image, SEEN) < 8
    assert frames[0].image.flags["C_CONTIGUOUS"]
    assert (timing(path).width, timing(path).height) == (160, 120)
    still = cv2.imdecode(np.frombuffer(stills(path, [0.0], 160)[0.0], np.uint8), cv2.IMREAD_COLOR)
    assert alike(np.asarray(still, np.uint8), SEEN) < 8


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tiff", "avif"])
@pytest.mark.parametrize("way", STORED)
def test_pictures(tmp_path: Path, way: int, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    exif = Pillow.Exif()
    exif[0x0112] = way
    Pillow.fromarray(np.ascontiguousarray(STORED[way][..., ::-1])).save(path, exif=exif, quality=95)

    source, frames = read(path)

    assert source.kind == "image"
    assert alike(frames[0].image, SEEN) < 8


def test_what_a_png_says_behind_its_pixels(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    Pillow.fromarray(np.ascontiguousarray(STORED[6][..., ::-1])).save(path, exif=exif)
    data = path.read_bytes()
    at = data.index(b"eXIf") - 4
    size = 12 + int.from_bytes(data[at : at + 4])
    chunk, rest = data[at : at + size], data[:at] + data[at + size :]
    end = rest.rindex(b"IEND") - 4
    path.write_bytes(rest[:end] + chunk + rest[end:])

    assert alike(read(path)[1][0].image, SEEN) < 1


@pytest.mark.parametrize("quarters", range(4))
def test_a_phones_heic_is_put_together_and_turned(tmp_path: Path, quarters: int) -> None:
    whole = corners(256, 128)
    tiles = [np.ascontiguousarray(whole[y : y + 64, x : x + 64]) for y in (0, 64) for x in range(0, 256, 64)]
    path = heic(tmp_path / "a.heic", tiles, columns=4, turn=quarters)

    source, frames = read(path)

    assert source.kind == "image"
    assert alike(frames[0].image, np.ascontiguousarray(np.rot90(whole, quarters))) < 8
