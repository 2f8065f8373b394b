"""The command `toggl-mcp`: one file here for each command of `commands.py`, named like it."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol, cast

from toggl_mcp.cli.commands import COMMANDS
from toggl_mcp.cli.console import UnwritableOutput, write_output
from toggl_mcp.cli.environment import require_docstrings, unset_missing_plugins
from toggl_mcp.cli.parser import CommandLine, parse_command_line
from toggl_mcp.errors import TogglError


class CommandModule(Protocol):
    """The file of a command."""

    def run(self, line: CommandLine) -> int:
        """Run the command and return its exit status.

        Raises:
            TogglError: It cannot be run as the command line and the settings have it.
        """
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 1 for a failed check or call, 2 for what cannot be run."""
    gc.disable()  # Imports make hundreds of thousands of objects, none of them garbage.
    closed_streams = [name for name, stream in (("input", sys.stdin), ("output", sys.stdout)) if stream is None]
    # What is opened next would get the number of a closed stream, and what libraries write to it.
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115 - open until the end
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    # The console may not be UTF-8: it shows `?` for characters that it does not have.
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="replace")
    for variable in unset_missing_plugins():
        sys.stderr.write(
            f"toggl-mcp: {variable} names what is not installed here, so it counts as unset. Install the package that "
            "has it beside this one, or leave it out.\n"
        )
    try:
        try:
            line = parse_command_line(sys.argv[1:] if arguments is None else arguments)
        finally:
            write_output()  # The version, after which the process ends.
        for stream in closed_streams:
            if stream in COMMANDS[line.command].streams:
                sys.stderr.write(f"toggl-mcp: standard {stream} is closed; start {line.command} with it open.\n")
                return 2
        require_docstrings()
        command = cast("CommandModule", import_module(f"toggl_mcp.cli.{line.command}"))
        status = command.run(line)
        write_output()
    except TogglError as error:
        from toggl_mcp.logs import NOTICES  # noqa: PLC0415 - start-up

        NOTICES.error("%s", error)
        return 2
    except KeyboardInterrupt:
        return 130
    except (BrokenPipeError, UnwritableOutput) as error:  # The first is `toggl-mcp demo | head`: that is no failure.
        if isinstance(error, UnwritableOutput):
            sys.stderr.write(f"toggl-mcp: standard output cannot be written ({error}). Correct that and try again.\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # The interpreter flushes it last.
        return 1
    return status
