"""What the guides name is there: pages, headings, pictures, commands with their options, settings."""

from __future__ import annotations

import json
import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from analysis.examples import NOTES
from results import NEUTRAL, Options
from results.audience.bootstrap import MIN_VIEWERS
from stream.faces import stillness
from tests import ROOT
from valence import cli
from valence.settings import Settings
from web.glossary import SOURCE

DOCS = ROOT / "docs"
GUIDES = sorted(DOCS.glob("*.md"))
PAGES = [*GUIDES, ROOT / "README.md"]
MOST_PICTURE_BYTES = 1_000_000
_WORDS = {0.25: "a quarter", 3: "three", 5.0: "five"}


def text_of(page: Path) -> str:
    included = SOURCE if page.name == "glossary.md" else None
    return page.read_text(encoding="utf-8") + (included.read_text(encoding="utf-8") if included else "")


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> list[str]:
    """Lines of code blocks that call the program."""
    blocks = re.findall(r"^ *```\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line.split(" # ")[0].strip() for line in lines if line.startswith("valence ")]


def mentions(text: str) -> list[str]:
    """Code within sentences that names a command, perhaps without what it needs."""
    return re.findall(r"`(valence [^`\n…]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@pytest.fixture(scope="module")
def program() -> typer.core.TyperGroup:
    cli._mount()
    command = get_command(cli.app)
    assert isinstance(command, typer.core.TyperGroup)
    return command


def parse(program: typer.core.TyperGroup, line: str) -> None:
    """As the command line does before it runs anything. Raises what it would complain about."""
    command, name, words = program, "valence", shlex.split(line)[1:]
    parent = None
    while isinstance(command, typer.core.TyperGroup):
        parent = command.make_context(name, words[:1] or ["--help"], parent=parent)
        found, command, words = command.resolve_command(parent, words)  # type: ignore[assignment]
        name = found or ""
    with suppress(typer.Exit):  # after --help
        command.make_context(name, list(words), parent=parent)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name}: {target}"


def test_every_guide_is_in_the_table_of_contents() -> None:
    (tree,) = re.findall(r"```\{toctree\}\n:hidden:\n\n(.*?)```", text_of(DOCS / "index.md"), re.DOTALL)
    assert sorted([*tree.split(), "index"]) == [page.stem for page in GUIDES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_exist_with_their_options(program: typer.core.TyperGroup, page: Path) -> None:
    for line in commands(text_of(page)):
        parse(program, line)
    for line in mentions(text_of(page)):
        try:
            parse(program, line)
        except Exception as error:  # typer has no public name for it
            assert "Missing parameter" in str(error), line


def test_a_command_that_does_not_exist_is_noticed(program: typer.core.TyperGroup) -> None:
    for wrong in (
        "valence analyse x",
        "valence study show",
        "valence serve --ports 1",
        "valence sessions ls",
    ):
        with pytest.raises(Exception, match=r"(?i)no such|missing"):
            parse(program, wrong)


def test_guides_show_commands() -> None:
    assert sum(len(commands(text_of(page))) for page in GUIDES) > 25


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_variables_are_settings(page: Path) -> None:
    for name in re.findall(r"VALENCE_([A-Z_]*[A-Z])\b", text_of(page)):
        assert name.lower() in Settings.model_fields, name


def test_pictures_are_small_and_all_are_shown() -> None:
    pictures = list((DOCS / "pictures").iterdir())
    assert sum(picture.stat().st_size for picture in pictures) < MOST_PICTURE_BYTES
    shown = "".join(map(text_of, GUIDES))
    assert [picture.name for picture in pictures if f"pictures/{picture.name}" not in shown] == []


def test_figures_are_those_of_the_program() -> None:
    said = {
        "run-a-study.md": [f"Below {_WORDS[MIN_VIEWERS]} viewers there is none"],
        "read-a-report.md": [f"Below {_WORDS[MIN_VIEWERS]} there is no interval", f"within ±{NEUTRAL:g}"],
        "analyse-a-folder.md": [f"below {Options().min_quality:g}, as studies do"],
        "glossary.md": [
            f"below {Options().min_quality:g} do not count",
            f"less than {_WORDS[Options().min_coverage]}",
            f"between −{NEUTRAL:g} and +{NEUTRAL:g}",
            f"in {_WORDS[stillness.SECONDS]} seconds or more",
        ],
    }
    for page, phrases in said.items():
        text = " ".join(text_of(DOCS / page).split())
        assert [phrase for phrase in phrases if phrase not in text] == []
    assert f"would need {_WORDS[MIN_VIEWERS]}" in NOTES


def test_the_readme_has_the_figures_of_the_network_that_ships() -> None:
    metrics = json.loads((ROOT / "models" / "valence.json").read_text())["metrics"]
    low, high = metrics["ci95"]["ccc"]
    told = " ".join((ROOT / "README.md").read_text().split())
    assert f"judgement {metrics['ccc']:.3f} (95 % interval {low:.3f} to {high:.3f})" in told
    assert (
        f"error (RMSE) {metrics['rmse']:.3f}, right about the sign in {100 * metrics['sagr']:.0f} %" in told
    )
