"""What goes over the data channels: one message a frame out, a few commands in."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from results import EXTRAS, SAMPLE_COLUMNS, Column
from stream.pipelines.live import LiveResult

LONGEST = 2048
"""Characters of an incoming message."""
RATE = 50
"""Incoming messages a second."""
_LIVE = {name: columns for name, columns in SAMPLE_COLUMNS.items() if columns[0].live is not None}
"""What is told of each face, under the names of a sample's attributes."""
_EXTRAS = [(at, column) for at, column in enumerate(EXTRAS) if column.live is not None]
"""Those of a sample's extras that are told where they are known, under their own names."""


class FloodError(ValueError):
    """More, or longer, messages than a page sends."""


def frame_message(
    result: LiveResult, *, spectators: int = 0, skipped: int = 0, rtp: int | None = None
) -> str:
    """One analysed frame as JSON (DESIGN.md, Web).

    Beside the contract's fields: of a face what the network says beside valence (`valence_error`, `arousal`,
    `expression_…`), as far as it does; `width`, `height` (of the picture that the boxes refer to), `sent`
    (width and height as the picture came), `captured_ms` (milliseconds since 1970 on the sender's clock, or
    null), `spectators`, and for spectators `rtp`, the RTP timestamp of the relayed picture up to a constant.
    `skipped` messages count as dropped.
    """
    shot = result.shot
    message: dict[str, Any] = {
        "frame": shot.index,
        "time_s": round(shot.time, 4),
        "faces": [
            {
                **{name: _told(getattr(sample, name), columns) for name, columns in _LIVE.items()},
                **{
                    column.name: round(value, column.live)
                    for at, column in _EXTRAS
                    if (value := sample.extras[at]) is not None
                },
            }
            for sample in result.samples
        ],
        "fps": round(result.fps, 1),
        "latency_ms": round(result.latency * 1000, 1),
        "dropped": result.dropped + skipped,
        "width": result.size[0],
        "height": result.size[1],
        "sent": shot.size,
        "captured_ms": None if shot.captured is None else round(shot.captured * 1000, 1),
        "spectators": spectators,
    }
    if rtp is not None:
        message["rtp"] = rtp
    return json.dumps(message, separators=(",", ":"))


def _told(value: Any, columns: Sequence[Column]) -> Any:
    """One number, or the list of several, with the decimals that their columns declare."""
    if len(columns) == 1:
        return round(value, columns[0].live)
    return [round(number, column.live) for number, column in zip(value, columns, strict=True)]


def control_message(kind: str, **values: Any) -> str:
    """Something other than a frame, for the channel `control`."""
    return json.dumps({"type": kind, **values}, separators=(",", ":"))


class Inbox:
    """Reads what a page sends, and knows when it is too much."""

    def __init__(self, rate: int = RATE) -> None:
        self.latest = time.monotonic()
        """`time.monotonic()` of the latest message."""
        self._rate = rate
        self._times: deque[float] = deque(maxlen=rate)

    def command(self, message: str | bytes) -> str:
        """The message's `type`; empty where it has none.

        Raises:
            FloodError: it is too long, or one too many within a second.
        """
        now = self.latest = time.monotonic()
        if len(message) > LONGEST:
            raise FloodError(f"A message of {len(message)} characters is too long.")
        if len(self._times) == self._rate and now - self._times[0] < 1.0:
            raise FloodError(f"More than {self._rate} messages came within a second.")
        self._times.append(now)
        try:
            values = json.loads(message)
        except ValueError:
            return ""
        kind = values.get("type") if isinstance(values, dict) else None
        return kind if isinstance(kind, str) else ""
