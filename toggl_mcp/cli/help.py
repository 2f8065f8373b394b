"""`toggl-mcp help`: all commands, settings and examples."""

import textwrap
from collections.abc import Iterator

from toggl_mcp.cli.commands import COMMANDS, Flag
from toggl_mcp.cli.console import write_output
from toggl_mcp.cli.parser import COMMON_FLAGS, USAGE, CommandLine, find_settings_class, setting_flags
from toggl_mcp.settings import describe_setting, variable_name

WIDTH = 70
GROUPS = {
    "Account": ("token", "workspace_id", "api_url"),
    "Tools": ("toolsets", "tools", "exclude_tools", "access", "read_only", "confirm"),
    "Cache": ("cache", "cache_ttl"),
    "Running": ("sandbox", "log_level", "log_format", "audit"),
    "HTTP": ("host", "port", "path", "public_url", "allowed_origins", "max_calls"),
    "Callers, with http": (
        "tokens",
        "bring_your_own_token",
        "oauth_issuer",
        "oauth_jwks_url",
        "vault",
        "secret_keys",
    ),
}
EXAMPLES = """Examples:
  toggl-mcp demo                                  what it does, without an account
  TOGGL_API_TOKEN=... toggl-mcp check             whether all is in order
  toggl-mcp install cursor                        add it to Cursor; `toggl-mcp install` lists all hosts
  toggl-mcp call get_timer --sandbox              one tool, by hand
  source <(toggl-mcp completion bash)             what the Tab key completes
  toggl-mcp --sandbox                             what a host runs to try it
  toggl-mcp --toolsets time_entries,reports       fewer tools, fewer tokens
  toggl-mcp --access time-tracking --cache memory
  toggl-mcp http --sandbox                        by HTTP, on this machine

How to add it to Claude, VS Code, Cursor and other hosts: docs/install.md
"""


def run(_: CommandLine) -> int:
    """Print the help."""
    write_output(format_help())
    return 0


def format_help() -> str:
    """Return the text of the help."""
    lines = [f"usage: {USAGE}", "", "The Model Context Protocol server for Toggl Track.", "", "Commands:"]
    lines += [f"  {name:<12}{command.meaning}" for name, command in COMMANDS.items()]
    lines += ["", "Each setting is an environment variable; a flag wins over its variable."]
    for title, names in GROUPS.items():
        lines += ["", f"{title}:", *(line for name in names for line in _setting_lines(name))]
    lines += ["", "Others:"]
    for name, command in COMMANDS.items():
        lines += [_flag_line(flag, f"with {name}: {flag.meaning}") for flag in command.flags]
    lines += [*(_flag_line(flag, flag.meaning) for flag in COMMON_FLAGS), "", EXAMPLES]
    return "\n".join(lines)


def _setting_lines(name: str) -> Iterator[str]:
    command = COMMANDS["http"]  # It has every setting.
    settings_class, flag = find_settings_class(command), setting_flags(command).get(name)
    variable = variable_name(name, settings_class)
    yield f"  {_usage(flag):<30}{variable}" if flag else f"  {variable}"
    text = describe_setting(settings_class.model_fields[name])
    yield from (f"      {line}" for line in textwrap.wrap(text, WIDTH, break_on_hyphens=False))


def _flag_line(flag: Flag, meaning: str) -> str:
    return f"  {_usage(flag):<22}{meaning}"


def _usage(flag: Flag) -> str:
    return f"{flag.name} {flag.value}".rstrip()
