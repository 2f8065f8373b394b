"""How a person is told what came of a call: words, tables and bars, by tool."""

from collections.abc import Callable, Mapping
from typing import Any

from toggl_mcp.cli.console import Console, table

Content = Mapping[str, Any]
BAR_COLUMNS = 30


def describe(tool: str, content: Content, console: Console) -> list[str]:
    """Return the lines about a result of one of the demo's tools."""
    return _DESCRIPTIONS[tool](content, console)


def _describe_timer(content: Content, _: Console) -> list[str]:
    entry = content["entry"]
    return [
        f"{entry['description']}, on {entry['project']} for {entry['client']}: {_minutes(entry['seconds'])} so far."
    ]


def _describe_start(content: Content, _: Console) -> list[str]:
    entry, former_entry = content["entry"], content["stopped_entry"]
    start = f"Started {entry['project']} for {entry['client']}"
    return [f"{start}; stopped {former_entry['description']} after {_minutes(former_entry['seconds'])}."]


def _describe_entries(content: Content, console: Console) -> list[str]:
    groups = {group["group"]: group for group in content["groups"]}
    rows = [
        (
            f"{entry['start'][11:16]}-{entry['stop'][11:16]}",
            entry["description"],
            groups[entry["group"]].get("project", "-"),
            groups[entry["group"]].get("client", "-"),
            _clock(entry["seconds"]),
        )
        for entry in content["entries"]
    ]
    head, *lines = table([("Time", "Description", "Project", "Client", "h:min"), *rows], right=(4,))
    return [console.color(head, "bold"), *lines]


def _describe_review(content: Content, console: Console) -> list[str]:
    lines: list[str] = []
    for finding in content["findings"]:
        time = finding["start"][11:16] + (f"-{finding['stop'][11:16]}" if "stop" in finding else "")
        kind = console.color(f"{finding['kind'].replace('_', ' '):<10}", "yellow")
        lines.append(f"{kind}  {time:<11}  {finding.get('about', _clock(finding['seconds']) + ' h without an entry')}")
    return lines


def _describe_creations(content: Content, _: Console) -> list[str]:
    (entry,) = content["entries"]
    times = f"{entry['start'][:10]} {entry['start'][11:16]}-{entry['stop'][11:16]}"
    return [f"Created {entry['description']}, {times}, on {entry['project']} for {entry['client']}."]


def _describe_undo(content: Content, _: Console) -> list[str]:
    (row,) = content["rows"]
    return [f"Undone: {row['name']} is deleted. What was there before is as it was."]


def _describe_totals(content: Content, console: Console) -> list[str]:
    groups, total, previous = content["groups"], content["total"], content["previous"]
    longest = max(group["seconds"] for group in groups)
    rows = [
        (group["by"]["client"], f"{group['hours']:.2f} h", console.bar(group["seconds"] / longest, BAR_COLUMNS))
        for group in groups
    ]
    change = f"{(total['seconds'] - previous['seconds']) / 3600:+.2f} h against the week before"
    *lines, last = table([*rows, ("Total", f"{total['hours']:.2f} h", change)], right=(1,))
    return [*(_color_bar(line, console, "cyan") for line in lines), console.color(last, "bold")]


def _describe_project(content: Content, console: Console) -> list[str]:
    (project,) = content["projects"]
    tracked, estimated = project["tracked_seconds"], project["estimated_seconds"]
    bar = console.bar(estimated / max(tracked, estimated), BAR_COLUMNS)
    excess = "▒" * (BAR_COLUMNS - len(bar))
    pace = _hours(content["pace_seconds_per_week"])
    earned = f"{project['earned']:,.2f} {project['currency']}"
    return [
        f"No. {_hours(tracked)} of {_hours(estimated)} are used; at {pace} a week it has earned {earned}.",
        f"estimate  {console.color(bar, 'cyan')}{console.color(excess, 'red')}  {_hours(tracked - estimated)} over",
    ]


def _describe_creation(content: Content, _: Console) -> list[str]:
    return [f"Created client {content['client']['name']}."]


def _describe_clients(content: Content, _: Console) -> list[str]:
    names = ", ".join(client["name"] for client in content["clients"])
    return [f"{names}. Marked as {content['source']}: that is what Toggl said {_minutes(content['age_seconds'])} ago."]


def _color_bar(line: str, console: Console, color: str) -> str:
    """Return a line with its last column, the bar, in a color."""
    text, gap, bar = line.rpartition("  ")
    return f"{text}{gap}{console.color(bar, color)}"


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minutes"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}"


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:.1f} h"


_DESCRIPTIONS: Mapping[str, Callable[[Content, Console], list[str]]] = {
    "get_timer": _describe_timer,
    "start_timer": _describe_start,
    "list_time_entries": _describe_entries,
    "review_time": _describe_review,
    "create_time_entries": _describe_creations,
    "undo": _describe_undo,
    "summarize_time": _describe_totals,
    "project_status": _describe_project,
    "create_client": _describe_creation,
    "list_clients": _describe_clients,
}
