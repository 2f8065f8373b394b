"""The schemas that the package holds are those of the tools' models, and the descriptions have what keywords lack."""

import json
from typing import Any

import pytest

from scripts.snapshots import build_schemas
from toggl_mcp.models.base import Payload
from toggl_mcp.tools.support.schema import PACKAGED_SCHEMAS, input_schema
from toggl_mcp.toolsets import all_tools


def test_packaged_schemas_are_those_of_the_models() -> None:
    """Otherwise run scripts/snapshots.py."""
    assert json.loads(PACKAGED_SCHEMAS.read_text("utf-8")) == dict(build_schemas())


def input_models() -> list[type[Any]]:
    """Return the input model of every tool that has arguments."""
    models = [model for tool in all_tools() for model in (tool.input_model, tool.restricted_input) if model]
    return [model for model in dict.fromkeys(models) if model.model_fields]


@pytest.mark.parametrize("model", input_models(), ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_input_schema_descriptions_have_the_defaults(model: type[Payload]) -> None:
    properties = input_schema(model)["properties"]
    for name, part in model.model_json_schema()["properties"].items():
        if part.get("default") not in (None, False):
            assert f" Default: {part['default']}." in properties[name]["description"]
