"""How much a media file may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MediaLimits:
    """What a file may ask for at most, and what its analysis takes.

    Settings of the same names (`VALENCE_…`) raise them.
    """

    picture_megapixels: float = 128.0
    """Of a picture: what the largest phone cameras take."""
    video_megapixels: float = 36.0
    """Of a video's frame: 8K has 33."""
    video_hours: float = 12.0
    video_frames: int = 800_000
    """Seven hours at 30 frames a second."""
    video_streams: int = 64
    """Pictures, sound and subtitles, all together."""
    frame_memory_mb: int = 96
    """Of decoded frames that are under way through the analysis; a single one may always be."""


DEFAULT_LIMITS = MediaLimits()
