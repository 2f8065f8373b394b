"""`toggl-mcp install`: which hosts, which server, which options, and links that do the same."""

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.install.machine import FILES, TOKEN, Machine
from tests.process.server import SECONDS, environment
from toggl_mcp.cli import main
from toggl_mcp.install.links import build_cursor_link, build_vscode_link
from toggl_mcp.install.server_command import ServerCommand, find_server_command

UVX = ServerCommand("uvx", ("toggl-mcp-server",), "")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of Linux, and a shell in it without any settings."""
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("HOME", "USERPROFILE"):  # The latter is what Windows reads.
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("TOGGL_API_TOKEN", "XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give one host or more: claude-desktop, claude-code,"),
        (["cursr"], "install takes no 'cursr'; choose from claude-desktop, claude-code,"),
        (["zed", "cursr"], "install takes no 'cursr'; choose from claude-desktop, claude-code,"),
        (["all"], "No host has a configuration in "),
        (["cursor", "--dry-rum"], "there is no flag --dry-rum; do you mean --dry-run?"),
        (["cursor", "--toolsets", "reportz"], "toolsets: there is no 'reportz'; choose from time_entries"),
        (["cursor", "--tools", "get_timer", "--exclude-tools", "get_timer"], "These settings leave no tool."),
        (["cursor", "--access", "all"], "TOGGL_MCP_ACCESS: Input should be 'read', 'time-tracking' or 'full'"),
    ],
)
def test_install_with_wrong_words_says_which_are_right(
    words: list[str], message: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["install", *words])
    except SystemExit as error:
        status = error.code

    assert (status, list(home.iterdir())) == (2, [])
    assert message in capsys.readouterr().err


def test_install_all_edits_those_that_have_been_used_and_reports_refusals(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / ".claude.json").write_text('{"numStartups": 3}')
    (home / ".gemini").mkdir()
    (home / ".config/zed").mkdir(parents=True)

    status = main(["install", "all", "--toolsets", "reports", "--read-only"])

    assert status == 1
    output = capsys.readouterr().out
    assert [line.split()[0] for line in output.splitlines() if not line.startswith(" ")] == [
        *("server", "claude-code", "zed", "gemini-cli")
    ]
    assert output.count("refused: Zed has no secret store") == 1
    claude = json.loads((home / ".claude.json").read_text())
    assert claude["numStartups"] == 3
    assert claude["mcpServers"]["toggl"]["args"][-3:] == ["--toolsets", "reports", "--read-only"]
    assert (home / ".gemini/settings.json").is_file()
    assert main(["install", "all", "--uninstall"]) == 0
    assert (home / ".claude.json").read_text() == '{"numStartups": 3}'


def test_install_makes_the_path_of_the_cache_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(home)
    for given, written in {
        "toggl.sqlite": str(home / "toggl.sqlite"),
        "~/toggl.sqlite": str(home / "toggl.sqlite"),
        "memory": "memory",
        "redis://localhost": "redis://localhost",
    }.items():
        assert main(["install", "cursor", "--cache", given, "--read-only"]) == 0

        entry = json.loads((home / ".cursor/mcp.json").read_text())["mcpServers"]["toggl"]
        assert entry["args"][-3:] == ["--cache", written, "--read-only"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("url", ["redis://user:hunter2@localhost:6379/0", "rediss://:hunter2@localhost"])
def test_install_refuses_a_cache_with_a_password_and_says_where_it_goes(
    url: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["install", "cursor", "--cache", url]) == 2

    output, errors = capsys.readouterr()
    assert (list(home.iterdir()), output) == ([], "")
    assert "write TOGGL_MCP_CACHE into the `env` of the entry" in errors
    assert "hunter2" not in errors


def test_install_refuses_bytes_that_are_no_utf_8(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "cursor", "--cache", "/caches/\udcff"]) == 1

    assert "refused: half of a character, or a byte that is no UTF-8" in capsys.readouterr().out
    assert list(home.iterdir()) == []


def test_install_takes_the_token_from_the_environment_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOGGL_API_TOKEN", TOKEN)

    assert main(["install", "zed", "--token-in-file"]) == 0

    assert TOKEN not in "".join(capsys.readouterr())
    assert TOKEN in (home / FILES["zed"]["linux"]).read_text()


def test_install_imports_neither_the_protocol_nor_http(home: Path) -> None:
    code = (
        "import sys; from toggl_mcp.cli import main; main(['install', 'cursor']); "
        "print(sorted({'mcp', 'httpx', 'anyio', 'starlette'} & {*sys.modules}))"
    )
    result = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code],
        env=environment(HOME=str(home), USERPROFILE=str(home)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )

    assert result.stdout.splitlines()[-1] == "[]"


def make_program(folder: Path, name: str) -> Path:
    """Return a file that the system takes for a program."""
    path = folder / (f"{name}.exe" if sys.platform == "win32" else name)
    path.touch(0o700)
    return path


def test_install_starts_the_server_as_the_command_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))  # These tests may run in the cache of uv themselves.
    script = make_program(tmp_path, "toggl-mcp")
    monkeypatch.setattr(sys, "argv", [str(script)])
    assert find_server_command()[:2] == (str(script), ())
    monkeypatch.setattr(sys, "argv", ["toggl_mcp/__main__.py"])
    assert find_server_command()[:2] == (sys.executable, ("-m", "toggl_mcp"))


@pytest.mark.parametrize("bucket", ["archive-v0", "environments-v2", "builds-v0"])
def test_install_from_an_environment_in_the_cache_of_uv_starts_uvx(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / bucket / "x"))
    (tmp_path / "CACHEDIR.TAG").touch()
    monkeypatch.setenv("PATH", "")
    assert find_server_command()[:2] == ("uvx", ("toggl-mcp-server",))
    uvx = make_program(tmp_path, "uvx")
    monkeypatch.setenv("PATH", str(tmp_path))
    command = find_server_command()
    assert (Path(command.command), command.arguments) == (uvx, ("toggl-mcp-server",))


@pytest.mark.parametrize("environment", ["project/.venv", ".venv", "archive-v0/project/.venv", "my-v2/.venv"])
def test_install_from_an_environment_below_another_cache_starts_this_installation(
    environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "CACHEDIR.TAG").touch()  # Any folder may have one: that backups leave it out.
    monkeypatch.setattr(sys, "prefix", str(tmp_path / environment))
    monkeypatch.setattr(sys, "argv", ["toggl_mcp/__main__.py"])

    assert find_server_command()[:2] == (sys.executable, ("-m", "toggl_mcp"))


def test_links_hold_the_configuration_that_install_writes(tmp_path: Path) -> None:
    cursor, vscode = Machine(tmp_path, "cursor"), Machine(tmp_path, "vscode")
    for machine in (cursor, vscode):
        assert machine.install(server=UVX).is_ok
    written = json.loads(vscode.file.read_text())

    query = parse_qs(urlsplit(build_cursor_link()).query)
    assert query["name"] == ["toggl"]
    assert json.loads(b64decode(query["config"][0])) == json.loads(cursor.file.read_text())["mcpServers"]["toggl"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(build_vscode_link()).query).items()}
    assert query["name"] == "toggl"
    assert json.loads(query["config"]) == written["servers"]["toggl"]
    assert json.loads(query["inputs"]) == written["inputs"]
