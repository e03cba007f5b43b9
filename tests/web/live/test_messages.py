"""Messages in and out."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from results import SAMPLE_COLUMNS
from stream.frames import Box, Extras, Sample
from stream.pipelines.live import LiveResult
from stream.sources.live import Shot
from web.live.messages import LONGEST, FloodError, Inbox, frame_message
from web.live.spectators import marked_pts


def result() -> LiveResult:
    shot = Shot(np.zeros((48, 64, 3), np.uint8), 7, 0.23333, 1.0, 1_790_000_000.1234)
    sample = Sample(0.23333, 7, 1, Box(1.26, 2, 3, 4), -0.123456, 0.5, 0.9, 0.8)
    return LiveResult(shot, (640, 480), [sample], 29.97, 0.0213, 3, 5, 4)


def test_a_frame_as_the_contract_says() -> None:
    assert json.loads(frame_message(result(), spectators=2, skipped=4)) == {
        "frame": 7,
        "time_s": 0.2333,
        "faces": [{"face_id": 1, "box": [1.3, 2, 3, 4], "valence": -0.1235, "smoothed": 0.5, "quality": 0.9}],
        "fps": 30.0,
        "latency_ms": 21.3,
        "dropped": 7,
        "width": 640,
        "height": 480,
        "sent": [64, 48],
        "captured_ms": 1_790_000_000_123.4,
        "spectators": 2,
    }
    assert json.loads(frame_message(result(), rtp=99))["rtp"] == 99


def test_what_is_told_of_a_face_is_what_its_columns_declare() -> None:
    (face,) = json.loads(frame_message(result()))["faces"]
    assert list(face) == [name for name, columns in SAMPLE_COLUMNS.items() if columns[0].live is not None]


def test_what_a_network_says_beside_valence_is_told_where_it_says_it() -> None:
    beside = Extras(roll=3.0, valence_error=0.12345, arousal=-0.5, expression_happiness=0.98765)
    first = result()
    (sample,) = first.samples
    (face,) = json.loads(frame_message(replace(first, samples=[replace(sample, extras=beside)])))["faces"]
    assert list(face)[-3:] == ["valence_error", "arousal", "expression_happiness"]
    assert list(face.values())[-3:] == [0.123, -0.5, 0.988]


def test_commands_are_read_and_noise_is_ignored() -> None:
    inbox = Inbox()
    assert inbox.command('{"type": "pause"}') == "pause"
    for noise in ("", "{", "[1]", '{"type": 3}', b"\xff\xfe", "null"):
        assert inbox.command(noise) == ""


def test_too_much_is_noticed() -> None:
    with pytest.raises(FloodError, match="too long"):
        Inbox().command("x" * (LONGEST + 1))
    inbox = Inbox(rate=5)
    for _ in range(5):
        inbox.command("{}")
    with pytest.raises(FloodError, match="5 messages"):
        inbox.command("{}")


def test_an_ordinary_page_is_no_flood() -> None:
    inbox = Inbox(rate=5)
    for _ in range(5):
        inbox.command("{}")
    inbox._times[0] = time.monotonic() - 1.5
    inbox.command("{}")


def test_the_marks_of_relayed_frames_are_small_and_tell_frames_apart() -> None:
    regular = [marked_pts(i, i / 30) for i in range(200)]
    off = [pts - i * 3000 for i, pts in enumerate(regular)]
    assert min(off) >= 0
    assert max(off) < 256
    # The page takes a constant on which eight frames agree; a wrong one must not get there.
    for shift in range(1, 40):
        differences = [a - b for a, b in zip(regular[shift:], regular, strict=False)]
        assert max(differences[:40].count(d) for d in set(differences)) < 8
