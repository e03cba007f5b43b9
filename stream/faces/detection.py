"""Face detectors behind one interface: a picture in, boxes with scores out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from inference import DeviceError, ManifestError
from inference.detector import open_detector_model
from stream.frames import Box

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

MINIMUM = 0.3
"""The lowest score that libfacedetection's network is asked for."""


@dataclass(frozen=True)
class Detection:
    box: Box
    score: float
    """0..1, how sure the detector is."""
    roll: float | None = None
    """Degrees by which the head is turned in the picture, clockwise as seen; None where it is not known."""
    points: Points | None = None
    """(5, 2): left eye, right eye, nose, left and right mouth corner, left and right of an upright face, in
    pixels of the picture; None from a detector that has none."""

    def from_view(self, scale: float, left: float = 0.0, top: float = 0.0) -> Detection:
        """What was detected in a view at `scale` whose corner is at (left, top) of the picture at that scale,
        in pixels of the picture."""
        b, corner = self.box, np.array([left, top])
        box = Box(b.left + left, b.top + top, b.right + left, b.bottom + top).scaled(1 / scale)
        return replace(self, box=box, points=None if self.points is None else (self.points + corner) / scale)


class DetectorError(RuntimeError):
    """A detector that cannot be used here; the text says what to do."""


class Detector(Protocol):
    """Finds faces. An implementation is used by one thread at a time."""

    name: str

    def detect(self, image: Image) -> list[Detection]:
        """Every face in the uint8 BGR (H, W, 3) `image`, in its pixels."""
        ...


class LibFaceDetection:
    """libfacedetection's network (`inference.detector`): the default, and the fastest."""

    name = "libfacedetection"

    def __init__(self, minimum: float = MINIMUM, device: str = "cpu") -> None:
        """Raises DetectorError: the network is missing, or cannot run on `device`."""
        self._minimum = minimum
        try:
            self._model = open_detector_model(device)
        except (ManifestError, DeviceError) as error:
            raise DetectorError(str(error)) from error

    def detect(self, image: Image) -> list[Detection]:
        found = self._model.find(image, self._minimum)
        return [
            Detection(Box(*box), score, points=points)
            for box, score, points in zip(
                found.boxes.tolist(), found.scores.tolist(), found.points, strict=True
            )
        ]


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
            Detection(Box(x, y, x + w, y + h), float(score), points=np.array(points).reshape(5, 2))
            for x, y, w, h, *points, score in rows.astype(np.float64)
        ]


DETECTORS = ("libfacedetection", "hog", "yunet")


def open_detector(name: str = "auto", weights: Path | None = None, device: str = "cpu") -> Detector:
    """The detector `name`, one of DETECTORS, or ``auto``: the best.

    `device` is where its network runs, ``cpu`` or ``cuda``; hog and yunet have the CPU only.

    Raises:
        DetectorError: it is unknown, lacks its weights, or cannot run there.
    """
    if name in ("auto", "libfacedetection"):
        return LibFaceDetection(device=device)
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
