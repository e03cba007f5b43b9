"""Pictures: what a file of them holds, by its header, and its pixels as they are seen.

Pillow reads headers and says how a picture is turned; OpenCV decodes the common formats, Pillow (with
libheif) those of phones. A file may hold several pictures: an animation is read as a recording; of pages only
the first is read, and that is said.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pi_heif
from PIL import Image as Pillow
from PIL.ExifTags import Base

from stream.sources.door import (
    NO_MEMORY,
    REMEDY,
    SourceError,
    no_media,
    reason,
    require_file,
    require_pixels,
)
from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.orientation import AS_IT_IS, turned

Image = npt.NDArray[np.uint8]

pi_heif.register_heif_opener()
Pillow.MAX_IMAGE_PIXELS = None  # Pillow's own limit; ours is held against every picture below

_BY_OPENCV = ("JPEG", "MPO", "PNG", "BMP", "WEBP", "TIFF", "GIF")
_BY_PILLOW = ("HEIF", "AVIF")
FORMATS = tuple(name for name in (*_BY_OPENCV, *_BY_PILLOW) if name != "MPO")
"""As Pillow calls them; it opens MPO (a JPEG with further pictures behind it) as JPEG."""
_ANIMATED = ("PNG", "WEBP", "AVIF", "GIF")
"""Formats whose pictures follow each other in time."""
_UPRIGHT_ALREADY = ("HEIF", "TIFF")
"""libheif and OpenCV's reader of TIFF turn pictures themselves; what their EXIF says has been done then."""
NO_PICTURE = f"it is not a picture that can be read: {REMEDY}"
_SHORTEST, _SHORT = 0.011, 0.1
"""A picture of an animation that is shown for less is shown as long as this, as browsers do (seconds)."""


@dataclass(frozen=True)
class PictureFacts:
    """What the header of a file of pictures says."""

    format: str
    size: tuple[int, int]
    """Width and height as stored."""
    frames: int
    """How many pictures follow each other in time; 1 for what does not move."""
    pages: int
    """How many pictures it holds beside each other."""

    @property
    def moves(self) -> bool:
        return self.frames > 1


def picture_facts(path: Path) -> PictureFacts | None:
    """What the file holds, by its first bytes and header; None for what is no picture of `FORMATS`.

    Raises:
        SourceError: it is no regular file, is empty, or may not be read.
    """
    require_file(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a header that is odd but can be read
            with Pillow.open(path, formats=FORMATS) as picture:
                kind = picture.format or ""
                count = int(getattr(picture, "n_frames", 1))
                if getattr(picture, "default_image", False):  # an APNG's still is not part of what moves
                    count -= 1
                size = picture.size
    except MemoryError as error:
        raise SourceError(NO_MEMORY) from error
    except PermissionError as error:
        raise SourceError(reason(error)) from error
    except Exception:  # whatever a reader of headers stumbles over: it is no picture for us
        return None
    moving = kind in _ANIMATED
    return PictureFacts(
        kind,
        size,
        frames=count if moving else 1,
        pages=1 if moving or kind != "TIFF" else count,
    )


def read_picture(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> Image:
    """The picture, (H, W, 3) BGR, upright as EXIF says; grey, alpha and 16 bit become BGR.

    Raises:
        SourceError: it cannot be read, or is larger than the limits say.
    """
    facts = _required(path, limits)
    try:
        # Eight bytes a pixel (four channels of 16 bit) and whatever comes along; a larger one holds more.
        if path.stat().st_size > limits.picture_megapixels * 8e6 + 1e8:
            raise SourceError("the file is too large for a picture; choose another file")
        if facts.format in _BY_PILLOW:
            with Pillow.open(path, formats=FORMATS) as picture:
                image = turned(_bgr(picture), _orientation(picture))
        else:
            image = turned(_decoded(path), _orientation_of(path))
    except MemoryError as error:
        raise SourceError(NO_MEMORY) from error
    except cv2.error as error:
        raise SourceError(NO_MEMORY if "nsufficient memory" in error.err else NO_PICTURE) from error
    except PermissionError as error:
        raise SourceError(reason(error)) from error
    except SourceError:
        raise
    except Exception as error:  # whatever a decoder of pictures stumbles over
        raise SourceError(NO_PICTURE) from error
    return np.ascontiguousarray(image, np.uint8)


def read_animation(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> Iterator[tuple[Image, float]]:
    """The pictures of an animation, (H, W, 3) BGR, upright, each with the seconds for which it is shown.

    Raises:
        SourceError: it cannot be read, or is larger than the limits say.
    """
    facts = picture_facts(path)
    if facts is None:
        raise no_media(path, NO_PICTURE)
    require_pixels(facts.size, limits.video_megapixels, "an animation", "VALENCE_VIDEO_MEGAPIXELS")
    first = 0
    try:
        with Pillow.open(path, formats=FORMATS) as picture:
            first = 1 if getattr(picture, "default_image", False) else 0
            orientation = _orientation(picture)
            for number in range(facts.frames):
                picture.seek(first + number)
                image = turned(_bgr(picture), orientation)
                shown = float(picture.info.get("duration") or 0) / 1000
                yield np.ascontiguousarray(image), shown if shown >= _SHORTEST else _SHORT
    except MemoryError as error:
        raise SourceError(NO_MEMORY) from error
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise SourceError(f"its pictures cannot be read: {REMEDY}") from error


def orientation_in(path: Path, limits: MediaLimits = DEFAULT_LIMITS) -> int:
    """How the picture at `path` is turned, as EXIF counts.

    Raises:
        SourceError: it is no picture, or is larger than the limits say.
    """
    _required(path, limits)
    return _orientation_of(path)


def _required(path: Path, limits: MediaLimits) -> PictureFacts:
    """What the picture's header says, within the limits. Raises SourceError."""
    facts = picture_facts(path)
    if facts is None:
        raise no_media(path, NO_PICTURE)
    require_pixels(facts.size, limits.picture_megapixels, "a picture", "VALENCE_PICTURE_MEGAPIXELS")
    return facts


def _orientation_of(path: Path) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a header that is odd but can be read
        with Pillow.open(path, formats=FORMATS) as picture:
            return _orientation(picture)


def _orientation(picture: Pillow.Image) -> int:
    """As EXIF or XMP say. Decodes a PNG, in which they may come behind the pixels."""
    if picture.format in _UPRIGHT_ALREADY:
        return AS_IT_IS
    found = picture.getexif().get(Base.Orientation, AS_IT_IS)
    return found if isinstance(found, int) and 1 <= found <= 8 else AS_IT_IS


def _decoded(path: Path) -> Image:
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise SourceError(NO_PICTURE)
    return np.asarray(image, np.uint8)


def _bgr(picture: Pillow.Image) -> Image:
    return np.asarray(picture.convert("RGB"), np.uint8)[..., ::-1]
