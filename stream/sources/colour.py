"""Decoded pictures as 8-bit BGR in the colours that a viewer sees, whatever the video's own.

Range and matrix are as the stream says; where it does not, as players take them: BT.709 for high definition,
BT.601 below. Pictures of high dynamic range (HLG, PQ) are brought into the range of ordinary ones.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, ColorTrc, VideoReformatter

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

HIGH_DEFINITION = 720
"""Lines from which a stream that does not say so is taken for BT.709."""
WHITE_NITS = 203.0
"""Reference white of HDR programmes (ITU-R BT.2408), which becomes the white of the ordinary picture."""
PEAK_NITS = 1000.0
"""Of an HLG display, and the brightness from which PQ is no longer told apart."""
_KNEE = 0.95
"""Share of white up to which brightness is kept as it is; above, it is bent to fit below white."""
_LUT_POINTS = 33
_UNSPECIFIED, _RGB = 2, 0
_BT2020 = (9, 10)
# Linear light, BT.2020 to BT.709 (ITU-R BT.2087).
_TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float64
)
HDR = {ColorTrc.ARIB_STD_B67: "HLG", ColorTrc.SMPTE2084: "PQ"}


class Colours:
    """Turns the pictures of one stream into BGR. For one thread at a time."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        self._graph: av.filter.Graph | None = None
        self._graph_for: tuple[object, ...] = ()
        self.hdr: str | None = None
        """``HLG`` or ``PQ`` once a picture of that kind came by."""

    def bgr(self, picture: av.VideoFrame) -> Image:
        """(H, W, 3), as stored: not turned, pixels not made square."""
        kind = HDR.get(picture.color_trc)  # type: ignore[call-overload]
        if kind is not None:
            self.hdr = kind
            picture = self._mapped(picture, kind)
        converted = self._reformatter.reformat(
            picture,
            format="bgr24",
            src_colorspace=_matrix(picture),
            src_color_range=ColorRange.JPEG if picture.color_range == 2 else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
        )
        plane = converted.planes[0]
        # The converted picture's own memory, which the array keeps: a copy of a large one would count.
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(converted.height, plane.line_size)
        image = rows[:, : 3 * converted.width].reshape(converted.height, converted.width, 3)
        return np.asarray(image, np.uint8)

    def _mapped(self, picture: av.VideoFrame, kind: str) -> av.VideoFrame:
        wanted = (picture.width, picture.height, picture.format.name, picture.color_range, kind)
        if self._graph is None or self._graph_for != wanted:
            self._graph, self._graph_for = _mapping(picture, kind), wanted
        self._graph.push(picture)
        mapped = self._graph.pull()
        assert isinstance(mapped, av.VideoFrame)
        return mapped


def _matrix(picture: av.VideoFrame) -> Colorspace:
    said = picture.colorspace
    if said in _BT2020:
        return Colorspace.BT2020
    if said in (_UNSPECIFIED, _RGB):
        return Colorspace.ITU709 if picture.height >= HIGH_DEFINITION else Colorspace.ITU601
    try:
        return Colorspace(said)
    except ValueError:
        return Colorspace.ITU601 if said == 6 else Colorspace.ITU709


def _mapping(picture: av.VideoFrame, kind: str) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base or Fraction(1, av.time_base),
    )
    matrix = "bt2020" if _matrix(picture) is Colorspace.BT2020 else "bt709"
    span = "full" if picture.color_range == 2 else "limited"
    with tempfile.TemporaryDirectory(prefix="valence-") as folder:
        # FFmpeg reads the table when it is named, and knows no other way to be given one.
        table = Path(folder) / "table.cube"
        table.write_text(_table(kind), encoding="ascii")
        chain = [
            source,
            graph.add("scale", f"in_color_matrix={matrix}:in_range={span}:out_range=full"),
            graph.add("format", "gbrp10le"),
            # By name, not as one text: in that, quotes and colons of the folder's name mean something.
            graph.add("lut3d", file=str(table), interp="tetrahedral"),
            graph.add("format", "bgr24"),
            graph.add("buffersink"),
        ]
        for one, other in pairwise(chain):
            one.link_to(other)
        graph.configure()
    return graph


@lru_cache(2)
def _table(kind: str) -> str:
    """The mapping as FFmpeg reads it."""
    steps = np.linspace(0, 1, _LUT_POINTS)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")  # red runs fastest
    mapped = to_sdr(np.stack([red, green, blue], -1).reshape(-1, 3), kind)
    lines = "\n".join(f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in mapped)
    return f"LUT_3D_SIZE {_LUT_POINTS}\n{lines}\n"


def to_sdr(signal: Floats, kind: str) -> Floats:
    """RGB of BT.2100 (``HLG`` or ``PQ``), (N, 3) in 0..1, as RGB of BT.709 in 0..1.

    Light is made linear (BT.2100), relative to reference white; what is above the knee is bent below white,
    all three colours by one factor; primaries become those of BT.709; the result is encoded with a gamma of
    2.4 (BT.1886), as an ordinary picture is meant to be seen.
    """
    if kind == "HLG":
        scene = np.where(
            signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12
        )
        luminance = scene @ np.array([0.2627, 0.6780, 0.0593])
        nits = PEAK_NITS * np.maximum(luminance, 1e-9)[:, None] ** 0.2 * scene
    else:
        powered = np.maximum(signal, 0) ** (1 / 78.84375)
        nits = 10_000 * (np.maximum(powered - 0.8359375, 0) / (18.8515625 - 18.6875 * powered)) ** (
            1 / 0.1593017578125
        )
    light = np.minimum(nits, 10 * PEAK_NITS) / WHITE_NITS @ _TO_709.T
    brightest = np.maximum(light.max(axis=1), 1e-9)
    room = 1 - _KNEE
    above = np.maximum(brightest - _KNEE, 0)
    bent = np.minimum(brightest, _KNEE) + room * above / (above + room)
    light = np.clip(light * (bent / brightest)[:, None], 0, 1)
    return np.asarray(light ** (1 / 2.4))
