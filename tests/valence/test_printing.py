"""Texts from elsewhere, on a terminal: nothing in them steers it, and nothing in them ends the run."""

from __future__ import annotations

import io
import json
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table

from valence import printing
from valence.printing import cell, console, json_of, shown

ANY_TEXT = st.text(st.characters(), max_size=40) | st.binary(max_size=40).map(os.fsdecode)


@given(ANY_TEXT)
def test_what_is_shown_is_one_line_without_a_character_that_steers_a_terminal(text: str) -> None:
    seen = shown(text)

    assert all(unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" for c in seen)
    assert len(seen.splitlines()) <= 1
    assert seen.encode().decode() == seen
    assert shown(seen) == seen


@given(st.text(st.characters(exclude_categories=("C", "Zl", "Zp"))))
def test_every_other_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (os.fsdecode(b"caf\xe9.mp4"), r"caf\xe9.mp4"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("abc\u202egpj.exe", r"abc\u202egpj.exe"),
        ("two\nlines\u2028three\t", r"two\x0alines\u2028three\x09"),
        ("\U000e0041\ud800", r"\U000e0041\ud800"),
        ("Zoë 中文 😀 [bold] :smile:", "Zoë 中文 😀 [bold] :smile:"),
    ],
)
def test_escapes_say_what_was_there(name: str, seen: str) -> None:
    assert shown(name) == seen


def test_brackets_and_codes_are_no_markup_in_lines_and_tables() -> None:
    screen = console()
    table = Table("[red]head", box=None)
    table.add_row("[bold]plain[/bold] :smile:")
    table.add_row(cell("[/] :heart: \x1b[2J"))
    with screen.capture() as taken:
        screen.print(table)
        screen.print("[link]a[/link] :+1:")

    assert [line.strip() for line in taken.get().splitlines()] == [
        "[red]head",
        "[bold]plain[/bold] :smile:",
        r"[/] :heart: \x1b[2J",
        "[link]a[/link] :+1:",
    ]


@given(text=ANY_TEXT, encoding=st.sampled_from(("utf-8", "UTF8", "ascii", "cp1252", "utf-16")))
def test_json_reads_back_as_it_was_whatever_the_terminal_can_show(text: str, encoding: str) -> None:
    bytes_out = io.BytesIO()
    stream = io.TextIOWrapper(bytes_out, encoding=encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(printing.sys, "stdout", stream)
        printing.forgive_streams()
        print(json_of({"name": text}), file=stream, flush=True)

    assert json.loads(bytes_out.getvalue().decode(encoding))["name"] == json.loads(json.dumps(text))
