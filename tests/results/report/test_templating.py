"""Templates escape what they are given and miss what they are not."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from results.report.charts import Level, Plot, Shape, Tick
from results.report.comparison import ComparisonSection, DifferenceCurve
from results.report.templating import TEMPLATES, render

CURVE = DifferenceCurve(
    duration=2.0,
    plot=Plot((Shape("mean", "M0,0L9,9"),), (Level("0", "150.0", "50.00%", zero=True),)),
    axis=(Tick("0:00", "0.000%", last=False),),
    readout=("0:00.0  −0.10 </script>",),
    step=0.25,
    how="Two & two.",
)


def test_a_name_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'title' is undefined"):
        render("report.html")
    with pytest.raises(UndefinedError, match="has no attribute 'name_a'"):
        render("comparison.html", comparison=CURVE)


def test_what_is_filled_in_is_escaped() -> None:
    html = render("comparison.html", comparison=ComparisonSection("<A>", "'B' & \"C\"", "<A> won.", CURVE))

    assert "<h2>&lt;A&gt; against &#39;B&#39; &amp; &#34;C&#34;</h2>" in html
    assert "&lt;A&gt; won." in html and "Two &amp; two." in html


def test_what_the_script_reads_cannot_end_it() -> None:
    html = render("comparison.html", comparison=ComparisonSection("A", "B", "A won.", CURVE))

    (data,) = html.split('<script type="application/json">')[1:]
    expected = '{"rows": ["0:00.0  −0.10 \\u003c/script\\u003e"], "step": 0.25}</script>'
    assert data.startswith(expected)


@pytest.mark.parametrize("name", ["report.css", "report.js"])
def test_style_and_script_are_not_read_as_templates(name: str) -> None:
    assert render(name) == (TEMPLATES / name).read_text(encoding="utf-8")
