"""Sessions in the store, with values that are known."""

from __future__ import annotations

import numpy as np

from results import Store
from stream.frames import Box, Sample


def stored(store: Store, name: str = "clip", seconds: float = 3.0, kind: str = "video") -> str:
    """A session: face 1 rises from -0.5 to 0.5 in 3 seconds, face 2 is there in the last third."""
    with store.begin(
        name, source=f"films/{name}.mp4", kind=kind, model_name="m", model_sha256="c0ffee"
    ) as writer:
        for frame in range(round(seconds * 10) + 1):
            time = frame / 10
            value = -0.5 + time / 3
            writer.add([Sample(time, frame, 1, Box(10, 20, 110, 140), value, value * 0.8, 0.9, 0.7)])
            if time >= 2:
                writer.add([Sample(time, frame, 2, Box(200, 20, 300, 140), 0.25, 0.25, 0.4, 0.0)])
        writer.progress(frame + 1, frame + 1, seconds)
    return writer.id


def react(store: Store, name: str, peak: float = 4.0, level: float = 0.0, seconds: float = 10.0) -> str:
    """A viewer's session: face 1 at `level`, half a point higher at `peak` seconds; 20 samples a second."""
    with store.begin(name, source=f"{name}.mp4", kind="video", model_name="m", model_sha256="c") as writer:
        times = np.arange(0, seconds, 0.05)
        values = level + 0.5 * np.exp(-((times - peak) ** 2))
        writer.add(
            Sample(float(t), n, 1, Box(0, 0, 9, 9), float(v), float(v), 0.9, 0.9)
            for n, (t, v) in enumerate(zip(times, values, strict=True))
        )
        writer.progress(len(times), len(times), seconds)
    return writer.id
