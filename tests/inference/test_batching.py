"""The shared batcher: fair, bounded, safe to cancel, and the same numbers as reading alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future

import cv2
import numpy as np
import pytest

from inference import Crop, Readings, ValenceModel
from inference.batching import Batcher, BatcherClosed, SeatFull
from tests import MEDIA


def crop(value: int) -> Crop:
    """A crop that says who it is: every pixel has `value`."""
    return Crop(np.full((4, 4, 3), value, np.uint8), np.eye(2, 3), None)


class Gate:
    """A model that waits to be let through, notes its batches, and cannot read crops of value 255."""

    def __init__(self, opened: bool = True) -> None:
        self.batches: list[list[int]] = []
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        if opened:
            self.gate.set()

    def read(self, crops: Sequence[Crop]) -> Readings:
        values = [int(c.pixels[0, 0, 0]) for c in crops]
        self.batches.append(values)
        self.entered.release()
        assert self.gate.wait(10)
        if 255 in values:
            raise RuntimeError("cannot read this one")
        return Readings(np.array(values, np.float32) / 100, None)


def values(future: Future[Readings]) -> list[float]:
    return [round(float(v) * 100) for v in future.result(5).valence]


def test_each_stream_gets_its_own_readings_from_a_shared_batch() -> None:
    model = Gate(opened=False)
    with Batcher(model, wait=0) as batcher, batcher.join("a") as a, batcher.join("b") as b:
        first = a.submit([crop(1)])
        model.entered.acquire()
        second, third = a.submit([crop(2), crop(3)]), b.submit([crop(4)])
        model.gate.set()
        assert [values(f) for f in (first, second, third)] == [[1], [2, 3], [4]]
    assert len(model.batches) == 2


def test_a_crowd_does_not_hold_up_a_single_face() -> None:
    model = Gate(opened=False)
    with (
        Batcher(model, size=4, wait=0) as batcher,
        batcher.join("crowd") as crowd,
        batcher.join("one") as one,
    ):
        blocking = crowd.submit([crop(0)])
        model.entered.acquire()
        many = crowd.submit([crop(i) for i in range(100, 140)])
        single = one.submit([crop(1)])
        model.gate.set()
        assert values(single) == [1]
        assert values(many) == list(range(100, 140))
        assert values(blocking) == [0]
    assert 1 in model.batches[1]


def test_a_full_seat_refuses_instead_of_growing() -> None:
    model = Gate(opened=False)
    with Batcher(model, wait=0, waiting=2) as batcher, batcher.join("a") as seat:
        seat.submit([crop(0)])
        model.entered.acquire()
        waiting = [seat.submit([crop(1)]), seat.submit([crop(2)])]
        with pytest.raises(SeatFull):
            seat.submit([crop(3)])
        model.gate.set()
        assert [values(f) for f in waiting] == [[1], [2]]


async def test_cancelled_requests_are_taken_back() -> None:
    model = Gate(opened=False)
    with Batcher(model, wait=0) as batcher, batcher.join("a") as seat:
        first = asyncio.ensure_future(seat.read_async([crop(1)]))
        await asyncio.to_thread(model.entered.acquire)
        second = asyncio.ensure_future(seat.read_async([crop(2)]))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        model.gate.set()
        assert float((await first).valence[0]) == pytest.approx(0.01)
        assert values(seat.submit([crop(3)])) == [3]
    assert [2] not in model.batches


def test_one_bad_crop_fails_its_own_stream_only() -> None:
    model = Gate(opened=False)
    with Batcher(model, wait=0) as batcher, batcher.join("good") as good, batcher.join("bad") as bad:
        blocking = good.submit([crop(0)])
        model.entered.acquire()
        fine, broken = good.submit([crop(7)]), bad.submit([crop(255)])
        model.gate.set()
        assert values(fine) == [7]
        with pytest.raises(RuntimeError, match="cannot read"):
            broken.result(5)
        assert values(blocking) == [0]
        assert values(bad.submit([crop(9)])) == [9]


def test_a_batch_waits_for_a_stream_that_was_busy_a_moment_ago() -> None:
    model = Gate()
    with Batcher(model, wait=5) as batcher, batcher.join("a") as a, batcher.join("b") as b:
        a.submit([crop(1)]).result(5)  # only a is busy: nothing to wait for
        assert model.batches == [[1]]
        first = a.submit([crop(2)])
        second = b.submit([crop(3)])
        assert values(first) + values(second) == [2, 3]


def test_closing_cancels_what_waits_and_ends_the_thread() -> None:
    model = Gate(opened=False)
    batcher = Batcher(model, wait=0)
    seat = batcher.join("a")
    running = seat.submit([crop(1)])
    model.entered.acquire()
    waiting = seat.submit([crop(2)])
    closing = threading.Thread(target=batcher.close)
    closing.start()
    with pytest.raises(CancelledError):
        waiting.result(5)
    model.gate.set()
    closing.join(5)
    assert values(running) == [1]
    with pytest.raises(BatcherClosed):
        seat.submit([crop(3)])
    assert "batcher" not in {thread.name for thread in threading.enumerate()}


def test_a_seat_that_is_given_up_takes_nothing_more() -> None:
    with Batcher(Gate()) as batcher:
        seat = batcher.join("a")
        seat.leave()
        with pytest.raises(BatcherClosed):
            seat.submit([crop(1)])


def test_nothing_to_read_is_answered_at_once() -> None:
    with Batcher(Gate()) as batcher, batcher.join("a") as seat:
        assert len(seat.read([]).valence) == 0


def test_the_real_model_says_the_same_as_without_the_batcher() -> None:
    model = ValenceModel.open(device="cpu")
    image = np.asarray(cv2.imread(str(MEDIA / "one_face.jpg")), np.uint8)
    crops = model.align(image, [(178 + d, 64, 269 + d, 174) for d in range(5)])
    with Batcher(model, size=2) as batcher, batcher.join("a") as a, batcher.join("b") as b:
        whole, part = a.submit(crops), b.submit(crops[:1])
        expected = model.read(crops)
        np.testing.assert_allclose(whole.result(10).valence, expected.valence, atol=1e-5)
        np.testing.assert_allclose(part.result(10).valence, expected.valence[:1], atol=1e-5)
        if expected.spread is not None:
            spread = whole.result().spread
            assert spread is not None
            np.testing.assert_allclose(spread, expected.spread, rtol=1e-4)
