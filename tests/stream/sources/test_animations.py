"""Pictures that move are recordings; of pages the first is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image as Pillow

from tests.stream.sources.recordings import alike, moving, read, times
from tests.valence import media_files as make


@pytest.mark.parametrize("suffix", ["webp", "png", "avif", "gif"])
def test_pictures_that_move_are_recordings_with_their_own_times(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    pages = [Pillow.fromarray(make.portrait(320, 240, shift=4 * n)[..., ::-1]) for n in range(6)]
    pages[0].save(
        path, save_all=True, append_images=pages[1:], duration=[100, 200, 100, 100, 100, 400], loop=0
    )

    source, frames = read(path)

    assert source.kind == "video"
    assert times(frames) == pytest.approx([0, 0.1, 0.3, 0.4, 0.5, 0.6], abs=0.011)
    assert source.duration == pytest.approx(1.0, abs=0.02)
    assert alike(frames[0].image, make.portrait(320, 240)) < 16


@pytest.mark.parametrize("suffix", ["webp", "png", "gif"])
def test_one_that_does_not_move_is_a_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Pillow.fromarray(make.portrait()[..., ::-1]).save(path)
    assert read(path)[0].kind == "image"


def test_of_pages_the_first_is_read_and_that_is_said(tmp_path: Path) -> None:
    pages = [Pillow.fromarray(image[..., ::-1]) for image in moving(3)]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:])
    source, frames = read(tmp_path / "a.tiff")
    assert len(frames) == 1 and source.kind == "image"
    assert source.warnings == ["it holds 3 pictures: only the first was read"]
