"""The vault: each subject's Toggl token, encrypted in a file that replicas may share."""

import json
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import BaseModel, ConfigDict, ValidationError

from toggl_mcp.cache.sqlite.files import lock_exclusively
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http.watched_file import WatchedFile

LOCK_SECONDS = 5.0
"""Seconds to wait for another command that edits the vault."""


class _Content(BaseModel):
    """What the file holds: a text for each subject, which only the keys open."""

    model_config = ConfigDict(extra="forbid")

    tokens: dict[str, str] = {}


class Vault:
    """Keeps Toggl tokens by subject; a token is bound to its subject, so that two cannot be exchanged in the file.

    Args:
        path: The file; it need not exist yet.
        keys: Keys of `new_key`: the first encrypts, all decrypt.

    Raises:
        InvalidArguments: There is no key, one is none of `new_key`, or the file cannot be read.
    """

    def __init__(self, path: Path, keys: Sequence[str]) -> None:
        try:
            self._cipher = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            message = "TOGGL_MCP_HTTP_SECRET_KEYS has to hold keys of `toggl-mcp tokens new-key`, separated by commas."
            raise InvalidArguments(message) from error
        self._path = path
        self._file = WatchedFile(path, _parse) if path.exists() else None

    def list_subjects(self) -> list[str]:
        """Return every subject that has a token."""
        return sorted(self._read())

    def get(self, subject: str) -> str | None:
        """Return a subject's Toggl token; None if there is none that the keys open."""
        text = self._read().get(subject)
        if text is None:
            return None
        try:
            owner, token = json.loads(self._cipher.decrypt(text))
        except InvalidToken:
            return None
        return str(token) if owner == subject else None

    def add(self, subject: str, token: str) -> None:
        """Keep a subject's Toggl token, in place of a former one."""
        with self._edit() as tokens:
            tokens[subject] = self._cipher.encrypt(json.dumps([subject, token]).encode()).decode()

    def remove(self, subject: str) -> bool:
        """Remove a subject's token, and return whether there was one."""
        with self._edit() as tokens:
            return tokens.pop(subject, None) is not None

    def encrypt_again(self) -> int:
        """Encrypt every token by the first key, and return how many there are: the other keys may go then.

        Raises:
            InvalidArguments: No key opens one of them; nothing is changed.
        """
        with self._edit() as tokens:
            try:
                tokens.update({subject: self._cipher.rotate(text).decode() for subject, text in tokens.items()})
            except InvalidToken as error:
                message = "No key opens one of the tokens. Add its key to TOGGL_MCP_HTTP_SECRET_KEYS."
                raise InvalidArguments(message) from error
            return len(tokens)

    def _read(self) -> Mapping[str, str]:
        if self._file is None and self._path.exists():
            self._file = WatchedFile(self._path, _parse)
        return {} if self._file is None else self._file.read().tokens

    @contextmanager
    def _edit(self) -> Generator[dict[str, str]]:
        """Let the tokens be edited, by one process at a time, and store all of them or none."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock_exclusively(self._path, LOCK_SECONDS):
            tokens = dict(self._read())
            yield tokens
            with NamedTemporaryFile("w", encoding="utf-8", dir=self._path.parent, delete=False) as file:
                try:
                    file.write(_Content(tokens=tokens).model_dump_json(indent=1))
                    file.flush()
                    os.fsync(file.fileno())
                    Path(file.name).replace(self._path)
                except BaseException:
                    Path(file.name).unlink(missing_ok=True)
                    raise


def new_key() -> str:
    """Return a new key."""
    return Fernet.generate_key().decode()


def _parse(text: str) -> _Content:
    try:
        return _Content.model_validate_json(text)
    except ValidationError as error:
        message = "it is no vault of toggl-mcp"
        raise ValueError(message) from error
