"""A study as routes see it: found by its whole id."""

from __future__ import annotations

from fastapi import Request

from results import NotFoundError, Studies, Study
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
