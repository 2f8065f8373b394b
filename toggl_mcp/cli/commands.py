"""The table of commands: what each does, and what it takes besides the settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

DEFAULT_COMMAND = "serve"
TOKEN_ACTIONS = ("add", "remove", "list", "new-key", "encrypt-again")


class Flag(NamedTuple):
    """A flag; `value` names what follows it, and is empty for a switch. It may follow from a few `choices`."""

    name: str
    meaning: str
    value: str = ""
    choices: Sequence[str] = ()


class Command(NamedTuple):
    """A command: its meaning, the words after it, of which `list_choices` are the first one's, and its own flags."""

    meaning: str
    words: Sequence[str] = ()
    list_choices: Callable[[], Sequence[str]] = tuple
    flags: Sequence[Flag] = ()
    has_http_settings: bool = False


COMMANDS: Mapping[str, Command] = {
    "serve": Command("serve the Model Context Protocol on standard input and output (the default)"),
    "http": Command(
        "serve it by streamable HTTP, for agents and teams (docs/deployment.md)",
        has_http_settings=True,
    ),
    "tokens": Command(
        "edit the vault of Toggl tokens: add|remove SUBJECT, list, new-key, encrypt-again",
        words=("ACTION", "SUBJECT"),
        list_choices=lambda: TOKEN_ACTIONS,
        has_http_settings=True,
    ),
    "demo": Command(
        "play a session with an embedded Toggl; no account needed",
        flags=(Flag("--json", "every call and result as JSON, a line each"),),
    ),
    "check": Command("tell whether settings, tools, network, token, workspace and cache are in order"),
    "help": Command("show this text"),
}
