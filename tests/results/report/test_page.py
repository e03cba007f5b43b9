"""The report as a page: one file, and names in it are text, whatever they are."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from results import Findings, Store, Studies, aggregate, compare, pictures_wanted, report_html
from results.audience.panel import Response
from results.report.templating import TEMPLATES

HOSTILE = "</td></style><script>alert(1)</script><img src=x onerror=alert(1)> & \"two\" 'one' {{ 7 * 7 }}"
JPEG = b"\xff\xd8\xff\xe0 not really a picture"
ELSEWHERE = ("src", "href", "srcset", "data", "poster", "action", "background", "xlink:href")


class Page(HTMLParser):
    """What elements there are, and the text of each kind, joined with what is inside."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        """The innermost element's name, and the text."""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "line", "path"):
            self._open.append(tag)

    def handle_endtag(self, tag) -> None:
        if tag not in ("line", "path"):
            assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data) -> None:
        if data.strip():
            self.texts.append((self._open[-1], " ".join(data.split())))

    def said_in(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]

    def attributes(self) -> set[str]:
        return {name for _, attributes in self.elements for name in attributes}


def audience(names: list[str], level: float) -> list[Response]:
    """Viewers of ten seconds with a peak at 4 s; the last of them is blurred throughout."""
    time = np.arange(0, 10, 0.1)
    peak = 0.5 * np.exp(-((time - 4) ** 2))
    return [
        Response(name, time, level + 0.01 * n + peak, np.full(100, 0.1 if name == names[-1] else 0.9))
        for n, name in enumerate(names)
    ]


@pytest.fixture
def hostile(store: Store) -> list[Findings]:
    """Two stimuli with the same six viewers, one of them left out; whatever has a name has a hostile one."""
    studies = Studies(store)
    study = studies.create(HOSTILE, notes=HOSTILE).id
    people = [f"{n} {HOSTILE}" for n in range(6)]
    found = []
    for letter, level in (("A", 0.1), ("B", -0.1)):
        stimulus = studies.add_stimulus(study, f"{letter} {HOSTILE}", 10.0).id
        studies.set_segment(study, stimulus, f"logo {HOSTILE}", 8, 10)
        one = aggregate(store, study, stimulus, given=audience(people, level))
        found.append(replace(one, models=((f"net {HOSTILE}", "a1b2"),)))
    return found


def test_hostile_names_are_text_wherever_they_stand(hostile: list[Findings]) -> None:
    html = report_html(hostile, [compare(*hostile)], accuracy=f"CCC 0.92 {HOSTILE}.")

    page = Page(html)
    assert page.said_in("title") == page.said_in("h1") == [HOSTILE]
    assert page.said_in("h2")[:3] == [
        f"A {HOSTILE}",
        f"B {HOSTILE}",
        f"A {HOSTILE} against B {HOSTILE}",
    ]
    assert f"A {HOSTILE} minus B {HOSTILE}" in page.said_in("h3")
    assert page.said_in("span").count(f"logo {HOSTILE}") == 2, "above the curves"
    cells = page.said_in("td")
    assert cells.count(f"logo {HOSTILE}") == 2 and cells.count(f"0 {HOSTILE}") == 2
    assert f"net {HOSTILE} (a1b2). CCC 0.92 {HOSTILE}." in page.said_in("dd")
    paragraphs = page.said_in("p")
    assert HOSTILE in paragraphs, "the notes"
    assert any(
        text.startswith(f"Viewers of A {HOSTILE} looked more positive. A {HOSTILE} minus")
        for text in paragraphs
    )
    scripts = [attributes.get("type") for tag, attributes in page.elements if tag == "script"]
    assert scripts == ["application/json"] * 3 + [None], "the curves' texts, and ours"
    assert "img" not in {tag for tag, _ in page.elements} and "onerror" not in page.attributes()


def test_all_curves_of_a_report_have_one_axis(hostile: list[Findings]) -> None:
    html = report_html(hostile, [compare(*hostile)])

    curves = re.findall(r'<div class="canvas ">(.*?)</div>', html, re.DOTALL)
    axes = [re.findall(r'class="y"[^>]*>([^<]+)<', curve) for curve in curves]
    assert len(axes) == 3, "two stimuli and their difference"
    assert axes[0] == axes[1] == axes[2]
    assert len(axes[0]) == 5


def test_the_report_is_one_file_without_a_reference_to_elsewhere(hostile: list[Findings]) -> None:
    pictures = {one.stimulus.id: dict.fromkeys(pictures_wanted(one), JPEG) for one in hostile}

    html = report_html(hostile, [compare(*hostile)], pictures=pictures)

    page = Page(html)
    loaded = [
        attributes[name] or "" for _, attributes in page.elements for name in ELSEWHERE if name in attributes
    ]
    assert len(loaded) == 26 and all(url.startswith("data:image/jpeg;base64,") for url in loaded)
    assert not {"link", "base", "iframe", "object", "embed"} & {tag for tag, _ in page.elements}
    assert not re.search(r"@import|url\(|https?:", html)
    for name, tag in (("report.css", "style"), ("report.js", "script")):
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        assert f"<{tag}>\n{text}</{tag}>" in html


def test_nothing_is_said_of_missing_pictures(hostile: list[Findings]) -> None:
    first = hostile[0]
    moment = {first.moments[0].time: JPEG}

    with_still = report_html([first], pictures={first.stimulus.id: moment})
    without = report_html([first])

    assert with_still.count("<img") == 1 and 'alt="The stimulus at 0:04.0"' in with_still
    assert "<img" not in without and 'class="film"' not in with_still + without
