"""What a file is said to be is how it is read."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from stream.sources.door import SourceError
from stream.sources.probe import probe
from tests import MEDIA
from tests.stream.sources.recordings import encode, hdr, moving, read
from tests.stream.sources.test_orientation import STORED, with_matrix


@pytest.mark.parametrize("way", [1, 2, 6])
def test_size_and_orientation_are_those_of_the_frames(tmp_path: Path, way: int) -> None:
    path = encode(tmp_path / "a.mp4", [np.ascontiguousarray(STORED[way])] * 5, aspect=Fraction(2, 1))
    with_matrix(path, {1: (1, 0, 0, 1), 2: (-1, 0, 0, 1), 6: (0, 1, -1, 0)}[way])

    facts = probe(path)
    source, frames = read(path)

    assert (facts.height, facts.width) == frames[0].image.shape[:2]
    assert (facts.orientation, facts.pixel_aspect) == (way, 2.0)
    assert facts.kind == source.kind and facts.frames_expected == len(frames) == 5
    assert facts.duration == pytest.approx(source.duration, abs=0.01)


def test_a_picture_with_its_turn(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(np.ascontiguousarray(STORED[6])).save(tmp_path / "a.jpg", exif=exif)
    facts = probe(tmp_path / "a.jpg")
    assert (facts.kind, facts.width, facts.height, facts.orientation) == ("image", 160, 120, 6)


def test_dynamic_range_and_depth(tmp_path: Path) -> None:
    facts = probe(hdr(tmp_path / "a.mp4", moving(2), "PQ"))
    assert (facts.dynamic_range, facts.pixel_format, facts.codec) == ("PQ", "yuv420p10le", "hevc")


def test_a_header_that_counts_its_clock_as_pictures(tmp_path: Path) -> None:
    """A rate of thousands is a clock's unit: it must not make a recording look too long to take."""
    path = encode(tmp_path / "a.mkv", moving(50), options={"bf": "0"})
    data = path.read_bytes()
    at = data.index(b"\x23\xe3\x83\x84")  # DefaultDuration, nanoseconds in four bytes (RFC 9559)
    path.write_bytes(data[: at + 4] + (100_000).to_bytes(4) + data[at + 8 :])

    facts = probe(path)

    assert facts.frames_expected is None or facts.frames_expected < 1000
    assert [frame.time for frame in read(path)[1]] == pytest.approx([n / 25 for n in range(50)], abs=2e-3)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes((MEDIA / "sample.mp4").read_bytes()[:2000])
    with pytest.raises(SourceError, match="copy it again"):
        probe(tmp_path / "a.mp4")
