"""The settings of `toggl-mcp http`, besides those of every server."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.settings import Settings, expand_home

Way = Literal["tokens", "bring_your_own_token", "oauth"]
"""How callers authenticate: by a token of the operator's, by their own Toggl token, or by a JWT of an issuer."""


def _require_safe_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        is_safe = is_safe and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_safe = False
    if not is_safe or set("?#@ ") & set(url):
        message = "it has to be an https address without user, query and fragment; http is for this machine only"
        raise ValueError(message)
    return url


def _require_path(path: str) -> str:
    if not path.startswith("/") or set("?#{} ") & set(path) or (path.endswith("/") and path != "/"):
        message = "it has to begin with a slash and not to end with one, such as /mcp"
        raise ValueError(message)
    return path


SafeUrl = Annotated[str, AfterValidator(_require_safe_url)]
HomePath = Annotated[Path, AfterValidator(expand_home)]


class HttpSettings(Settings):
    """The settings of a server that is reached by HTTP."""

    host: str = Field(
        default="127.0.0.1",
        validation_alias="TOGGL_MCP_HTTP_HOST",
        description="Address to listen at; any but this machine's own needs one of the three ways to authenticate.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000,
        validation_alias="TOGGL_MCP_HTTP_PORT",
        description="Port to listen at; 0 takes a free one, which the log names.",
    )
    path: Annotated[str, AfterValidator(_require_path)] = Field(
        default="/mcp",
        validation_alias="TOGGL_MCP_HTTP_PATH",
        description="Path of the MCP endpoint.",
    )
    public_url: SafeUrl | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_PUBLIC_URL",
        description="Address of the endpoint as clients know it, such as https://toggl.example/mcp: the Host header "
        "that is accepted, and the audience of OAuth tokens.",
    )
    allowed_origins: str | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_ALLOWED_ORIGINS",
        description="Origins of browsers that may call besides the server's own, separated by commas.",
    )
    tokens: HomePath | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_TOKENS",
        description="First way: a TOML file of bearer tokens and their access, all for the account of TOGGL_API_TOKEN.",
    )
    bring_your_own_token: bool = Field(
        default=False,
        validation_alias="TOGGL_MCP_HTTP_BRING_YOUR_OWN_TOKEN",
        description="Second way: each caller's bearer token is a Toggl API token.",
    )
    oauth_issuer: SafeUrl | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_OAUTH_ISSUER",
        description="Third way: the issuer of the callers' OAuth tokens (JWTs), as it stands in them.",
    )
    oauth_jwks_url: SafeUrl | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_OAUTH_JWKS_URL",
        description="With OAuth: where the issuer publishes its signing keys.",
    )
    vault: HomePath | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_VAULT",
        description="With OAuth: the file of each subject's Toggl token, encrypted; `toggl-mcp tokens` edits it.",
    )
    secret_keys: SecretStr | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_HTTP_SECRET_KEYS",
        description="Keys of `toggl-mcp tokens new-key`, separated by commas: the first encrypts, all decrypt. "
        "Replicas share them.",
    )
    audit: bool = Field(
        default=True,
        validation_alias="TOGGL_MCP_AUDIT",
        description="Log a line for each change at Toggl, whatever the log level is.",
    )
    max_calls: Annotated[int, Field(gt=0)] = Field(
        default=100,
        validation_alias="TOGGL_MCP_HTTP_MAX_CALLS",
        description="Requests in progress at a time, a quarter of them at most of one caller; more get 503.",
    )

    @property
    def way(self) -> Way | None:
        """How callers authenticate; None lets every process of this machine call."""
        return (
            "tokens"
            if self.tokens is not None
            else "bring_your_own_token"
            if self.bring_your_own_token
            else "oauth"
            if self.oauth_issuer is not None
            else None
        )

    @property
    def origins(self) -> list[str]:
        """The origins of browsers that may call."""
        return [origin.strip() for origin in (self.allowed_origins or "").split(",") if origin.strip()]

    @property
    def keys(self) -> list[str]:
        """The secret keys, the one that encrypts first."""
        text = self.secret_keys.get_secret_value() if self.secret_keys else ""
        return [key.strip() for key in text.split(",") if key.strip()]

    def require_complete(self) -> None:
        """Check what one setting requires of others.

        Raises:
            InvalidArguments: There are several ways to authenticate, or none beyond this machine, or half of one.
        """
        ways = (self.tokens is not None, self.bring_your_own_token, self.oauth_issuer is not None)
        if sum(ways) > 1:
            message = "Choose one way to authenticate: --tokens, --bring-your-own-token or --oauth-issuer."
            raise InvalidArguments(message)
        if not any(ways) and not is_loopback(self.host):
            message = (
                f"{self.host} can be reached by others. Choose how callers authenticate (--tokens, "
                "--bring-your-own-token or --oauth-issuer), or listen at 127.0.0.1."
            )
            raise InvalidArguments(message)
        if not is_loopback(self.host) and self.public_url is None:
            message = "Set --public-url to the address that clients use, such as https://toggl.example/mcp."
            raise InvalidArguments(message)
        if self.way == "oauth" and not (self.public_url and self.oauth_jwks_url and self.vault and self.keys):
            message = "OAuth needs --public-url, --oauth-jwks-url, --vault and TOGGL_MCP_HTTP_SECRET_KEYS as well."
            raise InvalidArguments(message)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
