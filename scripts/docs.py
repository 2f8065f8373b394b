"""Write the documentation that is made of code: `uv run python -m scripts.docs`.

docs/tools.md, docs/configuration.md and docs/guarantees.md are generated as a whole; in README.md, docs/agents.md,
docs/apps.md, docs/tour.md, docs/benchmarks.md and docs/resources-and-prompts.md, what stands between
`<!-- NAME: generated -->` and `<!-- end -->`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import get_args

from mcp.types import Prompt, Tool

from scripts.markdown import NOTE, format_names, table
from scripts.tool_reference import TOOLSET_NAMES, list_tools, tool_names, tools_page
from scripts.tour import tour_sections
from tests.figures import load_measurements
from tests.promises import PROMISES
from tests.resources.costs import COSTS
from toggl_mcp.apps.documents import APP_NAMES, compose_document
from toggl_mcp.cli.parser import SETTINGS_WITHOUT_FLAG
from toggl_mcp.http.settings import HttpSettings
from toggl_mcp.install.links import build_cursor_link, build_vscode_link
from toggl_mcp.models.account import Access
from toggl_mcp.prompts import PROMPTS
from toggl_mcp.resources import RESOURCES
from toggl_mcp.settings import Settings, describe_setting, variable_name
from toggl_mcp.toolsets import OPT_IN_TOOLSETS, PROMPT_TOOLS, RESOURCE_TOOLS, all_tools

ROOT = Path(__file__).parent.parent
GUARANTEES_HEAD = f"""{NOTE}

# Guarantees

Each guarantee has an automatic test, or a benchmark, that measures its figure. The tests run at every change in a small
size; the figures of the chaos tests come from a large run:

```sh
TOGGL_MCP_CHAOS=large uv run pytest tests/chaos
DAMAGED_FILES=1000 uv run pytest tests/cache/test_sqlite_damage.py
uv run python benchmarks/start.py
TOGGL_MCP_FIGURES=write uv run python -m scripts.newcomer
```

These commands write `tests/figures.json`, which this page is made of. Every test uses the sandbox, none the real Toggl.
In a chaos test 3 in 10 requests fail: refused, lost before or after Toggl acts, 5xx, 402, 429, or unreadable.
"""
CONFIGURATION_PAGE = """{note}

# Configuration

Every setting is an environment variable; most have a flag as well, which wins. Quotes around a value are taken off, and
`Bearer` or `Basic` before a token. `toggl-mcp check` reports what is wrong with the settings, and what to do about it.

Empty values count as unset, and so does a value that holds a placeholder which nothing replaced: `$HOME`,
`${{env:TOKEN}}`, `$(cat file)`, `%USERPROFILE%`, `{{{{token}}}}`, `{{env:TOKEN}}`, `<your token>` and the like. The
server names such variables on standard error when it starts. In a setting that restricts what is enabled (toolsets,
tools, access, read only, confirm) a placeholder is an error: unset, it would enable more than was meant.

{settings}

The token and the address have no flag: the arguments of a process can be read by every user of the machine.

## HTTP

`toggl-mcp http` has these besides; [deployment.md](deployment.md) has the three ways in which callers authenticate.

{http_settings}

## Toolsets

Each tool's schema costs tokens in every conversation, so enable the toolsets that you use. `tasks` and `team` are
disabled by default, but for `list_tasks`: tasks need a paid plan, and most people have no team to look at.

{toolsets}

`--toolsets clients,reports` enables two toolsets; `--tools get_timer` alone enables one tool;
`--toolsets reports --tools get_timer` enables both; `--exclude-tools delete_client` always wins. A name that does not
exist ends the start with a message that lists the names that do.

## Access modes

{access}

`--read-only` is `--access read`, whatever else is set. In `time-tracking`, `edit_client` does not take
`archived`, nor `edit_project` and `edit_task` `active`, because these arguments archive.

## Confirmation

Deletions, the discarding of a timer and the merging of tags ask you first, in a form, where the host shows forms. Most
agent frameworks show none: there they go ahead, or with `--confirm always` are refused. `undo` and edits never ask;
`--exclude-tools undo` and `--access` keep them away.

## A cache that several machines share

`pip install 'toggl-mcp-server[redis]'`, and the URL of a Redis (6 or later) or Valkey server in `TOGGL_MCP_CACHE`:

```
redis://user:password@host:6379/0?prefix=toggl-mcp:
```

