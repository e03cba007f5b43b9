"""The loop: it learns, it is reproducible, it resumes to the same weights after being killed."""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests import ROOT
from training.datasets.faces import FaceSet
from training.datasets.files import write_bytes
from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting import checkpoints
from training.fitting.loop import fit, learning_rate
from training.fitting.recipe import Recipe
from training.scoring.metrics import Scores

SMALL = Recipe(epochs=3, batch=16, average=0.5, options={"width": 0.25}, learning_rate=2e-3)


@pytest.fixture(scope="module")
def faces(prepared: Prepared) -> tuple[FaceSet, FaceSet]:
    return prepared.part("train"), prepared.part("validation")


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = checkpoints.load(folder / "best.pt")["network"]
    return state


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_it_learns_to_tell_smiling_from_neutral(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    scores = fit(*faces, replace(SMALL, epochs=15), tmp_path, workers=0)
    assert scores.ccc > 0.7
    assert scores.sagr > 0.8


def test_the_same_seed_gives_the_same_weights(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    recipe = replace(SMALL, epochs=1)
    fit(*faces, recipe, tmp_path / "a", workers=0)
    fit(*faces, recipe, tmp_path / "b", workers=1)  # however the batches are prepared
    fit(*faces, replace(recipe, seed=1), tmp_path / "c", workers=0)
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    assert not same(weights(tmp_path / "a"), weights(tmp_path / "c"))


class StopError(Exception):
    pass


class Stopping:
    """Ends training after an epoch, or in the middle of one."""

    def __init__(self, after: int | None = None, during: int | None = None) -> None:
        self._after, self._during = after, during
        self.epochs: list[int] = []

    def epoch_started(self, epoch: int, epochs: int, batches: int) -> None:
        self.epochs.append(epoch)

    def batch_done(self) -> None:
        if self.epochs[-1] == self._during:
            raise StopError

    def epoch_done(self, epoch: int, loss: float, scores: Scores) -> None:
        if epoch == self._after:
            raise StopError


def test_interrupted_and_resumed_it_ends_with_the_same_weights(
    faces: tuple[FaceSet, FaceSet], tmp_path: Path
) -> None:
    fit(*faces, SMALL, tmp_path / "whole", workers=0)
    for watch in (Stopping(after=0), Stopping(during=1)):
        with pytest.raises(StopError):
            fit(*faces, SMALL, tmp_path / "parts", workers=0, watch=watch)
    rest = Stopping()
    fit(*faces, SMALL, tmp_path / "parts", workers=0, watch=rest)
    assert rest.epochs == [1, 2]
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))


KILLED = """
import sys, numpy as np, torch
from pathlib import Path
from training.datasets.faces import FaceSet
from training.fitting.loop import fit
from training.fitting.recipe import Recipe
import itertools
import json
torch.set_num_threads(1)
held = np.load(sys.argv[1])
def part(p):
    return FaceSet(*(held[f"{p}_{n}"] for n in FaceSet.__dataclass_fields__))
fit(part("t"), part("v"), Recipe.from_dict(json.loads(sys.argv[3])), Path(sys.argv[2]), workers=1)
"""


