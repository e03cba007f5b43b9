"""A study's links for participants: made, listed, closed."""

from __future__ import annotations

import asyncio
import io
from datetime import datetime
from typing import Annotated

import segno
from fastapi import APIRouter, HTTPException, Request
from pydantic import Field
from starlette.responses import Response

from results import Link, Study
from web.access.audience import API
from web.access.reach import Reach, reach_of
from web.access.trail import note
from web.errors import explained
from web.fields import Described, Key
from web.state import state_of
from web.studies.lookup import known_stimulus, known_study

router = APIRouter(tags=["studies"], dependencies=[API])


class NewLink(Described):
    """A link to one stimulus of a study."""

    stimulus: Annotated[str, Field(max_length=200)]
    note: Annotated[str, Field(max_length=200)] = ""
    """Whom it is for."""
    days: Annotated[float | None, Field(gt=0, le=3650)] = None
    """How long it is open; None: as long as the study is there."""


class StudyLink(Described):
    """A link by which anybody who has it may take part."""

    key: int
    stimulus: str
    address: str
    note: str
    created: datetime
    expires: datetime | None
    open: bool
    """Whether it still lets anybody in."""


class StudyLinks(Described):
    """All links of a study, and how far they reach."""

    links: list[StudyLink]
    elsewhere: bool
    """Whether other computers can take part by them..."""
    advice: str
    """... and what to do if not."""


@router.get("/api/studies/{study_id}/links")
def links(study_id: str, request: Request) -> StudyLinks:
    """The links of a study, in the order they were made; closed ones too."""
    with explained():
        return links_of(request, known_study(request, study_id))


@router.post("/api/studies/{study_id}/links", status_code=201)
def invite(study_id: str, body: NewLink, request: Request) -> StudyLink:
    """A new link to a stimulus. It ends when it is closed, and with the study's name or the study itself."""
    with explained():
        study, stimulus = known_stimulus(request, study_id, body.stimulus)
        made = state_of(request).desk.links.invite(study.id, stimulus.id, note=body.note, days=body.days)
        note(request, "made", f"link {made.key} of study {study.id}")
    return _shown(reach_of(request), made)


@router.get("/api/studies/{study_id}/links/{key}/qr.svg", response_class=Response)
def qr_code(study_id: str, key: Key, request: Request) -> Response:
    """The link as a QR code (SVG), for a slide or a poster: phones open what they see there."""
    with explained():
        found = {link.key: link for link in links_of(request, known_study(request, study_id)).links}
    if key not in found:
        raise HTTPException(404, f"Study {study_id} has no link {key}.")
    picture = io.BytesIO()
    segno.make(found[key].address, micro=False, error="m").save(picture, kind="svg", light="#fff", scale=4)
    return Response(picture.getvalue(), media_type="image/svg+xml", headers={"cache-control": "no-cache"})


@router.delete("/api/studies/{study_id}/links/{key}", status_code=204)
async def close(study_id: str, key: Key, request: Request) -> None:
    """Closes a link; who takes part by it just now is stopped, and kept as far as they watched."""
    desk = state_of(request).desk

    def closed() -> None:
        study = known_study(request, study_id)
        if key not in {link.key for link in desk.links.of_study(study.id)}:
            raise HTTPException(404, f"Study {study.id} has no link {key}.")
        desk.links.revoke(key)
        note(request, "closed", f"link {key} of study {study.id}")

    with explained():
        await asyncio.to_thread(closed)
    desk.forget()
    await state_of(request).participants.close_links()


def links_of(request: Request, study: Study) -> StudyLinks:
    """All links of a study, as whoever sends the request may hand them on."""
    reach = reach_of(request)
    found = state_of(request).desk.links.of_study(study.id)
    return StudyLinks(
        links=[_shown(reach, link) for link in found], elsewhere=reach.elsewhere, advice=reach.advice
    )


def _shown(reach: Reach, link: Link) -> StudyLink:
    return StudyLink(
        key=link.key,
        stimulus=str(link.stimulus),
        address=reach.address("t", link.token),
        note=link.note,
        created=link.created,
        expires=link.expires,
        open=link.open,
    )
