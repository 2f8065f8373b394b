"""What becomes of a host's configuration, decided before anything is written."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.install.document import Item, Place, UneditableDocument
from toggl_mcp.install.files import Configuration
from toggl_mcp.install.hosts import NAME, TOKEN_VARIABLE, Host
from toggl_mcp.install.server_command import ServerCommand, is_this_server

_TOKEN_PAGE = "https://track.toggl.com/profile"  # noqa: S105 - where one is


class Request(NamedTuple):
    """What to install where: the hosts, the server's command and options, and the token."""

    hosts: Sequence[Host]
    server: ServerCommand
    options: Sequence[str] = ()
    token: str | None = None
    is_sandbox: bool = False
    is_dry_run: bool = False
    is_uninstall: bool = False
    has_token_in_file: bool = False


class Change(NamedTuple):
    """What a configuration becomes: its text, or None where it is removed, and what to say of that."""

    text: str | None
    summary: str
    notes: Sequence[str] = ()
    items: Sequence[Item] = ()
    """What this server has in the text before and after."""
    is_private: bool = False
    """Whether there is a token among it."""
    has_backup: bool = False
    is_restored: bool = False


class _Token(NamedTuple):
    """The fields by which a server gets its token, and what to say of that."""

    fields: Item
    notes: Sequence[str] = ()


def plan_change(host: Host, request: Request, configuration: Configuration) -> Change:
    """Return what becomes of a configuration.

    Raises:
        InvalidArguments: It cannot be edited, or lacks what the host needs; the message says what to do.
    """
    try:
        change = _plan(host, request, configuration)
        (change.text or "").encode()  # Before a file is written: a command line may hold bytes that are no UTF-8.
    except RecursionError as error:
        message = "it is nested too deeply, and was left as it is. Add the server by hand, as docs/install.md says."
        raise InvalidArguments(message) from error
    except UnicodeEncodeError as error:
        message = "half of a character, or a byte that is no UTF-8, would be in it. Give paths and values without it."
        raise InvalidArguments(message) from error
    except UneditableDocument as error:
        message = f"it cannot be edited ({error}), and was left as it is. Correct that and try again."
        raise InvalidArguments(message) from error
    return change


def _plan(host: Host, request: Request, configuration: Configuration) -> Change:
    item = host.document.find_item(configuration.text or "", host.place)
    if item is not None and not is_this_server(item):
        message = f'it has another server named "{NAME}", and was left as it is. Rename or remove that and try again.'
        raise InvalidArguments(message)
    if request.is_uninstall:
        return _plan_removal(host, configuration, item)
    return _plan_entry(host, request, configuration, item)


def _plan_entry(host: Host, request: Request, configuration: Configuration, item: Item | None) -> Change:
    token = _choose_token(host, request, item)
    entry = build_entry(host, request.server, request.options, token.fields)
    if item is not None:
        entry = _merge(item, entry)
    text = configuration.text or ""
    inputs: Mapping[Place, Item] = _find_missing_inputs(host, text, item) if token.fields == host.token else {}
    new_text = _put(host, text, entry, inputs)
    secrets = _find_secrets(entry)
    if new_text == configuration.text and not (secrets and configuration.is_shared):
        return Change(new_text, "nothing to do: it has this server already.")
    has_backup = item is None and configuration.text is not None
    backup = f" The file as it was is kept as {configuration.backup.name}." if has_backup else ""
    notes = [*token.notes, *_describe_readers(configuration, secrets)]
    summary = f"{'added' if item is None else 'updated'}.{backup} Restart {host.title}."
    items = (entry, item or {}, *host.inputs.values())
    return Change(new_text, summary, notes, items, is_private=bool(secrets), has_backup=has_backup)


def _plan_removal(host: Host, configuration: Configuration, item: Item | None) -> Change:
    text = configuration.text
    if text is None or item is None:
        return Change(text, "nothing to do: it does not have this server.")
    inputs = _find_own_inputs(host, text, item)
    items = (item, *inputs.values())
    backup = configuration.read_backup()
    if backup is not None and _is_rebuilt(host, backup, item, inputs, text):
        return Change(backup, f"removed. Restart {host.title}.", items=items, is_restored=True)
    if _is_rebuilt(host, "", item, inputs, text):
        return Change(None, f"removed, with the file, which had nothing else. Restart {host.title}.", items=items)
    for place in (host.place, *inputs):
        text = host.document.remove_item(text, place)
    return Change(text, f"removed. Restart {host.title}.", items=items, is_private=bool(_find_secrets(item)))


