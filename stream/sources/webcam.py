"""A local camera, by OpenCV. A video file may stand in for the device: it is played at its own speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from stream.sources.live import LiveError, Shot, ThreadSource


class Webcam(ThreadSource):
    """The camera `device`: its number, or the path of a device or video file."""

    def __init__(self, device: int | str = 0, size: tuple[int, int] | None = (640, 480)) -> None:
        super().__init__(f"camera {device}" if isinstance(device, int) else Path(device).name)
        self._device = device
        self._size = size

    def read(self, put: Callable[[Shot], None]) -> None:
        is_file = isinstance(self._device, str) and Path(self._device).is_file()
        before = cv2.utils.logging.getLogLevel()
        # What OpenCV prints about a missing camera says less than our own sentence.
        cv2.utils.logging.setLogLevel(0)
        capture = cv2.VideoCapture(self._device)
        cv2.utils.logging.setLogLevel(before)
        try:
            if not capture.isOpened():
                raise LiveError(
                    f"{self.name} cannot be opened: it is not there, is used by another program, "
                    "or this program may not use it"
                )
            if not is_file:
                # The driver's own queue would hand out old pictures.
                capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
                if self._size is not None:
                    capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size[0])
                    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size[1])
            self._play(capture, put, paced=is_file)
        finally:
            capture.release()

    def _play(self, capture: cv2.VideoCapture, put: Callable[[Shot], None], *, paced: bool) -> None:
        start = time.monotonic()
        index = 0
        while not self.stopping.is_set():
            there, image = capture.read()
            now = time.monotonic()
            if not there:
                if paced and index:
                    return
                raise LiveError(f"{self.name} gives no picture; it may have been unplugged")
            if index == 0:
                start = now
            moment = now - start
            if paced:
                moment = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if self.stopping.wait(max(0.0, start + moment - now)):
                    return
            put(Shot(np.asarray(image, np.uint8), index, moment, time.monotonic()))
            index += 1
