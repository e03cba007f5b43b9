"""Names in tables that people open in a spreadsheet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from training.datasets.files import defused


@given(st.text())
def test_no_name_begins_a_formula_and_none_is_lost(name: str) -> None:
    cell = defused(name)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell in (name, f"'{name}")
