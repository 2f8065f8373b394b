"""Every setting, from the environment; flags override it."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SecretStr,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from toggl_mcp.cache.redis.address import RedisAddress, is_redis_url, parse_redis_url
from toggl_mcp.models.account import Access

# What shells, hosts and templates replace, and what documentation has in its examples.
_PLACEHOLDER = re.compile(
    r"""
      \$[({[A-Za-z_] | \A\$\d(?=[/\\]|\Z)     # $HOME ${env:TOKEN} ${{ secrets.T }} $(cat f) $[variables.T] $1
    | %[A-Za-z_][\w()-]*% | %\(\w+\)s         # %USERPROFILE% %(HOME)s
    | \A%(~\w+|\w(?=[/\\]|\Z))                # %~dp0 %1, and systemd's %h
    | ![A-Za-z_]\w*! | ([@\#])[A-Z_]+\2       # !TOKEN! @TOKEN@ #TOKEN#
    | \{\{                                    # {{token}}
    | \{(?![\dA-Fa-f]{8}-)\s*\w[\w.:/~-]*\s*\}  # {env:TOKEN} { token } {0} #{token}, but no GUID of Windows
    | <[^<>]+> | `[^`]+`                      # <your token> `cat file`
    | \[[A-Za-z_ ]+(-[A-Za-z_ ]{2,})*\]       # [your-token]
    | __[A-Z][A-Z0-9_]*__                     # __TOKEN__
    """,
    re.VERBOSE,
)
# What a program writes for a variable that it does not have.
_NULL = re.compile(r"(?i:undefined|null|nil)|None")
# What is no token, address or path either, but may be a mistaken choice of what restricts.
_NO_VALUE = re.compile(r"none|@\w+@|#\w+#", re.IGNORECASE)
_RESTRICTIONS = frozenset(
    f"TOGGL_MCP_{name}" for name in ("TOOLSETS", "TOOLS", "EXCLUDE_TOOLS", "ACCESS", "READ_ONLY", "CONFIRM")
)
"""Variables that, unset, would enable more than somebody means: a placeholder there is a mistake."""
# A token of Toggl Track has the digits and letters of hexadecimal numbers: "key" and "x" are in none.
_TOKEN_EXAMPLE = re.compile(r"(?!toggl_sk_)(.*(\s|://|your|token|key|here|change.?me|x{4})|[x.…*_-]+$)", re.IGNORECASE)
_PERCENT_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_QUOTES = "\"'\u201c\u201d\u2018\u2019"
_TOKEN_FRAME = re.compile(r"(?:(?:Bearer|Basic)(?:\s+|$))?[\"']?(.*?)[\"']?(?::api_token)?", re.IGNORECASE)

Confirm = Literal["auto", "always"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _to_upper(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _to_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _parse_cache(value: object) -> object:
    if not isinstance(value, str | Path):
        return value
    if is_redis_url(str(value)):
        return parse_redis_url(str(value))
    return expand_home(Path(value))


def is_memory(cache: Path | RedisAddress | None) -> bool:
    """Tell whether a cache is the process's memory, and no path."""
    return str(cache).lower() in ("memory", ":memory:")


def expand_home(path: Path) -> Path:
    """Return a path with the home folder that it begins with.

    Raises:
        ValueError: There is no such folder.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        message = "it begins with a home folder that does not exist; give the whole path"
        raise ValueError(message) from error


class Settings(BaseSettings):
    """The settings of a server. Empty values, and placeholders that nothing replaced, count as unset."""

    # The prefix keeps the fields' own names apart: `TOKEN` and `CACHE` belong to other programs.
    model_config = SettingsConfigDict(
        env_prefix="TOGGL_MCP_",
        validate_by_name=True,
        extra="ignore",
        hide_input_in_errors=True,  # It may be a token, or a URL with a password.
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
        description="Workspace of calls that name none (time entries are read in all); else the account's default.",
    )
    api_url: str | None = Field(
        default=None,
        validation_alias="TOGGL_API_URL",
        description="Base URL of the API, if it is not Toggl's: https, or http on this machine.",
    )
    cache: Annotated[Path | RedisAddress | None, BeforeValidator(_parse_cache)] = Field(
        default=None,
        validation_alias="TOGGL_MCP_CACHE",
        description="Path of the cache file, `memory`, or the URL of a Redis or Valkey server that several machines "
        "share; else a file in your cache folder.",
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
        "team, undo, account, or all; else all but tasks and team.",
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
    confirm: Annotated[Confirm, BeforeValidator(_to_lower)] = Field(
        default="auto",
        validation_alias="TOGGL_MCP_CONFIRM",
        description="`auto` (a deletion asks you first where the host can), or `always` (where it cannot, nothing is "
        "deleted).",
    )
    log_level: Annotated[LogLevel, BeforeValidator(_to_upper)] = Field(
        default="WARNING",
        validation_alias="TOGGL_MCP_LOG_LEVEL",
        description="DEBUG, INFO, WARNING or ERROR; the log goes to standard error.",
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_to_lower)] = Field(
        default="text",
        validation_alias="TOGGL_MCP_LOG_FORMAT",
        description="`text`, or `json`: an object a line.",
    )
    audit: bool = Field(
        default=False,
        validation_alias="TOGGL_MCP_AUDIT",
        description="Log a line for each change at Toggl, whatever the log level is; by HTTP that is the default.",
    )
    sandbox: bool = Field(default=False, description="Serve an embedded Toggl with sample data; no account needed.")

    @property
    def effective_access(self) -> Access:
        """The access mode: `read_only` overrides `access`."""
        return "read" if self.read_only else self.access

    _placeholders: tuple[str, ...] = PrivateAttr(default=())

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The variables that count as unset because they hold a placeholder, such as `${HOME}`."""
        return self._placeholders

    @model_validator(mode="wrap")
    @classmethod
    def _drop_unset(cls, values: dict[str, Any], validate: ModelWrapValidatorHandler[Self]) -> Self:
        cleaned = {name: _clean(name, value) for name, value in values.items()}
        placeholders = {name for name, value in cleaned.items() if _is_placeholder(name, value)}
        settings = validate(
            {name: value for name, value in cleaned.items() if value != "" and name not in placeholders}
        )
        settings._placeholders = tuple(sorted(variable_name(name) for name in placeholders))  # noqa: SLF001 - its own
        return settings


def variable_name(name: str, settings_class: type[Settings] = Settings) -> str:
    """Return the environment variable of a setting, given its field or the variable itself."""
    field = settings_class.model_fields.get(name)
    return name if field is None else str(field.validation_alias or f"TOGGL_MCP_{name.upper()}")


def describe_placeholder(variable: str) -> str:
    """Return what is wrong with a variable that holds a placeholder, and what to do."""
    return f"{variable} holds a placeholder that nothing replaced, so it counts as unset. Put the value itself there."


def describe_setting(field: FieldInfo) -> str:
    """Return the meaning of a setting, and its default where it has one, for `--help` and the documentation."""
    default = f"{field.default:g}" if isinstance(field.default, float) else field.default
    return f"{field.description}{f' Default: {default}.' if default else ''}"


def _clean(name: str, value: object) -> object:
    """Return a text without the quotes that a file of variables leaves around it, and a token without its header."""
    if not isinstance(value, str):
        return value
    text = value.strip().strip(_QUOTES).strip()
    frame = _TOKEN_FRAME.fullmatch(text) if _is_token(name) else None
    return frame[1] if frame else text


def _is_placeholder(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    if variable_name(name) in _RESTRICTIONS:
        return _NULL.fullmatch(value) is not None
    # In a URL, what follows a percent sign may be a character: %C3%A4 is no variable of Windows.
    text = _PERCENT_ENCODED.sub("", value) if is_redis_url(value) else value
    is_example = _is_token(name) and _TOKEN_EXAMPLE.match(value)
    return bool(_PLACEHOLDER.search(text) or _NULL.fullmatch(text) or _NO_VALUE.fullmatch(text) or is_example)


def _is_token(name: str) -> bool:
    return variable_name(name) == "TOGGL_API_TOKEN"
