"""`valence probe`."""

from __future__ import annotations

from pathlib import Path

from tests import MEDIA
from tests.valence.command import Run


def test_says_how_files_will_be_read(run: Run, tmp_path: Path) -> None:
    result = run("probe", str(MEDIA / "sample.mp4"), str(MEDIA / "one_face.jpg"), "--json")
    assert result.code == 0
    video, picture = result.lines
    assert (video["kind"], video["width"], video["height"], video["duration"]) == ("video", 640, 480, 12.0)
    assert (picture["kind"], picture["container"]) == ("image", "JPEG")
    assert "640" in run("probe", str(MEDIA / "sample.mp4")).out


def test_what_cannot_be_read_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    (tmp_path / "[b].mp4").write_bytes(bytes(3000))
    result = run("probe", str(tmp_path / "[b].mp4"), str(MEDIA / "one_face.jpg"), "--json")
    assert result.code == 2
    assert "choose another file" in result.lines[0]["error"]
    assert result.lines[1]["kind"] == "image"
    assert "[b].mp4" in run("probe", str(tmp_path / "[b].mp4")).out
