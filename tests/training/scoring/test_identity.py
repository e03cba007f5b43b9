"""The equal-error rate, on descriptions whose errors can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.scoring.identity import changed, telling


def test_who_is_told_apart_without_error_has_none() -> None:
    found = telling(np.array([[0.0], [0.1], [1.0], [1.1]], np.float32), np.array([0, 0, 1, 1]))
    assert found.equal_error == 0
    assert 0.1 < found.limit < 0.9
    assert found.same == pytest.approx((0.1, 0.1), abs=1e-3)


def test_errors_are_counted_over_pairs() -> None:
    """Of one person's pairs (0.1 and 0.6) one is farther than the nearest of two people's (0.3)."""
    found = telling(np.array([[0.0], [0.1], [0.4], [1.0]], np.float32), np.array([0, 0, 1, 1]))
    # From 0.3 up to 0.6 half of the same are missed, and a quarter of the others mistaken, or half.
    assert 0.25 <= found.equal_error <= 0.5


def test_a_changed_view_has_the_face_in_its_box() -> None:
    picture = np.full((300, 300, 3), 40, np.uint8)
    picture[100:160, 120:180] = (40, 40, 220)
    rng = np.random.default_rng(0)
    for _ in range(10):
        view, box = changed(picture, np.array([120.0, 100.0, 180.0, 160.0]), (40, 90), rng)
        left, top, right, bottom = (round(v) for v in box)
        assert 40 <= right - left <= 90
        inside = view[top:bottom, left:right, 2].mean()
        edge = view[: top // 2, :, 2].mean()
        assert inside > edge + 40
