"""The API's description (OpenAPI 3.1): what FastAPI knows of the routes, and what it cannot know.

Added are: for whom a route is, what its parameters mean, the files of uploads, an example of each request.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from web.access.audience import audience_of
from web.access.identity import Role

PARAMETERS = {
    "measure": "What is averaged: valence, arousal or the share of an expression, `expression_happiness`.",
    "a": "A stimulus of the study, by its id.",
    "after_frame": "Only samples of frames after this one.",
    "b": "Another stimulus; that of another study as `study/stimulus`.",
    "every_frame": "Also a row for each frame without a face.",
    "face_id": "A face's number.",
    "form": "`html` or `json`.",
    "job_id": "An analysis's id, as the upload answered it.",
    "key": "Its number, as the list has it.",
    "limit": "How many at most.",
    "name": "What it is called.",
    "offset": "How many to pass over.",
    "paired": "Compare each viewer with themselves, or group with group; by default whichever fits.",
    "person": "What only the participant knows, as the begin of the viewing answered it.",
    "search": "Words in ids, names and sources, whatever the case.",
    "session_id": "A session's id, or any beginning of it that fits no other.",
    "state": "Only sessions in this state.",
    "stimulus_id": "A stimulus's id.",
    "study_id": "A study's id.",
    "token": "The last part of a link.",
    "viewer": "A viewer's name.",
    "viewing": "What the begin of the viewing answered.",
    "what": "`csv`, `json`, `parquet`, `summary`, `annotated`, `recording` or `thumbnail`.",
    "with_sessions": "Delete the viewers' sessions, too.",
}
_SDP = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n…"
_FACE = {
    "face_id": 1,
    "box": [210, 120, 340, 290],
    "score": 0.93,
    "valence": 0.41,
    "smoothed": 0.38,
    "quality": 0.9,
}
BODIES: Mapping[str, Any] = {
    "Agreement": {"sdp": _SDP, "type": "offer", "consent": "The text that the invitation has, whole."},
    "Archive": {"sessions": ["2026-11-22_18-30-05_ann"]},
    "Batch": {
        "sequence": 0,
        "frames": [{"frame": 0, "time_s": 0.0, "faces": [_FACE]}],
    },
    "Change": {"name": "Ann watches the spring ad", "faces": {"1": "Ann"}, "tags": ["pilot"]},
    "Clock": {"knots": [[0.8, 0.0], [10.8, 10.0]]},
    "Merge": {"faces": [1, 3]},
    "NewLink": {"stimulus": "spring", "note": "students", "days": 14},
    "NewSegment": {"name": "The joke", "start_s": 4, "end_s": 9},
    "NewStretch": {"kind": "marker", "start_s": 4.5, "label": "laughs"},
    "NewStudy": {"name": "Spring ad", "options": {"baseline": [0, 3]}},
    "NewViewing": {"session": "2026-11-22_18-30-05_ann", "viewer": "Ann", "face_id": 1, "offset_s": 2.5},
    "Offer": {
        "sdp": _SDP,
        "type": "offer",
        "name": "live",
        "consent": "The notice that was agreed to.",
    },
    "Split": {"at_s": 12.5},
    "StudyChange": {"notes": "Second round"},
}
"""An example of each body, by the name of its schema."""
VALUES = {
    "after_frame": "300",
    "face_id": "1",
    "form": "html",
    "key": "1",
    "session_id": "2026-11-22_18-30-05_ann",
    "stimulus_id": "spring",
    "study_id": "spring-ad",
    "what": "csv",
    "a": "spring",
    "b": "autumn",
    "name": "The%20joke",
    "viewer": "Ann",
}
"""Of parameters, in examples; others keep their name."""
UPLOADS = {"/api/analyses": "interview.mp4", "/api/studies/{study_id}/stimuli": "spring.mp4"}
"""Routes that take files as multipart/form-data, in the field `file`, and what such a file may be called."""
SERVER = "http://127.0.0.1:8000"


def described(app: FastAPI) -> dict[str, Any]:
    """The description of all routes of `app` that are in its schema."""
    api = app.openapi()
    api["info"]["description"] = (
        "Programs sign in with a token: `Authorization: Bearer …` (`valence tokens create`). What cannot be "
        "done is answered by a status from 400 on, and one sentence in `detail`."
    )
    api["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for route in app.router.routes:
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            about = api["paths"][route.path_format][method.lower()]
            audience = audience_of(route)
            about["x-for"] = audience.name
            if Role.PROGRAM in audience.roles and Role.NOBODY not in audience.roles:
                about["security"] = [{"token": []}]
            for parameter in about.get("parameters", ()):
                parameter.setdefault("description", PARAMETERS[parameter["name"]])
            if method == "POST" and route.path_format in UPLOADS:
                about["requestBody"] = _FILES
            for content in about.get("requestBody", {}).get("content", {}).values():
                name = content["schema"].get("$ref", "").rpartition("/")[2]
                if name:
                    content["example"] = BODIES[name]
            about["x-codeSamples"] = [{"lang": "Shell", "source": _call(method, route.path_format, about)}]
    return api


_FILES = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "array",
                        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                        "description": "One file or more.",
                    }
                },
            }
        }
    },
}


def _call(method: str, path: str, about: Mapping[str, Any]) -> str:
    """The request as a line of curl."""
    file = UPLOADS.get(path)
    query = []
    for parameter in about.get("parameters", ()):
        value = VALUES.get(parameter["name"], parameter["name"].upper())
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value)
        elif parameter.get("required"):
            query.append(f"{parameter['name']}={value}")
    words = ["curl"]
    if method != "GET":
        words += ["-X", method]
    if "security" in about:
        words += ["-H", '"Authorization: Bearer $VALENCE_TOKEN"']
    for kind, content in about.get("requestBody", {}).get("content", {}).items():
        if kind == "multipart/form-data":
            words += ["-F", f"file=@{file}"]
        else:
            body = json.dumps(content["example"], ensure_ascii=False)
            words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(body)]
    address = SERVER + path + ("?" + "&".join(query) if query else "")
    return " ".join([*words, shlex.quote(address) if query else address])
