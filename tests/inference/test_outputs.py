"""What a network says beside valence: named by its manifest, read from any of its outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from inference import EXPRESSIONS, ErrorBar, ManifestError, ValenceModel, model
from inference.manifest import load
from inference.outputs import Readings, Shares

BESIDE: dict[str, Any] = {
    "valence": "all",
    "index": 3,
    "spread": "spread",
    "error": {"offset": [0.5, 0.25, -0.5], "power": [1.0, 0.0, 0.5]},
    "arousal": {"name": "all", "index": 4, "range": [0, 2]},
    "expressions": {"name": "all", "expressions": ["anger", "happiness", "neutral"], "logits": True},
}
GRAY = 128


def network(folder: Path, output: dict[str, Any] = BESIDE, **more: Any) -> Path:
    """A network that says the same of every face: in one output three logits, valence .25 and arousal 1.5 (of
    0 to 2), in another one a spread of e⁻²."""
    said = np.array([[0, np.log(3), np.log(4), 0.25, 1.5]], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["faces", "axes"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
        helper.make_node("Unsqueeze", ["zero", "one"], ["column"]),
        helper.make_node("Add", ["column", "said"], ["all"]),
        helper.make_node("Sub", ["zero", "two"], ["spread"]),
    ]
    constants = [
        helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3]),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("nothing", TensorProto.FLOAT, [], [0.0]),
        helper.make_tensor("two", TensorProto.FLOAT, [], [2.0]),
        helper.make_tensor("said", TensorProto.FLOAT, said.shape, said.ravel()),
    ]
    graph = helper.make_graph(
        nodes,
        "beside",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 1, 16, 16])],
        [
            helper.make_tensor_value_info("all", TensorProto.FLOAT, ["n", 5]),
            helper.make_tensor_value_info("spread", TensorProto.FLOAT, ["n"]),
        ],
        constants,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(made, folder / "beside.onnx")
    manifest = {
        "name": "beside",
        "file": "beside.onnx",
        "input": {"name": "faces", "side": 16},
        "alignment": {"method": "box"},
        "output": output,
        **more,
    }
    path = folder / "beside.json"
    path.write_text(json.dumps(manifest))
    return path


def read(path: Path, n: int = 3) -> Readings:
    return ValenceModel.open(path, device="cpu").read_pixels([np.full((16, 16, 3), GRAY, np.uint8)] * n)


def test_one_output_may_hold_everything(tmp_path: Path) -> None:
    found = read(network(tmp_path), 20)  # more than a batch

    assert found.arousal is not None and found.expressions is not None and found.spread is not None
    np.testing.assert_allclose(found.valence, [0.25] * 20)
    np.testing.assert_allclose(found.arousal, [0.5] * 20)
    np.testing.assert_allclose(found.spread, [np.exp(-2)] * 20, rtol=1e-6)
    shares = dict(zip(EXPRESSIONS, found.expressions[7].tolist(), strict=True))
    assert {name: round(shares[name], 5) for name in ("anger", "happiness", "neutral")} == {
        "anger": 0.125,
        "happiness": 0.375,
        "neutral": 0.5,
    }
    assert np.isnan([shares[name] for name in ("surprise", "sadness", "disgust", "fear", "contempt")]).all()


def test_readings_are_cut_and_joined_with_all_that_is_in_them(tmp_path: Path) -> None:
    whole = read(network(tmp_path), 5)
    again = Readings.joined([whole[:2], whole[2:2], whole[2:]])
    assert len(again) == 5 and again.error == whole.error
    for name in ("valence", "spread", "arousal", "expressions"):
        np.testing.assert_array_equal(getattr(again, name), getattr(whole, name))


def test_valence_alone_is_a_network_too(tmp_path: Path) -> None:
    found = read(network(tmp_path, {"valence": "all", "index": 3}))
    assert len(found) == 3
    assert (found.spread, found.arousal, found.expressions, found.error) == (None,) * 4


def test_a_spread_that_nobody_calibrated_is_no_error(tmp_path: Path) -> None:
    found = read(network(tmp_path, {"valence": "all", "spread": "spread"}))
    assert found.spread is not None and found.error is None


def test_the_error_follows_spread_quality_and_reading() -> None:
    bar = ErrorBar((0.5, 0.25, -0.5), (1.0, 0.0, 0.5))
    assert bar.of(np.exp(-2), 1.0, 0.0) == pytest.approx(np.exp(0.5 - 2))
    assert bar.of(np.exp(-2), 0.6, 0.0) == pytest.approx(np.exp(0.6 - 2)), "worse pictures"
    assert bar.of(np.exp(-2), 1.0, -0.5) == bar.of(np.exp(-2), 1.0, 0.5) == pytest.approx(np.exp(0.25 - 2.5))
    assert bar.of(np.exp(2), 0.0, 0.0) == 1.0, "of a scale from -1 to 1 nothing is known then"


def test_shares_that_are_no_logits_are_taken_as_they_are() -> None:
    raw = {"x": np.array([[9.0, 0.25, 0.75]], np.float32)}
    told = Shares("x", ("fear", "surprise"), index=1).read(raw)
    assert told[0, EXPRESSIONS.index("fear")] == 0.25 and told[0, EXPRESSIONS.index("surprise")] == 0.75


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"arousal": "calm"}, "has outputs .* not 'calm'"),
        ({"arousal": {"name": "all", "range": [1, 0]}}, "output.arousal.range must rise"),
        (
            {"expressions": {"name": "all", "expressions": ["joy"]}},
            "must be some of neutral, happiness, .*joy",
        ),
        ({"expressions": {"name": "all", "expressions": []}}, "it is empty"),
        ({"expressions": {"name": "all"}}, "lacks the entry 'expressions'"),
        ({"error": {"offset": [1], "power": [1, 0, 0]}}, "output.error.offset needs three numbers"),
    ],
)
def test_a_wrong_output_says_what_is_wrong(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ManifestError, match=complaint):
        read(network(tmp_path, {**BESIDE, **changes}))


@pytest.mark.parametrize(("slope", "expected"), [(1.0, 0.25), (-1.0, -0.3)])
def test_values_below_zero_are_stretched_where_the_manifest_says_so(
    slope: float, expected: float, tmp_path: Path
) -> None:
    path = network(tmp_path, {**BESIDE, "calibration": {"slope": slope, "below": 1.2}})
    found = ValenceModel.open(path).read_pixels([np.full((16, 16, 3), GRAY, np.uint8)])
    assert found.valence[0] == pytest.approx(expected)


def with_variant(folder: Path) -> Path:
    """A network with a float file for CUDA, whose line is another."""
    network(folder)
    other = folder / "float.onnx"
    other.write_bytes((folder / "beside.onnx").read_bytes())
    entry = {
        "file": other.name,
        "precision": "float32",
        "sha256": load(folder / "beside.json").sha256,
        "calibration": {"slope": 2.0, "intercept": 0.1},
    }
    return network(folder, precision="int8", variants={"cuda": entry})


def test_the_cpu_runs_its_own_file(tmp_path: Path) -> None:
    opened = ValenceModel.open(with_variant(tmp_path), device="auto")
    assert (opened.manifest.path.name, opened.manifest.precision) == ("beside.onnx", "int8")
    assert opened.remark == ""


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which CUDA works, as far as what decides about files can see."""
    real = model.open_session
    monkeypatch.setattr(model, "cuda_is_offered", lambda: True)
    monkeypatch.setattr(model, "running_on", lambda session: "cuda")
    monkeypatch.setattr(model, "open_session", lambda path, device, threads: real(path, "cpu", threads))


