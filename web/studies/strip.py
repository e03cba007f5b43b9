"""A stimulus's film strip: what it shows from its beginning to its end, side by side in one picture."""

from __future__ import annotations

import io
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from PIL import Image
from starlette.responses import Response

from analysis.errors import AnalysisError
from analysis.probe import stills
from web.access.audience import API
from web.errors import explained
from web.state import State, state_of
from web.studies.lookup import known_stimulus

router = APIRouter(tags=["studies"], dependencies=[API])

PICTURES = 12
WIDTH = 160
"""Pixels of each."""


@router.get("/api/studies/{study_id}/stimuli/{stimulus_id}/strip.jpg", response_class=Response)
def strip(study_id: str, stimulus_id: str, request: Request) -> Response:
    """Twelve pictures of the stimulus's video side by side, each from the middle of a twelfth of it.

    404: it has no video, or none that can be read.
    """
    with explained():
        _, stimulus = known_stimulus(request, study_id, stimulus_id)
    path = Path(stimulus.path) if stimulus.path else None
    picture = None
    if path is not None and path.is_file():
        picture = _picture(state_of(request), path, stimulus.duration_s)
    if picture is None:
        raise HTTPException(404, f"{stimulus.name} has no video that pictures could be taken of.")
    return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})


def _picture(state: State, path: Path, seconds: float) -> bytes | None:
    """The strip of a video of so many seconds as JPEG; None where nothing of it can be read."""
    times = [(i + 0.5) * seconds / PICTURES for i in range(PICTURES)]
    try:
        shown = state.probes.run(stills, path, times, WIDTH, state.engine.settings.limits)
    except AnalysisError:
        return None
    pictures = [Image.open(io.BytesIO(shown[time])) if time in shown else None for time in times]
    first = next((one for one in pictures if one is not None), None)
    if first is None:
        return None
    whole = Image.new("RGB", (WIDTH * PICTURES, first.height))
    for i, one in enumerate(pictures):
        if one is not None:
            whole.paste(one, (i * WIDTH, 0))
    jpeg = io.BytesIO()
    whole.save(jpeg, "JPEG", quality=82)
    return jpeg.getvalue()
