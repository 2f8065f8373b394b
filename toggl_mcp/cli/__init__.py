"""The command `toggl-mcp`: one file here for each command of `commands.py`, named like it."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol, cast

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
    is_closed = sys.stdin is None or sys.stdout is None
    # What is opened next would get the number of a closed stream, and what libraries write to it.
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115 - open until the end
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 - the same
    # The console may not be UTF-8: it shows `?` for characters that it does not have.
    cast("TextIOWrapper", sys.stdout).reconfigure(errors="replace")
    try:
        line = parse_command_line(sys.argv[1:] if arguments is None else arguments)
        if is_closed and line.command != "http":  # Services are started with both closed.
            sys.stderr.write("toggl-mcp: standard input or output is closed; start it with both open, as hosts do.\n")
            return 2
        command = cast("CommandModule", import_module(f"toggl_mcp.cli.{line.command}"))
        status = command.run(line)
        sys.stdout.flush()
    except TogglError as error:
        from toggl_mcp.logs import NOTICES  # noqa: PLC0415 - start-up

        NOTICES.error("%s", error)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `toggl-mcp demo | head`: nobody reads the rest, nor what the interpreter flushes last.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status
