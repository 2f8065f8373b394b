"""A row counts for what it says, as long as it says what it is about."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel

from toggl_mcp.endpoints.core.parsing import parse_model
from toggl_mcp.errors import Unreachable
from toggl_mcp.models.account import Me, Workspace
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag

AT = {"at": "2026-03-05T08:00:00Z"}
NAMED: dict[str, Any] = {"id": 7, "name": "Aroha"}
ROWS: dict[type[BaseModel], dict[str, Any]] = {
    Client: {"archived": False, "notes": "Bread", "external_reference": "CRM-7", **AT},
    Project: {"client_id": 3, "active": True, "color": "#0b83d9", "billable": True, "is_private": False, **AT},
    Tag: AT,
    Me: {"timezone": "Europe/Berlin", "beginning_of_week": 1, "default_workspace_id": 9},
    Workspace: {"organization_id": 5, "role": "admin", "premium": True, "business_ws": False},
}
OPTIONAL = [(model, field) for model, fields in ROWS.items() for field in fields]
OWNED = (Client, Project, Tag)


def read(model: type[BaseModel], row: object) -> BaseModel:
    return parse_model(model, row, **({"wid": 9} if model in OWNED else {}))


@pytest.mark.parametrize(("model", "field"), OPTIONAL, ids=str)
@pytest.mark.parametrize("odd", [None, {"of": "another kind"}, [7]], ids=repr)
def test_parse_rows_invalid_optional_field_keeps_the_row(model: type[BaseModel], field: str, odd: object) -> None:
    row = NAMED | ROWS[model]
    assert read(model, row | {field: odd}) == read(model, {key: row[key] for key in row if key != field})


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("odd", ["", "yesterday"])
def test_parse_rows_invalid_datetime_keeps_the_row(model: type[BaseModel], odd: str) -> None:
    assert read(model, NAMED | {"at": odd}) == read(model, NAMED)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__name__)
def test_parse_rows_several_invalid_fields_keep_the_row(model: type[BaseModel]) -> None:
    assert read(model, NAMED | dict.fromkeys(ROWS[model], ())) == read(model, NAMED)


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("odd", [None, "x", {}], ids=repr)
def test_parse_rows_invalid_workspace_defaults_to_the_requested_one(model: type[BaseModel], odd: object) -> None:
    for name in ("wid", "workspace_id"):
        assert read(model, NAMED | {name: odd}) == read(model, NAMED)
        assert read(model, NAMED | {"workspace_id": odd, "wid": 8}) == read(model, NAMED | {"wid": 8})


@pytest.mark.parametrize("model", [*OWNED, Workspace], ids=lambda model: model.__name__)
@pytest.mark.parametrize("change", [{"id": None}, {"id": "x"}, {"name": None}, {"name": 7}], ids=repr)
def test_parse_rows_without_id_or_name_are_unreadable(model: type[BaseModel], change: dict[str, object]) -> None:
    with pytest.raises(Unreachable, match="look for a newer version"):
        read(model, NAMED | ROWS[model] | change)


def test_parse_rows_keeps_readable_rows_beside_unreadable_ones() -> None:
    row = NAMED | ROWS[Client] | {"archived": "perhaps"}
    assert read(Client, row) == Client(
        id=7,
        workspace_id=9,
        name="Aroha",
        notes="Bread",
        external_reference="CRM-7",
        updated_at=datetime(2026, 3, 5, 8, tzinfo=UTC),
    )
