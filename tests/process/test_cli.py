"""The command: check, settings, and flags."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.process.server import LIST_CLIENTS, SECONDS, Process, environment, run, run_in_process
from toggl_mcp.check import check
from toggl_mcp.cli import main
from toggl_mcp.sandbox import NIGHT_SCHOOL, TOKEN, Sandbox
from toggl_mcp.server import open_toggl
from toggl_mcp.settings import Settings
from toggl_mcp.shell import Shell


@pytest.mark.parametrize(
    ("arguments", "console"),
    [
        (["demo", "--json"], {"PYTHONIOENCODING": "ascii"}),
        (["check"], {"PYTHONIOENCODING": "ascii"}),
        (["help"], {"LC_ALL": "C", "PYTHONUTF8": "0"}),
    ],
)
def test_command_prints_to_a_console_of_any_encoding(
    toggl: tuple[Sandbox, str], arguments: list[str], console: dict[str, str], tmp_path: Path
) -> None:
    settings = {"TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": str(tmp_path / "ō.sqlite")}
    result = run(*arguments, TOGGL_API_TOKEN=TOKEN, PYTHONCOERCECLOCALE="0", **settings, **console)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("variable", "value", "is_unset"),
    [
        ("OTEL_PROPAGATORS", "tracecontext,b3", True),
        ("OTEL_PROPAGATORS", "", True),
        ("OTEL_PROPAGATORS", "None", False),
        ("OTEL_PROPAGATORS", "tracecontext, baggage", False),
        ("OTEL_PYTHON_CONTEXT", "gevent", True),
        ("OTEL_PYTHON_METER_PROVIDER", "vendor", True),
        ("OTEL_PYTHON_TRACER_PROVIDER", "vendor", True),
    ],
)
def test_call_with_telemetry_that_is_not_installed_goes_without(variable: str, value: str, is_unset: bool) -> None:  # noqa: FBT001 - a column
    result = run("call", "get_timer", "--sandbox", **{variable: value})

    assert result.returncode == 0
    assert (f"{variable} names what is not installed" in result.stderr) == is_unset
    assert "Traceback" not in result.stderr


def test_call_without_docstrings_says_what_to_unset() -> None:
    result = run("call", "get_timer", "--sandbox", PYTHONOPTIMIZE="2")

    assert result.returncode == 2
    assert "Unset PYTHONOPTIMIZE" in result.stderr


def test_serve_in_a_terminal_says_what_it_waits_for() -> None:
    pty = pytest.importorskip("pty")
    terminal, stdin = pty.openpty()
    os.write(terminal, b"\x04")  # Ctrl+D, the end of the input.
    result = subprocess.run(
        [sys.executable, "-m", "toggl_mcp"],
        env=environment(),
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    os.close(terminal)
    os.close(stdin)
    hint = result.stderr

    assert "It waits for JSON messages" in hint
    assert all(f"toggl-mcp {command} " in hint for command in ("demo", "check", "help"))


def test_serve_from_a_host_prints_no_hint() -> None:
    with Process("--sandbox") as server:
        server.initialize()
        server.close_input()

        assert server.wait() == (0, "")


def run_in_shell(words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command with its streams redirected, as only a shell does it."""
    command = f"{shlex.quote(sys.executable)} -m toggl_mcp {words}"
    return subprocess.run(  # noqa: S602 - our own command
        command,
        shell=True,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize(("words", "stream"), [("<&-", "input"), (">&-", "output"), ("help >&-", "output")])
def test_command_closed_standard_stream_is_named(words: str, stream: str) -> None:
    result = run_in_shell(words)

    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert f"standard {stream} is closed" in result.stderr


@pytest.mark.parametrize("words", ["demo", "install cursor --dry-run"])
def test_command_that_reads_nothing_runs_with_standard_input_closed(words: str, tmp_path: Path) -> None:
    result = run_in_shell(f"{words} <&-", HOME=str(tmp_path))

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout != ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("words", ["demo", "--version", "check --cache memory", "serve --sandbox"])
def test_command_output_on_a_full_disk_is_one_line_and_status_1(words: str, tmp_path: Path) -> None:
    message = tmp_path / "message"
    message.write_text('{"jsonrpc":"2.0","id":1,"method":"server/discover"}\n')
    result = run_in_shell(f"{words} < {message} > /dev/full", HOME=str(tmp_path))

    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "No space left on device" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["--tolsets", "clients"], "there is no flag --tolsets; do you mean --toolsets?"),
        (["demo", "--jsn"], "there is no flag --jsn; do you mean --json?"),
        (["--cache-tt=5"], "there is no flag --cache-tt; do you mean --cache-ttl?"),
        (["--token", "x"], "set the variable TOGGL_API_TOKEN"),
        (["--api-url=x"], "set the variable TOGGL_API_URL"),
        (["chek"], "there is no command 'chek'; do you mean check?"),
        (["serve", "demo"], "one command only"),
        (["--frobnicate"], "`toggl-mcp help` lists all"),
        (["check", "--json"], "toggl-mcp demo --json"),
        (["--cache", "demo", "--json"], "toggl-mcp demo --json"),
        (["call", "list_client"], "takes no 'list_client'; choose from start_timer,"),
        (["completion", "csh"], "choose from bash, zsh, fish"),
    ],
)
@pytest.mark.usefixtures("gc_enabled")
def test_command_line_mistake_is_named_with_the_nearest_word(
    arguments: list[str], advice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert advice in capsys.readouterr().err


def test_help_command_is_the_help_of_the_flag() -> None:
    assert run_in_process("help").stdout == run_in_process("--help").stdout != ""


def test_check_success_prints_a_line_per_topic(toggl: tuple[Sandbox, str], tmp_path: Path) -> None:
    sandbox, url = toggl
    sandbox.calls.clear()

    result = run_in_process(
        "check", TOGGL_API_TOKEN=f" {TOKEN}\n", TOGGL_API_URL=url, TOGGL_MCP_CACHE=str(tmp_path / "c.sqlite")
    )

    assert result.returncode == 0, result.stdout
    lines = result.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", topic] for topic in ("settings", "tools", "network", "token", "workspace", "cache")
    ]
    assert len(sandbox.calls) == 1
    assert TOKEN not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("settings", "topic", "step"),
    [
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_MCP_TOOLS": "start_clock"}, "tools", "start_timer"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_WORKSPACE_ID": "${WORKSPACE}"}, "settings", "TOGGL_WORKSPACE_ID"),
        ({}, "token", "https://track.toggl.com/profile"),
        ({"TOGGL_API_TOKEN": "toggl_sk_1"}, "token", "Focus"),
        ({"TOGGL_API_TOKEN": "f" * 32}, "token", "TOGGL_API_TOKEN"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_WORKSPACE_ID": "5"}, "workspace", str(NIGHT_SCHOOL)),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": "http://127.0.0.1:9/api/v9"}, "network", "network"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": "http://example.com/api/v9"}, "network", "https"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_API_URL": "https://localhost/api/v9?a=b"}, "network", "query"),
        ({"TOGGL_API_TOKEN": TOKEN, "HTTPS_PROXY": "socks5://127.0.0.1:9"}, "network", "HTTPS_PROXY"),
        ({"TOGGL_API_TOKEN": TOKEN, "all_proxy": "ftp://127.0.0.1:9"}, "network", "all_proxy"),
        ({"TOGGL_API_TOKEN": TOKEN, "SSL_CERT_FILE": "/missing.pem"}, "network", "SSL_CERT_FILE"),
        ({"TOGGL_API_TOKEN": TOKEN, "TOGGL_MCP_CACHE": "/dev/null/cache.sqlite"}, "cache", "TOGGL_MCP_CACHE"),
    ],
)
@pytest.mark.anyio
async def test_check_failure_names_topic_and_the_lines_that_repair_it(
    toggl: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], topic: str, step: str
) -> None:
    for name in {*os.environ} - {*environment()}:
        monkeypatch.delenv(name)
    for name, value in ({"TOGGL_API_URL": toggl[1], "TOGGL_MCP_CACHE": "memory"} | settings).items():
        monkeypatch.setenv(name, value)
    lines: list[str] = []

    assert not await check(Settings(), lines.append, Shell("bash", os.environ))

    failures = [line for line in lines if line.startswith("FAIL")]
    assert [line.split()[1] for line in failures] == [topic]
    assert step in failures[0]

    monkeypatch.setattr("toggl_mcp.api.connection.TOGGL_URL", toggl[1])
    repaired = repair_in_bash(failures[0], typed=TOKEN)
    for name in {*os.environ} - {*repaired}:
        monkeypatch.delenv(name)
    for name, value in repaired.items():
        monkeypatch.setenv(name, value)
    assert await check(Settings(), lines.append, Shell("bash", os.environ))


