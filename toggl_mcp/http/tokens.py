"""The command `toggl-mcp tokens`: the operator's hand in the vault."""

import getpass
import sys
from collections.abc import Callable, Sequence

from pydantic import SecretStr

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.http.vault import Vault, new_key
from toggl_mcp.server import require_token

USAGE = "Say `toggl-mcp tokens` and add SUBJECT, remove SUBJECT, list, new-key or encrypt-again."


def edit_tokens(settings: HttpSettings, words: Sequence[str], write: Callable[[str], object]) -> None:
    """Do what the words of the command say, and write what was done, a line each; a token is never written.

    Raises:
        InvalidArguments: The words, the vault, its keys or the token cannot be used.
        BadToken, NoToken: The token is one of another Toggl product, or none.
    """
    match words:
        case ["new-key"]:
            write(new_key())
        case ["list"]:
            for subject in _open_vault(settings).list_subjects():
                write(subject)
        case ["add", subject]:
            token = require_token(settings.model_copy(update={"token": _read_token()}))
            _open_vault(settings).add(subject, token)
            write(f"{subject} has a Toggl token now. Servers that run know it already.")
        case ["remove", subject]:
            is_removed = _open_vault(settings).remove(subject)
            write(f"{subject} has no Toggl token {'any more' if is_removed else 'here: see toggl-mcp tokens list'}.")
        case ["encrypt-again"]:
            count = _open_vault(settings).encrypt_again()
            write(f"{count} tokens are encrypted by the first key. Remove the others when every server has it.")
        case _:
            raise InvalidArguments(USAGE)


def _open_vault(settings: HttpSettings) -> Vault:
    if settings.vault is None or not settings.keys:
        message = "Set TOGGL_MCP_HTTP_VAULT to the vault's path, and TOGGL_MCP_HTTP_SECRET_KEYS to its keys."
        raise InvalidArguments(message)
    return Vault(settings.vault, settings.keys)


def _read_token() -> SecretStr:
    """Return a token from the terminal, unseen, or from standard input: every user can read the words of a command."""
    is_terminal = sys.stdin.isatty()
    return SecretStr((getpass.getpass("Toggl API token: ") if is_terminal else sys.stdin.readline()).strip())
