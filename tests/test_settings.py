"""Where settings come from."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from toggl_mcp.cache.redis.address import RedisAddress
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.sandbox import TOKEN
from toggl_mcp.settings import Settings
from toggl_mcp.toolsets import enabled_tools


@pytest.fixture(autouse=True)
def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        if field.validation_alias:
            monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_settings_ignore_variables_of_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Settings()
    for name, value in (("TOKEN", "ghp_secret"), ("CACHE", "other.sqlite"), ("SANDBOX", "docker"), ("READ_ONLY", "1")):
        monkeypatch.setenv(name, value)

    assert Settings() == expected


def test_settings_flags_override_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGGL_API_TOKEN", " secret\n")
    monkeypatch.setenv("TOGGL_WORKSPACE_ID", "7")
    monkeypatch.setenv("TOGGL_MCP_CACHE_TTL", "60")
    monkeypatch.setenv("TOGGL_MCP_LOG_LEVEL", "debug")
    monkeypatch.setenv("TOGGL_MCP_ACCESS", "Time-Tracking")

    settings = Settings(workspace_id=8)

    assert settings.token is not None
    assert settings.token.get_secret_value() == "secret"
    assert (settings.workspace_id, settings.cache_ttl, settings.log_level) == (8, 60, "DEBUG")
    assert settings.access == "time-tracking"


@pytest.mark.parametrize("blank", ["", "  ", '""', "''", "Bearer "])
def test_settings_blank_value_counts_as_unset(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", blank.removeprefix("Bearer"))
    monkeypatch.setenv("TOGGL_API_TOKEN", blank)

    assert (Settings().cache, Settings().token, Settings().placeholders) == (None, None, ())


@pytest.mark.parametrize(
    "placeholder",
    [
        "$HOME",
        "${HOME}",
        "${HOME:-/root}",
        "${env:HOME}",
        "$env:HOME",
        "${env.HOME}",
        "${input:token}",
        "${user_config.token}",
        "${file:/run/token}",
        "${workspaceFolder}",
        "${{ secrets.TOKEN }}",
        "$(cat /run/token)",
        "`cat /run/token`",
        "%USERPROFILE%",
        "%ProgramFiles(x86)%",
        "%(HOME)s",
        "!USERPROFILE!",
        "{{token}}",
        "{{ token }}",
        "{env:TOKEN}",
        "{file:~/.token}",
        "#{TOKEN}#",
        "{token}",
        "<your token>",
        "[your token]",
        "__TOKEN__",
        "@TOKEN@",
        "#TOKEN#",
        "$[variables.home]",
        "%LOCAL-APPDATA%",
        "[home-dir]",
        "{home-dir}",
        "{ home }",
        "{0}",
    ],
)
@pytest.mark.parametrize("place", ["{}", "/data/{}/cache.sqlite", "https://{}/api/v9", "Bearer {}", '"{}"'])
def test_settings_placeholder_anywhere_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, placeholder: str, place: str
) -> None:
    variables = ("TOGGL_API_TOKEN", "TOGGL_API_URL", "TOGGL_MCP_CACHE", "TOGGL_WORKSPACE_ID")
    for name in variables:
        monkeypatch.setenv(name, place.replace("{}", placeholder))

    settings = Settings()

    assert settings.placeholders == tuple(sorted(variables))
    assert (settings.token, settings.api_url, settings.cache) == (None, None, None)
    assert settings.workspace_id is None


@pytest.mark.parametrize("text", ["%~dp0cache.sqlite", "%1\\cache", "$1/cache", "%h/cache", "%t/cache", "%S/toggl"])
def test_settings_cache_that_begins_with_a_specifier_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Batch files and systemd have them, and replace them nowhere else."""
    monkeypatch.setenv("TOGGL_MCP_CACHE", text)
    assert Settings().placeholders == ("TOGGL_MCP_CACHE",)


