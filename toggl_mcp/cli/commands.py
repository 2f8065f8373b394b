"""The table of commands: what each does, and what it takes besides the settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

DEFAULT_COMMAND = "serve"
SHELLS = ("bash", "zsh", "fish")
TOKEN_ACTIONS = ("add", "remove", "list", "new-key", "encrypt-again")


class Flag(NamedTuple):
    """A flag; `value` names what follows it, and is empty for a switch. It may follow from a few `choices`."""

    name: str
    meaning: str
    value: str = ""
    choices: Sequence[str] = ()


class Command(NamedTuple):
    """A command: its meaning, the words after it, of which `list_choices` are the first one's, and its own flags.

    `takes_several` is whether more words like the first one may follow. Without its standard `streams` it cannot run.
    """

    meaning: str
    words: Sequence[str] = ()
    list_choices: Callable[[], Sequence[str]] = tuple
    takes_several: bool = False
    flags: Sequence[Flag] = ()
    has_http_settings: bool = False
    streams: Sequence[Literal["input", "output"]] = ("output",)


ARGUMENT = Flag("--arg", "an argument of the tool, as text or JSON; again for several, or for a list", "NAME=VALUE")
JSON_ARGUMENTS = Flag("--json", "all arguments of the tool as one JSON object", "OBJECT")
DRY_RUN = Flag("--dry-run", "show what would change, and change nothing")
UNINSTALL = Flag("--uninstall", "take the server out of the hosts' configurations")
TOKEN_IN_FILE = Flag(
    "--token-in-file", "write the token of TOGGL_API_TOKEN into the configuration, where others may not read it"
)
RAW = Flag("--raw", "the result as a model gets it")


def _list_tools() -> Sequence[str]:
    from toggl_mcp.toolsets import all_tools  # noqa: PLC0415 - start-up

    return [tool.name for tool in all_tools()]


def _list_hosts() -> Sequence[str]:
    from toggl_mcp.install.hosts import HOSTS  # noqa: PLC0415 - start-up

    return [*HOSTS, "all"]


COMMANDS: Mapping[str, Command] = {
    "serve": Command(
        "serve the Model Context Protocol on standard input and output (the default)", streams=("input", "output")
    ),
    "install": Command(
        "add the server to the configuration of a HOST, or of several (docs/install.md)",
        words=("HOST",),
        list_choices=_list_hosts,
        takes_several=True,
        flags=(DRY_RUN, UNINSTALL, TOKEN_IN_FILE),
    ),
    "http": Command(
        "serve it by streamable HTTP, for agents and teams (docs/deployment.md)",
        has_http_settings=True,
        streams=(),  # Services are started with both closed.
    ),
    "tokens": Command(
        "edit the vault of Toggl tokens: add|remove SUBJECT, list, new-key, encrypt-again",
        words=("ACTION", "SUBJECT"),
        list_choices=lambda: TOKEN_ACTIONS,
        has_http_settings=True,
    ),
    "demo": Command(
        "play a morning of real calls to an embedded Toggl; no account needed",
        flags=(Flag("--json", "every call and result as JSON, a line each"),),
    ),
    "check": Command("check that settings, tools, network, token, workspace and cache are in order"),
    "call": Command(
        "call one TOOL as a model would, or list the tools; --sandbox needs no account",
        words=("TOOL",),
        list_choices=_list_tools,
        flags=(ARGUMENT, JSON_ARGUMENTS, RAW),
    ),
    "completion": Command(
        "print the completion script of a SHELL: bash, zsh or fish",
        words=("SHELL",),
        list_choices=lambda: SHELLS,
    ),
    "help": Command("show this text"),
}
