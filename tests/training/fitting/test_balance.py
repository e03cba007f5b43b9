"""Rare expressions are shown more often, and nothing else changes."""

from __future__ import annotations

import numpy as np

from training.fitting.balance import MOST, drawn, frequencies


def votes(*rows: tuple[int, int]) -> np.ndarray:
    """`count` faces on whose emotion all agree, for each (emotion, count)."""
    return np.concatenate([np.repeat(np.eye(8, dtype=np.float32)[[e]], n, axis=0) for e, n in rows])


def test_without_a_power_every_face_is_shown_once() -> None:
    often = frequencies(votes((0, 90), (5, 10)), 0.0)
    rows = drawn(often, np.random.default_rng(0))
    assert sorted(rows) == list(range(100))


def test_a_rare_emotion_is_shown_more_often_by_the_power_of_its_rarity() -> None:
    often = frequencies(votes((0, 90), (5, 10)), 0.5)
    assert np.isclose(often.mean(), 1)
    assert np.isclose(often[-1] / often[0], 3)
    counts = np.bincount(drawn(often, np.random.default_rng(0)), minlength=100)
    assert counts.sum() == 100
    # Each as often as it should be, rounded up or down.
    assert (np.abs(counts - often) < 1).all()


def test_one_face_is_not_shown_without_end() -> None:
    often = frequencies(votes((0, 100_000), (7, 1)), 1.0)
    assert np.isclose(often[-1] / often[0], MOST)


def test_faces_without_votes_are_shown_like_the_mean_face() -> None:
    rows = np.concatenate([votes((0, 80), (5, 20)), np.full((10, 8), np.nan, np.float32)])
    often = frequencies(rows, 0.5)
    assert np.allclose(often[-10:], often[:100].mean())
    assert (frequencies(rows[-10:], 0.5) == 1).all()