@pytest.mark.parametrize("text", ["undefined", "null", "None", '"undefined"', "NULL", "Null", "UNDEFINED", "nil"])
def test_settings_null_as_text_counts_as_unset(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Hosts write it for a variable that they do not have."""
    variables = ("TOGGL_API_TOKEN", "TOGGL_API_URL", "TOGGL_MCP_CACHE", "TOGGL_MCP_LOG_LEVEL", "TOGGL_WORKSPACE_ID")
    for name in variables:
        monkeypatch.setenv(name, text)

    settings = Settings()

    assert {"TOGGL_API_TOKEN", "TOGGL_API_URL", "TOGGL_WORKSPACE_ID"} <= {*settings.placeholders}
    assert (settings.token, settings.api_url, settings.cache, settings.workspace_id) == (None, None, None, None)
    assert settings.log_level == "WARNING"


@pytest.mark.parametrize(
    "example",
    [
        "your token",
        "YOUR_API_TOKEN",
        "your-key",
        "op://vault/toggl/token",
        "changeme",
        "none",
        "@token@",
        "token-here",
        "xxxxxxxx",
        "…",
        "...",
    ],
)
def test_settings_example_of_a_token_counts_as_unset(monkeypatch: pytest.MonkeyPatch, example: str) -> None:
    monkeypatch.setenv("TOGGL_API_TOKEN", example)

    assert (Settings().token, Settings().placeholders) == (None, ("TOGGL_API_TOKEN",))


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/a b/100% mine & yours/c#1?.sqlite",
        "C:\\Users\\me\\{B3F2A1C0-0000-4000-8000-000000000000}\\c.sqlite",
        "/data/price-in-$/c.sqlite",
        "/mnt/{1b4e28ba-2fa1-11d2-883f-0016d3cca427}/c.sqlite",
        "/volume1/#recycle#/@work@/c.sqlite",
        "/srv/a$5/[a-b]/c.sqlite",
        "/data/your token/wow!/c.sqlite",
    ],
)
def test_settings_path_without_placeholder_is_kept(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", path)

    assert (str(Settings().cache), Settings().placeholders) == (path, ())


def test_settings_url_of_a_server_is_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", '"rediss://me:%C3%A4%3Cb%3E@cache:7000/1" ')

    assert Settings().cache == RedisAddress("cache", 7000, 1, "me", "ä<b>", uses_tls=True)
    assert "ä<b>" not in repr(Settings())


def test_settings_invalid_url_of_a_server_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", "redis://me:secret@cache/main")

    with pytest.raises(ValidationError, match="TOGGL_MCP_CACHE") as raised:
        Settings()

    assert "number of a database" in str(raised.value)
    assert "secret" not in str(raised.value)


def test_settings_url_of_a_server_with_a_placeholder_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", "redis://me:${PASSWORD}@cache")

    assert (Settings().cache, Settings().placeholders) == (None, ("TOGGL_MCP_CACHE",))


@pytest.mark.parametrize(
    "text",
    [
        '"{}"',
        "'{}'",
        "“{}”",
        "Bearer {}",
        "bearer  {}",
        "Basic {}",
        '"Bearer {}"',
        "Bearer '{}'",
        "{}:api_token",
        "  {}\n",
    ],
)
def test_settings_token_is_taken_out_of_quotes_and_headers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TOGGL_API_TOKEN", text.format(TOKEN))

    token = Settings().token

    assert token is not None
    assert token.get_secret_value() == TOKEN


@pytest.mark.parametrize(("text", "path"), [('"/data/c.sqlite"', "/data/c.sqlite"), ("'~/c'", str(Path.home() / "c"))])
def test_settings_path_is_taken_out_of_quotes_and_its_home_expanded(
    monkeypatch: pytest.MonkeyPatch, text: str, path: str
) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", text)

    assert str(Settings().cache) == path


def test_settings_flag_overrides_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", "$HOME/c")

    assert (Settings(cache=Path("x")).cache, Settings(cache=Path("x")).placeholders) == (Path("x"), ())


@pytest.mark.parametrize("text", ["none", "${X}", "<read>", "[true]", "`always`"])
@pytest.mark.parametrize("variable", ["TOGGL_MCP_ACCESS", "TOGGL_MCP_CONFIRM", "TOGGL_MCP_READ_ONLY"])
def test_settings_placeholder_of_what_restricts_is_an_error(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)

    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("variable", ["TOGGL_MCP_TOOLSETS", "TOGGL_MCP_TOOLS", "TOGGL_MCP_EXCLUDE_TOOLS"])
def test_enabled_tools_placeholder_of_names_is_an_error(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "${NAMES}")

    with pytest.raises(InvalidArguments, match="there is no"):
        enabled_tools(Settings())
