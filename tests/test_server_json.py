"""server.json against the registry's schema of 2025-12-11, the project, and the entry that a release makes of it."""

import json
import re
import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest

from scripts.registry_entry import make_entry
from toggl_mcp.models.account import Access
from toggl_mcp.settings import Settings

ROOT = Path(__file__).parents[1]
ENTRY: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IMAGE = "registry.example/toggl-mcp/toggl-mcp:0.1.0"

TEXT: dict[str, Any] = {"type": str}
URL = {"type": str, "pattern": r"https://\S+"}
INPUT: dict[str, dict[str, Any]] = {
    "name": TEXT | {"required": True},
    "description": TEXT,
    "isRequired": {"type": bool},
    "isSecret": {"type": bool},
    "format": TEXT | {"pattern": "string|number|boolean|filepath"},
    "value": TEXT,
    "default": TEXT,
    "placeholder": TEXT,
    "choices": {"type": list, "items": TEXT},
}
PACKAGE: dict[str, dict[str, Any]] = {
    "registryType": TEXT | {"required": True, "pattern": "npm|pypi|oci|nuget|mcpb"},
    "identifier": TEXT | {"required": True},
    "version": TEXT | {"pattern": r"\d+\.\d+\.\d+"},
    "fileSha256": TEXT | {"pattern": "[a-f0-9]{64}"},
    "runtimeHint": TEXT | {"pattern": "npx|uvx|docker|dnx"},
    "transport": {"required": True, "type": dict, "fields": {"type": TEXT | {"required": True, "pattern": "stdio"}}},
    "packageArguments": {
        "type": list,
        "items": {"type": dict, "fields": {"type": TEXT | {"pattern": "positional"}, "value": TEXT}},
    },
    "environmentVariables": {"type": list, "items": {"type": dict, "fields": INPUT}},
}
SCHEMA: dict[str, Any] = {
    "type": dict,
    "fields": {
        "$schema": URL | {"pattern": r"https://.+/2025-12-11/server\.schema\.json"},
        "name": TEXT | {"required": True, "pattern": r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", "length": (3, 200)},
        "title": TEXT | {"length": (1, 100)},
        "description": TEXT | {"required": True, "length": (1, 100)},
        "version": TEXT | {"required": True, "length": (1, 255), "pattern": r"\d+\.\d+\.\d+"},
        "repository": {
            "type": dict,
            "fields": {"url": URL | {"required": True}, "source": TEXT | {"required": True}},
        },
        "websiteUrl": URL,
        "icons": {
            "type": list,
            "items": {
                "type": dict,
                "fields": {
                    "src": URL | {"required": True, "length": (1, 255)},
                    "mimeType": TEXT | {"pattern": "image/(png|jpe?g|svg.xml|webp)"},
                    "sizes": {"type": list, "items": TEXT | {"pattern": r"\d+x\d+|any"}},
                },
            },
        },
        "packages": {"type": list, "items": {"type": dict, "fields": PACKAGE}},
    },
}


def find_violations(value: object, schema: dict[str, Any], path: str = "server.json") -> list[str]:
    """Return where a value is not as the schema has it: a type, a field, a length or a pattern."""
    if not isinstance(value, schema["type"]):
        return [f"{path} is no {schema['type'].__name__}"]
    if isinstance(value, str):
        shortest, longest = schema.get("length", (1, 10_000))
        fits = shortest <= len(value) <= longest and re.fullmatch(schema.get("pattern", "(?s:.+)"), value)
        return [] if fits else [f"{path} is {value!r}"]
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [text for item in items for text in find_violations(item, schema["items"], f"{path}[]")]
    if not isinstance(value, dict):
        return []
    members, fields = cast("dict[str, object]", value), schema["fields"]
    required = {name for name, field in fields.items() if field.get("required")}
    shared = members.keys() & fields.keys()
    return [
        *(f"{path}.{name} is unknown" for name in members.keys() - fields.keys()),
        *(f"{path}.{name} is missing" for name in required - members.keys()),
        *(text for name in shared for text in find_violations(members[name], fields[name], f"{path}.{name}")),
    ]


def test_server_json_is_as_the_schema_of_the_registry_has_it() -> None:
    assert find_violations(ENTRY, SCHEMA) == []


def test_server_json_facts_match_the_project() -> None:
    (package,) = ENTRY["packages"]

    assert (package["identifier"], package["version"], ENTRY["version"]) == (
        *(PROJECT["name"], PROJECT["version"], PROJECT["version"]),
    )
    assert package["identifier"] in PROJECT["scripts"]  # What uvx runs.
    assert ENTRY["repository"]["url"] == PROJECT["urls"]["Homepage"]


def test_server_json_variables_are_settings_and_the_token_alone_is_secret() -> None:
    (package,) = ENTRY["packages"]
    variables = {variable["name"]: variable for variable in package["environmentVariables"]}

    assert variables.keys() <= {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert [name for name, variable in variables.items() if variable.get("isSecret")] == ["TOGGL_API_TOKEN"]
    assert variables["TOGGL_MCP_ACCESS"]["choices"] == [*Access.__args__]  # pyright: ignore[reportAttributeAccessIssue] - a Literal
    assert variables["TOGGL_MCP_ACCESS"]["default"] == Settings.model_fields["access"].default


@pytest.mark.parametrize("file", ["README.md", "Dockerfile"])
def test_server_json_name_is_claimed_where_the_registry_looks(file: str) -> None:
    text = (ROOT / file).read_text("utf-8")
    claims = re.findall(r'(?:<!-- mcp-name: |io\.modelcontextprotocol\.server\.name=")([^" ]+)', text)

    assert claims == [ENTRY["name"]]


@pytest.mark.parametrize("image", [None, IMAGE])
def test_registry_entry_has_the_packages_of_a_release(image: str | None, tmp_path: Path) -> None:
    bundle = tmp_path / f"{PROJECT['name']}-{PROJECT['version']}.mcpb"
    bundle.write_bytes(b"bundle")
    entry = make_entry(bundle, image)
    _, packed, *images = entry["packages"]

    assert find_violations(entry, SCHEMA) == []
    assert packed["identifier"].endswith(f"/releases/download/v{PROJECT['version']}/{bundle.name}")
    assert packed["fileSha256"] == sha256(b"bundle").hexdigest()
    assert [package["identifier"] for package in images] == ([image] if image else [])
    assert all("environmentVariables" in package for package in entry["packages"])
