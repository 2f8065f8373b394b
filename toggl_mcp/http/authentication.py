"""Three ways in: who calls, what the caller may change, and whose Toggl token answers."""

import hashlib
import logging
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol, cast

import jwt
from mcp.server.auth.provider import AccessToken, TokenVerifier
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.authentication import AuthenticationError

from toggl_mcp.errors import NoToken, Unreachable
from toggl_mcp.http.issuer_keys import IssuerKeys
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.http.vault import Vault
from toggl_mcp.http.watched_file import WatchedFile
from toggl_mcp.models.account import Access
from toggl_mcp.models.clock import Clock
from toggl_mcp.server import require_token

_log = logging.getLogger(__name__)

SCOPES: Mapping[str, Access] = {"toggl:read": "read", "toggl:time-tracking": "time-tracking", "toggl:full": "full"}
"""The scopes of a token, and the access mode of each, the lowest first."""
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""How a JWT may be signed: by a private key. A shared secret, or no signature, proves nothing of the issuer."""
LEEWAY_SECONDS = 30.0
"""Seconds by which the issuer's clock may differ."""
_TOGGL_TOKEN = re.compile(r"[0-9a-fA-F]{32}")


class Authentication(TokenVerifier, Protocol):
    """One way in."""

    def find_toggl_token(self, caller: AccessToken) -> str:
        """Return the Toggl token that answers a caller.

        Raises:
            NoToken: There is none.
        """
        ...


def open_authentication(settings: HttpSettings, clock: Clock) -> Authentication | None:
    """Return the configured way in; None lets everybody call who reaches the server.

    Raises:
        InvalidArguments: One of its files cannot be read, or a key is none.
    """
    if settings.tokens is not None:
        return OperatorTokens(settings)
    if settings.bring_your_own_token:
        return OwnTokens()
    if settings.oauth_issuer is not None:
        return OAuthTokens(settings, clock)
    return None


def list_modes(limit: Access) -> list[Access]:
    """Return the access modes up to one, the lowest first."""
    modes: list[Access] = [*SCOPES.values()]
    return modes[: modes.index(limit) + 1]


def find_access(scopes: Iterable[str], limit: Access) -> Access | None:
    """Return the highest access mode that these scopes give, up to that of the server; None if they give none."""
    granted = {mode for scope in scopes if scope in SCOPES for mode in list_modes(SCOPES[scope])}
    return next((mode for mode in reversed(list_modes(limit)) if mode in granted), None)


class _OperatorToken(BaseModel):
    """A token of the operator's file: only its digest is there."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    access: Access = "read"


class _OperatorFile(BaseModel):
    """The operator's file."""

    model_config = ConfigDict(extra="forbid")

    tokens: list[_OperatorToken]


class OperatorTokens:
    """Bearer tokens that the operator gives out, all for one account; the file is read again when it changes."""

    def __init__(self, settings: HttpSettings) -> None:
        assert settings.tokens is not None  # noqa: S101 - `open_authentication` has looked
        self._file = WatchedFile(settings.tokens, _parse_operator_tokens)
        self._settings = settings

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the caller of a bearer token; None if the file has no such token."""
        entry = self._file.read().get(hashlib.sha256(token.encode()).hexdigest())
        if entry is None:
            return None
        return AccessToken(token="", client_id=entry.name, subject=entry.name, scopes=[f"toggl:{entry.access}"])

    def find_toggl_token(self, caller: AccessToken) -> str:  # noqa: ARG002 - one account for all
        """Return the token of the one account.

        Raises:
            NoToken, BadToken: The settings have none.
        """
        return require_token(self._settings)


class OwnTokens:
    """Toggl tokens of the callers themselves; Toggl says whether one is right."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the caller of a Toggl token; None for a text that cannot be one."""
        if _TOGGL_TOKEN.fullmatch(token) is None:
            return None
        # The state of a form is bound to the client's id, which must not be the token itself.
        digest = hashlib.blake2b(token.lower().encode(), digest_size=16, person=b"toggl-mcp-caller").hexdigest()
        return AccessToken(token=token.lower(), client_id=digest, subject=digest, scopes=["toggl:full"])

    def find_toggl_token(self, caller: AccessToken) -> str:
        """Return the caller's own token."""
        return caller.token


class OAuthTokens:
    """JWTs of one issuer, for this server alone; each subject has a Toggl token in the vault."""

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        assert settings.vault is not None  # noqa: S101 - `require_complete` has looked
        self._vault = Vault(settings.vault, settings.keys)
        self._issuer = settings.oauth_issuer
        self._audience = settings.public_url
        self._keys = IssuerKeys(settings.oauth_jwks_url or "", clock)

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return the caller of a JWT; None if anything of it is wrong.

        Raises:
            AuthenticationError: Nothing can be said of it, as the issuer's keys cannot be fetched.
        """
        try:
            claims = await self._decode(token)
        except Unreachable as error:
            raise AuthenticationError(str(error)) from error
        except (
            jwt.PyJWTError,
            ArithmeticError,
            RecursionError,
            ValueError,
        ) as error:  # PyJWT lets some of them through.
            _log.info("A token was refused: %r", error)
            return None
        client_id = claims.get("client_id") or claims.get("azp") or claims["sub"]
        return AccessToken(
            token="",
            client_id=str(client_id),
            scopes=_list_scopes(claims),
            expires_at=int(claims["exp"]),
            subject=claims["sub"],
            claims={"iss": claims["iss"]},
        )

    def find_toggl_token(self, caller: AccessToken) -> str:
        """Return the Toggl token of the caller's subject.

        Raises:
            NoToken: The vault has none for it.
        """
        token = self._vault.get(caller.subject or "")
        if token is None:
            message = (
                "This server has no Toggl token for you. Ask its operator to add it: toggl-mcp tokens add SUBJECT, "
                "with the subject of your account at the identity provider."
            )
            raise NoToken(message)
        return token

    async def _decode(self, token: str) -> dict[str, Any]:
        """Return the claims of a JWT whose signature and claims are right."""
        key_id = jwt.get_unverified_header(token).get("kid")
        key = await self._keys.find_key(key_id) if isinstance(key_id, str) else None
        if key is None:
            message = "it is signed by no key of the issuer"
            raise jwt.InvalidTokenError(message)
        return jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )


def _list_scopes(claims: Mapping[str, Any]) -> list[str]:
    """Return the scopes of a JWT: RFC 9068 has one text, others a list."""
    scopes = claims.get("scope", claims.get("scp", ""))
    if isinstance(scopes, str):
        return scopes.split()
    return [str(scope) for scope in cast("list[object]", scopes)] if isinstance(scopes, list) else []


def _parse_operator_tokens(text: str) -> dict[str, _OperatorToken]:
    try:
        entries = _OperatorFile.model_validate(tomllib.loads(text)).tokens
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False)[0]
        message = f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}"
        raise ValueError(message) from error
    return {entry.sha256: entry for entry in entries}
