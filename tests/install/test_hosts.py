"""`toggl-mcp install` on eight hosts and three systems: what it writes, what it keeps, what it refuses."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.install.machine import FILES, SERVER, SYSTEMS, TOKEN, Machine
from toggl_mcp.install.hosts import HOSTS, System

STDIO = {"type": "stdio", "command": SERVER.command, "args": ["--access", "read"]}
PLAIN = {"command": SERVER.command, "args": ["--access", "read"]}
CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "claude-desktop": {"mcpServers": {"toggl": {**PLAIN, "env": {"TOGGL_API_TOKEN": TOKEN}}}},
    "claude-code": {"mcpServers": {"toggl": {**STDIO, "env": {"TOGGL_API_TOKEN": "${TOGGL_API_TOKEN}"}}}},
    "cursor": {"mcpServers": {"toggl": {**PLAIN, "env": {"TOGGL_API_TOKEN": "${env:TOGGL_API_TOKEN}"}}}},
    "vscode": {
        "inputs": [
            {
                "id": "toggl-api-token",
                "type": "promptString",
                "description": "Toggl API token, from the end of https://track.toggl.com/profile",
                "password": True,
            }
        ],
        "servers": {"toggl": {**STDIO, "env": {"TOGGL_API_TOKEN": "${input:toggl-api-token}"}}},
    },
    "windsurf": {"mcpServers": {"toggl": {**PLAIN, "env": {"TOGGL_API_TOKEN": "${env:TOGGL_API_TOKEN}"}}}},
    "zed": {"context_servers": {"toggl": {**PLAIN, "env": {"TOGGL_API_TOKEN": TOKEN}}}},
    "gemini-cli": {"mcpServers": {"toggl": {**PLAIN, "env": {"TOGGL_API_TOKEN": "${TOGGL_API_TOKEN}"}}}},
    "codex": {"mcp_servers": {"toggl": {**PLAIN, "env_vars": ["TOGGL_API_TOKEN"], "startup_timeout_sec": 60}}},
}
JSON = """\ufeff// What I changed.\r
{\r
\t"theme": "https://example.com/*", /* no comment */\r
\t"CONTAINER": {\r
\t\t"other": { "command": "npx", "args": ["-y", "other"], }, // not mine\r
\t\t// "old": {},\r
\t},\r
\t"last": [1, 2.50, -0]\r
}\r
// end"""
TOML = """# What I changed.
model = "m"   # spaces

[mcp_servers.other]
command = 'npx'
args = [
  "-y",
]
# end"""
BROKEN = (b'{"a": 1', b'{"a" 1}', b"{} {}", b'{"a": 1 "b": 2}', b"[1, 2", b"{a: 1}", b"\xff\xfe{", b"[" * 9999)
FOREIGN = [
    {"command": "npx", "args": ["-y", "toggl-mcp"]},
    {"command": "uvx", "args": ["toggl-track-mcp"]},
    {"url": "https://example.com/mcp", "command": "toggl-mcp"},
]

machines = pytest.mark.parametrize(
    "machine", [(host, system) for host in FILES for system in SYSTEMS], indirect=True, ids="-".join
)


@pytest.fixture
def machine(request: pytest.FixtureRequest, tmp_path: Path) -> Machine:
    host, system = request.param
    return Machine(tmp_path, host, system)


def parse(machine: Machine) -> dict[str, Any]:
    text = machine.file.read_text("utf-8")
    return tomllib.loads(text) if machine.host == "codex" else json.loads(text)


def make_document(host: str) -> bytes:
    return (TOML if host == "codex" else JSON.replace("CONTAINER", HOSTS[host].container)).encode()


def make_foreign(host: str, item: dict[str, Any]) -> bytes:
    if host == "codex":
        lines = [f"{key} = {json.dumps(value, separators=(chr(44), chr(61)))}" for key, value in item.items()]
        return "\n".join(["[mcp_servers.toggl]", *lines]).encode()
    return json.dumps({HOSTS[host].container: {"toggl": item}}).encode()


@machines
def test_install_without_a_configuration_writes_what_the_host_documents(machine: Machine) -> None:
    first = machine.install("--access", "read")
    files = machine.list_files()
    second = machine.install("--access", "read")

    assert first.is_ok
    assert parse(machine) == CONFIGURATIONS[machine.host]
    assert machine.has_mode(0o600)
    assert "nothing to do" in second.output
    assert machine.list_files() == files
    assert TOKEN not in first.output + second.output
    assert machine.uninstall().is_ok
    assert machine.list_files() == {}


@machines
def test_install_with_a_configuration_keeps_every_other_byte_and_uninstall_restores_it(machine: Machine) -> None:
    original = make_document(machine.host)
    machine.write(original)

    first = machine.install("--access", "read")
    content = machine.file.read_bytes()
    added = content.decode()
    for line in filter(None, original.decode().splitlines()):
        _, separator, added = added.partition(line)
        assert separator, line
    bytes_left = iter(content)
    assert all(byte in bytes_left for byte in original)  # Blanks and ends of lines, too.
    second = machine.install("--access", "read")

    assert first.is_ok
    assert content.count(b"\r\n") == (0 if machine.host == "codex" else content.count(b"\n"))
    assert b"toggl" in content
    assert "nothing to do" in second.output
    assert machine.file.read_bytes() == content
    assert machine.uninstall().is_ok
    assert list(machine.list_files().values()) == [original]
    assert machine.has_mode(0o644)


