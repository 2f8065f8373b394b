"""The address of a Redis or Valkey server, as a URL in the settings has it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_PORT = 6379
DEFAULT_PREFIX = "toggl-mcp:"
FILE_PARAMETERS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
PARAMETERS = ("prefix", *FILE_PARAMETERS)
URL_HINT = "write redis://user:password@host:6379/0, or rediss:// for TLS"


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """A server, who logs in there, and the prefix of this program's keys; its text has no password."""

    host: str
    port: int = DEFAULT_PORT
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    uses_tls: bool = False
    prefix: str = DEFAULT_PREFIX
    tls_files: tuple[tuple[str, Path], ...] = ()
    """The files of the authority's and the own certificate and key, by parameter, where the system's do not do."""

    def __str__(self) -> str:
        """Return the host, the port and the database."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}, database {self.database}"


def is_redis_url(text: str) -> bool:
    """Return whether a text is the URL of a server rather than the path of a file."""
    return text.lower().startswith(("redis:", "rediss:"))


def parse_redis_url(url: str) -> RedisAddress:
    """Return the address of redis://[[user]:password@]host[:port][/database][?prefix=…&ssl_…=…].

    Raises:
        ValueError: It is not such a URL; the message repeats none of it.
    """
    _require("#" not in url, "it has a #; write %23 where one belongs to the password")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # Its own message repeats a part of the URL, which may be the password.
        message = f"its host or port cannot be read; {URL_HINT}"
        raise ValueError(message) from None
    if not host:
        message = f"its host is missing; {URL_HINT}"
        raise ValueError(message)
    database = parts.path.strip("/") or "0"
    _require(database.isdecimal(), "what follows the host is not the number of a database")
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    _require(parameters.keys() <= set(PARAMETERS), f"of parameters there are only {', '.join(PARAMETERS)}")
    _require(parts.scheme == "rediss" or parameters.keys() <= {"prefix"}, "certificates need rediss://")
    return RedisAddress(
        host,
        port or DEFAULT_PORT,
        int(database),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        parts.scheme == "rediss",
        parameters.get("prefix", DEFAULT_PREFIX),
        tuple((name, Path(parameters[name])) for name in FILE_PARAMETERS if name in parameters),
    )


def _require(is_valid: bool, problem: str) -> None:  # noqa: FBT001 - read as a sentence
    if not is_valid:
        message = f"{problem}; {URL_HINT}"
        raise ValueError(message)
