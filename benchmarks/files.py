"""How fast files are analysed: frames per second, milliseconds a stage, memory.

``python -m benchmarks.files`` makes clips of 1, 4 and 16 faces (640x480) and analyses them as
``valence analyze --no-annotate`` does, CSV and database on, each in a fresh process. Figures swing
with the machine; compare those of one run.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import av
from rich.console import Console
from rich.table import Table

from analysis.engine import Engine, open_model
from analysis.file import analyze
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from media.crowd import compose_crowd
from results import Store
from stream.faces.analyzer import Analyzer
from stream.faces.detection import open_detector
from stream.sources.files import VideoFile

FACES = (1, 4, 16)
AIMS = {1: 200, 4: 130, 16: 50}
"""Frames per second on two cores."""
LONGER = 10


def throughput(clip: Path, folder: Path) -> dict[str, float]:
    """Frames per second of a whole analysis, and this process's peak memory in MB."""
    settings = AnalysisSettings()
    with Store(folder) as store:
        engine = Engine(settings, open_model(settings), store)
        began = time.perf_counter()
        summary = analyze(clip, engine, annotated=False)
        seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"fps": summary["frames"] / seconds, "peak_mb": peak, "faces": len(summary["faces"])}


def stages(clip: Path) -> dict[str, float]:
    """Milliseconds a frame of each stage, run one after the other in one thread."""
    model, analyzer = ValenceModel.open(device="cpu"), Analyzer(open_detector())
    spent: Counter[str] = Counter()
    frames = iter(VideoFile(clip))
    count = 0
    while True:
        marks = [time.perf_counter()]
        frame = next(frames, None)
        marks.append(time.perf_counter())
        if frame is None:
            break
        located = analyzer.locate(frame)
        marks.append(time.perf_counter())
        crops = model.align(frame.image, [face.box for face in located], [face.roll for face in located])
        marks.append(time.perf_counter())
        readings = model.read(crops)
        marks.append(time.perf_counter())
        analyzer.finish(frame, located, crops, readings)
        marks.append(time.perf_counter())
        for name, start, end in zip(
            ("decode", "locate", "align", "read", "finish"), marks, marks[1:], strict=False
        ):
            spent[name] += end - start
        count += 1
    return {name: 1000 * seconds / count for name, seconds in spent.items()}


def decode_only(clip: Path) -> float:
    """Frames per second of reading the file and nothing else."""
    began = time.perf_counter()
    count = sum(1 for _ in VideoFile(clip))
    return count / (time.perf_counter() - began)


def repeat(clip: Path, times: int, path: Path) -> None:
    """The same coded clip `times` over, without coding it again."""
    with av.open(str(path), "w") as target:
        output, offset = None, 0
        for _ in range(times):
            with av.open(str(clip)) as source:
                stream = source.streams.video[0]
                output = output or target.add_stream_from_template(stream)
                end = 0
                for packet in source.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    end = max(end, packet.pts + (packet.duration or 0))
                    packet.pts += offset
                    packet.dts += offset
                    packet.stream = output
                    target.mux(packet)
                offset += end


def _apart(clip: Path) -> dict[str, Any]:
    """`throughput` in a process of its own: a cold start, and its own memory."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.files", "--measure", str(clip), "--into", folder]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="length of the clips")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(throughput(arguments.measure, arguments.into)))
        return

    screen = Console()
    table = Table(title="Files, 640x480, CSV and database on, no annotation")
    for name in ("faces", "fps", "aim", "decode", "locate", "align", "read", "finish", "decode only", "peak"):
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for faces in FACES:
            clip = Path(folder) / f"{faces}.mp4"
            screen.print(f"composing {faces} faces …", style="dim")
            compose_crowd(clip, faces, seconds=arguments.seconds)
            whole, parts = _apart(clip), stages(clip)
            if whole["faces"] != faces:
                screen.print(f"{whole['faces']} faces were found instead of {faces}", style="red")
            table.add_row(
                str(faces),
                f"{whole['fps']:.0f}",
                str(AIMS[faces]),
                *(f"{parts[name]:.2f} ms" for name in ("decode", "locate", "align", "read", "finish")),
                f"{decode_only(clip):.0f} fps",
                f"{whole['peak_mb']:.0f} MB",
            )
        long = Path(folder) / "long.mp4"
        repeat(Path(folder) / "4.mp4", LONGER, long)
        grown = _apart(long)["peak_mb"]
        screen.print(table)
        screen.print(f"Peak memory with 4 faces over a clip {LONGER} times as long: {grown:.0f} MB")
        picture = Path("media/one_face.jpg").resolve()
        began = time.perf_counter()
        command = [sys.executable, "-m", "valence", "analyze", str(picture), "--json"]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        screen.print(f"One picture from a cold start: {time.perf_counter() - began:.2f} s")


if __name__ == "__main__":
    main()