def repair_in_bash(failure: str, typed: str) -> dict[str, str]:
    """Return the environment after bash has run the lines that repair a failure, at which a person types a text."""
    pytest.importorskip("pwd")
    lines = [line.removeprefix("      repair     ") for line in failure.splitlines()[1:]]
    commands = [line for line in lines if not line.endswith(":")]
    script = "\n".join(["set -e", *commands, "env -0"])
    result = subprocess.run(["bash", "-c", script], input=typed + "\n", capture_output=True, text=True, check=True)  # noqa: S603, S607 - our own lines
    return dict(pair.split("=", 1) for pair in result.stdout.split("\0") if pair)


@pytest.mark.anyio
async def test_cache_without_a_home_folder_is_in_memory_and_check_says_so(
    toggl: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def find_no_user(user_id: int) -> None:
        raise KeyError(user_id)

    pytest.importorskip("pwd")
    monkeypatch.setattr("pwd.getpwuid", find_no_user)  # As in a container whose user has only a number.
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings(token=SecretStr(TOKEN), api_url=toggl[1], cache=None)
    lines: list[str] = []

    assert not await check(settings, lines.append, Shell("bash", {}))
    (failure,) = [line for line in lines if line.startswith("FAIL")]
    assert failure.split()[1] == "cache"
    assert "TOGGL_MCP_CACHE" in failure
    account = open_toggl(settings)
    await account.account.me()
    await account.aclose()
    assert {record.getMessage() for record in caplog.records if record.name == "toggl_mcp.server"} == {
        f"{failure.splitlines()[0].partition('cache')[2].strip()} Until then the cache is in memory."
    }


@pytest.mark.anyio
@pytest.mark.parametrize("cache", ["memory", "Memory", ":memory:"])
async def test_cache_in_memory_writes_no_file(
    toggl: tuple[Sandbox, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cache: str
) -> None:
    monkeypatch.chdir(tmp_path)
    account = open_toggl(Settings(token=SecretStr(TOKEN), api_url=toggl[1], cache=Path(cache)))
    await account.account.me()
    await account.aclose()

    assert not list(tmp_path.iterdir())  # noqa: ASYNC240 - nothing runs beside it


def test_check_failure_exits_with_status_1() -> None:
    result = run_in_process("check", TOGGL_MCP_CACHE="memory")

    assert result.returncode == 1
    assert "FAIL token" in " ".join(result.stdout.split())


def test_settings_home_folder_that_does_not_exist_is_named() -> None:
    for arguments in ([], ["check"], ["check", "--cache", "~nobody-here/c"]):
        result = run_in_process(*arguments, TOGGL_MCP_CACHE="~nobody-here/c")

        assert result.returncode == 2
        assert result.stderr.startswith("toggl-mcp: TOGGL_MCP_CACHE: it begins with a home folder that does not exist")
        assert result.stderr.count("\n") == 1


def test_settings_invalid_are_named_one_per_line() -> None:
    result = run_in_process("check", TOGGL_WORKSPACE_ID="abc", TOGGL_MCP_CACHE_TTL="-1")

    assert result.returncode == 2
    assert [line.split()[1] for line in result.stderr.splitlines()] == ["TOGGL_WORKSPACE_ID:", "TOGGL_MCP_CACHE_TTL:"]


@pytest.mark.parametrize("flag", ["--toolsets", "--tools", "--exclude-tools"])
@pytest.mark.usefixtures("gc_enabled")
def test_serve_unknown_tool_is_refused_with_known_names(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", flag, "start_clock"]) == 2
    assert capsys.readouterr().err.startswith(
        f"toggl-mcp: {flag.removeprefix('--')}: there is no 'start_clock'; choose from "
    )


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [([], {"TOGGL_MCP_READ_ONLY": "true"}), (["--read-only"], {"TOGGL_MCP_READ_ONLY": "false"})],
)
def test_serve_read_only_from_flag_or_environment(arguments: list[str], settings: dict[str, str]) -> None:
    with Process("--sandbox", *arguments, **settings) as server:
        server.initialize()
        tools = [tool["name"] for tool in server.request("tools/list")["result"]["tools"]]

    assert tools[:5] == ["get_timer", "list_time_entries", "summarize_time", "review_time", "prepare_statement"]
    assert tools[5:10] == ["get_client", "list_clients", "get_project", "list_projects", "project_status"]
    assert tools[10:] == ["list_tasks", "list_tags", "get_account"]


def test_settings_unexpanded_are_named_and_count_as_unset() -> None:
    unset = {
        "TOGGL_API_TOKEN": "${user_config.api_token}",
        "TOGGL_WORKSPACE_ID": "",
        "TOGGL_MCP_CACHE": "$HOME/cache.sqlite",
        "TOGGL_MCP_READ_ONLY": " ",
        "TOGGL_MCP_LOG_LEVEL": "${LEVEL}",
    }
    with Process(**unset) as server:
        server.initialize()
        result = server.request("tools/call", LIST_CLIENTS)["result"]
        server.close_input()
        _, log = server.wait()

    assert result["isError"] is True
    assert "no_token" in result["content"][0]["text"]
    assert "placeholder" in result["content"][0]["text"]
    assert [line.split()[1] for line in log.splitlines()] == [
        *("TOGGL_API_TOKEN", "TOGGL_MCP_CACHE", "TOGGL_MCP_LOG_LEVEL")
    ]
