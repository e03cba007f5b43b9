"""The model card says what was measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from training.errors import TrainingError
from training.scoring.groups import by_group
from training.shipping.card import render, write_card

MANIFEST = {
    "name": "tiny",
    "version": "3",
    "input": {"side": 64},
    "training": {
        "data": "FER+",
        "faces": {"train": 10, "test": 4},
        "remarks": ["2 faces left out."],
        "target": "votes",
    },
    "metrics": {
        "split": "FER+ test",
        "n": 4,
        "ccc": 0.912345,
        "rmse": 0.2,
        "ci95": {"ccc": [0.9, 0.95], "rmse": [0.1, 0.3]},
        "calibration": {"slope": 1.01, "intercept": -0.002},
        "variants": {"float32": {"ccc": 0.912345, "bytes": 7_600_000, "ms_batch_1": 1.5}},
    },
}


def test_the_card_carries_the_figures() -> None:
    figures = {
        "robustness": [{"corruption": "blur", "ccc": 0.9, "rmse": 0.2, "sagr": 0.9, "lost": 0.012}],
        "tried": [{"what": "twice as wide", "ccc": 0.92}],
        "notes": ["Sunglasses hide a lot."],
        "recognition": {
            "bytes": 5_826_421,
            "ms": 1.84,
            "rows": [
                {
                    "faces": "portraits",
                    "people": 20,
                    "views": 240,
                    "equal_error": 0.00305,
                    "limit": 0.562,
                    "same": [0.279, 0.483],
                    "others": [0.542, 0.826],
                }
            ],
        },
        "attributes": {"bytes": 343_281, "ms": 0.05, "eyes": 498, "areas": {"eyes_closed": 0.9087}},
        "detector": {
            "bytes": 225_137,
            "same": {"pictures": 120, "library": 300, "ours": 301, "same": 299, "score": 0.00996},
            "speed": [{"picture": "160 x 120", "library": 2.13, "ours": 0.54}],
        },
    }
    card = render(MANIFEST, figures)
    assert card.startswith("# Model card: tiny 3\n")
    assert "| CCC | 0.912 | 0.900 | 0.950 |" in card
    assert "| float32 | 0.912 | – | – | 7.60 M | 1.500 | – |" in card
    assert "| blur | 0.900 | 0.200 | 0.900 | 0.012 |" in card
    assert "| twice as wide | 0.920 |" in card
    assert "- Sunglasses hide a lot." in card
    assert "5.8 MB" in card and "1.84 ms a face" in card
    assert "| portraits | 20 | 240 | 0.562 | 0.30 % | 0.279 / 0.483 | 0.542 / 0.826 |" in card
    assert "finds 300 boxes, ours has 299 of" in card and "2 more; scores are at most 0.010" in card
    assert "| 160 x 120 | 2.130 | 0.540 |" in card
    assert "FER+: 10 for train, 4 for test faces." in card
    assert "343 KB, 0.05 ms a" in card and "498 faces" in card and "| eyes_closed | 0.909 |" in card
    assert "$" not in card


def test_it_is_written_beside_the_manifest_and_needs_one(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="there is no file"):
        write_card(tmp_path)
    (tmp_path / "valence.json").write_text(json.dumps(MANIFEST))
    assert "Not measured for this version." in write_card(tmp_path).read_text()


def test_the_card_says_how_far_readings_may_be_off_and_what_else_is_read() -> None:
    metrics = {
        **MANIFEST["metrics"],  # type: ignore[dict-item]
        "error": [
            {"readings": "clean", "n": 9, "within 68 %": 69.1, "within 95 %": 94.8, "median error": 0.1}
        ],
        "arousal": {"n": 9, "ccc": 0.7, "pcc": 0.71, "rmse": 0.2},
        "expressions": {"n": 9, "alike": 0.81, "accuracy": 0.84},
        "apart": 0.0061,
    }
    variants = {"cuda": {"file": "valence.float32.onnx", "precision": "float32"}}
    training = {**MANIFEST["training"], "arousal": "as experts see it"}  # type: ignore[dict-item]
    card = render({**MANIFEST, "metrics": metrics, "variants": variants, "training": training}, {})
    assert "| clean | 9 | 69.1" in card and "longer look does not make them smaller" in card
    assert "target: as experts see it): CCC 0.700, PCC 0.710, RMSE 0.200, n = 9." in card
    assert "share out 81 % of them alike" in card
    assert "float32 (`valence.float32.onnx`) is for cuda." in card and "0.006 apart" in card
    silent = render(MANIFEST, {})
    assert "Not stated: the network does not say" in silent and "Arousal" not in silent


def test_the_card_says_who_is_read_how_and_what_is_unknown() -> None:
    groups = [group.to_dict() for group in by_group(np.zeros(40), np.full(40, 0.05), ["anger"] * 40)]
    card = render(MANIFEST, {"groups": {"FER+ test, by expression": groups}})
    assert "## Who is read how" in card and "FER+ test, by expression:" in card
    assert "| anger | 40 | 0.000 | 0.050 | +0.050 (+0.050 to +0.050) |" in card
    assert "Not measured for this version: its test data say" in render(MANIFEST, {})
    for text in (card, render(MANIFEST, {})):
        assert "older people and men read slightly too positive" in text and "Unknown:" in text
