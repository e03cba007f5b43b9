"""The file pipeline: nothing lost, nothing reordered, errors come out, threads end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import ValenceModel
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.frames import Frame, Sample
from stream.pipelines import files as pipeline
from stream.sources.files import VideoFile
from tests.valence import media_files as make


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


def _analyzer() -> Analyzer:
    return Analyzer(open_detector())


async def test_every_frame_reaches_the_sink_in_order(tmp_path: Path, model: ValenceModel) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=37)
    seen: list[tuple[int, int]] = []

    totals = await pipeline.run(
        VideoFile(tmp_path / "a.mp4"),
        _analyzer(),
        model,
        lambda frame, samples: seen.append((frame.index, len(samples))),
    )

    assert [index for index, _ in seen] == list(range(37))
    assert totals.frames == 37
    assert totals.frames_with_faces == sum(bool(n) for _, n in seen) > 30


async def test_it_says_what_the_analyzer_alone_says(tmp_path: Path, model: ValenceModel) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=20)
    alone = _analyzer()
    expected = [s for frame in VideoFile(tmp_path / "a.mp4") for s in alone.analyze(frame, model)]
    got: list[Sample] = []

    await pipeline.run(VideoFile(tmp_path / "a.mp4"), _analyzer(), model, lambda _, s: got.extend(s))

    assert [(s.frame, s.face_id, s.box) for s in got] == [(s.frame, s.face_id, s.box) for s in expected]
    assert [s.valence for s in got] == pytest.approx([s.valence for s in expected], abs=1e-5)


async def test_what_a_sink_raises_comes_out_and_everything_stops(tmp_path: Path, model: ValenceModel) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=60)
    before = threading.active_count()

    def sink(frame: Frame, _samples: list[Sample]) -> None:
        if frame.index == 20:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        await pipeline.run(VideoFile(tmp_path / "a.mp4"), _analyzer(), model, sink)

    assert threading.active_count() <= before + 1  # asyncio's own


async def test_what_a_source_raises_in_the_middle_comes_out(model: ValenceModel, tmp_path: Path) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=30)

    class Torn(VideoFile):
        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                if frame.index == 17:
                    raise RuntimeError("torn")
                yield frame

    with pytest.raises(RuntimeError, match="torn"):
        await pipeline.run(Torn(tmp_path / "a.mp4"), _analyzer(), model, lambda *_: None)


async def test_a_source_without_frames_is_over_at_once(model: ValenceModel, tmp_path: Path) -> None:
    make.smile_video(tmp_path / "a.mp4", frames=3)

    class Empty(VideoFile):
        def __iter__(self) -> Iterator[Frame]:
            return iter(())

    totals = await pipeline.run(Empty(tmp_path / "a.mp4"), _analyzer(), model, lambda *_: None)
    assert totals.frames == 0
