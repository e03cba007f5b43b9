"""Damage is passed over, and only what is cut short is called so."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from tests.stream.sources.recordings import RATE, encode, moving, read, times
from tests.valence import media_files as make


@pytest.mark.parametrize("hurt", [0, 12, 30])
def test_damage_is_passed_over_and_leaves_a_gap(tmp_path: Path, hurt: int) -> None:
    path = encode(tmp_path / "a.avi", moving(50), codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    at = data.index(b"movi") + 4
    for _ in range(hurt):
        at += 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        at += at % 2
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    data[at + 8 : at + 8 + size] = bytes(size)
    path.write_bytes(data)

    source, frames = read(path)

    assert times(frames) == pytest.approx([n / RATE for n in range(50) if n != hurt], abs=2e-3)
    assert source.warnings[0].startswith("1 damaged picture left out from ")


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_damage_in_the_container(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / f"a.{suffix}", moving(100), options={"g": "10", "bf": "0"})
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 3000] = bytes(3000)
    path.write_bytes(data)

    source, frames = read(path)

    assert len(frames) > 50
    assert frames[-1].time == pytest.approx(99 / RATE, abs=0.1), "what follows keeps its time"
    assert source.warnings


def test_whole_files_are_not_called_cut_short(tmp_path: Path) -> None:
    slow = encode(tmp_path / "slow.mp4", moving(5), rate=1)
    late = encode(tmp_path / "late.webm", moving(50), codec="libvpx", start=3600 * RATE)
    last_long = tmp_path / "last.gif"
    pages = [Pillow.fromarray(make.portrait(160, 120, shift=number)[..., ::-1]) for number in range(4)]
    pages[0].save(last_long, save_all=True, append_images=pages[1:], duration=[100, 100, 100, 3000], loop=0)
    for path, length in ((slow, 5.0), (late, 2.0), (last_long, 3.3)):
        source, _ = read(path)
        assert source.warnings == [], path.name
        assert source.duration == pytest.approx(length, abs=0.06), path.name


@pytest.mark.parametrize("suffix", ["mkv", "webm", "avi"])
def test_a_file_that_was_cut_short_says_so(tmp_path: Path, suffix: str) -> None:
    codec = {"mkv": "libx264", "webm": "libvpx", "avi": "mpeg4"}[suffix]
    path = encode(tmp_path / f"a.{suffix}", moving(100), codec=codec)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    source, frames = read(path)
    assert 0 < len(frames) < 100
    assert any("cut short" in warning or "breaks off" in warning for warning in source.warnings)
