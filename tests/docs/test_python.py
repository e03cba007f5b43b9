"""The examples of docs/python.md give what they say, section by section, each by itself."""

from __future__ import annotations

import doctest
import os
import re
import shutil
from pathlib import Path

import pytest

from tests import MEDIA, ROOT

GUIDE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("section", SECTIONS)
def test_examples(section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if section == "A data frame":
        pytest.importorskip("pandas", reason="pandas is not installed (the 'dev' extra)")
    for name in list(os.environ):
        if name.startswith("VALENCE_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "media").mkdir()
    for name in ("one_face.jpg", "no_face.jpg", "sample.mp4"):
        shutil.copy2(MEDIA / name, tmp_path / "media" / name)
    blocks = "\n".join(re.findall(r"```pycon\n(.*?)```", SECTIONS[section], re.DOTALL))
    examples = doctest.DocTestParser().get_doctest(blocks, {}, section, "docs/python.md", 0)
    assert examples.examples
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples, out=said.append)
    assert said == [], "".join(said)
    assert {path.name for path in tmp_path.iterdir()} <= {"media", "sessions"}
