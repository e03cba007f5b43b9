"""From a trained network to what is served: ONNX file, manifest, and an eight-bit variant beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from inference import Calibration
from training.datasets.faces import FaceSet
from training.datasets.files import write_bytes, write_json
from training.datasets.pictures import Image
from training.datasets.prepare import Prepared
from training.errors import TrainingError
from training.fitting.board import Board
from training.fitting.loop import predict
from training.fitting.phases import Result, introduce
from training.fitting.progress import Bars
from training.fitting.runs import Run
from training.networks.layers import FaceNetwork
from training.scoring import speed
from training.scoring.assessment import Assessment, assess, groups_of
from training.scoring.expressions import by_expression, smiles_apart
from training.scoring.judged import Judge
from training.scoring.tables import markdown
from training.shipping import onnxfile
from training.shipping.beside import learnt, told_beside
from training.shipping.calibration import calibrate, spread_line
from training.shipping.ensemble import Ensemble, Surer, together
from training.shipping.errorbar import add_error_bar
from training.shipping.manifest import FLOAT32, INT8, MANIFEST, MODEL, SCALE, described, manifest, variant_of

_CALIBRATION_FACES = 512
# Eight bits ship only where they are worth the trouble: a fifth faster, and as good as equal.
_FASTER, _WORSE = 0.8, 0.002


def export(
    run: Run,
    sources: Sequence[Path],
    prepared: Prepared,
    bars: Bars,
    *,
    quality: Judge | None = None,
    first: float | None = None,
    name: str = "",
    version: str = "1.0",
) -> Result:
    """Writes the network trained in `sources` into the run's folder, measured on the test split.

    Several sources become one model, an ensemble in which the first has the share `first`. `quality` judges
    faces, for the error bar; without it the model states none.

    Calibrated on the validation split; compared with torch; the better of float32 and int8 becomes
    ``valence.onnx``. ``valence.onnx``, ``valence.json`` and the landmark model are all that serving needs; a
    GPU reads faster with the float32 file beside them, which the manifest names.

    Raises:
        TrainingError: one of `sources` holds no network, or the ONNX file does not compute the same.
    """
    introduce(run, prepared, bars)
    network, recipes = together(sources, first)
    folder, side = run.folder, prepared.cropping.side
    validation, test = prepared.part("validation", run.config.fold), prepared.part("test")
    faces = normalised(validation.crops)

    shares = network.shares if isinstance(network, Ensemble) else [1.0]
    network = surer(network, validation)

    beside = learnt(network, validation)
    onnxfile.write_onnx(network, folder / FLOAT32, side, beside)
    differences = onnxfile.check_parity(network, folder / FLOAT32, faces[:16], beside)
    bars.say("largest difference from torch, by batch size: " + str(differences))
    rows = np.random.default_rng(0).permutation(len(faces))[:_CALIBRATION_FACES]
    onnxfile.write_int8(folder / FLOAT32, folder / INT8, faces[rows])

    variants: dict[str, dict[str, Any]] = {}
    lines: dict[str, Calibration] = {}
    assessments: dict[str, Assessment] = {}
    served: dict[str, npt.NDArray[np.float32]] = {}
    for variant, file in (("float32", FLOAT32), ("int8", INT8)):
        lines[variant] = calibrate(validation.valence, onnxfile.run(folder / file, faces)[:, 0])
        raw = onnxfile.run(folder / file, normalised(test.crops), beside)
        values = served[variant] = np.clip(lines[variant].of(raw[:, 0]), -1, 1)
        assessments[variant] = assess(test.valence, values, groups_of(test))
        variants[variant] = {
            **assessments[variant].to_dict(),
            **told_beside(beside, raw[:, 2:], test),
            "by_expression": by_expression(test.valence, values, test.votes),
            "smiles": smiles_apart(
                values, test.votes, raw[:, -8:] if onnxfile.EXPRESSIONS in beside else None
            ),
            **speed.figures(folder / file, side),
        }
    shipped = better(variants)
    (folder / MODEL).write_bytes((folder / (INT8 if shipped == "int8" else FLOAT32)).read_bytes())
    apart = float(np.abs(served["int8"] - served["float32"]).mean())
    table = markdown(
        [{"variant": v, **f} for v, f in variants.items()],
        ("variant", "ccc", "rmse", "sagr", "bytes", "ms_batch_1", "ms_batch_8"),
    )
    bars.say(f"{table}\nshipped: {shipped}")

    values_of_manifest = manifest(
        name=name or "-".join(["valence", *(recipe.network for recipe in recipes)]),
        version=version,
        sha256=hashlib.sha256((folder / MODEL).read_bytes()).hexdigest(),
        cropping=prepared.cropping,
        precision=shipped,
        calibration=lines[shipped],
        beside=beside,
        variants={} if shipped == "float32" else {"cuda": variant_of(folder / FLOAT32, lines["float32"])},
        training={
            "data": prepared.data.title,
            "faces": {
                part: len(prepared.part(part, run.config.fold)) for part in ("train", "validation", "test")
            },
            "remarks": list(prepared.remarks),
            "target": prepared.data.target,
            **({"arousal": prepared.data.arousal} if onnxfile.AROUSAL in beside else {}),
            "licence": prepared.data.licence,
            "shares": shares,
            "recipes": [described(recipe) for recipe in recipes],
        },
        metrics={
            "split": f"{prepared.data.title} test",
            **variants[shipped],
            "shipped": shipped,
            "variants": variants,
            "parity": {str(n): d for n, d in differences.items()},
            "apart": round(apart, 4),
        },
    )
    if prepared.cropping.landmarks is not None:
        write_bytes(folder / prepared.cropping.landmarks.name, prepared.cropping.landmarks.read_bytes())
    write_json(folder / MANIFEST, values_of_manifest)
    if quality is not None:
        add_error_bar(folder / MANIFEST, prepared, run.config.fold, quality, bars)
    with Board(folder) as board:
        board.markdown("variants", table)
    result = {
        "source": [str(s) for s in sources],
        "shipped": shipped,
        "variants": variants,
        "parity": differences,
    }
    run.finish(result)
    return result


def surer(network: FaceNetwork, validation: FaceSet) -> Surer:
    """`network`, which expects errors as large as those that it makes on `validation`."""
    said = predict(network, validation.crops, torch.device("cpu"))
    error = calibrate(validation.valence, said[:, 0]).of(said[:, 0]) - validation.valence
    return Surer(network, *spread_line(error, said[:, 1])).eval()


def normalised(crops: Image) -> npt.NDArray[np.float32]:
    """(n, 1, side, side) as the manifest says, from grey uint8 (n, side, side)."""
    return ((crops[:, None].astype(np.float32) - 127.5) * SCALE).astype(np.float32)


def better(variants: dict[str, dict[str, Any]]) -> str:
    """``int8`` where it is clearly faster and practically as good, else ``float32``."""
    full, small = variants["float32"], variants["int8"]
    faster = small["ms_batch_8"] <= _FASTER * full["ms_batch_8"]
    return "int8" if faster and small["ccc"] >= full["ccc"] - _WORSE else "float32"


def ship(folder: Path, models: Path) -> None:
    """Puts an exported model in the place of the one in `models`.

    Raises:
        TrainingError: `folder` holds no exported model.
    """
    files = [folder / MODEL, folder / MANIFEST]
    if not all(f.is_file() for f in files):
        raise TrainingError(f"{folder} holds no exported model")
    others = [folder / "landmarks.onnx", folder / FLOAT32]
    for file in [*(other for other in others if other.is_file()), *files]:
        if not (models / file.name).exists() or not file.samefile(models / file.name):
            write_bytes(models / file.name, file.read_bytes())
