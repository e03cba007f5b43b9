"""The audit trail: kept in the database, and never in the way of who saves their data."""

from __future__ import annotations

import logging

import pytest

from results import Audit, Store, StoreError


def test_a_database_that_cannot_be_written_does_not_stop_an_export(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise StoreError("database or disk is full")

    audit = Audit(store.database)
    audit.note("ann", "exported", "csv of session 1")
    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR, "valence.audit"):
        patched.setattr(store.database, "write", full)
        audit.note("ann", "exported", "csv of session 2")
    assert [line.what for line in audit.lines()] == ["csv of session 1"]
    assert "csv of session 2" in caplog.text and "disk is full" in caplog.text
