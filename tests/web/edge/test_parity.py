"""The analysis in the browser against the server's own code: crops, frames with the same boxes, clips."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from inference import ValenceModel
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.frames import Box, Frame, iou
from stream.sources.files import open_source
from tests import MEDIA, ROOT
from tests.web.serving import Served
from web.edge.fetch import is_there

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not is_there(), reason="ONNX Runtime Web is not installed: python -m web.edge.fetch"),
]

OPEN = """async () => {
  const { Analyzer } = await import("/pages/edge/analyzer.js");
  const settings = await (await fetch("/edge/settings.json")).json();
  const files = {};
  for (const [name, { address }] of Object.entries(settings.networks)) {
    files[name] = await (await fetch(address)).arrayBuffer();
  }
  window.analyzer = await Analyzer.open(settings, files);
  window.decoded = async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height);
  };
}"""


def png(image: np.ndarray) -> str:
    return base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode()


@pytest.fixture
def edge(served: Served, browser: Any) -> Iterator[Any]:
    context = browser.new_context(bypass_csp=True)  # as in the worker, WebAssembly may be compiled
    page = context.new_page()
    page.goto(f"{served.url}/sign-in")
    page.evaluate(OPEN)
    yield page
    context.close()


def frames(name: str = "sample.mp4", every: int = 1) -> list[Frame]:
    return [frame for i, frame in enumerate(open_source(MEDIA / name)) if i % every == 0]


def test_the_same_crops_read_the_same(edge: Any, model: ValenceModel) -> None:
    aligned = []
    analyzer = Analyzer(open_detector())
    for frame in frames(every=6):
        located = analyzer.locate(frame)
        aligned += [crop.pixels for crop in model.align(frame.image, [face.box for face in located])]
    crops = [cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY) for crop in aligned][:100]
    assert len(crops) == 100 and crops[0].shape == (64, 64)
    told = edge.evaluate(
        """async (crops) => analyzer.readCrops(crops.map((data) => ({ width: 64, height: 64, data })))""",
        [crop.ravel().tolist() for crop in crops],
    )
    here = model.read_pixels([cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR) for crop in crops])
    off = np.abs(np.array([one["valence"] for one in told]) - here.valence)
    assert here.spread is not None and here.expressions is not None
    spreads = np.abs(np.array([one["spread"] for one in told]) / here.spread - 1)
    print(f"100 crops: valence off by {off.max():.1e}, spread by {spreads.max():.1e} of itself")
    assert off.max() <= 1e-3 and spreads.max() <= 0.1
    shares = np.array([list(one["expressions"].values()) for one in told])
    assert np.abs(shares - here.expressions).max() <= 0.01


def test_the_same_boxes_read_the_same(edge: Any, model: ValenceModel) -> None:
    analyzer, off, judged = Analyzer(open_detector()), [], []
    for number, frame in enumerate(frames(every=2)):
        located = [face for face in analyzer.locate(frame) if face.score > 0]
        if number % 3 or not located:
            continue
        boxes = [face.box for face in located]
        crops = model.align(frame.image, boxes)
        readings = model.read(crops)
        samples = analyzer.finish(frame, located, crops, readings)
        told = edge.evaluate(
            """async ([png, time, tracks]) => analyzer.read(await decoded(png), time, tracks)""",
            [
                png(frame.image),
                frame.time,
                [{"id": f.face_id, "box": f.box, "score": f.score} for f in located],
            ],
        )
        assert [one["face_id"] for one in told] == [one.face_id for one in samples]
        off += [one["valence"] - float(valence) for one, valence in zip(told, readings.valence, strict=True)]
        judged += [(one["quality"], here.quality) for one, here in zip(told, samples, strict=True)]
        for one, here in zip(told, samples, strict=True):
            assert one["yaw"] == pytest.approx(here.extras.yaw, abs=3)
            assert one["roll"] == pytest.approx(here.extras.roll, abs=3)
            assert one["mouth_covered"] == pytest.approx(here.extras.mouth_covered, abs=0.1)
    assert len(off) >= 60
    apart = np.array(judged)
    other = np.abs(apart[:, 0] - apart[:, 1]).mean()
    print(f"{len(off)} faces: valence off by {np.abs(off).mean():.4f}, quality by {other:.4f} on average")
    assert np.abs(off).mean() <= 0.02
    assert other <= 0.02


CLIPS = [
    pytest.param(MEDIA / "sample.mp4", 2, id="two people"),
    pytest.param(
        ROOT.parent / "shared" / "media" / "face_video.mp4", 2, id="face_video", marks=pytest.mark.shared
    ),
]


@pytest.mark.parametrize(("clip", "every"), CLIPS)
def test_whole_clips_read_alike(edge: Any, model: ValenceModel, clip: Path, every: int) -> None:
    if not clip.is_file():
        pytest.skip(f"there is no {clip.name}")
    analyzer = Analyzer(open_detector())
    pairs, ids, seen = [], [], 0
    for number, frame in enumerate(open_source(clip)):
        if number % every:
            continue
        here = {sample.face_id: sample for sample in analyzer.analyze(frame, model)}
        told = edge.evaluate(
            """async ([png, time]) => analyzer.analyze(await decoded(png), time)""",
            [png(frame.image), frame.time],
        )
        seen += len(here)
        for one in told:
            overlaps = {key: iou(Box(*one["box"]), sample.box) for key, sample in here.items()}
            best = max(overlaps, key=lambda key: overlaps[key], default=None)
            if best is None or overlaps[best] < 0.3:
                continue
            ids.append((best, one["face_id"]))
            pairs.append((here[best].valence, one["valence"], here[best].smoothed, one["smoothed"]))
    values = np.array(pairs)
    raw, smoothed = (
        np.corrcoef(values[:, 0], values[:, 1])[0, 1],
        np.corrcoef(values[:, 2], values[:, 3])[0, 1],
    )
    print(f"{clip.name}: {len(pairs)} of {seen} samples, r {raw:.4f}, smoothed {smoothed:.4f}; {set(ids)}")
    assert len(pairs) >= 0.9 * seen
    assert all(mine == theirs for mine, theirs in ids)
    assert raw >= 0.99