def _find_missing_inputs(host: Host, text: str, item: Item | None) -> Mapping[Place, Item]:
    """Return what the host is still to ask for; what this server's entry uses already is as the person wants it.

    Raises:
        InvalidArguments: Something else has the id of an input.
    """
    found = {place: host.document.find_item(text, place) for place in host.inputs}
    for place, value in found.items():
        if value not in (None, host.inputs[place]) and not _uses_input(item or {}, place):
            message = (
                f'it has another input with the id "{place.name}", and was left as it is. Rename or remove that and '
                "try again."
            )
            raise InvalidArguments(message)
    return {place: host.inputs[place] for place, value in found.items() if value is None}


def _find_own_inputs(host: Host, text: str, item: Item) -> Mapping[Place, Item]:
    """Return the inputs that nothing needs without this server."""
    found = {place: host.document.find_item(text, place) for place in host.inputs}
    return {
        place: value
        for place, value in found.items()
        if value is not None
        and (value == host.inputs[place] or _uses_input(item, place))
        and _format_reference(place) not in host.document.remove_item(text, host.place)
    }


def _uses_input(item: Item, place: Place) -> bool:
    return _format_reference(place) in read_environment(item).values()


def _format_reference(place: Place) -> str:
    return f"${{input:{place.name}}}"


def _is_rebuilt(host: Host, text: str, item: Item, inputs: Mapping[Place, Item], current: str) -> bool:
    """Return whether the current text is another one with nothing but the server added."""
    try:
        return _put(host, text, item, inputs) == current
    except UneditableDocument:  # A backup is no configuration any more.
        return False


def build_entry(host: Host, server: ServerCommand, options: Sequence[str], token: Item) -> Item:
    """Return what a host's configuration has for this server."""
    return {**host.fields, "command": server.command, "args": [*server.arguments, *options], **token}


def read_environment(item: Item) -> dict[str, object]:
    """Return the environment that an entry gives its server."""
    environment = item.get("env")
    return dict(cast("Mapping[str, object]", environment)) if isinstance(environment, dict) else {}


def _merge(item: Item, entry: Item) -> Item:
    """Return an entry with what a person or the host has added to the one that it replaces."""
    environment = {name: value for name, value in read_environment(item).items() if name != TOKEN_VARIABLE}
    environment |= read_environment(entry)
    fields = {name: value for name, value in {**item, **entry}.items() if name != "env"}
    return {**fields, "env": environment} if environment else fields


def _put(host: Host, text: str, item: Item, inputs: Mapping[Place, Item]) -> str:
    for place, value in {**inputs, host.place: item}.items():
        if host.document.find_item(text, place) != value:
            text = host.document.put_item(text, place, value)
    return text


def _choose_token(host: Host, request: Request, item: Item | None) -> _Token:
    if request.is_sandbox:
        return _Token({})
    if request.has_token_in_file:
        if request.token is None:
            message = (
                f"--token-in-file takes the token from {TOKEN_VARIABLE}, which is not set. Copy yours from the end of "
                f"{_TOKEN_PAGE}, set the variable and try again."
            )
            raise InvalidArguments(message)
        return _Token({"env": {TOKEN_VARIABLE: request.token}})
    if host.token:
        is_missing = request.token is None and not host.inputs
        missing = f"That is not set here: copy yours from the end of {_TOKEN_PAGE}, and set it."
        return _Token(host.token, [f"token: {host.origin}", *([missing] if is_missing else [])])
    secrets = _find_secrets(item or {})
    if secrets:
        return _Token({"env": {TOKEN_VARIABLE: secrets[0]}})
    message = (
        f"{host.origin}. Add --token-in-file to write it into this file, which then only your account can read; "
        f"it is taken from {TOKEN_VARIABLE}, and yours is at the end of {_TOKEN_PAGE}. Or add --sandbox to try without."
    )
    raise InvalidArguments(message)


def _describe_readers(configuration: Configuration, secrets: Sequence[str]) -> list[str]:
    if not secrets:
        return []
    mode = f"; its mode was {configuration.mode:04o} and becomes 0600" if configuration.is_shared else ""
    return [f"token: in this file, which only your account and administrators can read{mode}"]


def _find_secrets(item: Item) -> list[str]:
    """Return the token that an entry holds itself, if it does."""
    value = read_environment(item).get(TOKEN_VARIABLE)
    return [value] if isinstance(value, str) and value and not value.startswith("$") else []
