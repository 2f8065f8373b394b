"""The vault of Toggl tokens, and the command that edits it."""

import json
import stat
from pathlib import Path

import pytest

from tests.process.server import run_in_process
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.http.vault import Vault, new_key

TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "vault.json"


def test_get_returns_what_was_added(path: Path) -> None:
    key = new_key()
    vault = Vault(path, [key])

    assert (vault.get("alice"), vault.list_subjects()) == (None, [])
    vault.add("alice", TOKEN)
    vault.add("bob", "1" * 32)
    vault.add("bob", "2" * 32)

    for reader in (vault, Vault(path, [key])):
        assert (reader.get("alice"), reader.get("bob"), reader.get("Alice")) == (TOKEN, "2" * 32, None)
        assert reader.list_subjects() == ["alice", "bob"]


def test_file_has_no_token_and_is_its_users_alone(path: Path) -> None:
    Vault(path, [new_key()]).add("alice", TOKEN)

    assert TOKEN not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_get_notices_what_another_process_changed(path: Path) -> None:
    key = new_key()
    reader, writer = Vault(path, [key]), Vault(path, [key])
    writer.add("alice", TOKEN)

    assert reader.get("alice") == TOKEN
    assert writer.remove("alice")
    assert not writer.remove("alice")
    assert reader.get("alice") is None


def test_get_with_tokens_exchanged_in_the_file_returns_none(path: Path) -> None:
    key = new_key()
    vault = Vault(path, [key])
    vault.add("alice", TOKEN)
    vault.add("bob", "1" * 32)
    content = json.loads(path.read_text())
    content["tokens"] = {"alice": content["tokens"]["bob"], "bob": content["tokens"]["alice"]}
    path.write_text(json.dumps(content))

    assert (vault.get("alice"), vault.get("bob")) == (None, None)


def test_get_with_another_key_returns_none(path: Path) -> None:
    Vault(path, [new_key()]).add("alice", TOKEN)

    assert Vault(path, [new_key()]).get("alice") is None


def test_encrypt_again_lets_the_former_key_go(path: Path) -> None:
    former, key = new_key(), new_key()
    Vault(path, [former]).add("alice", TOKEN)

    assert Vault(path, [key, former]).encrypt_again() == 1
    assert Vault(path, [key]).get("alice") == TOKEN
    with pytest.raises(InvalidArguments, match="No key opens"):
        Vault(path, [new_key()]).encrypt_again()
    assert Vault(path, [key]).get("alice") == TOKEN


@pytest.mark.parametrize("keys", [[], ["short"], [new_key(), "short"]])
def test_vault_without_proper_keys_is_refused(path: Path, keys: list[str]) -> None:
    with pytest.raises(InvalidArguments, match="new-key"):
        Vault(path, keys)


def test_vault_of_another_format_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('{"other": 1}')

    with pytest.raises(InvalidArguments, match="vault"):
        Vault(path, [new_key()])


def test_tokens_command_adds_lists_and_removes(path: Path) -> None:
    key = run_in_process("tokens", "new-key").stdout.strip()
    settings = {"TOGGL_MCP_HTTP_VAULT": str(path), "TOGGL_MCP_HTTP_SECRET_KEYS": key}

    added = run_in_process("tokens", "add", "alice", stdin=f"{TOKEN}\n", **settings)

    assert (added.returncode, TOKEN in added.stdout + added.stderr) == (0, False)
    assert Vault(path, [key]).get("alice") == TOKEN
    assert run_in_process("tokens", "list", **settings).stdout == "alice\n"
    assert run_in_process("tokens", "encrypt-again", **settings).stdout.startswith("1 token")
    assert run_in_process("tokens", "remove", "alice", **settings).returncode == 0
    assert run_in_process("tokens", "list", **settings).stdout == ""


@pytest.mark.parametrize(
    ("words", "stdin", "hint"),
    [
        (["tokens"], "", "new-key"),
        (["tokens", "add"], "", "SUBJECT"),
        (["tokens", "list", "all"], "", "new-key"),
        (["tokens", "add", "alice"], "toggl_sk_1234567890abcdef\n", "Toggl Track"),
        (["tokens", "add", "alice"], "\n", "token"),
    ],
)
def test_tokens_command_with_wrong_words_says_what_to_do(path: Path, words: list[str], stdin: str, hint: str) -> None:
    settings = {"TOGGL_MCP_HTTP_VAULT": str(path), "TOGGL_MCP_HTTP_SECRET_KEYS": new_key()}

    result = run_in_process(*words, stdin=stdin, **settings)

    assert (result.returncode, result.stdout) == (2, "")
    assert hint in result.stderr
    assert not path.exists()


def test_tokens_command_without_a_vault_names_the_variables() -> None:
    result = run_in_process("tokens", "list")

    assert result.returncode == 2
    assert "TOGGL_MCP_HTTP_VAULT" in result.stderr
    assert "TOGGL_MCP_HTTP_SECRET_KEYS" in result.stderr
