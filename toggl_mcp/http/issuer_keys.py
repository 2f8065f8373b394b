"""The issuer's signing keys: fetched again when they are old, or when a token names another one."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import anyio
import jwt
from pydantic import BaseModel, ValidationError

from toggl_mcp.api.fetch import fetch
from toggl_mcp.errors import TogglError, Unreachable
from toggl_mcp.models.clock import Clock

_log = logging.getLogger(__name__)

KEY_TTL_SECONDS = 300.0
"""Seconds after which keys are fetched again."""
MAX_KEY_AGE_SECONDS = 3600.0
"""Seconds for which keys count while no newer ones can be fetched."""
COOL_DOWN_SECONDS = 10.0
"""Seconds between two fetches: everybody can send a token that names an unknown key."""
FETCH_SECONDS = 5.0
"""Seconds to wait for the keys."""
MAX_KEYS_BYTES = 1 << 20


class _KeySet(BaseModel):
    """What the issuer publishes (RFC 7517)."""

    keys: list[dict[str, Any]]


class IssuerKeys:
    """Finds the signing keys of an issuer; who has a key that was fetched before never waits for a fetch of others.

    Args:
        url: Where the issuer publishes them.
        clock: What their age is measured by.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._lock = anyio.Lock()
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = self._requested_at = -math.inf

    async def find_key(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key of an id; None if the issuer has none.

        Raises:
            Unreachable: The keys cannot be fetched, and no former ones count.
        """
        age = self._clock() - self._fetched_at
        if age > MAX_KEY_AGE_SECONDS:
            self._keys = {}
        key = self._keys.get(key_id)
        if key is not None and (age < KEY_TTL_SECONDS or self._lock.locked()):
            return key
        async with self._lock:
            if self._clock() - self._requested_at >= COOL_DOWN_SECONDS:
                await self._fetch()
        key = self._keys.get(key_id)
        if key is None and self._fetched_at < self._requested_at:
            message = "The keys of the issuer cannot be fetched. Try again in a few seconds."
            raise Unreachable(message)
        return key

    async def _fetch(self) -> None:
        """Fetch the keys; the former ones stay where that fails."""
        self._requested_at = self._clock()
        try:
            self._keys = _parse_keys(await fetch(self._url, max_bytes=MAX_KEYS_BYTES, seconds=FETCH_SECONDS))
        except TogglError as error:
            _log.error("The issuer's keys cannot be fetched: %s Look at --oauth-jwks-url.", error)
        else:
            self._fetched_at = self._requested_at


def _parse_keys(content: bytes) -> Mapping[str, jwt.PyJWK]:
    """Return the keys of a document by their ids; those that sign nothing, or that cannot be read, are left out.

    Raises:
        Unreachable: There is none.
    """
    try:
        rows = _KeySet.model_validate_json(content).keys
    except ValidationError:
        rows = []
    keys: dict[str, jwt.PyJWK] = {}
    for row in rows:
        try:
            key = jwt.PyJWK(row)
        except (jwt.PyJWTError, LookupError, TypeError, ValueError):
            continue  # Issuers publish keys for other purposes, too.
        if key.key_id and key.public_key_use in ("sig", None):
            keys[key.key_id] = key
    if not keys:
        message = "The document has no key that signs."
        raise Unreachable(message)
    return keys
