"""Our words and what they mean: one source for the Help page, the hints on pages, and docs/glossary.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "pages" / "help" / "glossary.md"
"""One heading a word; below it one or two sentences, without any mark-up but `code`."""


@dataclass(frozen=True)
class Term:
    word: str
    text: str

    @property
    def anchor(self) -> str:
        """Where it is on the Help page, and in docs/glossary.md."""
        return self.word.replace(" ", "-")


def _read(source: str) -> dict[str, Term]:
    parts = re.findall(r"^## (.+)\n\n((?:.+\n)+)", source, re.MULTILINE)
    return {word: Term(word, " ".join(text.split()).replace("`", "")) for word, text in parts}


GLOSSARY = _read(SOURCE.read_text(encoding="utf-8"))
"""By word, in the order of reading."""
