"""The model: batches, determinism, and manifests of models from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from inference import DeviceError, ManifestError, ValenceModel
from inference.manifest import load
from tests import ROOT

SMILE, NEUTRAL = ROOT / "media" / "one_face.jpg", ROOT / "media" / "neutral_face.jpg"


@pytest.fixture(scope="module")
def model() -> ValenceModel:
    return ValenceModel.open(device="cpu")


def test_a_broad_smile_is_clearly_positive(model: ValenceModel) -> None:
    image = cv2.imread(str(SMILE))
    reading = model.read(model.align(image, [(177, 50, 277, 180)]))
    assert reading.valence[0] > 0.5


@pytest.mark.parametrize("n", [1, 3, 16, 40])
def test_a_face_reads_the_same_whatever_the_batch(model: ValenceModel, n: int) -> None:
    rng = np.random.default_rng(n)
    side = model.manifest.input.side
    pictures = [rng.integers(0, 256, (side, side, 3)).astype(np.uint8) for _ in range(n)]

    together = model.read_pixels(pictures)

    alone = [model.read_pixels([p]).valence[0] for p in pictures]
    np.testing.assert_allclose(together.valence, alone, atol=1e-5)
    assert together.spread is not None and together.spread.shape == (n,)
    assert (together.spread > 0).all()


def test_no_faces_are_no_readings(model: ValenceModel) -> None:
    assert len(model.read([])) == 0


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine may have a GPU")
    with pytest.raises(DeviceError, match="CUDA was asked for"):
        ValenceModel.open(device="cuda")
    assert ValenceModel.open(device="auto").device == "cpu"


def _foreign(folder: Path, **changes: Any) -> Path:
    """A model from elsewhere: RGB, channels last, values 0..1, two outputs in one, valence 1..9.

    It says 1 + 8 * (mean of red) in column 1, so every step of the manifest shows in the result.
    """
    nodes = [
        helper.make_node("Split", ["picture", "parts"], ["red", "rest"], axis=3),
        helper.make_node("ReduceMean", ["red", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("Mul", ["column", "eight"], ["scaled"]),
        helper.make_node("Add", ["scaled", "offset"], ["valence"]),
        helper.make_node("Concat", ["column", "valence"], ["both"], axis=1),
    ]
    constants = [
        helper.make_tensor("parts", TensorProto.INT64, [2], [1, 2]),
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("eight", TensorProto.FLOAT, [1], [8.0]),
        helper.make_tensor("offset", TensorProto.FLOAT, [1], [1.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 24, 24, 3])],
        [helper.make_tensor_value_info("both", TensorProto.FLOAT, ["n", 2])],
        constants,
    )
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9),
        folder / "foreign.onnx",
    )
    manifest: dict[str, Any] = {
        "name": "foreign",
        "file": "foreign.onnx",
        "input": {
            "name": "picture",
            "side": 24,
            "color": "rgb",
            "layout": "nhwc",
            "mean": 0,
            "scale": 1 / 255,
        },
        "alignment": {"method": "box", "scale": 1.0},
        "output": {"valence": "both", "index": 1, "range": [1, 9]},
    }
    for name, value in changes.items():
        section, _, key = name.partition("__")
        if key:
            manifest[section][key] = value
        elif value is None:
            del manifest[section]
        else:
            manifest[section] = value
    path = folder / "foreign.json"
    path.write_text(json.dumps(manifest))
    return path


def test_a_model_from_elsewhere_runs_from_its_manifest(tmp_path: Path) -> None:
    model = ValenceModel.open(_foreign(tmp_path), device="cpu")
    image = np.zeros((50, 50, 3), np.uint8)
    image[..., 2] = 255  # red, in BGR

    reading = model.read(model.align(image, [(5, 5, 40, 40), (0, 0, 30, 30)]))

    np.testing.assert_allclose(reading.valence, [1, 1], atol=1e-5)
    assert reading.spread is None
    blue = model.read(model.align(np.ascontiguousarray(image[..., ::-1]), [(5, 5, 40, 40)]))
    np.testing.assert_allclose(blue.valence, [-1], atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"input": None}, "lacks the entry 'input'"),
        ({"file": "none.onnx"}, "is missing"),
        ({"sha256": "0" * 64}, "sha256 differs"),
        ({"input__color": "cmyk"}, "input.color"),
        ({"input__mean": [1, 2]}, "input.mean needs 1 or 3"),
        ({"input__side": 2}, "at least 8"),
        ({"input__name": "x"}, "has inputs"),
        ({"output__valence": "x"}, "has outputs"),
        ({"output__range": [1, 1]}, "must rise"),
        ({"alignment": {"method": "landmarks", "template": [[0, 0]]}}, "five points"),
        ({"alignment": {"method": "magic"}}, "alignment.method"),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ManifestError, match=complaint):
        ValenceModel.open(_foreign(tmp_path, **changes), device="cpu")


def test_a_missing_or_broken_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no model manifest"):
        load(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(ManifestError, match="not a readable JSON"):
        load(tmp_path / "broken.json")
