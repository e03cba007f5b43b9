"""Answers that are text, compressed for browsers that take it: most of the time on a slow line."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

LEAST = 1024
"""Bytes below which it is not worth it."""
QUICKLY, WELL = 1, 6
"""Levels: for what is made for one answer, and for what is made once."""


def text_answer(request: Request, content: bytes, media_type: str) -> Response:
    """`content`, compressed if that is worth it and wanted."""
    response = Response(content, media_type=media_type, headers={"vary": "accept-encoding"})
    if len(content) >= LEAST and _wanted(request):
        response.body = gzip.compress(content, QUICKLY, mtime=0)
        _mark(response)
    return response


def file_answer(request: Request, path: Path, response: Response) -> Response:
    """The whole file at `path`, for which there is a `response`: compressed if that is wanted, once."""
    if request.method != "GET" or response.status_code != 200 or not _wanted(request):
        return response
    headers = {name: value for name, value in response.headers.items() if name != "accept-ranges"}
    answer = Response(_file(path, path.stat().st_mtime_ns), headers=headers)
    answer.headers["etag"] = f"W/{response.headers['etag']}"  # of the same content, not of the same bytes
    answer.headers["vary"] = "accept-encoding"
    _mark(answer)
    return answer


@lru_cache(maxsize=512)
def _file(path: Path, changed: int) -> bytes:
    """`changed`: when it was, so that changes are noticed."""
    return gzip.compress(path.read_bytes(), WELL, mtime=0)


def _wanted(request: Request) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "") and "range" not in request.headers


def _mark(response: Response) -> None:
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))
