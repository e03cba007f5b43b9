"""Small good files with one face, of every kind that is read, made from the portraits of `media/`."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

MEDIA = Path(__file__).parents[2] / "media"
WIDTH, HEIGHT, FRAMES = 160, 128, 6
VIDEOS = {
    "mp4": ("mp4", "libx264", "yuv420p"),
    "mov": ("mov", "libx264", "yuv420p"),
    "mkv": ("matroska", "libx264", "yuv420p"),
    "webm": ("webm", "libvpx", "yuv420p"),
    "avi": ("avi", "mpeg4", "yuv420p"),
    "gif": ("gif", "gif", "rgb8"),
}
"""Container, codec and pixel format of each suffix."""
PICTURES = ("jpg", "png", "webp", "tiff", "bmp")


def portrait(shift: int = 0, source: str = "one_face.jpg") -> Image:
    """A face of about 70 pixels, (HEIGHT, WIDTH, 3), `shift` pixels right of the middle."""
    picture = cv2.imread(str(MEDIA / source))
    side = min(picture.shape[:2])
    left = (picture.shape[1] - side) // 3
    face = cv2.resize(picture[:side, left : left + side], (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    image = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    at = (WIDTH - HEIGHT) // 2 + shift
    image[:, at : at + HEIGHT] = face
    return image


def video(path: Path, kind: str, source: str = "one_face.jpg") -> None:
    """FRAMES frames; the same bytes each time."""
    container_name, codec, pixels = VIDEOS[kind]
    options = {"fflags": "+bitexact"}
    with av.open(str(path), "w", format=container_name, options=options) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        stream.codec_context.thread_count = 1
        stream.codec_context.flags |= 1 << 23  # AV_CODEC_FLAG_BITEXACT
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(portrait(number, source), format="bgr24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode())


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of a good file of each kind, by suffix; `folder` is for making them."""
    made = {}
    for kind in VIDEOS:
        path = folder / f"good.{kind}"
        video(path, kind)
        made[kind] = path.read_bytes()
    for kind in PICTURES:
        done, coded = cv2.imencode(f".{kind}", portrait())
        assert done
        made[kind] = coded.tobytes()
    return made
