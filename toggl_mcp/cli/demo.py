"""`toggl-mcp demo`: a morning in a studio, told in a terminal or as JSON."""

import json
import os
import sys
from collections.abc import Mapping
from textwrap import wrap

import anyio

from toggl_mcp.call import Outcome
from toggl_mcp.cli.console import Console, write_output
from toggl_mcp.cli.garbage import enable_gc
from toggl_mcp.cli.parser import CommandLine
from toggl_mcp.cli.story import describe
from toggl_mcp.demo import START, STEPS, Session, Step, play

INDENT = " " * 7


def run(line: CommandLine) -> int:
    """Play the session and print it."""
    enable_gc()
    session, console = anyio.run(play), Console.of(sys.stdout, os.environ)
    if "--json" in line.flags:
        write_output(console.fit_json(format_json(session)))
    else:
        write_output(format_story(session, console))
    return 0


def format_json(session: Session) -> str:
    """Return every call and what came of it as JSON, a line each."""
    lines: list[Mapping[str, object]] = [{"tools": session.tools}]
    for step, outcome in session.results:
        key = "error" if outcome.is_error else "result"
        lines.append({"tool": step.tool, "arguments": step.arguments, key: outcome.content})
    lines.append({"requests": session.requests})
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def format_story(session: Session, console: Console) -> str:
    """Return the session as a person reads it."""
    lines = [
        console.color("A morning at Harbour Studio", "bold") + f" · {START:%A, %d %B %Y, %H:%M}",
        f"The {len(session.tools)} tools of toggl-mcp with an embedded Toggl: sample data, no account, no network.",
    ]
    for number, (step, outcome) in enumerate(session.results):
        if number == len(STEPS):
            text = "An hour later the cache has expired, and this hour's requests are used up."
            lines += ["", console.color(text, "yellow")]
        lines += [*_tell_call(step, console), *_tell_outcome(step, outcome, console)]
    lines += [
        "",
        f"That cost {session.requests} requests to Toggl, whose free plan allows 30 an hour.",
        "Next: `toggl-mcp call --sandbox` lists the tools, to try one by hand;",
        "`toggl-mcp demo --json` shows every result whole; docs/install.md says how to add your account.",
    ]
    return console.fit("\n".join(lines) + "\n")


def _tell_call(step: Step, console: Console) -> list[str]:
    words = ["", f"{console.color('You', 'bold')}    {console.color(step.words, 'bold')}"] if step.words else []
    arguments = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in step.arguments.items())
    first, *rest = wrap(f"{step.tool}({arguments})", console.width - len(INDENT))
    calls = [
        f"Model  {console.color(first, 'dim')}",
        *(f"{INDENT}{console.color(line, 'dim')}" for line in rest),
    ]
    return [*words, *calls]


def _tell_outcome(step: Step, outcome: Outcome, console: Console) -> list[str]:
    if outcome.is_error:
        lines = wrap(outcome.content["message"], console.width - len(INDENT))
        return [f"{INDENT}{console.color(line, 'red')}" for line in lines]
    # Before they are laid out: a character that the console does not have may be wider than the `?` in its place.
    content = json.loads(console.fit(json.dumps(outcome.content, ensure_ascii=False)))
    return [INDENT + line for line in describe(step.tool, content, console)]