@machines
def test_install_dry_run_shows_the_difference_and_changes_nothing(machine: Machine) -> None:
    machine.write(make_document(machine.host))
    files = machine.list_files()

    result = machine.install("--access", "read", is_dry_run=True)

    assert result.is_ok
    assert "+++" in result.output
    assert SERVER.command in result.output.partition("+++")[2]
    assert TOKEN not in result.output
    assert machine.list_files() == files


@machines
def test_install_refuses_a_broken_configuration_and_leaves_it(machine: Machine) -> None:
    for broken in BROKEN:
        machine.write(broken)
        for result in (machine.install(), machine.uninstall()):
            assert not result.is_ok
            assert "refused: it " in result.output
            assert "left as it is" in result.output
        assert list(machine.list_files().values()) == [broken]


@machines
def test_install_refuses_another_server_of_its_name_and_leaves_it(machine: Machine) -> None:
    for item in FOREIGN:
        machine.write(make_foreign(machine.host, item))
        files = machine.list_files()
        for result in (machine.install(), machine.uninstall()):
            assert not result.is_ok
            assert 'another server named "toggl"' in result.output
        assert machine.list_files() == files


@pytest.mark.parametrize("machine", [(host, "linux") for host in FILES], indirect=True, ids="-".join)
def test_install_again_with_other_options_keeps_what_others_added(machine: Machine) -> None:
    item = {"command": "uvx", "args": ["toggl-mcp-server"], "note": "mine", "env": {"LANG": "C"}}
    machine.write(make_foreign(machine.host, item))

    result = machine.install("--read-only")

    entry = parse(machine)[HOSTS[machine.host].container]["toggl"]
    assert result.is_ok
    assert (entry["command"], entry["args"], entry["note"]) == (SERVER.command, ["--read-only"], "mine")
    assert entry["env"]["LANG"] == "C"
    assert "updated" in result.output
    assert not list(machine.file.parent.glob("*.before-toggl-mcp"))


@pytest.mark.parametrize("machine", [(host, "linux") for host in FILES], indirect=True, ids="-".join)
def test_uninstall_of_a_file_that_its_host_wrote_since_takes_out_the_server_alone(machine: Machine) -> None:
    machine.write(make_document(machine.host))
    machine.install()
    text = machine.file.read_bytes().decode()
    changed = text.replace('"m"', '"n"').replace("-0]", "-1]")
    machine.write(changed.encode())

    assert machine.uninstall().is_ok

    left = machine.file.read_bytes().decode()
    assert '"n"' in left or "-1]" in left
    assert "other" in left
    assert "/opt/toggl" not in left
    assert "What I changed." in left


OTHER = {"command": "npx", "env": {"KEY": "${input:toggl-api-token}"}}
OWN_INPUT = CONFIGURATIONS["vscode"]["inputs"][0]


@pytest.mark.parametrize("servers", [{}, {"other": OTHER}], ids=["unused", "of another server"])
def test_install_refuses_another_input_of_its_id_and_leaves_it(servers: dict[str, Any], tmp_path: Path) -> None:
    machine = Machine(tmp_path, "vscode")
    machine.write(json.dumps({"inputs": [{**OWN_INPUT, "description": "Theirs"}], "servers": servers}).encode())
    files = machine.list_files()

    result = machine.install()

    assert not result.is_ok
    assert 'another input with the id "toggl-api-token"' in result.output
    assert machine.list_files() == files
    assert machine.install("--sandbox", is_sandbox=True).is_ok
    assert machine.uninstall().is_ok
    assert parse(machine)["inputs"] == [{**OWN_INPUT, "description": "Theirs"}]


def test_uninstall_leaves_the_input_that_another_server_uses_too(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "vscode")
    machine.install()
    content = parse(machine)
    machine.write(json.dumps({**content, "servers": {**content["servers"], "other": OTHER}}).encode())

    assert machine.uninstall().is_ok

    assert parse(machine) == {"inputs": [OWN_INPUT], "servers": {"other": OTHER}}


def test_install_again_keeps_its_input_as_a_person_has_worded_it_and_uninstall_takes_it_out(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "vscode")
    machine.install()
    machine.write(machine.file.read_bytes().replace(b"Toggl API token, from", b"Mein Token, from"))

    assert machine.install("--read-only").is_ok

    assert parse(machine)["inputs"][0]["description"].startswith("Mein Token")
    assert machine.uninstall().is_ok
    assert machine.list_files() == {}


def test_install_finds_the_folder_of_a_packaged_claude_desktop(tmp_path: Path) -> None:
    folder = tmp_path / "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude"
    folder.mkdir(parents=True)

    assert Machine(tmp_path, "claude-desktop", "windows").install().is_ok

    assert [path.name for path in folder.iterdir()] == ["claude_desktop_config.json"]


@pytest.mark.parametrize(
    ("host", "system", "variable", "file"),
    [
        ("claude-code", "linux", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("codex", "macos", "CODEX_HOME", "config.toml"),
        ("gemini-cli", "linux", "GEMINI_CLI_HOME", ".gemini/settings.json"),
        ("zed", "linux", "XDG_CONFIG_HOME", "zed/settings.json"),
        ("vscode", "windows", "APPDATA", "Code/User/mcp.json"),
    ],
)
def test_install_honours_the_variable_that_moves_a_host(
    host: str, system: System, variable: str, file: str, tmp_path: Path
) -> None:
    Machine(tmp_path, host, system, {variable: str(tmp_path / "moved")}).install()

    assert (tmp_path / "moved" / file).is_file()
