"""A host's configuration file: read, backed up, and replaced as a whole or not at all."""

import os
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple, Self

from toggl_mcp.errors import InvalidArguments

_BACKUP_SUFFIX = ".before-toggl-mcp"
_PRIVATE, _OTHERS = 0o600, 0o077


class Configuration(NamedTuple):
    """A configuration file as it was read; `text` is None if there is no file."""

    path: Path
    target: Path
    text: str | None
    mode: int

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file, through links.

        Raises:
            InvalidArguments: It cannot be read, or must not be edited.
        """
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            message = "it is a link that leads back to itself, and was left as it is. Remove it and try again."
            raise InvalidArguments(message)
        try:
            status = target.stat()
            if not stat.S_ISREG(status.st_mode):  # A read of a pipe waits for its writer.
                message = "it is no regular file, and was left as it is. Move it away and try again."
                raise InvalidArguments(message)
            content = target.read_bytes()
        except FileNotFoundError:
            return cls(path, target, None, _PRIVATE)
        except OSError as error:
            message = f"it cannot be read ({error.strerror}). Correct that and try again."
            raise InvalidArguments(message) from error
        if not status.st_mode & stat.S_IWUSR:
            message = "it is read-only, and was left as it is. Make it writable (`chmod u+w`) and try again."
            raise InvalidArguments(message)
        # Windows has other rights than modes, and shows 0666 for a file that its owner alone can read.
        mode = stat.S_IMODE(status.st_mode) if os.name == "posix" else _PRIVATE
        try:
            return cls(path, target, content.decode(), mode)
        except UnicodeDecodeError as error:
            message = "it is not UTF-8, and was left as it is. Save it as UTF-8 and try again."
            raise InvalidArguments(message) from error

    @property
    def backup(self) -> Path:
        """Where the file is kept as it was before this server was added."""
        return self.target.with_name(self.target.name + _BACKUP_SUFFIX)

    @property
    def is_shared(self) -> bool:
        """Whether others than its owner can read or write it."""
        return bool(self.mode & _OTHERS)

    def read_backup(self) -> str | None:
        """Return the text of the backup, or None if there is none."""
        try:
            return self.backup.read_bytes().decode()
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def write_backup(self) -> None:
        """Keep the file as it was read beside itself, with its mode."""
        if self.text is not None:
            self._put(self.backup, self.text, self.mode)

    def write(self, text: str, *, is_private: bool) -> None:
        """Replace the file by a text, which only its owner can read if it is private."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self._put(self.target, text, self.mode & _PRIVATE if is_private else self.mode)

    def restore_backup(self) -> None:
        """Put the backup in the file's place."""
        self._refuse_changed()
        self.backup.replace(self.target)

    def remove(self) -> None:
        """Remove the file."""
        self._refuse_changed()
        self.target.unlink()

    def _put(self, file: Path, text: str, mode: int) -> None:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(text.encode())
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(mode)
            self._refuse_changed()
            temporary.replace(file)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _refuse_changed(self) -> None:
        """Refuse to go on if the file is not as it was read: its host may be writing it."""
        try:
            current = self.target.read_bytes()
        except FileNotFoundError:
            current = None
        if current != (None if self.text is None else self.text.encode()):
            message = "it was changed meanwhile, and was left as it is. Close the host and try again."
            raise InvalidArguments(message)
