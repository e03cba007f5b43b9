"""What is drawn on pictures and videos, and the files that come of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.drawing.annotated_video import AnnotatedVideo
from stream.drawing.annotation import Curves, annotate, save_annotated_image
from stream.drawing.cards import CURVE_SECONDS, measure_card, place_card
from stream.drawing.overlay import valence_colour
from stream.frames import Box, Frame, Sample, iou

Image = npt.NDArray[np.uint8]


def grey(width: int = 640, height: int = 480, shade: int = 128) -> Image:
    return np.full((height, width, 3), shade, np.uint8)


FACE = Box(200, 180, 320, 330)


def sample(
    box: Box = FACE,
    valence: float = 0.5,
    smoothed: float = 0.3,
    face_id: int = 1,
    score: float = 0.9,
    time: float = 0.0,
) -> Sample:
    return Sample(time, 0, face_id, box, valence, smoothed, 0.8, score)


def decode(path: Path) -> tuple[list[float], list[Image]]:
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]
    return [float(time) for time, _ in frames if time is not None], [image for _, image in frames]


def cards(samples: Sequence[Sample], width: int = 640, height: int = 480) -> list[Box]:
    """Where `annotate` puts the cards of the samples, in their order."""
    taken: list[Box] = []
    faces = np.array([s.box for s in samples], float).reshape(-1, 4)
    for each in samples:
        card = measure_card(height, width, each, True)
        place = place_card((height, width), card, each.box, faces, taken)
        if place is not None:
            taken.append(Box(*place, place[0] + card.width, place[1] + card.height))
    return taken


def test_colours_run_from_orange_through_grey_to_blue() -> None:
    blue, _, red = valence_colour(-1)
    assert red > blue + 150
    blue, _, red = valence_colour(1)
    assert blue > red + 150
    assert np.ptp(valence_colour(0)) < 15
    warmth = [red - blue for blue, _, red in map(valence_colour, np.linspace(-1, 1, 41))]
    assert all(a >= b for a, b in pairwise(warmth))
    assert valence_colour(7) == valence_colour(1)


def test_picture_without_faces_is_a_copy_and_the_input_is_left_alone() -> None:
    image = grey()
    plain = annotate(image, [])
    assert np.array_equal(plain, image)
    assert plain is not image
    annotate(image, [sample()], {})
    assert np.array_equal(image, grey())


def test_only_the_face_and_its_card_are_painted() -> None:
    changed = (annotate(grey(), [sample(FACE)]) != 128).any(axis=2)
    (card,) = cards([sample(FACE)])
    for left, top, right, bottom in [FACE, card]:
        changed[int(top) - 4 : int(bottom) + 5, int(left) - 4 : int(right) + 5] = False
    assert not changed.any()
    assert card.bottom <= FACE.top


def test_still_shows_raw_and_video_shows_smoothed_valence() -> None:
    still = annotate(grey(), [sample(valence=0.5, smoothed=-1.0)])
    assert np.array_equal(still, annotate(grey(), [sample(valence=0.5, smoothed=0.9)]))
    assert not np.array_equal(still, annotate(grey(), [sample(valence=-0.5, smoothed=-1.0)]))

    video = annotate(grey(), [sample(valence=0.5, smoothed=0.9)], {})
    assert np.array_equal(video, annotate(grey(), [sample(valence=-0.5, smoothed=0.9)], {}))


def test_carried_face_is_marked_more_faintly() -> None:
    def painted(score: float) -> float:
        drawn = annotate(grey(), [sample(FACE, score=score)])[170:340, 190:330]
        return float(np.abs(drawn.astype(int) - 128).sum())

    assert painted(0.0) < 0.8 * painted(0.9)


def test_curve_appears_on_a_large_face_only() -> None:
    curve = {1: [(t / 30, math.sin(t / 10)) for t in range(90)]}
    for face, has_curve in [(FACE, True), (Box(200, 180, 224, 210), False)]:
        now = [sample(face, time=3.0)]
        assert np.array_equal(annotate(grey(), now, curve), annotate(grey(), now, {})) != has_curve


def test_curve_is_broken_where_the_face_was_away() -> None:
    times = [t / 30 for t in range(90)]
    whole = {1: [(t, 0.8) for t in times]}
    broken = {1: [(t, 0.8) for t in times if not 1.0 < t < 2.0]}
    now = [sample(time=3.0)]
    difference = (annotate(grey(), now, whole) != annotate(grey(), now, broken)).any(axis=(0, 2))
    columns = np.flatnonzero(difference)
    width = measure_card(480, 640, now[0], True).curve
    assert len(columns) == pytest.approx(width / CURVE_SECONDS, abs=3)


def test_curves_keep_three_seconds_and_forget_faces_that_left() -> None:
    curves = Curves()
    for tick in range(300):
        time = tick / 30
        faces = [sample(face_id=1, smoothed=time / 10)] + ([sample(face_id=2)] if time < 5 else [])
        kept = curves.add(time, faces)
    assert list(kept) == [1]
    assert kept[1][0][0] == pytest.approx(299 / 30 - CURVE_SECONDS, abs=1 / 29)
    assert kept[1][-1] == (299 / 30, 299 / 300)


@pytest.mark.parametrize(
    "face",
    [Box(200, -10, 320, 120), Box(-40, 100, 60, 230), Box(600, 430, 700, 560), Box(0, 0, 640, 480)],
)
def test_card_stays_inside_the_frame(face: Box) -> None:
    (card,) = cards([sample(face)])
    assert card.left >= 0
    assert card.top >= 0
    assert card.right <= 640
    assert card.bottom <= 480


def test_cards_of_people_who_cross_do_not_cover_each_other() -> None:
    for step in range(61):
        faces = [Box(80 + 6 * step, 150, 200 + 6 * step, 300), Box(440 - 6 * step, 165, 570 - 6 * step, 320)]
        a, b = cards([sample(face, face_id=i) for i, face in enumerate(faces, 1)])
        assert iou(a, b) == 0


def test_cards_of_a_crowd_do_not_cover_each_other() -> None:
    faces = [
        sample(Box(49 + 160 * column, 38 + 120 * row, 111 + 160 * column, 112 + 120 * row), face_id=i + 1)
        for i, (row, column) in enumerate(np.ndindex(4, 4))
    ]
    placed = cards(faces)
    assert len(placed) == 16
    assert not any(iou(a, b) for i, a in enumerate(placed) for b in placed[:i])


def test_text_is_legible_on_a_tiny_face_and_grows_with_the_frame() -> None:
    tiny = measure_card(480, 640, sample(Box(0, 0, 24, 24)), True)
    assert tiny.size >= 10
    large = [measure_card(h, w, sample(Box(0, 0, h / 3, h / 2)), True) for w, h in [(640, 480), (3840, 2160)]]
    assert large[1].size / large[0].size == pytest.approx(2160 / 480, rel=0.1)


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 900), st.integers(1, 700)),
    corners=st.lists(
        st.tuples(*[st.floats(-1500, 1500)] * 2, *[st.floats(0, 1500)] * 2, st.floats(-1, 1)), max_size=6
    ),
    score=st.sampled_from([0.0, 0.7]),
)
def test_any_boxes_on_any_frame_can_be_drawn(
    size: tuple[int, int], corners: list[tuple[float, float, float, float, float]], score: float
) -> None:
    width, height = size
    faces = [
        sample(Box(left, top, left + w, top + h), valence, valence, i * 37, score)
        for i, (left, top, w, h, valence) in enumerate(corners)
    ]
    drawn = annotate(grey(width, height), faces, {face.face_id: [(0.0, face.smoothed)] for face in faces})
    assert drawn.shape == (height, width, 3)
    for card in cards(faces, width, height):
        assert card.left >= 0
        assert card.top >= 0
        assert card.right <= width
        assert card.bottom <= height


def test_annotated_still_is_a_jpeg_of_the_same_size(tmp_path: Path) -> None:
    path = tmp_path / "Bild für später.jpg"
    save_annotated_image(path, grey(321, 243), [sample(Box(100, 80, 200, 200))])
    data = path.read_bytes()
    assert data.startswith(b"\xff\xd8\xff")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (243, 321, 3)


def test_still_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        save_annotated_image(tmp_path / "nowhere" / "a.jpg", grey(), [])


def test_video_keeps_the_frames_own_times(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.05, 0.2, 0.2334, 1.0, 1.7, 1.71, 3.25]
    path = tmp_path / "v.mp4"
    with AnnotatedVideo(path) as video:
        for index, time in enumerate(times):
            video.write(Frame(grey(), index, time), [sample(time=time)])
    assert decode(path)[0] == pytest.approx(times, abs=1 / 90_000)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        # The last frame is shown as long as the one before it.
        assert container.duration == pytest.approx((3.25 + 1.54) * 1e6, rel=0.01)
    assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")


def test_video_that_starts_late_keeps_its_offset(tmp_path: Path) -> None:
    with AnnotatedVideo(tmp_path / "v.mp4") as video:
        for index in range(10):
            video.write(Frame(grey(), index, 1.5 + index / 25), [])
    assert decode(tmp_path / "v.mp4")[0] == pytest.approx([1.5 + i / 25 for i in range(10)], abs=1e-4)


@pytest.mark.parametrize("size", [(641, 479), (640, 479), (3, 3), (1, 1)])
def test_odd_picture_is_padded_to_even(size: tuple[int, int], tmp_path: Path) -> None:
    width, height = size
    with AnnotatedVideo(tmp_path / "v.mp4") as video:
        for index in range(3):
            video.write(Frame(grey(width, height), index, index / 30), [sample()])
    _, images = decode(tmp_path / "v.mp4")
    assert [image.shape for image in images] == [(height + height % 2, width + width % 2, 3)] * 3
    assert abs(int(images[0][-1, -1, 0]) - 128) < 12


def test_colours_survive_and_are_labelled(tmp_path: Path) -> None:
    colour = (60, 110, 200)
    image = np.full((720, 1280, 3), colour, np.uint8)
    with AnnotatedVideo(tmp_path / "v.mp4") as video:
        video.write(Frame(image, 0, 0.0), [])
    with av.open(str(tmp_path / "v.mp4")) as container:
        frame = next(container.decode(video=0))
    assert int(frame.colorspace) == 1  # ITU-R BT.709 (ITU-T H.273, matrix coefficients)
    luma, _, _ = (np.frombuffer(plane, np.uint8)[0] for plane in frame.planes)
    blue, green, red = colour
    assert luma == pytest.approx(16 + 219 / 255 * (0.0722 * blue + 0.7152 * green + 0.2126 * red), abs=2)


def test_frame_of_another_size_is_scaled_to_the_first(tmp_path: Path) -> None:
    with AnnotatedVideo(tmp_path / "v.mp4") as video:
        for index, (width, height) in enumerate([(640, 480), (480, 360), (640, 480)]):
            video.write(Frame(grey(width, height), index, index / 30), [])
    assert [image.shape for image in decode(tmp_path / "v.mp4")[1]] == [(480, 640, 3)] * 3


def test_times_that_stand_still_do_not_stop_the_video(tmp_path: Path) -> None:
    with AnnotatedVideo(tmp_path / "v.mp4") as video:
        for index, time in enumerate([0.0, 0.1, 0.1, 0.05, 0.2]):
            video.write(Frame(grey(), index, time), [])
    times, _ = decode(tmp_path / "v.mp4")
    assert times == sorted(times)
    assert len(times) == 5


def test_video_without_frames_leaves_no_file(tmp_path: Path) -> None:
    with AnnotatedVideo(tmp_path / "v.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_before_an_error_plays(tmp_path: Path) -> None:
    video = AnnotatedVideo(tmp_path / "v.mp4")
    with pytest.raises(KeyError), video:
        for index in range(20):
            video.write(Frame(grey(), index, index / 30), [])
        raise KeyError("the source broke")
    assert len(decode(tmp_path / "v.mp4")[0]) == 20


def test_video_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    target = tmp_path / "nowhere" / "v.mp4"
    with pytest.raises(FileNotFoundError, match="nowhere"), AnnotatedVideo(target) as video:
        video.write(Frame(grey(), 0, 0.0), [])


def test_a_full_disk_is_an_os_error() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    noise = np.random.default_rng(0)
    with pytest.raises(OSError), AnnotatedVideo(full) as video:
        for index in range(30):
            image = noise.integers(0, 255, (480, 640, 3), np.uint8)
            video.write(Frame(image, index, index / 30), [])


def test_videos_can_be_drawn_at_the_same_time(tmp_path: Path) -> None:
    def make(number: int) -> list[Image]:
        path = tmp_path / f"{number}.mp4"
        with AnnotatedVideo(path) as video:
            for index in range(30):
                value = math.sin(index / 5)
                now = sample(smoothed=value, time=index / 30, face_id=1)
                video.write(Frame(grey(), index, index / 30), [now])
        return decode(path)[1]

    with ThreadPoolExecutor(4) as pool:
        videos = list(pool.map(make, range(4)))
    assert all(np.array_equal(a, b) for images in videos for a, b in zip(images, videos[0], strict=True))