@pytest.mark.usefixtures("with_gpu")
def test_a_gpu_runs_the_file_that_is_meant_for_it(tmp_path: Path) -> None:
    opened = ValenceModel.open(with_variant(tmp_path), device="auto")
    assert (opened.manifest.path.name, opened.manifest.precision) == ("float.onnx", "float32")
    assert opened.manifest.sha256 == load(tmp_path / "beside.json").variants["cuda"].sha256
    found = opened.read_pixels([np.full((16, 16, 3), GRAY, np.uint8)])
    assert found.valence[0] == pytest.approx(2 * 0.25 + 0.1), "with its own line"


@pytest.mark.usefixtures("with_gpu")
def test_a_file_that_is_missing_for_the_gpu_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = with_variant(tmp_path)
    (tmp_path / "float.onnx").unlink()
    opened = ValenceModel.open(path, device="cuda")
    assert opened.manifest.path.name == "beside.onnx"
    assert "names float.onnx (float32), which is not here: beside.onnx (int8) runs there" in opened.remark
    assert "which is not here" in caplog.text


@pytest.mark.usefixtures("with_gpu")
def test_a_variant_that_is_another_file_is_refused(tmp_path: Path) -> None:
    path = with_variant(tmp_path)
    (tmp_path / "float.onnx").write_bytes(b"something else")
    with pytest.raises(ManifestError, match=r"float.onnx is not the file"):
        ValenceModel.open(path, device="cuda")
