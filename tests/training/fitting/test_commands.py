"""The commands, in a folder with nothing but AFEW-VA's zips in ``data/``."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests import ROOT
from training.errors import TrainingError
from training.fitting.config import Config, config_from, read_config, to_toml
from valence.commands.training.commands import app
from valence.errors import ValenceError

QUICK = """
workers = 0
[recipe]
epochs = 2
batch = 16
average = 0.5
[recipe.options]
width = 0.25
"""


@pytest.fixture
def clone(zips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").mkdir()
    for file in zips.glob("*.zip"):
        (tmp_path / "data" / file.name).symlink_to(file)
    (tmp_path / "quick.toml").write_text(QUICK)
    (tmp_path / "wrong.toml").write_text(QUICK.replace("width", "height"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, [*arguments, "--json"])
    if result.exception is not None:
        raise result.exception
    values: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return values


@pytest.mark.slow
def test_from_zips_to_a_served_model(clone: Path) -> None:
    trained = run("train", "--config", "quick.toml", "--seed", "3")
    assert trained["test"]["n"] > 5
    assert (clone / "data" / "splits_metadata" / "assigned_folders.json").is_file()
    scored = run("evaluate-split", "--split", "validation")
    assert scored["n"] == trained["validation"]["n"]
    exported = run("export", "--name", "mine")
    (folder,) = (clone / "runs" / "export" / "residual").iterdir()
    assert {"valence.onnx", "valence.json", "landmarks.onnx"} <= {f.name for f in folder.iterdir()}
    served = run("evaluate-split", str(folder / "valence.json"))
    assert served["ccc"] == pytest.approx(exported["variants"][exported["shipped"]]["ccc"], abs=2e-3)


@pytest.mark.slow
def test_train_is_killed_and_resumed(clone: Path) -> None:
    """The whole command, by SIGKILL after its second epoch."""
    (clone / "long.toml").write_text(QUICK.replace("epochs = 2", "epochs = 5"))
    process = subprocess.Popen(
        [
            sys.executable,
            "-u",
            "-c",
            "from valence.commands.training.commands import app; app()",
            "train",
            "--config",
            "long.toml",
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 2/5"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    (folder,) = (clone / "runs" / "final" / "residual").iterdir()
    assert not (folder / "result.json").exists()
    result = run("train", "--resume")
    assert (folder / "result.json").exists()
    assert result["network"] == "residual"
    assert list((clone / "runs" / "final" / "residual").iterdir()) == [folder]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--config", "none.toml"], "there is no file none.toml"),
        (["train", "--network", "vgg"], "unknown network 'vgg'"),
        (["train", "--dataset", "imagenet"], "unknown data set 'imagenet'; there are: afew-va, ferplus, csv"),
        (["train", "--dataset", "ferplus"], "no votes at data/ferplus/fer2013new.csv"),
        (["train", "--dataset", "csv"], "data/labels.csv cannot be read"),
        (["train", "--data", "elsewhere"], r"elsewhere/01\.zip is missing"),
        (["train", "--config", "wrong.toml"], "the network residual cannot be built: .* 'height'"),
        (["train", "--fold", "6"], "there is no fold 6; the folds are 1 to 5"),
        (["train", "--resume"], "no interrupted run in runs/final/residual"),
        (["train", "--start", "none.pt"], "there is no checkpoint none.pt"),
        (["evaluate-split"], "no finished training run in runs/final/residual"),
        (["evaluate-split", "nowhere"], "nowhere holds no trained network"),
        (["evaluate-split", "nowhere.json"], "no model manifest at nowhere.json"),
        (["export", "data"], "data holds no trained network"),
    ],
)
def test_wrong_use_is_one_line(clone: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ValenceError, match=message) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2
    assert not list((clone / "runs").rglob("config.json")), "a run that never began was left behind"


def test_settings_come_from_toml_and_go_back_to_it(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(QUICK + '[data]\nkind = "csv"\npath = "a \\"b\\".csv"\n')
    config = read_config(tmp_path / "a.toml")
    assert config.recipe.epochs == 2
    assert config.recipe.patience == Config().recipe.patience
    assert config.recipe.options == {"width": 0.25}
    assert config.data.path == 'a "b".csv'
    (tmp_path / "b.toml").write_text(to_toml(config.to_dict()))
    assert read_config(tmp_path / "b.toml") == config


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"recipes": {}}, "config has no setting 'recipes'"),
        ({"recipe": {"epoch": 3}}, r"config\.recipe has no setting 'epoch'"),
        ({"recipe": {"epochs": "many"}}, r"config\.recipe\.epochs cannot be 'many'"),
        ({"recipe": {"epochs": True}}, r"config\.recipe\.epochs cannot be True"),
        ({"recipe": 3}, r"config\.recipe must be a table"),
        ({"search": {"dropout": [0.1]}}, r"config\.search\.dropout cannot be \[0\.1\]"),
        ({"data": {"kind": "imagenet"}}, "unknown data set"),
    ],
)
def test_wrong_settings_are_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        config_from(values)


def test_a_whole_number_does_for_a_fraction() -> None:
    assert config_from({"recipe": {"learning_rate": 1}}).recipe.learning_rate == 1.0
