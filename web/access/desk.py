"""Where it is found out who somebody is: by cookie, token, password, or link."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from itsdangerous import BadSignature, URLSafeSerializer

from results import Audit, Links, Operators, SignIns, Store, StoreError, Tokens, shared_secret
from web.access.identity import NOBODY, Identity, Role
from web.access.throttle import Throttle

FRESH = 1.0
"""Seconds for which what the database said of somebody is believed: so long a revoked link still works."""
STALE = 3600.0
"""Seconds for which it is believed while the database is away, where nothing can be revoked either."""
MOST_KNOWN = 5000
NAMES, ADDRESSES = 100, 50
"""Wrong passwords for one name from anywhere, and from one address for any name, until one has to wait."""
MOST_TRYING = 20
"""Passwords that may wait to be tried."""
GUESSES = 200
"""Wrong tokens from one address until it has to wait: a token of one's own may be shorter than ours."""
THIS_COMPUTER = "operator on this computer"
PRESET = "token of VALENCE_TOKEN"
_HASHING = 2
"""Passwords that are tried at a time: each takes a core and 64 MB for a moment."""

log = logging.getLogger(__name__)

Known = TypeVar("Known")


class TooManyError(Exception):
    """Too many failures; `left`: seconds until another try is heard."""

    def __init__(self, left: float) -> None:
        super().__init__(f"Too many attempts; try again in {max(1, round(left))} s.")
        self.left = left


class Desk:
    """Knows operators, sign-ins, tokens and links. Methods are called in the event loop's thread.

    preset: a token that is one of an operator's own, from the front door; works as often as it is shown.
    """

    def __init__(self, store: Store, preset: str | None = None) -> None:
        database = store.database
        self.operators, self.sign_ins = Operators(database), SignIns(database)
        self.tokens, self.links, self.audit = Tokens(database), Links(database), Audit(database)
        self._preset = preset
        self._signer = URLSafeSerializer(shared_secret(database, "cookies"), salt="sign-in")
        self._known: dict[tuple[str, str], tuple[float, object]] = {}
        self._passwords, self._names = Throttle(), Throttle(allowed=NAMES)
        self._addresses, self._guesses = Throttle(allowed=ADDRESSES), Throttle(allowed=GUESSES)
        self._welcome: dict[tuple[str, str], None] = {}
        self._trying = 0
        self._hashing = asyncio.Semaphore(_HASHING)

    # Who is it?

    async def by_bearer(self, token: str, address: str) -> Identity:
        """A program; NOBODY for a token that is none. Raises TooManyError."""
        try:
            found = await self._look("token", token, lambda: self.tokens.find(token))
        except StoreError:
            if self._is_preset(token, address):  # for which no database is asked
                return Identity(Role.PROGRAM, PRESET)
            raise
        if found is not None:
            return Identity(Role.PROGRAM, f"token {found.name}", read_only=found.read_only)
        return Identity(Role.PROGRAM, PRESET) if self._is_preset(token, address) else NOBODY

    async def by_cookie(self, cookie: str) -> Identity:
        """An operator's browser; NOBODY where the cookie is none of ours, or signed out."""
        token = self._unsigned(cookie)
        if token is None:
            return NOBODY
        found = await self._look("cookie", token, lambda: self.sign_ins.find(token))
        if found is None:
            return NOBODY
        return Identity(Role.OPERATOR, found.operator or THIS_COMPUTER)

    async def by_link(self, token: str, role: Role) -> Identity:
        """A participant or spectator; NOBODY where the link is not one of theirs, or closed."""
        link = await self._look("link", token, lambda: self.links.find(token))
        if link is None or not link.open:
            return NOBODY
        if (link.stimulus is not None) != (role is Role.PARTICIPANT):
            return NOBODY
        return Identity(role, role.value, link=link)

    # In and out

    async def enter(self, token: str, address: str) -> str | None:
        """A cookie for a browser that shows the address's token; None where it is none (any more).

        Raises TooManyError.
        """
        signed_in = await asyncio.to_thread(self.sign_ins.enter, token)
        if signed_in is None and self._is_preset(token, address):
            signed_in = await asyncio.to_thread(self.sign_ins.begin)
        if signed_in is None:
            return None
        await self._note(THIS_COMPUTER, "signed in", f"from {address}")
        return self._signed(signed_in)

    async def sign_in(self, name: str, password: str, address: str) -> str | None:
        """A cookie for an operator's browser; None: name or password is wrong. Raises TooManyError."""
        attempt = (name, address)
        throttles = [(self._passwords, attempt), (self._addresses, address)]
        if attempt not in self._welcome:  # who was in from there is not kept out by others' guesses
            throttles.append((self._names, name))
        for throttle, key in throttles:
            _heard(throttle, key)
        if self._trying >= MOST_TRYING:
            raise TooManyError(5.0)
        for throttle, key in throttles:  # before it is known: many attempts at once are many attempts
            throttle.failed(key)
        self._trying += 1
        try:
            async with self._hashing:
                operator = await asyncio.to_thread(self.operators.verify, name, password)
        finally:
            self._trying -= 1
        if operator is None:
            log.warning("Somebody at %s gave a wrong name or password.", address)
            return None
        for throttle, key in throttles:
            throttle.succeeded(key)
        self._welcome[attempt] = None
        while len(self._welcome) > MOST_KNOWN:
            del self._welcome[next(iter(self._welcome))]
        token = await asyncio.to_thread(self.sign_ins.begin, operator.key)
        await self._note(operator.name, "signed in", f"from {address}")
        return self._signed(token)

    async def sign_out(self, cookie: str) -> None:
        """End a browser's sign-in."""
        token = self._unsigned(cookie)
        if token is not None:
            await asyncio.to_thread(self.sign_ins.end, token)
            self.forget()

    def forget(self) -> None:
        """What the database said is asked again: something was revoked."""
        self._known.clear()

    def _is_preset(self, token: str, address: str) -> bool:
        """Whether it is the operator's own token, which may be one that can be guessed: guessing gets slow.
        Raises TooManyError."""
        if self._preset is None:
            return False
        _heard(self._guesses, address)
        if secrets.compare_digest(token.encode(), self._preset.encode()):
            return True
        self._guesses.failed(address)
        return False

    def _signed(self, token: str) -> str:
        return str(self._signer.dumps(token))

    def _unsigned(self, cookie: str) -> str | None:
        try:
            token = self._signer.loads(cookie)
        except BadSignature:
            return None
        return token if isinstance(token, str) else None

    async def _note(self, who: str, action: str, what: str) -> None:
        await asyncio.to_thread(self.audit.note, who, action, what)

    async def _look(self, kind: str, token: str, look: Callable[[], Known | None]) -> Known | None:
        """What the database says of a token, believed for FRESH seconds; or what it said last, while it is
        away.
        """
        now = time.monotonic()
        until, known = self._known.get((kind, token), (0.0, None))
        if until > now:
            return known  # type: ignore[return-value]
        try:
            found = await asyncio.to_thread(look)
        except StoreError:
            if known is not None and now < until + STALE:
                return known  # type: ignore[return-value]
            raise
        if found is None:
            self._known.pop((kind, token), None)
        else:  # what is not known costs a look each time; it is no reason to remember it
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[kind, token] = (now + FRESH, found)
        return found


def _heard(throttle: Throttle, key: Hashable) -> None:
    """Raises TooManyError: the key has to wait."""
    left = throttle.left(key)
    if left > 0:
        raise TooManyError(left)
