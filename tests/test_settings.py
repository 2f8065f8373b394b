"""Where settings come from."""

from pathlib import Path

import pytest

from toggl_mcp.settings import Settings


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


@pytest.mark.parametrize("unset", ["", "  ", "${user_config.cache}", " ${X} "])
def test_settings_blank_or_unexpanded_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, unset: str) -> None:
    monkeypatch.setenv("TOGGL_MCP_CACHE", unset)
    monkeypatch.setenv("TOGGL_API_TOKEN", unset)

    assert (Settings().cache, Settings().token) == (None, None)
    assert Settings(cache=Path("x")).cache == Path("x")
