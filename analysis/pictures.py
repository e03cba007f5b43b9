"""The valence of one face in each of many pictures: what a score is computed from. For workers."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.engine import detector_of, open_model
from analysis.file import Progress
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from stream.faces.detection import Detection, Detector, locate_in_crop
from stream.faces.stills import largest_in_still
from stream.sources.door import SourceError
from stream.sources.files import open_source

Read = tuple[float | None, str | Exception | None]
"""The model's valence, None where there is no face; and why the picture could not be read."""


def read_pictures(
    settings: AnalysisSettings, paths: Sequence[Path], *, crops: bool, progress: Progress | None = None
) -> list[Read]:
    """Each picture's valence, of its largest face; with `crops`, of the face that the picture is.

    A picture that cannot be read does not stop the others. `progress` is told of each before it is read; what
    it raises is passed on. Raises AnalysisError: the model or the detector cannot be used.
    """
    model, detector = _opened(settings)
    found = []
    reasons: list[str | Exception | None] = []
    for done, path in enumerate(paths):
        if progress is not None:
            progress(done, len(paths), 0.0)
        crop: npt.NDArray[np.uint8] | None = None
        reason: str | Exception | None = None
        try:
            image = next(iter(open_source(path, settings.limits))).image
            face = (
                Detection(locate_in_crop(detector, image), 1.0)
                if crops
                else largest_in_still(detector, image)
            )
            crop = _aligned(model, image, face)
        except SourceError as error:
            reason = str(error)
        except OSError as error:
            reason = error.strerror or str(error)
        except Exception as error:  # whatever it is, it is this picture's
            reason = _portable(error)
        found.append(crop)
        reasons.append(reason)
    values = iter(model.read_pixels([crop for crop in found if crop is not None]).valence)
    return [
        (None if crop is None else float(next(values)), reason)
        for crop, reason in zip(found, reasons, strict=True)
    ]


def _aligned(
    model: ValenceModel, image: npt.NDArray[np.uint8], face: Detection | None
) -> npt.NDArray[np.uint8] | None:
    return None if face is None else model.align(image, [face.box], [face.roll or 0.0])[0].pixels


def _portable(error: Exception) -> Exception:
    """The error, or its words where it cannot be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever hinders it
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@lru_cache(1)
def _opened(settings: AnalysisSettings) -> tuple[ValenceModel, Detector]:
    return open_model(settings), detector_of(settings)
