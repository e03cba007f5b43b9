"""Curves as shapes."""

from __future__ import annotations

import numpy as np

from results.audience.curves import Curve, Stretch
from results.report.charts import common_limit, curve_plot, shares_plot, time_axis, viewers_plot

NAN = float("nan")
TIME = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
CURVE = Curve(
    time=TIME,
    mean=np.array([0.1, 0.2, NAN, -0.4, NAN]),
    low=np.full(5, NAN),
    high=np.full(5, NAN),
    n=np.array([2, 2, 0, 1, 0]),
    share_positive=np.array([0.5, 1.0, NAN, 0.0, NAN]),
    share_negative=np.array([0.0, 0.0, NAN, 1.0, NAN]),
)


def test_a_line_has_holes_where_nothing_is_known() -> None:
    band, mean = curve_plot(CURVE, 4.0, 0.4).shapes

    assert (band.kind, band.path) == ("band", "")
    assert mean.path == "M0.0,112.5L250.0,75.0M750.0,300.0L750.0,300.0", "a lone point is a dot"


def test_levels_reach_the_next_fifth() -> None:
    levels = curve_plot(CURVE, 4.0, common_limit([CURVE])).levels

    assert [level.text for level in levels] == ["+0.40", "+0.20", "0.00", "−0.20", "−0.40"]
    assert [(level.top, level.zero) for level in levels[1:4]] == [
        ("25.00%", False),
        ("50.00%", True),
        ("75.00%", False),
    ]


def test_segments_have_edges_inside_the_plot_only() -> None:
    rest = {"n": 0} | dict.fromkeys(
        ("mean", "low", "high", "spread", "share_positive", "share_negative"), NAN
    )
    plot = curve_plot(CURVE, 4.0, 0.4, segments=[Stretch("a", 0, 1, **rest), Stretch("b", 1, 4, **rest)])

    assert [(s.name, s.left, s.width) for s in plot.segments] == [
        ("a", "0.000%", "25.000%"),
        ("b", "25.000%", "75.000%"),
    ]
    assert plot.edges == ("25.000%",)


def test_shares_have_an_axis_and_the_count_of_viewers_has_none() -> None:
    assert [level.zero for level in shares_plot(CURVE, 4.0).levels] == [False, False, True, False, False]
    viewers = viewers_plot(CURVE, 4.0)
    assert [(level.text, level.zero) for level in viewers.levels] == [("2", False), ("0", False)]


def test_the_last_label_ends_where_the_plot_does() -> None:
    assert [(tick.text, tick.last) for tick in time_axis(4.0)][-2:] == [("0:03.5", False), ("0:04.0", True)]
