"""A network with arousal and expressions, trained on the small data set, goes through the whole product; the
one that ships goes the same way when it says valence alone."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow.parquet
import pytest

from analysis.engine import Engine
from analysis.file import analyze
from analysis.live import record_live
from analysis.settings import AnalysisSettings
from inference import EXPRESSIONS, ValenceModel
from inference.manifest import load
from results import Format, Store, Studies, Viewings, aggregate, export, report_html
from stream.faces.judging import qualities
from stream.pipelines.live import LiveResult
from stream.sources.live import Shot, ThreadSource
from tests import MEDIA
from tests.chromium import launch, need_chromium
from tests.web.browsing import shoot, signs_in, wait_for
from tests.web.serving import serving
from training.datasets.prepare import Prepared
from training.fitting import phases
from training.fitting.config import Config
from training.fitting.progress import Bars
from training.fitting.recipe import Recipe
from training.fitting.runs import open_run
from training.shipping.export import export as export_network
from web.live.messages import frame_message

pytestmark = pytest.mark.slow

BESIDE = ["arousal", *(f"expression_{name}" for name in EXPRESSIONS)]


@pytest.fixture(scope="module")
def voted(prepared: Prepared) -> Prepared:
    """The small data set, with votes as if people had looked: who smiles is happy, others are neutral."""
    faces = prepared.collected.faces
    votes = np.full((len(faces), len(EXPRESSIONS)), 0, np.float32)
    votes[np.arange(len(faces)), np.where(faces.valence > 0.3, 1, 0)] = 1
    return replace(prepared, collected=replace(prepared.collected, faces=replace(faces, votes=votes)))


@pytest.fixture(scope="module")
def exported(voted: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the trained network and its manifest."""
    runs = tmp_path_factory.mktemp("runs")
    recipe = Recipe(epochs=12, batch=16, average=0.5, options={"width": 0.25}, learning_rate=2e-3)
    config = Config(recipe=recipe, workers=0)
    with Bars() as bars:
        trained = open_run(runs, "train", "residual", config)
        phases.train(trained, voted, bars)
        run = open_run(runs, "export", "residual", config)
        export_network(run, [trained.folder], voted, bars, quality=qualities, name="beside")
    return run.folder


@pytest.fixture(params=["beside", "alone"])
def model(request: pytest.FixtureRequest) -> ValenceModel:
    if request.param == "alone":
        shipped = load()
        return ValenceModel(replace(shipped, output=replace(shipped.output, expressions=None)), device="cpu")
    folder: Path = request.getfixturevalue("exported")
    return ValenceModel.open(folder / "valence.json", device="cpu")


def test_what_is_learnt_is_exported_and_measured(exported: Path) -> None:
    manifest = load(exported / "valence.json")
    assert manifest.output.arousal is not None and manifest.output.expressions is not None
    assert manifest.output.error is not None
    values = json.loads((exported / "valence.json").read_text())
    metrics = values["metrics"]
    assert metrics["arousal"]["n"] == metrics["expressions"]["n"] == metrics["n"]
    assert metrics["expressions"]["accuracy"] > 0.7
    assert metrics["arousal"]["pcc"] > 0.5
    assert {row["readings"] for row in metrics["error"]} > {"clean", "corrupted"}
    assert "expert annotators" in values["training"]["arousal"]
    if metrics["shipped"] == "int8":
        assert manifest.variants["cuda"].path.is_file()
        assert metrics["apart"] < 0.1


class Camera(ThreadSource):
    """The first frames of the sample clip, as a camera would send them."""

    def read(self, put: Any) -> None:
        with av.open(str(MEDIA / "sample.mp4")) as container:
            for index, picture in enumerate(container.decode(video=0)):
                if index == 40 or self.stopping.wait(1 / 60):
                    return
                put(Shot(picture, index, index / 30, time.monotonic()))


