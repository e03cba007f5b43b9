"""Studies and stimuli as routes see them: found by their whole ids."""

from __future__ import annotations

from fastapi import Request

from results import NotFoundError, Stimulus, Studies, Study
from web.state import state_of


def known_study(request: Request, study_id: str) -> Study:
    """The study of exactly this id: its name is for people who type.

    Raises:
        NotFoundError: there is none.
    """
    study = Studies(state_of(request).store).get(study_id)
    if study.id != study_id:
        raise NotFoundError(f"There is no study {study_id!r}.")
    return study


def known_stimulus(request: Request, study_id: str, stimulus_id: str) -> tuple[Study, Stimulus]:
    """A study and its stimulus of exactly these ids. Raises NotFoundError."""
    study = known_study(request, study_id)
    for stimulus in study.stimuli:
        if stimulus.id == stimulus_id:
            return study, stimulus
    raise NotFoundError(f"Study {study.id} has no stimulus {stimulus_id!r}.")
