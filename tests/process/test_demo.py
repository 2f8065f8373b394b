"""The demo: a story for a person, and JSON for a program."""

import json
import sys
from typing import IO, cast

import pytest

from tests.process.server import Process, run, run_in_process
from toggl_mcp.cli import main

pytestmark = pytest.mark.usefixtures("pause_coverage")


def test_demo_fits_two_screens_and_ends_with_its_cost() -> None:
    result = run_in_process("demo", TOGGL_WORKSPACE_ID="not a number")

    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert len(lines) <= 80
    assert max(map(len, lines)) <= 96
    assert "\x1b" not in result.stdout
    for part in (
        "Aroha Bakery",
        "Near:",
        "08:30-10:05  Entwurf Messestand",
        "  36.58 h",
        "█▏",
        "Undone",
        "stale",
        "used up",
    ):
        assert part in result.stdout
    assert "That cost 15 requests to Toggl, whose free plan allows 30 an hour." in lines


def test_demo_on_a_console_without_unicode_draws_with_ascii() -> None:
    result = run("demo", PYTHONIOENCODING="ascii")

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.isascii()
    bars = [line for line in result.stdout.splitlines() if " h  #" in line]
    assert {line.index(" h  #") for line in bars} == {bars[0].index(" h  #")}
    assert all(line.endswith("#") for line in bars)


@pytest.mark.parametrize(("variables", "colors"), [({}, 10), ({"NO_COLOR": "1"}, 0), ({"TERM": "dumb"}, 0)])
@pytest.mark.usefixtures("gc_enabled")
def test_demo_in_a_terminal_is_colored_unless_the_person_wants_none(
    variables: dict[str, str], colors: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert main(["demo"]) == 0
    assert capsys.readouterr().out.count("\x1b[36m█") == colors


@pytest.mark.parametrize("columns", ["1", "7", "39"])
@pytest.mark.usefixtures("gc_enabled")
def test_demo_in_a_narrow_terminal_tells_the_story(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert main(["demo"]) == 0
    assert "That cost 15 requests" in capsys.readouterr().out


def test_demo_json_in_a_pipe_of_any_encoding_loses_nothing() -> None:
    result = run("demo", "--json", PYTHONIOENCODING="cp1252")

    assert (result.returncode, result.stderr) == (0, "")
    *_, entries = (
        json.loads(line)["result"] for line in result.stdout.splitlines() if "list_time_entries" in line[:30]
    )
    assert "ロゴの修正" in [entry["description"] for entry in entries["entries"]]


def test_demo_json_has_every_tool_call_and_whole_result() -> None:
    first, *calls, last = map(json.loads, run_in_process("demo", "--json").stdout.splitlines())

    assert "delete_client" in first["tools"]
    assert [call["error"]["code"] for call in calls if "error" in call] == ["not_found", "quota_spent"]
    assert [call["result"]["source"] for call in calls if "source" in call.get("result", {})] == [
        *("toggl", "cache", "cache", "cache", "toggl", "stale")
    ]
    assert last == {"requests": 15}  # Two of them find the quota spent: the account, and the clients.


def test_demo_without_a_reader_ends_without_a_traceback() -> None:
    with Process("demo") as demo:
        cast("IO[bytes]", demo.process.stdout).close()
        status, log = demo.wait()

    assert (status, log) == (1, "")
