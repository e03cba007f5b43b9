"""Errors of `results` as HTTP answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import HTTPException, Request
from starlette.responses import JSONResponse, Response

from results import DeletedError, ExportError, InputError, NotFoundError, StudyError
from web.access.identity import Role, identity_of
from web.layout import page, wants_page

log = logging.getLogger(__name__)


@contextmanager
def explained() -> Iterator[None]:
    """Turns an error of `results` into an answer that says what is wrong.

    A database that does not work is left to `unusable`, which knows to whom it speaks.
    """
    try:
        yield
    except NotFoundError as error:
        raise HTTPException(404, str(error)) from error
    except DeletedError as error:
        raise HTTPException(410, str(error)) from error
    except (StudyError, InputError) as error:
        raise HTTPException(422, str(error)) from error
    except ExportError as error:
        raise HTTPException(501, str(error)) from error


async def unusable(request: Request, error: Exception) -> Response:
    """503: nothing can be read or stored just now. What exactly is for operators, and for the log."""
    log.error("%s %s cannot be answered: %s", request.method, request.url.path, error)
    known = identity_of(request).role in (Role.OPERATOR, Role.PROGRAM)
    detail = str(error) if known else "The server cannot read or store anything just now; try again later."
    if wants_page(request):
        return page("shared/away.html", "", status=503, guest=not known, reason=detail)
    return JSONResponse({"detail": detail}, 503)
