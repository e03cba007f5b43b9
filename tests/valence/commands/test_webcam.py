"""`valence webcam`, with a recording in place of a camera."""

from __future__ import annotations

from pathlib import Path

from results import Store
from tests.valence import media_files as make
from tests.valence.command import Run


def test_a_session_of_numbers_is_stored(run: Run, tmp_path: Path) -> None:
    make.smile_video(tmp_path / "camera.mp4", frames=10)
    result = run("webcam", "--device", tmp_path / "camera.mp4", "--json")
    assert result.code == 0 and result.lines and result.lines[0]["faces"]
    with Store(tmp_path / "sessions") as store:
        (session,) = store.sessions()
    assert result.err == f"stored as {session.id}\n" and session.name == "webcam"


def test_a_camera_that_is_not_there_is_one_clear_line_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    result = run("webcam", "--device", tmp_path / "none")
    assert result.code == 2 and "cannot be opened" in result.err and result.err.count("\n") == 1
    with Store(tmp_path / "sessions") as store:
        assert store.sessions() == []
