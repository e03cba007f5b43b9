"""A session's page and a study agree on what a user excluded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from results import Store, Studies, Viewings, aggregate, excluded, face_statistics, responses
from stream.frames import Box, Sample

RATE = 29.97
FRAMES = 150
TIMES = [round(frame / RATE, 6) for frame in range(FRAMES)]
"""As they are told: a page sets its stretches by these."""
FACES = (1, 2)
CLOCKS = {
    "even": [],
    "with a pause": [(0.0, 0.0), (2.0, 2.0), (3.0, 2.0), (5.0, 4.0)],
    "twice": [(0.0, 0.0), (2.5, 2.5), (2.51, 0.0), (5.0, 2.49)],
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store(tmp_path_factory.mktemp("sessions")) as opened:
        yield opened


moments = st.sampled_from(TIMES) | st.floats(0, 6)
spans = st.tuples(moments, moments).map(sorted)
stretches = st.tuples(spans, st.sampled_from([None, *FACES]), st.sampled_from(["excluded"] * 4 + ["marker"]))


@settings(max_examples=40, deadline=None)
@given(st.lists(stretches, max_size=4), st.sampled_from(sorted(CLOCKS)))
@example([((TIMES[30], TIMES[60]), 1, "excluded")], "even")
@example([((1.0, 2.0), None, "excluded")], "with a pause")
@example([((1.0, 2.505), None, "excluded")], "twice")
@example([((2.0, 3.0), 2, "excluded")], "twice")
def test_page_and_study_agree_on_what_is_excluded(store: Store, marked, clock) -> None:
    def out(frame: int, face: int) -> bool:
        return any(
            kind == "excluded" and of in (None, face) and start - 1e-6 <= frame / RATE <= end + 1e-6
            for (start, end), of, kind in marked
        )

    with store.begin("clip", source="clip.mp4", kind="video") as writer:
        for frame in range(FRAMES):  # who is excluded looks as sad as can be, everybody else as glad
            looks = {face: -1.0 if out(frame, face) else 1.0 for face in FACES}
            writer.add(
                Sample(frame / RATE, frame, f, Box(0, 0, 9, 9), v, v, 1.0, 1.0) for f, v in looks.items()
            )
    for (start, end), face, kind in marked:
        store.add_stretch(writer.id, kind, start, end, face_id=face)
    study = Studies(store).create("study").id
    Studies(store).add_stimulus(study, "ad", 6.0)
    for face in FACES:
        Viewings(store).attach(study, "ad", writer.id, viewer=str(face), face_id=face, clock=CLOCKS[clock])

    samples = store.samples(writer.id)
    page = samples[~excluded(samples, store.stretches(writer.id))]  # as the session's page shows it
    seen = {int(response.viewer): response for response in responses(store, study, "ad")}
    panel = aggregate(store, study, "ad").panel

    assert all(face.valence_min == face.valence_max == 1.0 for face in face_statistics(page))
    assert set(np.unique(panel.values[~np.isnan(panel.values)])) <= {1.0}
    for response in seen.values():
        np.testing.assert_array_equal(response.marked, response.valence < 0)
    assert panel.excluded.marked == sum(int(response.marked.sum()) for response in seen.values())
    if clock == "even":  # nothing of the session lies beside the stimulus
        assert len(page) == panel.excluded.samples - panel.excluded.marked
        counts = {face: int((~response.marked).sum()) for face, response in seen.items()}
        on_page = {face.face_id: face.samples for face in face_statistics(page)}
        assert on_page == {face: count for face, count in counts.items() if count}
