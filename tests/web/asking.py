"""An operator's program: httpx with the token that all servers of these tests know."""

from __future__ import annotations

from typing import Any

import httpx

TOKEN = "a-token-of-the-tests-that-nobody-guesses"
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def request(method: str, url: str, **given: Any) -> httpx.Response:
    return httpx.request(method, url, **{**given, "headers": {**HEADERS, **(given.get("headers") or {})}})


def get(url: str, **given: Any) -> httpx.Response:
    return request("GET", url, **given)


def post(url: str, **given: Any) -> httpx.Response:
    return request("POST", url, **given)


def put(url: str, **given: Any) -> httpx.Response:
    return request("PUT", url, **given)


def patch(url: str, **given: Any) -> httpx.Response:
    return request("PATCH", url, **given)


def delete(url: str, **given: Any) -> httpx.Response:
    return request("DELETE", url, **given)


def stream(method: str, url: str, **given: Any) -> Any:
    return httpx.stream(method, url, **{**given, "headers": {**HEADERS, **(given.get("headers") or {})}})


def opened(**given: Any) -> httpx.Client:
    return httpx.Client(headers=HEADERS, **given)


def opened_async(**given: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(headers=HEADERS, **given)
