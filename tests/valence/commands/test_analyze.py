"""`valence analyze`, as a person runs it: good inputs, odd ones, broken ones, and a killed one."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from results import State, Store
from stream.frames import Box, iou
from tests.valence import media_files as make
from tests.valence.command import Run

MEDIA = make.MEDIA


def test_the_sample_clip_keeps_both_people(run: Run) -> None:
    truth = json.loads((MEDIA / "sample_truth.json").read_text())["frames"]

    result = run("analyze", MEDIA / "sample.mp4", "--json", "--no-annotate")

    assert result.code == 0
    (line,) = result.lines
    assert line["frames"] == len(truth)
    assert {f["face_id"] for f in line["faces"]} == {1, 2}
    with Path(line["files"]["csv"]).open() as file:
        rows = list(csv.DictReader(file))
    found: dict[int, list[tuple[int, Box]]] = {}
    for row in rows:
        box = Box(*(float(row[edge]) for edge in ("left", "top", "right", "bottom")))
        found.setdefault(int(row["frame"]), []).append((int(row["face_id"]), box))
    owners: dict[str, set[int]] = {}
    overlaps, seen, visible = [], 0, 0
    for frame in truth:
        for face in frame["faces"]:
            if not face["visible"]:
                continue
            visible += 1
            box = Box(*face["box"])
            best = max(found.get(frame["frame"], []), key=lambda f: iou(f[1], box), default=None)
            if best is not None and iou(best[1], box) > 0.5:
                seen += 1
                owners.setdefault(face["person"], set()).add(best[0])
                overlaps.append(iou(best[1], box))
    assert sorted(map(sorted, owners.values())) == [[1], [2]], "an identity was switched"
    assert np.median(overlaps) >= 0.8
    assert seen / visible > 0.95


def test_two_runs_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    make.smile_video(clip, frames=40)

    first, second = (run("analyze", clip, "--json", "--no-annotate").lines[0] for _ in range(2))

    assert first["session"] != second["session"]
    assert Path(first["files"]["csv"]).read_bytes() == Path(second["files"]["csv"]).read_bytes()


def test_times_are_the_containers_own_at_a_variable_frame_rate(run: Run, tmp_path: Path) -> None:
    clip = tmp_path / "variable.mp4"
    steps = [0.0, 0.033, 0.050, 0.2, 0.21, 0.35, 0.36, 0.5, 0.9, 0.93, 1.0, 1.7, 1.75]
    make.write_video(clip, [make.portrait(shift=i) for i in range(len(steps))], [0.4 + s for s in steps])

    (line,) = run("analyze", clip, "--json").lines

    with Path(line["files"]["csv"]).open() as file:
        rows = list(csv.DictReader(file))
    assert [int(r["frame"]) for r in rows] == list(range(len(steps)))
    assert [float(r["time_s"]) for r in rows] == pytest.approx(make.container_times(clip), abs=1e-6)
    assert make.container_times(Path(line["files"]["annotated"])) == pytest.approx(
        make.container_times(clip), abs=1e-3
    )


def test_a_smile_is_positive_and_a_neutral_face_is_near_zero(run: Run) -> None:
    smile, neutral = run("analyze", MEDIA / "one_face.jpg", MEDIA / "neutral_face.jpg", "--json").lines
    assert [len(line["faces"]) for line in (smile, neutral)] == [1, 1]
    assert smile["faces"][0]["valence_mean"] > 0.5
    assert abs(neutral["faces"][0]["valence_mean"]) < 0.35
    assert cv2.imread(smile["files"]["annotated"]) is not None


def test_no_face_asks_for_another_file(run: Run) -> None:
    result = run("analyze", MEDIA / "no_face.jpg", "--json")
    assert result.code == 3
    assert result.lines[0]["faces"] == []
    assert "choose another image or video" in result.err


def test_no_face_in_one_of_two_inputs_is_done(run: Run) -> None:
    result = run("analyze", MEDIA / "no_face.jpg", MEDIA / "one_face.jpg")
    assert result.code == 0
    assert "no face was found in" in result.err
    assert "one_face.jpg" in result.out


def _text_as_video(path: Path) -> None:
    path.write_text("this is not a video, whatever its name says\n" * 50)


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty.mp4": (lambda p: p.touch(), "empty"),
    "empty.jpg": (lambda p: p.touch(), "empty"),
    "text.mp4": (_text_as_video, "it is a text, and no image or video"),
    "text.jpg": (lambda p: p.write_text("no picture"), "it is a text, and no image or video"),
    "sound.mp4": (make.audio_only, "only sound"),
    "missing.mp4": (lambda p: None, "no such file"),
    "folder": (lambda p: p.mkdir(), "no images or videos"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_input_is_one_clear_line_and_the_others_go_on(run: Run, tmp_path: Path, name: str) -> None:
    write, reason = BROKEN[name]
    bad = tmp_path / name
    write(bad)

    result = run("analyze", bad, MEDIA / "one_face.jpg", "--json")

    assert result.code == 2
    bad_line, good_line = result.lines
    assert bad_line["input"] == str(bad) and reason in bad_line["error"]
    assert len(good_line["faces"]) == 1
    assert result.err.count("\n") == 1 and reason in result.err
    with Store(tmp_path / "sessions") as store:
        assert [s.name for s in store.sessions()] == ["one_face"]


def test_a_png_with_a_broken_chunk_is_no_traceback(run: Run, tmp_path: Path) -> None:
    make.broken_png(tmp_path / "broken.png")
    result = run("analyze", tmp_path / "broken.png", "--json")
    assert result.code in (2, 3)
    assert "error" in result.lines[0] or result.lines[0]["faces"] == []


@pytest.mark.parametrize("cut", [make.fragmented_half, make.faststart_half])
def test_the_readable_part_of_a_cut_video_counts(
    run: Run, tmp_path: Path, cut: Callable[[Path], None]
) -> None:
    cut(tmp_path / "cut.mp4")

    result = run("analyze", tmp_path / "cut.mp4", "--json", "--no-annotate")

    assert result.code == 0
    (line,) = result.lines
    assert 10 < line["frames"] < 75
    summary = json.loads(Path(line["files"]["summary"]).read_text())
    assert any("cut short" in e["text"] or "breaks off" in e["text"] for e in summary["events"])
    assert "cut short" in result.err or "breaks off" in result.err


def test_a_cut_video_without_its_index_says_so(run: Run, tmp_path: Path) -> None:
    make.smile_video(tmp_path / "whole.mp4", frames=50)
    data = (tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 2])
    result = run("analyze", tmp_path / "cut.mp4", "--json")
    assert result.code == 2
    assert "error" in result.lines[0]


def test_pictures_in_odd_forms(run: Run, tmp_path: Path) -> None:
    face = make.portrait()
    gray = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(tmp_path / "1 gray.png"), gray)
    cv2.imwrite(str(tmp_path / "2 sixteen.png"), face.astype(np.uint16) * 257)
    cv2.imwrite(str(tmp_path / "3 sixteen gray.png"), gray.astype(np.uint16) * 257)
    alpha = np.dstack([face, np.full(face.shape[:2], 200, np.uint8)])
    cv2.imwrite(str(tmp_path / "4 alpha.png"), alpha)
    make.rotated_jpeg(tmp_path / "5 rotated.jpg")
    plain = cv2.imencode(".jpg", face)[1].tobytes()
    (tmp_path / "6 Jürgen & Zoë ß.jpg").write_bytes(plain)

    result = run("analyze", tmp_path, "--json")

    assert result.code == 0
    assert [len(line["faces"]) for line in result.lines] == [1] * 6
    values = [line["faces"][0]["valence_mean"] for line in result.lines]
    assert np.ptp(values) < 0.1, "the form of the file must not change the face"


def test_a_single_pixel_has_no_face(run: Run, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "pixel.png"), np.zeros((1, 1, 3), np.uint8))
    assert run("analyze", tmp_path / "pixel.png").code == 3


def test_a_video_of_odd_size(run: Run, tmp_path: Path) -> None:
    make.smile_video(tmp_path / "odd.mp4", frames=10, size=(321, 241))
    (line,) = run("analyze", tmp_path / "odd.mp4", "--json").lines
    assert len(line["faces"]) == 1 and line["faces"][0]["samples"] == 10
    assert len(make.container_times(Path(line["files"]["annotated"]))) == 10


def test_results_go_where_they_are_asked_to_go(run: Run, tmp_path: Path) -> None:
    (line,) = run("analyze", MEDIA / "one_face.jpg", "--out", tmp_path / "deep" / "er", "--json").lines
    for file in line["files"].values():
        assert Path(file).is_file() and (tmp_path / "deep" / "er") in Path(file).parents


def test_an_unwritable_output_folder_is_one_clear_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        result = run("analyze", MEDIA / "one_face.jpg", "--out", out)
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert "file" in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--device", "quantum"],
        ["--detector", "guess"],
        ["--model", "none.json"],
        ["--detector", "yunet"],
        ["--smoothing", "-1"],
        ["--keep", "-1"],
    ],
)
def test_a_wrong_option_is_wrong_use(run: Run, arguments: list[str]) -> None:
    result = run("analyze", MEDIA / "one_face.jpg", *arguments)
    assert result.code == 2
    assert result.err.startswith("valence: ") and result.err.count("\n") == 1


def test_killed_in_the_middle_it_is_interrupted_and_at_most_a_second_short(tmp_path: Path) -> None:
    clip = tmp_path / "long.mp4"
    images = [make.portrait(shift=i % 40) for i in range(40)] * 30
    make.write_video(clip, images, [i / 25 for i in range(len(images))])
    program = (
        "import sys, time\n"
        "from stream.faces import analyzer\n"
        "plain = analyzer.Analyzer.finish\n"
        "def paced(self, frame, *rest):\n"
        "    samples = plain(self, frame, *rest)\n"
        "    time.sleep(0.005)\n"
        "    print(frame.index, time.monotonic(), flush=True)\n"
        "    return samples\n"
        "analyzer.Analyzer.finish = paced\n"
        "from valence.cli import main\n"
        f"main(['analyze', {str(clip)!r}, '--no-annotate'])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    moments: dict[int, float] = {}
    started: float | None = None
    for line in process.stdout:
        index, moment = line.split()
        moments[int(index)] = float(moment)
        started = started or float(moment)
        if float(moment) - started > 2.5:
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait()
    process.stdout.close()
    killed = max(moments.values())

    with Store(tmp_path / "sessions") as store:
        (session,) = store.sessions()
        samples = store.samples(session.id)
        assert session.state is State.INTERRUPTED
        assert killed - moments[int(samples.frame.max())] <= 1.0
        assert samples.frame.tolist() == list(range(len(samples)))
        store.delete(session.id)
        assert store.sessions() == []


def test_a_cold_start_needs_no_torch(tmp_path: Path) -> None:
    program = (
        "import sys; from valence.cli import main\n"
        f"try: main(['analyze', {str(MEDIA / 'one_face.jpg')!r}, '--json'])\n"
        "except SystemExit as end: assert end.code in (0, None), end.code\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules\n"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, timeout=120, cwd=tmp_path
    )
