"""`toggl-mcp call` and what completes it in a shell."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.process.server import run, run_in_process
from toggl_mcp.cli import main

pytestmark = pytest.mark.usefixtures("gc_enabled")


@pytest.mark.parametrize(
    "arguments",
    [
        ["list_clients", "--sandbox", "--arg", "name=gull", "--arg", "limit=1"],
        ["--sandbox", "list_clients", "--json", '{"name": "gull", "limit": "50"}', "--arg", "limit=1"],
    ],
)
def test_call_reads_arguments_as_those_of_a_model(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", *arguments]) == 0
    pretty = capsys.readouterr().out
    assert main(["call", *arguments, "--raw"]) == 0
    raw = capsys.readouterr().out

    assert (pretty.splitlines()[0], raw.count("\n")) == ("{", 1)
    for text in (pretty, raw):
        assert [client["name"] for client in json.loads(text)["clients"]] == ["Blue Gull Charters"]


@pytest.mark.parametrize("flags", [[], ["--raw"]])
def test_call_in_a_pipe_of_any_encoding_loses_nothing(flags: list[str]) -> None:
    result = run("call", "list_clients", "--sandbox", *flags, PYTHONIOENCODING="cp1252")

    names = {client["name"] for client in json.loads(result.stdout)["clients"]}
    assert {"Café Miró", "株式会社みなと"} <= names


def test_call_repeated_argument_is_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    tags = ["--arg", "tags=design", "--arg", "tags=a=b", "--arg", "create_missing_tags=true"]

    assert main(["call", "--sandbox", "start_timer", *tags]) == 0
    assert json.loads(capsys.readouterr().out)["entry"]["tags"] == ["design", "a=b"]


def test_call_failure_has_status_1_and_the_error_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "--sandbox", "get_client", "--arg", "client=Blue Gul"]) == 1
    error = json.loads(capsys.readouterr().out)

    assert error["code"] == "not_found"
    assert error["candidates"][0]["name"] == "Blue Gull Charters"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["get_client", "--json", "[1]"], "one JSON object"),
        (["get_client", "--json", "{"], "one JSON object"),
        (["get_client", "--json", "[" * 100_000], "one JSON object"),
        (["get_client", "--arg", "client"], "an equals sign"),
        (["list_users"], "`--tools list_users` adds it, unless"),
        (["delete_client", "--read-only"], "do not enable delete_client"),
    ],
)
def test_call_mistake_says_what_to_do(arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "--sandbox", *arguments]) == 2
    assert advice in capsys.readouterr().err


def test_call_without_a_tool_lists_what_the_settings_enable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["call", "--sandbox", "--read-only"]) == 0
    tools = capsys.readouterr().out

    assert "\nget_client\n    Get one client" in tools
    assert "\n    client [workspace]" in tools
    assert "delete_client" not in tools


def test_completion_of_bash_completes_commands_flags_values_and_tools(capsys: pytest.CaptureFixture[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    completions = {
        "": "serve install http tokens demo check call completion help",
        "ch": "check",
        "--acc": "--access",
        "check --cache x --access ": "read time-tracking full",
        "http --pu": "--public-url",
        "check --pu": "",
        "call list_c": "list_clients",
        "call --sandbox list_clients --arg na": "name=",
        "call list_clients --js": "--json",
        "completion ": "bash zsh fish",
        "tokens re": "remove",
        "install cursor ze": "zed",
        "tokens remove li": "",
        "check --cache ": "",
    }
    assert main(["completion", "bash"]) == 0
    script = [
        capsys.readouterr().out,
        *(
            f"COMP_WORDS=(toggl-mcp {words} {'' if words[-1:].strip() else chr(34) * 2}); COMPREPLY=(); "
            'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _toggl_mcp 2>/dev/null; echo "${COMPREPLY[*]}"'
            for words in completions
        ),
    ]
    result = subprocess.run([bash], input="\n".join(script), capture_output=True, text=True, check=True)  # noqa: S603 - ours

    assert result.stderr == ""
    assert result.stdout.splitlines() == [*completions.values()]


def test_completion_takes_the_shell_of_the_environment_and_describes_flags_in_fish(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert main(["completion"]) == 0
    rules = capsys.readouterr().out.splitlines()

    condition = "__fish_seen_subcommand_from call; and __fish_seen_subcommand_from get_timer"
    assert [rule.partition(" -d ")[0] for rule in rules if condition in rule] == [
        f"complete -c toggl-mcp -n '{condition}' -l arg -x -a 'refresh='"
    ]
    assert "complete -c toggl-mcp-server -w toggl-mcp" in rules

    assert main(["completion", "zsh"]) == 0
    assert "compdef _toggl_mcp toggl-mcp toggl-mcp-server" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["/bin/tcsh", "/usr/bin/nu"])
def test_completion_in_another_shell_names_those_that_there_are(
    path: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", path)

    assert main(["completion"]) == 2

    output, errors = capsys.readouterr()
    assert output == ""
    assert f"no completion for {Path(path).name}; choose from bash, zsh, fish: `toggl-mcp completion bash`" in errors


def test_call_names_a_setting_with_a_placeholder() -> None:
    result = run_in_process("call", "--sandbox", "get_timer", TOGGL_MCP_LOG_LEVEL="${LEVEL}")

    assert result.returncode == 0
    assert "TOGGL_MCP_LOG_LEVEL holds a placeholder" in result.stderr
