"""The bundle's manifest against what it speaks of: the project, the server's tools, the settings."""

import json
import struct
import tomllib
from pathlib import Path
from typing import Any

import pytest

from toggl_mcp.apps.documents import APP_NAMES
from toggl_mcp.prompts import PROMPTS
from toggl_mcp.server import build_server
from toggl_mcp.settings import Settings

ROOT = Path(__file__).parents[1]
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SERVER: dict[str, Any] = MANIFEST["server"]
ENVIRONMENT: dict[str, str] = SERVER["mcp_config"]["env"]
OPTIONS: dict[str, dict[str, Any]] = MANIFEST["user_config"]


@pytest.mark.anyio
async def test_manifest_tools_match_the_server() -> None:
    tools = await build_server(Settings.model_construct()).list_tools()
    assert MANIFEST["tools"] == [
        {"name": tool.name, "description": extract_first_sentence(tool.description)} for tool in tools
    ]


def test_manifest_prompts_match_the_server() -> None:
    for item, spec in zip(MANIFEST["prompts"], PROMPTS, strict=True):
        prompt = spec.to_prompt()
        names = [argument.name for argument in prompt.arguments or ()]
        parts = [prompt.description, *(f"{name}: ${{arguments.{name}}}." for name in names)]

        assert (item["name"], item["description"]) == (prompt.name, prompt.description)
        assert item["arguments"] == names
        assert item["text"] == " ".join(map(str, parts))


def extract_first_sentence(description: str | None) -> str:
    return (description or "").partition("\n")[0].partition(". ")[0].removesuffix(".") + "."


@pytest.mark.parametrize("fact", ["name", "version", "license"])
def test_manifest_facts_match_the_project(fact: str) -> None:
    assert MANIFEST[fact] == PROJECT[fact]


def test_manifest_author_and_python_match_the_project() -> None:
    assert [MANIFEST["author"]] == PROJECT["authors"]
    assert MANIFEST["compatibility"]["runtimes"] == {"python": PROJECT["requires-python"]}


def test_manifest_starts_the_command_of_the_project() -> None:
    assert SERVER["mcp_config"]["args"][-1] in PROJECT["scripts"]
    assert (ROOT / SERVER["entry_point"]).is_file()


def test_manifest_options_reach_the_settings() -> None:
    assert set(ENVIRONMENT) <= {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert sorted(ENVIRONMENT.values()) == sorted(f"${{user_config.{option}}}" for option in OPTIONS)


def test_manifest_options_are_required_or_have_a_default() -> None:
    assert all(option["required"] != ("default" in option) for option in OPTIONS.values())


def test_manifest_defaults_match_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    unset = Settings.model_validate({})
    for name, value in ENVIRONMENT.items():
        default = OPTIONS[value.removeprefix("${user_config.").removesuffix("}")].get("default", "")
        monkeypatch.setenv(name, str(default).lower())
    assert Settings.model_validate({}) == unset


def test_manifest_token_is_sensitive() -> None:
    assert [name for name, option in OPTIONS.items() if option.get("sensitive")] == ["api_token"]


def test_manifest_icon_is_a_png_of_512_pixels() -> None:
    head = (ROOT / MANIFEST["icon"]).read_bytes()[:24]
    assert head == b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s2I", 13, b"IHDR", 512, 512)


def test_manifest_screenshots_are_pictures_of_the_apps() -> None:
    assert MANIFEST["screenshots"] == [f"docs/pictures/{name}-light.png" for name in APP_NAMES]
    assert all((ROOT / path).read_bytes().startswith(b"\x89PNG") for path in MANIFEST["screenshots"])
