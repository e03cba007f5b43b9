"""The card of what networks say of faces beside valence: the arousal's curve, shares of expressions."""

from __future__ import annotations

from dataclasses import dataclass

from results.audience.curves import Stretch
from results.report.charts import Plot, common_limit, curve_plot
from results.sessions.samples import AROUSAL
from results.studies.findings import Findings


@dataclass(frozen=True)
class BesideCard:
    arousal: Plot | None
    overall: Stretch | None
    """The arousal's, over the whole."""
    shares: tuple[tuple[str, Stretch], ...]
    """Of each expression that somebody showed: its name, and figures over the whole."""


def beside_card(findings: Findings) -> BesideCard | None:
    known = {one.measure: one for one in findings.beside if one.overall.n}
    if not known:
        return None
    arousal = known.pop(AROUSAL.name, None)
    drawn = None
    if arousal is not None:
        drawn = curve_plot(arousal.curve, findings.stimulus.duration_s, common_limit([arousal.curve]))
    shares = [(name.removeprefix("expression_"), one.overall) for name, one in known.items()]
    return BesideCard(
        arousal=drawn,
        overall=None if arousal is None else arousal.overall,
        shares=tuple(sorted(shares, key=lambda share: -share[1].mean)),
    )
