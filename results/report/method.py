"""The last pages of a report: how its figures were made, and what they cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from results.audience.bootstrap import MIN_VIEWERS, RESAMPLES
from results.studies.findings import Findings


def method_section(findings: Sequence[Findings], accuracy: str) -> str:
    """Method, model, limits and notices, as a definition list.

    accuracy: what is known of the model's accuracy, in a sentence; may be empty.
    """
    options = findings[0].panel.options
    models = dict.fromkeys(model for one in findings for model in one.models)
    names = ", ".join(f"{name or 'unnamed'} ({sha256[:12] or 'no checksum'})" for name, sha256 in models)
    mixed = (
        " The recordings were read by different models, so part of the differences between viewers may be "
        "the models’."
        if len(models) > 1
        else ""
    )
    baseline = ""
    if options.baseline:
        start, end = options.baseline
        baseline = f" Before that, each viewer’s own mean from {start:g} to {end:g} s was subtracted."
    entries = {
        "Curve": (
            f"Each viewer’s valence is averaged over {options.step:g} s around every {options.step:g} s of "
            "the stimulus (weighted by time, so that frame rates do not matter; gaps of up to "
            f"{options.max_gap:g} s are bridged, longer ones stay empty), and then over the viewers who are "
            f"seen at that moment.{baseline}"
        ),
        "Confidence": (
            f"95 % limits from {RESAMPLES:,} bootstrap resamples of whole viewers (Efron 1979), widened for "
            "small audiences (Hesterberg 2015), for each moment by itself: over a whole curve, one moment in "
            f"twenty is expected to lie outside. Below {MIN_VIEWERS} viewers no limits are given."
        ),
        "Exclusions": (
            f"Samples of quality below {options.min_quality:g} (small, blurred, turned away) do not count, "
            f"nor do viewers known for less than {options.min_coverage:.0%} of the stimulus."
        ),
        "Model": f"{escape(names or 'unknown')}.{mixed} {escape(accuracy)}".strip(),
        "Limits": (
            "Valence here is how negative or positive a facial expression looks, as people would rate it. "
            "Faces do not always show what people feel, and one expression can mean different things in "
            "different situations and cultures (Barrett et al. 2019). Read single moments together with "
            "their interval and number of viewers; the figures describe this audience, not any one person."
        ),
        "Duties": (
            "Viewers must be told that their expressions are analysed (EU AI Act, Article 50(3)). Inferring "
            "emotions at the workplace and in education is prohibited (Article 5(1)(f)): this report must "
            "not be used there."
        ),
    }
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in entries.items())
    return f'<section><h2>How this was made</h2><div class="card long"><dl>{listed}</dl></div></section>'
