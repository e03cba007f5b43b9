"""Audiences in other measures than valence, and how far reading faces makes their means unsure."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from results import (
    NotFoundError,
    Options,
    Store,
    Studies,
    Viewings,
    aggregate,
    curve_csv,
    findings_json,
    report_html,
)
from stream.frames import Box, Extras, Sample

ERRORS = (0.1, 0.2, 0.2)


def watched(store: Store, name: str, extras: Extras, valence: float = 0.2) -> str:
    with store.begin(name, source=f"{name}.mp4", kind="video", model_name="m", model_sha256="a1b2") as writer:
        for frame in range(100):
            writer.add([Sample(frame / 10, frame, 1, Box(0, 0, 9, 9), valence, valence, 0.9, 0.9, extras)])
        writer.progress(100, 100, 10.0)
    return writer.id


def study_of(store: Store, *extras: Extras) -> str:
    made = Studies(store).create("Ads")
    Studies(store).add_stimulus(made.id, "Ad", 10.0)
    Studies(store).set_segment(made.id, "ad", "logo", 8, 10)
    for number, known in enumerate(extras):
        Viewings(store).attach(made.id, "ad", watched(store, f"v{number}", known))
    return made.id


@pytest.fixture
def study(store: Store) -> str:
    return study_of(
        store,
        *(
            Extras(valence_error=error, arousal=0.1 * number, expression_happiness=0.9)
            for number, error in enumerate(ERRORS)
        ),
    )


def test_errors_of_different_viewers_do_not_go_together(store: Store, study: str) -> None:
    found = aggregate(store, study)
    expected = np.sqrt(np.sum(np.square(ERRORS))) / 3
    assert found.overall.error == pytest.approx(expected) == pytest.approx(0.1)
    assert found.segments[0].error == pytest.approx(expected)
    assert found.curve.error is not None
    np.testing.assert_allclose(found.curve.error[:-1], expected)
    told = findings_json(found)
    assert told["overall"]["error"] == told["curve"]["error"][5] == 0.1
    row = next(csv.DictReader(io.StringIO(curve_csv(found))))
    assert row["error"] == "0.1000"


def test_one_viewer_whose_error_is_unknown_leaves_the_mean_s_unknown(store: Store) -> None:
    study = study_of(store, Extras(valence_error=0.1), Extras())
    found = aggregate(store, study)
    assert np.isnan(found.overall.error) and len(found.panel.viewers) == 2
    assert "error" not in curve_csv(found).splitlines()[0]


def test_a_baseline_takes_away_an_unknown_part_of_the_error(store: Store, study: str) -> None:
    found = aggregate(store, study, options=Options(baseline=(0, 2)))
    assert found.overall.n == 3 and np.isnan(found.overall.error)


def test_any_measure_can_be_asked_for_instead_of_valence(store: Store, study: str) -> None:
    found = aggregate(store, study, measure="arousal")
    assert found.measures == ("arousal", "expression_happiness")
    assert (found.measure, found.overall.n) == ("arousal", 3)
    assert found.overall.mean == pytest.approx(0.1)
    assert findings_json(found)["measure"] == "arousal"
    with pytest.raises(NotFoundError, match="no measure 'joy': choose one of valence, arousal"):
        aggregate(store, study, measure="joy")


def test_a_report_shows_them_and_says_how_they_are_meant(store: Store, study: str) -> None:
    found = aggregate(store, study, beside=True)
    assert [one.measure for one in found.beside] == ["arousal", "expression_happiness"]
    page = report_html([found])
    for text in ("What else the faces showed", "Arousal from −1", "happiness", "90 %", "± 0.10"):
        assert text in page, text


def test_with_valence_alone_nothing_of_it_is_there(store: Store) -> None:
    found = aggregate(store, study_of(store, Extras(), Extras(), Extras()), beside=True)
    assert found.measures == () and found.beside == ()
    page = report_html([found])
    for text in ("What else", "Arousal", "reading"):
        assert text not in page, text
