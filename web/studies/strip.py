"""A stimulus's film strip: what it shows from its beginning to its end, side by side in one picture."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from analysis.errors import AnalysisError
from analysis.probe import strip as film_strip
from web.access.audience import API
from web.errors import explained
from web.state import state_of
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
    path, state = Path(stimulus.path) if stimulus.path else None, state_of(request)
    picture = None
    if path is not None and path.is_file():
        limits = state.engine.settings.limits
        with suppress(AnalysisError):
            picture = state.probes.run(film_strip, path, stimulus.duration_s, PICTURES, WIDTH, limits)
    if picture is None:
        raise HTTPException(404, f"{stimulus.name} has no video that pictures could be taken of.")
    return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})
