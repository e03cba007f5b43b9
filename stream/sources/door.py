"""The one door through which media files come in: what is let in, how large it may be, and how it is opened.

Analysis, playback, stills and stimuli open files here, nowhere else. A file is judged by what it holds, not
by its name; only containers and codecs of these lists are opened, from a regular file of this computer: no
playlists, image sequences or addresses, which would read other files. Its header is read first, and what that
says is held against `MediaLimits` before a single picture is decoded.
"""

from __future__ import annotations

import codecs
import errno
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.error import DecoderNotFoundError, FFmpegError, InvalidDataError

from stream.sources.limits import DEFAULT_LIMITS, MediaLimits
from stream.sources.tracks import moving_in, pictures_of

CONTAINERS = (
    "mov",
    "matroska",
    "avi",
    "asf",
    "mpeg",
    "mpegvideo",
    "mpegts",
    "flv",
    "ogg",
    "gif",
    "mxf",
    "dv",
    "h264",
    "hevc",
    "m4v",
    "ivf",
    "obu",
    "vc1",
    "h261",
    "h263",
)
"""Demuxers of FFmpeg by name; some stand for a family (mov: MP4, MOV, 3GP; matroska: MKV, WebM; asf: WMV)."""
# fmt: off
CODECS = frozenset((
    "h264", "hevc", "av1", "libdav1d", "libaom-av1", "vp8", "vp9", "vp6", "vp6f", "libvpx",
    "libvpx-vp9", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4", "msmpeg4v1", "msmpeg4v2", "h261",
    "h263", "h263p", "h263i", "flv", "wmv1", "wmv2", "wmv3", "vc1", "mjpeg", "prores", "dnxhd", "cfhd",
    "dvvideo", "theora", "gif", "ffv1", "ffvhuff", "huffyuv", "utvideo", "rawvideo", "png", "qtrle",
    "svq1", "svq3", "cinepak", "indeo5", "msvideo1",
))
# fmt: on
"""Decoders of FFmpeg by name."""

LIKELY = (0.01, 240.0)
"""Pictures a second that a header may claim; others are the unit of its clock, or nonsense."""

REMEDY = "it may be damaged or of another kind; copy it again, or choose another file"
NO_VIDEO = f"it is not a video that can be read: {REMEDY}"
TEXT = "it is a text, and no image or video; choose another file"
NO_CODEC = "its pictures are of a codec that is not known here; convert it, for example to MP4 with H.264"
UNREADABLE = "it cannot be read; copy it again, or choose another file"
NO_MEMORY = "it asks for more memory than an analysis may have; make it smaller, or choose another file"


_OF_TEXTS = frozenset({*b"\t\n\r\f", *range(0x20, 0x100)} - {0x7F})


class SourceError(RuntimeError):
    """A source that cannot be read; the text says why."""


@contextmanager
def opened_video(
    path: Path, limits: MediaLimits = DEFAULT_LIMITS
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """The container, and the stream of pictures in it that a player would show.

    Raises:
        SourceError: it is no video, has no picture, or asks for more than the limits say. What FFmpeg raises
            inside the `with` block comes out as a SourceError, too.
    """
    require_file(path)
    pixels = {"max_pixels": str(int(limits.video_megapixels * 1e6))}
    within = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(CONTAINERS),
        "max_streams": str(limits.video_streams),
    }
    opened = False
    try:
        # The whole path: FFmpeg takes "concat:a|b", "http:x.mp4" or "pipe:0" for more than names of files.

        def opening() -> av.container.InputContainer:
            return av.open(
                str(path.resolve()), options=pixels, container_options=within, metadata_errors="replace"
            )

        def moving(streams: list[int]) -> list[int]:
            with opening() as another:
                return moving_in(another, streams)

        with opening() as container:
            stream = _stream_of(container, limits, moving)
            stream.codec_context.options = pixels  # a video may grow after its beginning
            opened = True
            yield container, stream
    except MemoryError as error:
        if opened:
            raise SourceError(NO_MEMORY) from error
        raise SourceError(  # FFmpeg says the same of both
            f"it holds more than {limits.video_streams} streams, or asks for more memory than an analysis "
            "may have: keep its pictures and one sound (VALENCE_VIDEO_STREAMS raises the limit)"
        ) from error
    except FFmpegError as error:
        raise (SourceError(reason(error)) if opened else no_media(path, reason(error))) from error


