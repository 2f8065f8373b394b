"""The settings of a command: the environment's, and over them the command line's."""

import sys

from pydantic import ValidationError

from toggl_mcp.cli.commands import COMMANDS
from toggl_mcp.cli.parser import CommandLine, find_settings_class
from toggl_mcp.logs import NOTICES, configure_logs
from toggl_mcp.settings import Settings, describe_placeholder, variable_name


def load_settings(line: CommandLine) -> Settings:
    """Return the settings, and log as they say; end the process with status 2 if they cannot be used."""
    settings_class = find_settings_class(COMMANDS[line.command])
    try:
        settings = settings_class(**line.settings)  # pyright: ignore[reportArgumentType] - validated here
    except ValidationError as error:
        for detail in error.errors(include_url=False, include_input=False):
            name = variable_name(".".join(map(str, detail["loc"])), settings_class)
            message = detail["msg"].removeprefix("Value error, ")
            sys.stderr.write(f"toggl-mcp: {name}: {message}. Correct it, or leave it out.\n")
        sys.exit(2)
    configure_logs(settings)
    for variable in settings.placeholders if line.command != "check" else ():  # That one reports them itself.
        NOTICES.warning("%s", describe_placeholder(variable))
    return settings
