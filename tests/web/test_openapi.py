"""The API's description: every route with its audience, parameters, bodies and an example that holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from analysis.engine import Engine
from analysis.settings import AnalysisSettings
from inference import ValenceModel
from results import Store
from tests.web.browsing import shoot, wait_for
from tests.web.serving import Served
from web.app import create_app
from web.openapi import BODIES, PARAMETERS, described


@pytest.fixture(scope="module")
def app(model: ValenceModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    with Store(tmp_path_factory.mktemp("store")) as store:
        yield create_app(Engine(AnalysisSettings(device="cpu"), model, store))


@pytest.fixture(scope="module")
def api(app: FastAPI) -> dict[str, Any]:
    return described(app)


def operations(api: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            yield f"{method.upper()} {path}", about


def test_every_route_says_what_it_is_for_and_for_whom(api: dict[str, Any]) -> None:
    for name, about in operations(api):
        assert about.get("description"), name
        assert about["x-for"], name
        assert ("security" in about) == name.partition(" ")[2].startswith("/api/"), name
        for parameter in about.get("parameters", ()):
            assert parameter["description"], (name, parameter["name"])


def test_every_route_has_an_example_without_gaps(api: dict[str, Any]) -> None:
    for name, about in operations(api):
        (sample,) = about["x-codeSamples"]
        assert "{" not in sample["source"].split("http://")[1], name
        for content in about.get("requestBody", {}).get("content", {}).values():
            assert "example" in content or "properties" in content["schema"], name


def test_bodies_of_examples_are_taken(app: FastAPI) -> None:
    checked = set()
    for route in app.router.routes:
        if isinstance(route, APIRoute) and route.include_in_schema and route.body_field is not None:
            kind = route.body_field.field_info.annotation
            TypeAdapter(kind).validate_python(BODIES[kind.__name__])  # type: ignore[union-attr]
            checked.add(kind.__name__)  # type: ignore[union-attr]
    assert checked == set(BODIES)


def test_nothing_is_described_that_is_not_there(api: dict[str, Any]) -> None:
    there = {p["name"] for _, about in operations(api) for p in about.get("parameters", ())}
    assert there == set(PARAMETERS)


def test_uploads_say_what_they_take(api: dict[str, Any]) -> None:
    for path in ("/api/analyses", "/api/studies/{study_id}/stimuli"):
        about = api["paths"][path]["post"]
        assert "file" in about["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
        assert "-F file=@" in about["x-codeSamples"][0]["source"]


def test_fields_are_described(api: dict[str, Any]) -> None:
    fields = api["components"]["schemas"]["NewViewing"]["properties"]
    assert "negative" in fields["offset_s"]["description"]


@pytest.mark.browser
def test_page_fits_with_everything_open(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/docs")
    wait_for(page, "document.querySelectorAll('#operations details').length > 40")
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    for width in (320, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelectorAll('#operations pre').length") > 60
    shoot(page, "docs")
