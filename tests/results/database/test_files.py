"""Files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from results.database.errors import ExportError
from results.database.files import written_atomically


@pytest.fixture
def private() -> Iterator[None]:
    """Whoever runs this lets nobody else read what they write."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="needs permissions")
@pytest.mark.usefixtures("private")
def test_who_may_read_is_as_for_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no /proc tells what that is."""

    def missing(path: Path, *_: object, **__: object) -> str:
        raise FileNotFoundError(2, "No such file", str(path))

    monkeypatch.setattr(Path, "read_text", missing)
    with written_atomically(tmp_path / "a.csv") as file:
        file.write(b"x")
    assert (tmp_path / "a.csv").read_bytes() == b"x"
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


def test_what_is_open_elsewhere_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows a file that a program has open cannot be replaced."""

    def refused(_path: Path, _target: Path) -> None:
        raise PermissionError(13, "Access is denied")

    (tmp_path / "a.csv").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", refused)
    with (
        pytest.raises(ExportError, match="Access is denied; close what has it open"),
        written_atomically(tmp_path / "a.csv") as file,
    ):
        file.write(b"new")
    assert (tmp_path / "a.csv").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "a.csv"]
