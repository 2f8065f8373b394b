"""Every setting, from the environment; flags override it."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
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

    token: SecretStr | None = Field(
        default=None,
        validation_alias="TOGGL_API_TOKEN",
        description="Your API token, from the end of https://track.toggl.com/profile. "
        "Without one the server starts and explains on the first call.",
    )
    workspace_id: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        validation_alias="TOGGL_WORKSPACE_ID",
        description="Workspace of calls that name none, lists and edits included; else the account's default.",
    )
    api_url: str | None = Field(
        default=None,
        validation_alias="TOGGL_API_URL",
        description="Base URL of the API, if it is not Toggl's: https, or http on this machine.",
    )
    cache: Path | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_CACHE",
        description="Path of the cache file, or `memory`; else a file in your cache folder.",
    )
    cache_ttl: Annotated[float, Field(ge=0)] = Field(
        default=3600.0,
        validation_alias="TOGGL_MCP_CACHE_TTL",
        description="Seconds for which cached lists are fresh; time entries are for at most 120.",
    )
    toolsets: str | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_TOOLSETS",
        description="Toolsets to enable, separated by commas: time_entries, reports, clients, projects, tags, tasks, "
        "account, or all; else all but tasks.",
    )
    tools: str | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_TOOLS",
        description="Single tools to enable besides the toolsets; if no toolsets are given, only these.",
    )
    exclude_tools: str | None = Field(
        default=None,
        validation_alias="TOGGL_MCP_EXCLUDE_TOOLS",
        description="Tools to disable, whatever the other settings enable.",
    )
    access: Annotated[Access, BeforeValidator(_to_lower)] = Field(
        default="full",
        validation_alias="TOGGL_MCP_ACCESS",
        description="`read`, `time-tracking` (deletes and archives nothing but time entries), or `full`.",
    )
    read_only: bool = Field(
        default=False,
        validation_alias="TOGGL_MCP_READ_ONLY",
        description="Disable every tool that changes anything, whatever `access` says.",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_to_upper)] = Field(
        default="WARNING",
        validation_alias="TOGGL_MCP_LOG_LEVEL",
        description="DEBUG, INFO, WARNING or ERROR; the log goes to standard error.",
    )
    sandbox: bool = Field(default=False, description="Serve an embedded Toggl with sample data; no account needed.")

    @property
    def effective_access(self) -> Access:
        """The access mode: `read_only` overrides `access`."""
        return "read" if self.read_only else self.access

    @model_validator(mode="before")
    @classmethod
    def _drop_unset(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if not _is_unset(value)}


def describe_setting(field: FieldInfo) -> str:
    """Return the meaning of a setting, and its default where it has one, for `--help` and the documentation."""
    default = f"{field.default:g}" if isinstance(field.default, float) else field.default
    return f"{field.description}{f' Default: {default}.' if default else ''}"


def _is_unset(value: object) -> bool:
    return isinstance(value, str) and (not value.strip() or _UNEXPANDED_VARIABLE.fullmatch(value) is not None)
