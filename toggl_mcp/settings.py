"""Every setting, from the environment; flags override it."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from toggl_mcp.models.account import Access

_UNEXPANDED_VARIABLE = re.compile(r"\s*\$\{.*\}\s*")

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _to_upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _to_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """The settings of a server. Empty values, and `${…}` that a host did not expand, count as unset."""

    # The prefix keeps the fields' own names apart: `TOKEN` and `CACHE` belong to other programs.
    model_config = SettingsConfigDict(
        env_prefix="TOGGL_MCP_", validate_by_name=True, extra="ignore", str_strip_whitespace=True
    )

    token: SecretStr | None = Field(default=None, validation_alias="TOGGL_API_TOKEN")
    workspace_id: Annotated[int, Field(gt=0)] | None = Field(default=None, validation_alias="TOGGL_WORKSPACE_ID")
    api_url: str | None = Field(default=None, validation_alias="TOGGL_API_URL")
    cache: Path | None = Field(default=None, validation_alias="TOGGL_MCP_CACHE")
    """A file's path, or `memory`; None is a file in the user's cache folder."""
    cache_ttl: Annotated[float, Field(ge=0)] = Field(default=3600.0, validation_alias="TOGGL_MCP_CACHE_TTL")
    """Seconds for which a cached collection counts as fresh."""
    toolsets: str | None = Field(default=None, validation_alias="TOGGL_MCP_TOOLSETS")
    """Names of toolsets, separated by commas, or `all`; None means the default toolsets."""
    tools: str | None = Field(default=None, validation_alias="TOGGL_MCP_TOOLS")
    """Names of single tools, added to the toolsets, or alone if no toolsets are named."""
    exclude_tools: str | None = Field(default=None, validation_alias="TOGGL_MCP_EXCLUDE_TOOLS")
    """Names of tools to leave out; this overrides the other settings."""
    access: Annotated[Access, BeforeValidator(_to_lower)] = Field(default="full", validation_alias="TOGGL_MCP_ACCESS")
    read_only: bool = Field(default=False, validation_alias="TOGGL_MCP_READ_ONLY")
    log_level: Annotated[LogLevel, BeforeValidator(_to_upper)] = Field(
        default="WARNING", validation_alias="TOGGL_MCP_LOG_LEVEL"
    )
    sandbox: bool = False
    """Serve the embedded Toggl instead of the real one."""

    @property
    def effective_access(self) -> Access:
        """The access mode: `read_only` overrides `access`."""
        return "read" if self.read_only else self.access

    @model_validator(mode="before")
    @classmethod
    def _drop_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not _is_unset(value)}


def _is_unset(value: object) -> bool:
    return isinstance(value, str) and (not value.strip() or _UNEXPANDED_VARIABLE.fullmatch(value) is not None)