def no_media(path: Path, why: str) -> SourceError:
    """What is to be said of a file that cannot be opened: `why`, unless it is simply a text."""
    return SourceError(TEXT if _is_text(path) else why)


def _is_text(path: Path) -> bool:
    """Whether a file begins as a text in UTF-8 does, without a byte that none has."""
    with path.open("rb") as file:
        beginning = file.read(512)
    try:
        # The last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return bool(beginning) and not set(beginning) - _OF_TEXTS


def duration_of(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """Seconds, where the header says so."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def frames_of(container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """How many frames will come, where the header says so or its rate is a likely one; an estimate."""
    if stream.frames:
        return stream.frames
    duration, rate = duration_of(container, stream), rate_of(stream)
    return round(duration * rate) if duration and rate else None


def rate_of(stream: av.VideoStream) -> float | None:
    """Pictures a second, as far as the file says something that can be."""
    for rate in (stream.codec_context.framerate, stream.average_rate, stream.guessed_rate):
        if rate and LIKELY[0] <= float(rate) <= LIKELY[1]:
            return float(rate)
    return None


def reason(error: BaseException) -> str:
    """What is wrong and what to do, in plain words; what the library says stays the error's cause."""
    if isinstance(error, PermissionError):
        return "it may not be read; change its permissions, or choose another file"
    if isinstance(error, EOFError):
        return "it breaks off before its first picture; copy it again from where it was recorded"
    if isinstance(error, DecoderNotFoundError):
        return NO_CODEC
    if isinstance(error, InvalidDataError):
        return NO_VIDEO
    return UNREADABLE


def require_file(path: Path) -> None:
    """A pipe would be waited for, a device read for ever."""
    try:
        found = path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            link = ": the link leads nowhere" if path.is_symlink() else ""
            raise SourceError(f"there is no such file{link}") from error
        raise SourceError(reason(error)) from error
    if stat.S_ISDIR(found.st_mode):
        raise SourceError("it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("it is a device or a pipe, not a file; choose a file")
    if found.st_size == 0:
        raise SourceError("the file is empty")


def _stream_of(
    container: av.container.InputContainer, limits: MediaLimits, moving: Callable[[list[int]], list[int]]
) -> av.VideoStream:
    stream = pictures_of(container, moving)
    if stream is None:
        cover = " and a cover" if container.streams.video else ""
        raise SourceError(f"it has no picture, only sound{cover}; choose another file")
    if stream.codec_context is None:
        raise SourceError(NO_CODEC)
    codec = stream.codec_context.codec.name
    if codec not in CODECS:
        raise SourceError(
            f"its pictures are of the codec {codec}, which is not taken; convert it, "
            "for example to MP4 with H.264"
        )
    require_pixels(
        (stream.width, stream.height), limits.video_megapixels, "a video", "VALENCE_VIDEO_MEGAPIXELS"
    )
    frames = frames_of(container, stream)
    if frames is not None and frames > limits.video_frames:
        raise SourceError(
            f"it has {frames:,} frames, and a video may have {limits.video_frames:,} at most: cut it into "
            "parts (VALENCE_VIDEO_FRAMES raises the limit)"
        )
    duration = duration_of(container, stream)
    if duration is not None and duration > limits.video_hours * 3600:
        raise SourceError(
            f"it lasts {duration / 3600:,.1f} hours, and a video may last {limits.video_hours:g} at most: "
            "cut it into parts (VALENCE_VIDEO_HOURS raises the limit)"
        )
    return stream


def require_pixels(size: tuple[int, int], megapixels: float, what: str, setting: str) -> None:
    width, height = size
    if width * height > megapixels * 1e6:
        raise SourceError(
            f"it is of {width}x{height} pixels, and {what} may have {megapixels:g} million at most: make it "
            f"smaller ({setting} raises the limit)"
        )
    if width * height == 0:
        raise SourceError(
            f"the size of its picture cannot be told, or is above {megapixels:g} million pixels: {REMEDY}"
        )
