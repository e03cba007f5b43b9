"""Live sources and the live pipeline: newest frame wins, drops are counted, latency does not grow."""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference import Crop, Readings, ValenceModel
from inference.batching import Batcher
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.pipelines.live import LARGEST, LivePipeline, LiveResult, LiveState, rate, working_size
from stream.sources.address import Address
from stream.sources.live import LiveError, Newest, Shot, ThreadSource
from stream.sources.sender_clock import SenderClock
from stream.sources.webcam import Webcam
from tests import MEDIA

SAMPLE = MEDIA / "sample.mp4"


def shot(index: int, size: tuple[int, int] = (64, 48)) -> Shot:
    return Shot(np.zeros((size[1], size[0], 3), np.uint8), index, index / 30, time.monotonic())


class Pictures(ThreadSource):
    """Frames of the sample clip, one every `period` seconds, at any size."""

    def __init__(self, count: int, period: float = 1 / 30, sizes: Sequence[tuple[int, int]] = ()) -> None:
        super().__init__("pictures")
        self._count, self._period, self._sizes = count, period, sizes

    def read(self, put: object) -> None:
        assert callable(put)
        with av.open(str(SAMPLE)) as container:
            for index, picture in enumerate(container.decode(video=0)):
                if index == self._count or self.stopping.wait(self._period):
                    return
                if self._sizes:
                    width, height = self._sizes[index * len(self._sizes) // self._count]
                    picture = picture.reformat(width=width, height=height)
                put(Shot(picture, index, index / 30, time.monotonic()))


class Slow:
    """The real model, made to take `seconds` a batch."""

    def __init__(self, model: ValenceModel, seconds: float) -> None:
        self._model, self._seconds = model, seconds

    def read(self, crops: Sequence[Crop]) -> Readings:
        time.sleep(self._seconds)
        return self._model.read(crops)


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


async def analysed(source: ThreadSource, model: ValenceModel, slow: float = 0.0) -> list[LiveResult]:
    results: list[LiveResult] = []
    with Batcher(Slow(model, slow)) as batcher:
        pipeline = LivePipeline(source, Analyzer(open_detector()), model, batcher.join("test"))
        pipeline.sinks.append(results.append)
        await pipeline.run()
        assert pipeline.state is LiveState.ENDED
    return results


async def test_the_newest_frame_wins_and_drops_are_counted() -> None:
    newest = Newest()
    for index in range(5):
        newest.put(shot(index))
    taken = await newest.get()
    assert taken is not None and taken.index == 4
    assert newest.dropped == 4
    newest.put(shot(5))
    newest.end()
    last = await newest.get()
    assert last is not None and last.index == 5
    assert await newest.get() is None


async def test_waiting_for_a_frame_ends_when_it_comes_from_another_thread() -> None:
    newest = Newest()
    waiting = asyncio.ensure_future(newest.get())
    await asyncio.sleep(0)
    threading.Thread(target=newest.put, args=(shot(7),)).start()
    taken = await asyncio.wait_for(waiting, 5)
    assert taken is not None and taken.index == 7


async def test_a_live_clip_is_followed(model: ValenceModel) -> None:
    results = await analysed(Pictures(45), model)
    assert results[-1].shot.index == 44
    assert {s.face_id for s in results[-1].samples} == {1, 2}
    assert results[-1].frames + results[-1].dropped == 45
    times = [result.shot.time for result in results]
    assert times == sorted(times)


async def test_a_slow_model_costs_frames_and_not_latency(model: ValenceModel) -> None:
    results = await analysed(Pictures(90), model, slow=0.2)
    settled = [result.latency for result in results[5:]]
    shown = [result.shot.received + result.latency for result in results[5:]]
    assert len(settled) > 3
    # However busy the machine: a frame waits for two or three turns, and no longer at the end.
    turn = float(np.median(np.diff(shown)))
    assert np.median(settled) < 3.5 * turn
    assert settled[-1] < 6 * turn
    assert results[-1].dropped > 50
    assert results[-1].fps < 8


async def test_nothing_is_left_when_a_pipeline_is_cancelled(model: ValenceModel) -> None:
    with Batcher(model) as batcher:
        pipeline = LivePipeline(Pictures(300), Analyzer(open_detector()), model, batcher.join("test"))
        seen = asyncio.Event()
        pipeline.sinks.append(lambda result: seen.set())
        running = asyncio.ensure_future(pipeline.run())
        await asyncio.wait_for(seen.wait(), 10)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    def left() -> set[str]:
        names = {thread.name for thread in threading.enumerate()} - {"MainThread"}
        return {name for name in names if not name.startswith("asyncio_")}  # the event loop's own pool

    async with asyncio.timeout(30):  # what a thread is at just now it finishes, and nobody waits for it
        while left():
            await asyncio.sleep(0.01)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_pause_keeps_ids_and_analyses_nothing(model: ValenceModel) -> None:
    results: list[LiveResult] = []
    with Batcher(model) as batcher:
        pipeline = LivePipeline(
            Pictures(80, period=0.02), Analyzer(open_detector()), model, batcher.join("a")
        )

        def on_result(result: LiveResult) -> None:
            results.append(result)
            if result.shot.index < 15:
                return
            if result.frames and not paused.is_set():
                paused.set()
                pipeline.pause()

        paused = asyncio.Event()
        pipeline.sinks.append(on_result)
        running = asyncio.ensure_future(pipeline.run())
        await asyncio.wait_for(paused.wait(), 10)
        await asyncio.sleep(0.4)
        count = len(results)
        assert pipeline.state is LiveState.PAUSED
        pipeline.resume()
        await running
    assert count <= 20
    assert len(results) > count
    assert {s.face_id for s in results[-1].samples} == {1, 2}


async def test_a_camera_may_change_its_size(model: ValenceModel) -> None:
    results = await analysed(Pictures(60, sizes=[(640, 480), (320, 240), (480, 640)]), model)
    sizes = {result.size for result in results}
    assert sizes == {(640, 480), (480, 640)}
    shrunk = [r for r in results if r.shot.size == (320, 240)]
    assert {s.face_id for r in shrunk for s in r.samples} == {1, 2}


async def test_pictures_that_are_too_large_are_refused(model: ValenceModel) -> None:
    told: list[tuple[int, int]] = []
    with Batcher(model) as batcher:
        source = Pictures(6, sizes=[(3840, 2160), (640, 480)])
        pipeline = LivePipeline(source, Analyzer(open_detector()), model, batcher.join("a"))
        results: list[LiveResult] = []
        pipeline.sinks.append(results.append)
        pipeline.on_too_large = told.append
        await pipeline.run()
    assert told and set(told) == {(3840, 2160)}
    assert all(r.size == (640, 480) for r in results)
    assert LARGEST < 3840 * 2160


async def test_a_failing_model_ends_the_pipeline_with_its_error(model: ValenceModel) -> None:
    class Broken:
        def read(self, crops: Sequence[Crop]) -> Readings:
            raise RuntimeError("the GPU is gone")

    with Batcher(Broken()) as batcher:
        pipeline = LivePipeline(Pictures(60), Analyzer(open_detector()), model, batcher.join("a"))
        with pytest.raises(RuntimeError, match="GPU is gone"):
            await pipeline.run()


async def test_a_camera_that_is_not_there_says_so(model: ValenceModel) -> None:
    with pytest.raises(LiveError, match="camera 63 cannot be opened"):
        await analysed(Webcam(63), model)


async def test_a_video_file_stands_in_for_a_camera_at_its_own_speed() -> None:
    source = Webcam(str(SAMPLE))
    await source.open()
    began = time.monotonic()
    try:
        while (taken := await source.next()) is not None and taken.time < 0.5:
            pass
    finally:
        await source.close()
    assert taken is not None
    assert 0.4 < time.monotonic() - began < 3


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A stream over HTTP that breaks off after half a second, at every connection."""
    clip = tmp_path / "clip.ts"
    with av.open(str(SAMPLE)) as source, av.open(str(clip), "w", format="mpegts") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and packet.dts * packet.time_base < 0.5:
                packet.stream = stream
                target.mux(packet)
    content = clip.read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/clip.ts"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_an_address_is_connected_again_and_its_clock_runs_on(address: str) -> None:
    source = Address(address)
    await source.open()
    shots: list[Shot] = []
    notices: list[str] = []
    try:
        async with asyncio.timeout(20):
            while len(notices) < 2 and (taken := await source.next()) is not None:
                shots.append(taken)
                notices += source.notices
    finally:
        await source.close()
    assert "connecting again" in notices[0]
    times = [s.time for s in shots]
    assert times == sorted(times) and times[-1] > 0.5
    assert [s.index for s in shots] == sorted({s.index for s in shots})


async def test_an_address_without_a_stream_is_given_up() -> None:
    source = Address("http://127.0.0.1:9/none", give_up=0.0)
    await source.open()
    try:
        with pytest.raises(LiveError, match="gives no picture"):
            await asyncio.wait_for(source.next(), 10)
    finally:
        await source.close()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://ann:secret@camera/live", "rtsp://camera/live"),
        ("RTSP://camera:8554/live?password=secret#secret", "rtsp://camera:8554/live"),
        ("rtsp://camera:554/user=ann&password=secret&channel=1", "rtsp://camera:554/…"),
        ("http://camera/a;token=secret/b", "http://camera/…/b"),
        ("http://camera/a/token%3Dsecret", "http://camera/a/…"),
        ("rtmp://host/live/live_123456_secretsecret", "rtmp://host/live/…"),
        ("rtsp://ann:12/sec/ret@camera/live", "rtsp://ann/…/…/live"),
        ("srt://[::1]:9000?passphrase=secret", "srt://[::1]:9000"),
        ("udp://@:1234", "udp://:1234"),
    ],
)
def test_an_address_hides_what_may_be_secret(url: str, name: str) -> None:
    assert Address(url).name == name


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "file:///secret", "rtsp://", "rtsp://ann:secret/x@camera", "http://[secret", "x"]
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(LiveError, match="such as rtsp://camera/live") as refused:
        Address(url)
    assert "secret" not in str(refused.value) and "passwd" not in str(refused.value)


@given(st.integers(0, 2**32 - 1), st.integers(-(2**30), 2**30), st.integers(0, 2**31 - 1))
def test_the_sender_clock_survives_the_wrap_of_rtp_timestamps(origin: int, ahead: int, pts: int) -> None:
    class Mapper:
        _origin = origin

    class Receiver:
        _RTCRtpReceiver__timestamp_mapper = Mapper()

        async def _handle_rtcp_packet(self, packet: object) -> None: ...

    clock = SenderClock(Receiver())  # type: ignore[arg-type]
    assert clock.captured(pts) is None
    moment = 1_790_000_000.25
    clock.report(int((moment + 2_208_988_800) * 2**32), (pts + origin - ahead) % 2**32)
    captured = clock.captured(pts)
    assert captured is not None
    assert captured == pytest.approx(moment + ahead / 90_000, abs=1e-5)


def test_a_smaller_picture_of_the_same_shape_is_enlarged_again() -> None:
    assert working_size(None, (640, 480)) == (640, 480)
    assert working_size((640, 480), (480, 360)) == (640, 480)
    assert working_size((640, 480), (1280, 960)) == (1280, 960)
    assert working_size((640, 480), (360, 640)) == (360, 640)


def test_frames_a_second() -> None:
    assert rate([]) == rate([1.0]) == 0
    assert rate([0.0, 0.1, 0.2]) == pytest.approx(10)
