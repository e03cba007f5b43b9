"""What can go wrong in training and be put right by the person who trains."""

from __future__ import annotations


class TrainingError(ValueError):
    """Wrong data, settings or checkpoints. The text is one line and says what to do."""