def test_it_goes_through_analysis_live_exports_study_and_report(model: ValenceModel, tmp_path: Path) -> None:
    beside = model.manifest.name == "beside"
    messages: list[str] = []

    def send(result: LiveResult) -> None:
        messages.append(frame_message(result))

    with Store(tmp_path / "sessions") as store:
        engine = Engine(AnalysisSettings(device="cpu"), model, store)
        told = analyze(MEDIA / "sample.mp4", engine, annotated=False)
        live = asyncio.run(record_live(Camera("camera"), engine, "live", sink=send)).session
        assert live is not None and told["settings"]["precision"] == model.manifest.precision

        face = told["faces"][0]
        assert 0 < face["valence_error"] < 1
        assert list(face["outputs"]) == (BESIDE if beside else [])
        if beside:
            assert sum(face["outputs"][name] for name in BESIDE[1:]) == pytest.approx(1, abs=1e-3)
        (last,) = [message for message in map(json.loads, messages) if message["faces"]][-1:]
        assert ("arousal" in last["faces"][0]) is beside and "valence_error" in last["faces"][0]

        for session in (told["session"], live):
            for form in Format:
                export(store, session, form, tmp_path / f"x.{form}")
            header = (tmp_path / "x.csv").read_text().partition("\n")[0].split(",")
            columns = json.loads((tmp_path / "x.json").read_text())["samples"]
            assert header == list(columns) == pyarrow.parquet.read_table(tmp_path / "x.parquet").column_names
            assert [name for name in BESIDE if name in header] == (BESIDE if beside else [])
            assert "valence_error" in header

        study = studied(store, told["session"], live)
        found = aggregate(store, study, beside=True)
        assert [one.measure for one in found.beside] == (BESIDE if beside else [])
        assert 0 < found.overall.error < 1
        page = report_html([found])
        assert (
            "What else the faces showed" in page
        ) is beside and "Errors of different viewers do not" in page


def studied(store: Store, *sessions: str) -> str:
    """A study whose viewers these sessions show."""
    made = Studies(store).create("Ads")
    Studies(store).add_stimulus(made.id, "Ad", 1.2)
    for number, session in enumerate(sessions):
        Viewings(store).attach(made.id, "ad", session, viewer=f"v{number}")
    return made.id


@pytest.mark.browser
def test_pages_show_it_on_request_and_nothing_where_there_is_nothing(
    model: ValenceModel, tmp_path: Path
) -> None:
    need_chromium()
    from playwright.sync_api import sync_playwright

    beside = model.manifest.name == "beside"
    with serving(tmp_path, model) as served:
        engine = Engine(AnalysisSettings(device="cpu"), model, served.store)
        session = analyze(MEDIA / "sample.mp4", engine, annotated=False)["session"]
        study = studied(served.store, session)
        with sync_playwright() as driver:
            look(launch(driver), served.url, session, study, beside)


def look(browser: Any, url: str, session: str, study: str, beside: bool) -> None:
    """At both pages; `beside`: whether there is to be more than valence."""
    page = signs_in(browser.new_page(viewport={"width": 1280, "height": 900}))
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{url}/sessions/{session}")
    wait_for(page, "document.body.dataset.ready === 'true'")
    assert page.is_visible("#error-choice") and page.is_checked("#error")
    assert page.is_visible("#beside-choice") is beside
    assert "±" in page.text_content("#faces")
    if beside:
        page.select_option("#beside", "arousal")
        wait_for(page, "document.querySelector('#faces').textContent.includes('Arousal')")
    shoot(page, f"beside-session-{beside}")

    page.goto(f"{url}/studies/{study}")
    wait_for(page, "document.body.dataset.ready === 'ad'")
    assert "± error of reading" in page.text_content("#legend")
    assert page.is_visible("#measure-choice") is beside
    assert "Positive" in page.text_content("#figures")
    if beside:
        page.select_option("#measure", "expression_happiness")
        wait_for(page, "document.querySelector('#chart-title').textContent === 'Happiness'")
        assert "%" in page.text_content("#figures") and "Positive" not in page.text_content("#figures")
        assert "measure=expression_happiness" in page.get_attribute('[data-download="csv"]', "href")
    shoot(page, f"beside-study-{beside}")
    browser.close()
    assert errors == []
