"""The small data set, prepared once for all tests."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from inference.manifest import DEFAULT
from stream.faces.detection import open_detector
from training.datasets.crops import cropping
from training.datasets.prepare import Prepared, prepare
from training.fitting.augmentation import Augmentation
from training.fitting.commands import Order, Places
from training.fitting.config import Config, Data, Search
from training.fitting.recipe import Recipe


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def afewva() -> Any:
    """The module that writes data sets of AFEW-VA's shape."""
    return _load("afewva")


@pytest.fixture(scope="session")
def clips(afewva: Any) -> Any:
    return afewva.make()


@pytest.fixture(scope="session")
def zips(afewva: Any, clips: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the twelve zips. Tests that damage it take a copy."""
    return afewva.write(tmp_path_factory.mktemp("data"), clips)


def find_face(image: Any) -> Any:
    """The best face in a small picture."""
    found = _DETECTOR.detect(image)
    return max(found, key=lambda d: d.score).box if found else None


_DETECTOR = open_detector()


@pytest.fixture(scope="session")
def locate() -> Any:
    return find_face


@pytest.fixture(scope="session")
def prepared(zips: Path, locate: Any) -> Prepared:
    return prepare(Data(), zips, cropping(DEFAULT.parent), locate)


@pytest.fixture
def order(zips: Path, locate: Any, tmp_path: Path) -> Order:
    """Training on the small data set: a small network, two epochs."""
    places = Places(data=zips, runs=tmp_path / "runs", models=DEFAULT.parent)
    return Order(small_config(), locate, places)


def small_config(**recipe: Any) -> Config:
    settings = {"epochs": 2, "batch": 16, "average": 0.5, "options": {"width": 0.25}, **recipe}
    return Config(
        data=Data(),
        recipe=Recipe(augmentation=replace(Augmentation(), roll=4.0), **settings),
        workers=0,
        search=Search(trials=3, startup_trials=1, warmup_epochs=0),
    )


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
