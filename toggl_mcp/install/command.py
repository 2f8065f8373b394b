"""`toggl-mcp install HOST …`: put this server into the configuration of hosts, show that as a diff, or take it out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.install.diff import format_diff
from toggl_mcp.install.files import Configuration
from toggl_mcp.install.hosts import HOSTS, Folders, Host, is_present
from toggl_mcp.install.plan import Change, Request, plan_change

ALL = "all"


class _Report(NamedTuple):
    """Says lines, indented below the name of the host that they are about."""

    say: Callable[[str], object]

    def head(self, name: str, text: str) -> None:
        self.say(f"{name:<16}{text}")

    def line(self, text: str) -> None:
        self.head("", text)


def find_hosts(names: Sequence[str], folders: Folders) -> list[Host]:
    """Return the hosts of these names; `all` stands for those that have been used here.

    Raises:
        InvalidArguments: No name is given, or no host has been used here.
    """
    choices = ", ".join(HOSTS)
    if not names:
        message = f"Give one host or more: {choices}; or all, which means those that have been used here."
        raise InvalidArguments(message)
    hosts = [host for host in HOSTS.values() if host.name in names or (ALL in names and is_present(host, folders))]
    if not hosts:
        message = f"No host has a configuration in {folders.home}. Start yours once, or name it: {choices}."
        raise InvalidArguments(message)
    return hosts


def install(request: Request, folders: Folders, say: Callable[[str], object]) -> bool:
    """Install or uninstall the server in each host; return whether none refused."""
    report = _Report(say)
    if not request.is_uninstall:
        words = " ".join([request.server.command, *request.server.arguments, *request.options])
        report.head("server", f"{words} ({request.server.description})")
    results = [_edit_host(host, request, folders, report) for host in request.hosts]
    return all(results)  # Of a list: none is left out because of one that refused.


def _edit_host(host: Host, request: Request, folders: Folders, report: _Report) -> bool:
    """Edit one host's configuration, or say why it is left alone."""
    file = host.file(folders)
    report.head(host.name, str(file))
    try:
        configuration = Configuration.read(file)
        change = plan_change(host, request, configuration)
        for note in change.notes:
            report.line(note)
        if request.is_dry_run:
            for line in format_diff(configuration, change):
                report.say(line)
        else:
            _write(configuration, change)
    except InvalidArguments as error:
        report.line(f"refused: {error}")
        return False
    except OSError as error:
        report.line(f"refused: it cannot be written ({error.strerror}) and is as it was. Correct that and try again.")
        return False
    report.line(f"{'dry run: ' if request.is_dry_run else ''}{change.summary}")
    return True


def _write(configuration: Configuration, change: Change) -> None:
    if change.text == configuration.text and not change.is_private:
        return
    if change.text is None:
        configuration.remove()
    elif change.is_restored:
        configuration.restore_backup()
    else:
        if change.has_backup:
            configuration.write_backup()
        configuration.write(change.text, is_private=change.is_private)
