"""What the commands of docs/tour.md print: by the commands' own functions, at the time of the demo's story."""

import shlex
from pathlib import Path

import anyio
from mcp import Client

from tests.figures import load_figures, load_measurements
from toggl_mcp.call import call_tool
from toggl_mcp.check import check
from toggl_mcp.cli.call import format_outcome, parse_arguments
from toggl_mcp.cli.console import Console
from toggl_mcp.cli.demo import format_story
from toggl_mcp.cli.parser import parse_command_line
from toggl_mcp.demo import Clock, build_story_server, play
from toggl_mcp.sandbox import Sandbox
from toggl_mcp.settings import Settings
from toggl_mcp.shell import Shell

CALLS = {
    "call": "toggl-mcp call --sandbox summarize_time --arg period='last week'",
    "mistake": "toggl-mcp call --sandbox start_timer --arg project='bread label'",
    "preview": "toggl-mcp call --sandbox create_time_entries --arg dry_run=true --arg entries="
    '\'{"project": "Web shop", "description": "Opening hours", "start": "yesterday 2pm", "duration": "1h15"}\'',
}
"""The commands by the name of their section. None of them changes anything: a change has a random id."""


def tour_sections() -> dict[str, str]:
    """Return the generated sections of docs/tour.md."""
    sections = {
        "demo": _block("toggl-mcp demo", format_story(anyio.run(play), Console())),
        "check": _block("toggl-mcp check", anyio.run(_check_without_token)),
        "newcomer": _format_log(),
    }
    return sections | {name: _block(command, anyio.run(_run_call, command)) for name, command in CALLS.items()}


async def _check_without_token() -> str:
    lines: list[str] = []
    await check(Settings.model_construct(cache=Path("memory")), lines.append, Shell("bash", {}))
    return "\n".join(lines) + "\n"


async def _run_call(command: str) -> str:
    line = parse_command_line(shlex.split(command)[1:])
    clock = Clock()
    async with Client(build_story_server(Sandbox(clock=clock), clock)) as client:
        outcome = await call_tool(client, line.words[0], parse_arguments(line.flags))
    return format_outcome(outcome, Console())


def _format_log() -> str:
    """Return what scripts/newcomer.py has measured."""
    cases = load_measurements()["newcomer"]["cases"]
    lines = [f"{numbers['seconds']:6.1f} s  {command}" for command, numbers in cases.items()]
    return "\n".join(["```text", *lines, f"{load_figures('newcomer')['seconds']:6.1f} s  in all", "```"])


def _block(command: str, output: str) -> str:
    return f"```console\n$ {command}\n{output}```"
