"""What is built and installed works by itself: without the checkout, away from it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import MEDIA, ROOT

pytestmark = pytest.mark.slow

MOST_MEGABYTES = 20
_BUILD = ("-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is built from. A copy: building leaves its traces beside the code."""
    copy = tmp_path_factory.mktemp("source")
    wanted = [name.rstrip("*") for name in _configured()["packages"]["find"]["include"]]
    for name in wanted:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    _python(*_BUILD, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", out, source)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is installed, without what it needs: that is taken from here."""
    target = tmp_path_factory.mktemp("installed")
    _python(*_BUILD, "install", "--no-index", "--no-deps", "--no-compile", "--target", target, wheel)
    return target


def test_rooms_and_data_are_in_it_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    known = tuple(pattern.rstrip("*") for pattern in _configured()["packages"]["find"]["include"])
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == set(known)
    assert "media/sample.mp4" in names
    for folder in ("models", "web/pages", "results/report/templates", "results/database/migrations"):
        there = {path.relative_to(ROOT).as_posix() for path in _files(ROOT / folder)}
        assert there <= set(names), f"of {folder} these are missing: {sorted(there - set(names))}"
    assert wheel.stat().st_size < MOST_MEGABYTES * 1e6


def test_source_distribution_builds_the_same(
    source: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("sdist")
    code = f"from setuptools.build_meta import build_sdist; print(build_sdist({str(out)!r}))"
    _python("-W", "ignore", "-c", code, cwd=source)
    (packed,) = out.glob("*.tar.gz")
    _python(*_BUILD, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "-w", out, packed)
    (again,) = out.glob("*.whl")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_picture_is_analysed(installed: Path, tmp_path: Path) -> None:
    said = _valence(installed, tmp_path, "analyze", MEDIA / "one_face.jpg", "--json")
    line = json.loads(said)
    assert len(line["faces"]) == 1
    assert (tmp_path / "sessions" / line["session"] / "annotated.jpg").is_file()


def test_demo_analyses_the_clip_inside(installed: Path, tmp_path: Path) -> None:
    line = json.loads(_valence(installed, tmp_path, "demo", "--json"))
    assert Path(line["input"]) == installed / "media" / "sample.mp4"
    assert len(line["faces"]) == 2
    assert (tmp_path / "sessions" / line["session"] / "annotated.mp4").is_file()


def test_doctor_finds_all_that_is_needed(installed: Path, tmp_path: Path) -> None:
    report = json.loads(_valence(installed, tmp_path, "doctor", "--json"))
    assert report["problems"] == []
    assert report["sessions"] == "sessions"


def test_script_says_what_it_can_do(installed: Path, tmp_path: Path) -> None:
    script = installed / "bin" / "valence"
    said = _run([sys.executable, "-S", str(script), "--help"], installed, tmp_path)
    for command in ("analyze", "demo", "serve", "study", "train"):
        assert command in said


def test_no_room_is_taken_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    code = (
        "import sys, valence.cli, web.app; valence.cli._mount(); from web.layout import PAGES\n"
        "from inference import manifest, recognition; from results.database.migration import SCRIPTS\n"
        "files = [m.__file__ for m in sys.modules.values() if getattr(m, '__file__', None)]\n"
        "print(*files, PAGES, SCRIPTS, manifest.DEFAULT, recognition.DEFAULT, sep='\\n')"
    )
    said = _run([sys.executable, "-S", "-c", code], installed, tmp_path).splitlines()
    ours = [line for line in said if Path(line).is_relative_to(installed)]
    assert len(ours) > 100
    libraries = sysconfig.get_path("purelib")
    stray = [line for line in said if Path(line).is_relative_to(ROOT) and not line.startswith(libraries)]
    assert stray == []


def test_web_app_is_served(installed: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-S", "-m", "valence", "serve", "--port", "0", "--device", "cpu"]
    command += ["--no-open", "--no-examples"]
    environment = _environment(installed)
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            address = httpx.URL(server.stdout.readline().split()[4])
            with httpx.Client(base_url=address.copy_with(query=None), trust_env=False) as browser:
                assert browser.get("/", params=address.params, follow_redirects=True).status_code == 200
                health = browser.get("/health").json()
                assert health["status"] == "ok"
                assert health["model"]["name"]
                for path in ("/", "/upload", "/sessions", "/studies"):
                    page = browser.get(path)
                    assert page.status_code == 200, path
                    linked = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg))"', page.text)
                    assert linked
                    for file in linked:
                        assert browser.get(file).status_code == 200, file
            assert (tmp_path / "sessions" / "valence.db").is_file()
        finally:
            server.terminate()
            assert server.wait(30) is not None


def _valence(installed: Path, folder: Path, *words: str | Path) -> str:
    return _run([sys.executable, "-S", "-m", "valence", *map(str, words)], installed, folder)


def _run(command: list[str], installed: Path, folder: Path) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_environment(installed),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environment(installed: Path) -> dict[str, str]:
    """With -S nothing is on Python's path by itself: no checkout that is installed here for working on it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VALENCE_", "PYTHON"))}
    libraries = dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib")))
    return {**kept, "PYTHONPATH": os.pathsep.join((str(installed), *libraries)), "PYTHONUTF8": "1"}


def _python(*words: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _configured() -> dict[str, dict[str, dict[str, list[str]]]]:
    content = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, dict[str, list[str]]]] = content["tool"]["setuptools"]
    return found


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path
