"""How faces of each expression are read."""

from __future__ import annotations

import numpy as np

from training.scoring.expressions import by_expression, smiles_apart

HAPPY, ANGRY = 1, 4


def votes(*rows: tuple[int, float, int]) -> np.ndarray:
    """For each (expression, share, count) so many faces, the rest of whose votes are for neutral."""
    made = []
    for column, share, count in rows:
        row = np.zeros(8, np.float32)
        row[0] = 1 - share
        row[column] += share
        made += [row] * count
    return np.array(made)


def test_bias_is_read_minus_voted_over_faces_with_most_votes() -> None:
    given = votes((HAPPY, 1.0, 12), (ANGRY, 0.6, 15), (ANGRY, 0.4, 20), (5, 1.0, 3))
    true = np.array([0.8] * 12 + [-0.3] * 15 + [-0.2] * 20 + [-0.6] * 3, np.float32)
    predicted = true + np.array([0.05] * 12 + [0.1] * 15 + [0.5] * 23, np.float32)
    rows = {row["group"]: row for row in by_expression(true, predicted, given)}
    assert [rows["happiness"][name] for name in ("n", "true", "read", "bias")] == [12, 0.8, 0.85, 0.05]
    assert rows["anger"]["n"] == 15 and rows["anger"]["bias"] == 0.1
    assert rows["neutral"]["n"] == 20, "those with most votes for it"
    assert "disgust" not in rows, "three faces say nothing"
    assert by_expression(true, predicted, np.full_like(given, np.nan)) == []


def test_smiles_on_which_all_agree_are_told_apart_by_their_evidence() -> None:
    given = votes((HAPPY, 1.0, 40), (HAPPY, 0.8, 40))
    predicted = np.linspace(0.4, 0.9, 80, dtype=np.float32)
    shares = np.zeros((80, 8), np.float32)
    shares[:, HAPPY] = np.linspace(0.5, 0.99, 80)
    told = smiles_apart(predicted, given, shares)
    assert told is not None and told["n"] == 40 and told["evidence"] == 1.0
    assert told["low"] < told["high"] < 0.66, "only those of whom all say so"
    assert smiles_apart(predicted, given[:, ::-1], shares) is None
    only_range = smiles_apart(predicted, given, None)
    assert only_range is not None and "evidence" not in only_range