@pytest.mark.slow
def test_killed_in_the_middle_it_resumes(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    """SIGKILL, as the system sends it when memory runs out."""
    recipe = replace(SMALL, epochs=6)
    arrays = {f"{p}_{n}": a for p, part in zip("tv", faces, strict=True) for n, a in vars(part).items()}
    np.savez(tmp_path / "faces.npz", **arrays)
    folder = tmp_path / "run"
    arguments = [str(tmp_path / "faces.npz"), str(folder), recipe.to_json()]
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", KILLED, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 2/6"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    reached = checkpoints.load(folder / "last.pt")["epoch"]
    assert 1 <= reached < 5

    rest = Stopping()
    fit(*faces, recipe, folder, workers=0, watch=rest)
    assert rest.epochs == list(range(reached + 1, 6))
    fit(*faces, recipe, tmp_path / "whole", workers=0)
    assert same(weights(tmp_path / "whole"), weights(folder))
    events = EventAccumulator(str(folder)).Reload()
    assert {e.step for e in events.Scalars("CCC/validation")} == set(range(6))


def test_it_stops_when_validation_gets_no_better(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    train, validation = faces
    # Whoever learns to tell the training faces apart gets these ones wrong.
    validation = replace(validation, valence=-validation.valence)
    recipe = replace(SMALL, epochs=10, patience=2)
    watch = Stopping()
    fit(train, validation, recipe, tmp_path, workers=0, watch=watch)
    assert len(watch.epochs) < 10
    again = Stopping()
    fit(train, validation, recipe, tmp_path, workers=0, watch=again)
    assert again.epochs == [], "a run that stopped early went on"


def test_a_checkpoint_of_another_network_is_refused(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    fit(*faces, replace(SMALL, epochs=1), tmp_path, workers=0)
    before = {f.name: f.read_bytes() for f in tmp_path.iterdir() if f.is_file()}
    for other in (replace(SMALL, network="mobilenet"), replace(SMALL, options={"width": 0.5})):
        with pytest.raises(TrainingError, match=r"last\.pt is a checkpoint of another network than"):
            fit(*faces, other, tmp_path, workers=0)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir() if f.is_file()} == before


def test_it_can_start_from_a_trained_network(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    fit(*faces, replace(SMALL, epochs=1), tmp_path / "first", workers=0)
    start = str(tmp_path / "first" / "best.pt")
    nothing = replace(SMALL, epochs=1, learning_rate=1e-12, average=0.0, weight_decay=0.0, start=start)
    fit(*faces, nothing, tmp_path / "second", workers=0)
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    assert torch.allclose(first["valence.weight"], second["valence.weight"], atol=1e-6)
    with pytest.raises(TrainingError, match=r"best\.pt is a checkpoint of another network than mobilenet"):
        fit(*faces, replace(nothing, network="mobilenet"), tmp_path / "third", workers=0)


def earlier(path: Path) -> None:
    """Makes of a checkpoint one of a version that knew nothing of arousal."""
    state = torch.load(path, weights_only=True)
    for part in {"network", "average"} & set(state):
        state[part] = {name: w for name, w in state[part].items() if not name.startswith("arousal")}
    torch.save(state, path)


def test_arousal_is_learnt_where_labels_have_it(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    train, validation = faces
    unknown = [replace(part, arousal=np.full_like(part.arousal, np.nan)) for part in faces]
    fit(train, validation, replace(SMALL, epochs=1), tmp_path / "with", workers=0)
    fit(*unknown, replace(SMALL, epochs=1), tmp_path / "without", workers=0)
    learnt, silent = (checkpoints.trained(tmp_path / name)[0] for name in ("with", "without"))
    assert bool(learnt.arousal_learnt) and not bool(silent.arousal_learnt)


def test_a_network_of_before_arousal_still_loads_starts_and_resumes(
    faces: tuple[FaceSet, FaceSet], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = replace(SMALL, epochs=1)
    fit(*faces, one, tmp_path / "old", workers=0)
    for name in (checkpoints.BEST, checkpoints.LAST):
        earlier(tmp_path / "old" / name)
    network, _ = checkpoints.trained(tmp_path / "old")
    assert not bool(network.arousal_learnt)
    assert "has no head for arousal; it starts afresh" in caplog.text
    start = replace(one, start=str(tmp_path / "old" / checkpoints.BEST))
    fit(*faces, start, tmp_path / "new", workers=0)
    assert bool(checkpoints.trained(tmp_path / "new")[0].arousal_learnt)
    fit(*faces, replace(one, epochs=2), tmp_path / "old", workers=0)
    assert checkpoints.load(tmp_path / "old" / checkpoints.LAST)["epoch"] == 1


def test_a_damaged_checkpoint_and_an_empty_split_are_one_line(
    faces: tuple[FaceSet, FaceSet], tmp_path: Path
) -> None:
    (tmp_path / "last.pt").write_bytes(b"half a checkp")
    with pytest.raises(TrainingError, match=r"last\.pt is not a readable checkpoint"):
        fit(*faces, SMALL, tmp_path, workers=0)
    nobody = faces[0].take(np.zeros(0, np.intp))
    with pytest.raises(TrainingError, match="cannot train on 0 faces"):
        fit(nobody, faces[1], SMALL, tmp_path / "new", workers=0)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what a full disk does, as far as one process can be given it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_one_line_and_leaves_the_last_checkpoint(
    faces: tuple[FaceSet, FaceSet], tmp_path: Path
) -> None:
    fit(*faces, replace(SMALL, epochs=1), tmp_path, workers=0)
    with largest_file(400_000), pytest.raises(TrainingError, match=r"cannot write .*\.pt: File too large"):
        fit(*faces, replace(SMALL, epochs=2), tmp_path, workers=0)
    assert not list(tmp_path.glob("*.part*")) and not list(tmp_path.glob(".*part*"))
    assert checkpoints.load(tmp_path / "last.pt")["epoch"] == 0


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_bytes(path, b"old")
    with largest_file(100), pytest.raises(TrainingError, match=r"cannot write .*a\.json"):
        write_bytes(path, b"x" * 1000)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_learning_rate_rises_then_falls_to_nothing() -> None:
    recipe = Recipe(learning_rate=1.0, warmup=0.1)
    rates = [learning_rate(recipe, step, 100) for step in range(100)]
    assert rates[:10] == pytest.approx(np.linspace(0.1, 1.0, 10))
    assert all(a > b for a, b in itertools.pairwise(rates[10:]))
    assert rates[-1] < 0.001


def test_tensorboard_shows_everything(faces: tuple[FaceSet, FaceSet], tmp_path: Path) -> None:
    fit(*faces, replace(SMALL, epochs=2), tmp_path, workers=0)
    events = EventAccumulator(str(tmp_path)).Reload()
    tags: Any = events.Tags()
    for name in ("Loss", "CCC", "PCC", "RMSE", "SAGR"):
        for split in ("train", "validation"):
            assert [e.step for e in events.Scalars(f"{name}/{split}")] == [0, 1]
    assert len(events.Scalars("Learning rate")) == 2
    assert set(tags["images"]) == {
        f"validation/{n}" for n in ("predicted against true", "errors", "best and worst faces")
    }
    assert any("hparams" in tag for tag in events.summary_metadata)
    recipe = events.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0].decode()
    values = json.loads(recipe)
    assert values["learning_rate"] == SMALL.learning_rate
    # the scores of the whole split, recomputed from the checkpoint
    network, _ = checkpoints.trained(tmp_path)
    assert network.training is False