`rediss://` is TLS, with `ssl_ca_certs`, `ssl_certfile` and `ssl_keyfile` as further parameters. User, password, port,
database and prefix may be left out; in a user or a password, write what is neither a letter nor a digit as `%` and its
code. A URL with a password belongs into the variable, not into the flag.

One prefix is one cache: give each installation its own, and each its own user, such as

```
ACL SETUSER agent on >password ~toggl-mcp:* -@all +@read +@write +@transaction +@connection +info +time
```

Everything there expires: lists and the journal after 7 days, quotas after an hour, changes in flight after a day; once
in 30 days all lists are read anew. Rows are in plain text, as in the cache file. The server needs neither persistence
nor a replica, as a lost cache costs one request for each list; prefer `noeviction` and enough memory.

While the server cannot be used, each process goes on with its memory, says so once in its log, and tries again every
five seconds; what it changed meanwhile is dropped on the server before anything is read there.
[Limitations](limitations.md#the-cache) has what a file promises and a server does not.
"""
MANAGING_TOOLSETS = ("clients", "projects", "tags")


def documents() -> dict[Path, str]:
    """Return the text of each generated file."""
    readme, benchmarks, tour = ROOT / "README.md", ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "tour.md"
    features = ROOT / "docs" / "resources-and-prompts.md"
    agents, apps = ROOT / "docs" / "agents.md", ROOT / "docs" / "apps.md"
    sections = {
        "tools": tool_list(),
        "settings": settings_table(Settings, Settings.model_fields),
        "guarantees": guarantee_list(),
        "links": f"[Install in VS Code]({build_vscode_link()}) · [Install in Cursor]({build_cursor_link()})",
    }
    return {
        ROOT / "docs" / "tools.md": tools_page(),
        ROOT / "docs" / "configuration.md": configuration_page(),
        ROOT / "docs" / "guarantees.md": guarantees_page(),
        agents: with_sections(agents.read_text("utf-8"), agent_recipes()),
        features: with_sections(features.read_text("utf-8"), feature_tables()),
        apps: with_sections(apps.read_text("utf-8"), {"apps": apps_table(), "axe": axe_table()}),
        benchmarks: with_sections(benchmarks.read_text("utf-8"), benchmark_tables()),
        tour: with_sections(tour.read_text("utf-8"), tour_sections()),
        readme: with_sections(readme.read_text("utf-8"), sections),
    }


def with_sections(text: str, sections: Mapping[str, str]) -> str:
    """Return a document with its generated sections replaced."""
    for name, section in sections.items():
        pattern = rf"(<!-- {name}: generated -->\n).*?(<!-- end -->)"
        text, count = re.subn(
            pattern, lambda marks, section=section: f"{marks[1]}{section}\n{marks[2]}", text, flags=re.DOTALL
        )
        if count != 1:
            message = f"The document has {count} sections named {name!r}; it needs exactly one."
            raise ValueError(message)
    return text


def summary(tool: Tool) -> str:
    """Return the first sentence of a tool's description."""
    return (tool.description or "").partition("\n")[0].partition(". ")[0].removesuffix(".") + "."


def tool_list() -> str:
    """Return the README's table of the default tools; those that manage one kind of thing share a row."""
    enabled = [name for name in TOOLSET_NAMES if name not in OPT_IN_TOOLSETS]
    return table(("tool", "what it does"), (row for name in enabled for row in _tool_rows(name)))


def _tool_rows(toolset: str) -> Iterator[tuple[str, str]]:
    if toolset in MANAGING_TOOLSETS:
        yield format_names(tool_names(toolsets=toolset)), f"Manage {toolset}."
        return
    for tool in list_tools(toolsets=toolset):
        yield f"`{tool.name}`", summary(tool)


def apps_table() -> str:
    """Return the table of apps: the tools whose results they show, and the bytes of their documents."""
    tools = all_tools()
    names = [tool.name for tool in tools]
    rows = (
        (
            f"`{name}`",
            format_names(tool.name for tool in tools if tool.app == name),
            f"{len(compose_document(name, names).encode()):,}",
        )
        for name in APP_NAMES
    )
    return table(("app", "shows results of", "bytes"), rows)


def axe_table() -> str:
    """Return what axe-core reports of each app, in each theme at each width."""
    report = load_measurements()["accessible"]
    cases = [item for name in APP_NAMES for item in report["cases"].items() if item[0].startswith(f"{name} ")]
    (version,) = {numbers["axe"] for _, numbers in cases}
    rows = (
        (f"`{name}`", theme, f"{width} px", *(str(numbers[key]) for key in ("passes", "violations", "incomplete")))
        for (name, theme, width), numbers in ((case.split(), numbers) for case, numbers in cases)
    )
    head = f"axe-core {version}, commit {report['commit']} of {report['date']}."
    return f"{head}\n\n{table(('app', 'theme', 'width', 'rules passed', 'violations', 'undecided'), rows)}"


def settings_table(settings_class: type[Settings], names: Iterable[str]) -> str:
    """Return the table of these settings: variable, flag, meaning and default."""
    fields = settings_class.model_fields
    return table(
        ("variable", "flag", "meaning"),
        (
            (
                f"`{variable_name(name, settings_class)}`",
                "" if name in SETTINGS_WITHOUT_FLAG else f"`--{name.replace('_', '-')}`",
                describe_setting(fields[name]),
            )
            for name in names
        ),
    )


def configuration_page() -> str:
    """Return docs/configuration.md."""
    every_tool = tool_names(toolsets="all")
    toolsets = table(
        ("toolset", "tools"),
        ((f"`{name}`", format_names(tool_names(toolsets=name))) for name in TOOLSET_NAMES),
    )
    access = table(
        ("access", "tools that it disables"),
        (
            (
                f"`{mode}`",
                format_names(name for name in every_tool if name not in tool_names(toolsets="all", access=mode)),
            )
            for mode in get_args(Access)
        ),
    )
    return CONFIGURATION_PAGE.format(
        note=NOTE,
        settings=settings_table(Settings, Settings.model_fields),
        http_settings=settings_table(
            HttpSettings, [name for name in HttpSettings.model_fields if name not in Settings.model_fields]
        ),
        toolsets=toolsets,
        access=access,
    )


def guarantee_list() -> str:
    """Return the README's list of the most important guarantees."""
    shown = (promise for promise in PROMISES if promise.id in ("once", "everywhere", "spent", "totals", "token"))
    return "\n".join(f"- **{promise.heading}.** {promise.meaning} *{promise.figure}.*" for promise in shown)


def guarantees_page() -> str:
    """Return docs/guarantees.md."""
    measurements = load_measurements()
    parts = (
        f"## {promise.heading}\n\n{promise.meaning}\n\nFigure: {promise.figure}.\n\nMeasured at commit "
        f"{measurements[promise.id]['commit']} of {measurements[promise.id]['date']} by `{promise.source}`.\n"
        for promise in PROMISES
    )
    return "\n".join([GUARANTEES_HEAD, *parts])


def feature_tables() -> dict[str, str]:
    """Return the tables of docs/resources-and-prompts.md."""
    resources = (
        (f"`{spec.uri}`", spec.description, f"`{RESOURCE_TOOLS[spec.name]}`", ", ".join(map(str, COSTS[spec.name])))
        for spec in RESOURCES
    )
    prompts = (
        (f"`{spec.name}`", spec.description, _list_arguments(spec.to_prompt()), f"`{PROMPT_TOOLS[spec.name]}`")
        for spec in PROMPTS
    )
    return {
        "resources": table(("resource", "what it has", "needs", "requests (empty cache, warm)"), resources),
        "prompts": table(("prompt", "what it is for", "arguments", "needs"), prompts),
    }


def _list_arguments(prompt: Prompt) -> str:
    return "<br>".join(
        f"`{item.name}`{' (required)' if item.required else ''}: {item.description}" for item in prompt.arguments or ()
    )


def agent_recipes() -> dict[str, str]:
    """Return the recipes of docs/agents.md, as tests/agents runs them."""
    paths = (ROOT / "tests" / "agents").glob("*_recipe.*")
    languages = {".py": "python", ".mjs": "js"}
    return {path.stem: f"```{languages[path.suffix]}\n{path.read_text('utf-8')}```" for path in paths}


def benchmark_tables() -> dict[str, str]:
    """Return the tables of docs/benchmarks.md, as benchmarks/results.json holds them."""
    tables = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8")).items()
    return {
        name: f"Commit {part['commit']}, {part['date']}.\n\n{table(part['header'], part['rows'])}"
        for name, part in tables
    }


def main() -> None:
    """Write every generated file."""
    for path, text in documents().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
