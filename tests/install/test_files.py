"""`toggl-mcp install` and the file: private, replaced as a whole, and never against somebody else's change."""

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.install.machine import TOKEN, Machine, posix_only

ORIGINAL = b'{"mcpServers": {"other": {"command": "npx", "env": {"KEY": "secret"}}}}\n'
BACKUP = "mcp.json.before-toggl-mcp"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path)
    machine.write(ORIGINAL)
    return machine


def test_install_backs_up_the_file(machine: Machine) -> None:
    result = machine.install()

    assert BACKUP in result.output
    assert machine.file.with_name(BACKUP).read_bytes() == ORIGINAL


@posix_only
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644], ids=oct)
def test_install_keeps_the_mode_of_the_file_and_gives_it_to_the_backup(machine: Machine, mode: int) -> None:
    machine.file.chmod(mode)
    machine.install()

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (machine.file, machine.file.with_name(BACKUP))]
    assert modes == [mode, mode]


def test_install_with_the_token_in_the_file_says_who_can_read_it(machine: Machine) -> None:
    result = machine.install(has_token_in_file=True)

    assert TOKEN.encode() in machine.file.read_bytes()
    assert "only your account and administrators can read" in result.output
    assert TOKEN not in machine.install(has_token_in_file=True, is_dry_run=True, is_uninstall=True).output
    assert machine.uninstall().is_ok
    assert machine.file.read_bytes() == ORIGINAL


@posix_only
def test_install_with_the_token_in_the_file_makes_it_private(machine: Machine) -> None:
    result = machine.install(has_token_in_file=True)

    assert machine.has_mode(0o600)
    assert "its mode was 0644 and becomes 0600" in result.output
    assert machine.uninstall().is_ok
    assert machine.has_mode(0o644)


@posix_only
def test_install_again_makes_a_file_private_that_became_readable_with_the_token(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "zed")
    machine.install()
    content = machine.file.read_bytes()
    machine.file.chmod(0o644)

    output = machine.install().output

    assert "its mode was 0644 and becomes 0600" in output
    assert machine.file.read_bytes() == content
    assert machine.has_mode(0o600)
    assert "nothing to do" in machine.install().output


def test_install_in_a_host_without_secret_store_needs_the_flag_and_then_keeps_the_token(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "claude-desktop")

    refused = machine.install(has_token_in_file=False)
    without = machine.install(token=None)

    assert machine.list_files() == {}
    assert "Add --token-in-file" in refused.output
    assert "https://track.toggl.com/profile" in without.output
    assert machine.install().is_ok
    assert machine.install("--read-only", token=None, has_token_in_file=False).is_ok
    assert TOKEN.encode() in machine.file.read_bytes()
    assert machine.install("--sandbox", is_sandbox=True).is_ok
    assert TOKEN.encode() not in machine.file.read_bytes()


def test_install_without_a_token_says_where_to_get_it(machine: Machine) -> None:
    result = machine.install(token=None)

    assert result.is_ok
    assert "not set here: copy yours from the end of https://track.toggl.com/profile" in result.output


@pytest.mark.parametrize(
    ("host", "content"),
    [
        (
            "cursor",
            '{\n  "mcpServers": {\n    "other": {\n      "env": {\n        "KEY": "secret"\n      }\n    }\n  }\n}\n',
        ),
        ("cursor", '{\n  "mcpServers": {\n    "other": {"args": ["--key", "secret \\" secret"]}\n  }\n}\n'),
        ("cursor", '{"mcpServers": {"other": {"env": {"KEY": "secret"}}}}'),
        ("cursor", '{"mcpServers": {"toggl": {"command": "toggl-mcp", "env": {"KEY": "secret"}}}}'),
        ("cursor", '{"mcpServers": {"toggl": {"command": "toggl-mcp", "args": ["--cache", "redis://:secret@h"]}}}'),
        ("codex", "[mcp_servers.other]\nenv = { KEY = 'secret' }"),
    ],
)
def test_install_dry_run_shows_no_secret_of_others(host: str, content: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path, host)
    machine.write(content.encode())

    output = machine.install(is_dry_run=True).output

    assert "secret" not in output
    assert '"/opt/toggl/toggl-mcp"' in output


@pytest.mark.parametrize("host", ["zed", "codex"])
def test_install_dry_run_shows_no_token_of_any_letters(host: str, tmp_path: Path) -> None:
    machine = Machine(tmp_path, host)
    output = machine.install(token='tökén"secret', has_token_in_file=True, is_dry_run=True).output
    machine.install(token='tökén"secret', has_token_in_file=True)
    output += machine.install(is_dry_run=True, is_uninstall=True).output

    assert "secret" not in output


@pytest.mark.parametrize("replacements", [0, 1], ids=["backup", "file"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_install_interrupted_before_a_file_is_replaced_leaves_the_old_one(
    machine: Machine, replacements: int, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    remaining = iter(range(replacements))
    replace = os.replace

    def fail(source: str, target: str) -> None:
        if next(remaining, None) is None:
            raise error
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    if isinstance(error, OSError):
        assert "No space left on device" in machine.install().output
    else:
        with pytest.raises(KeyboardInterrupt):
            machine.install()

    assert machine.file.read_bytes() == ORIGINAL
    assert set(machine.list_files()) <= {".cursor/mcp.json", f".cursor/{BACKUP}"}


@pytest.mark.parametrize("is_uninstall", [False, True], ids=["install", "uninstall"])
def test_install_leaves_a_file_that_its_host_changes_meanwhile(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, *, is_uninstall: bool
) -> None:
    if is_uninstall:
        machine.install()
        machine.write(machine.file.read_bytes() + b"\n")
    fsync = os.fsync

    def change(descriptor: int) -> None:
        fsync(descriptor)
        machine.file.write_bytes(b"{}")

    monkeypatch.setattr(os, "fsync", change)
    result = machine.install(is_uninstall=is_uninstall)

    assert not result.is_ok
    assert "changed meanwhile" in result.output
    assert machine.file.read_bytes() == b"{}"


@posix_only
def test_install_through_a_link_replaces_what_it_leads_to(machine: Machine, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "mcp.json"
    target.parent.mkdir()
    machine.file.rename(target)
    machine.file.symlink_to(target)

    assert machine.install().is_ok

    assert machine.file.is_symlink()
    assert b"toggl" in target.read_bytes()
    assert machine.uninstall().is_ok
    assert target.read_bytes() == ORIGINAL


def test_install_refuses_a_read_only_file(machine: Machine) -> None:
    machine.file.chmod(0o444)

    assert "read-only" in machine.install().output

    assert machine.file.read_bytes() == ORIGINAL


def test_install_refuses_a_folder_in_the_place_of_the_file(machine: Machine) -> None:
    machine.file.unlink()
    machine.file.mkdir()

    assert "no regular file" in machine.install().output


@posix_only
def test_install_refuses_a_link_to_itself_and_a_pipe(machine: Machine) -> None:
    machine.file.unlink()
    machine.file.symlink_to(machine.file)
    assert "leads back to itself" in machine.install().output
    machine.file.unlink()
    os.mkfifo(machine.file)
    assert "no regular file" in machine.install().output


@posix_only
def test_install_refuses_a_file_in_the_place_of_the_folder(machine: Machine) -> None:
    machine.file.unlink()
    machine.file.parent.rmdir()
    machine.file.parent.write_bytes(b"")

    assert "cannot be read (Not a directory)" in machine.install().output

    assert machine.file.parent.read_bytes() == b""
