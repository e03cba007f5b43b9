"""What can go wrong with an analysis, in words for the person who asked for it."""

from __future__ import annotations


class AnalysisError(Exception):
    """Something cannot be analysed. The text says why and what to do; it does not name the input again."""


class OutageError(AnalysisError):
    """The disk is full or away: the input is not to blame, and another try may do."""
