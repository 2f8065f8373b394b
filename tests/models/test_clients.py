"""Clients as Toggl describes them."""

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from toggl_mcp.models.account import Me, Workspace
from toggl_mcp.models.clients import Client

ROW: dict[str, Any] = {"id": 7, "wid": 9, "archived": False, "name": "Aroha", "at": "2026-03-05T10:00:00+02:00"}
CLIENT = Client(id=7, workspace_id=9, name="Aroha", updated_at=datetime(2026, 3, 5, 8, 0, tzinfo=UTC))


def test_client_parses_toggl_row() -> None:
    client = Client.model_validate(ROW | {"notes": "Bread", "external_reference": "CRM-7", "archived": True})
    assert client == CLIENT.model_copy(update={"notes": "Bread", "external_reference": "CRM-7", "archived": True})


def test_client_updated_at_is_converted_to_utc() -> None:
    assert Client.model_validate(ROW).updated_at == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["2024", "true", "null", "[1,2]", '{"class":"zzz"}', '"quoted"', "7e3", ""])
def test_client_name_like_json_round_trips(name: str) -> None:
    client = Client.model_validate(ROW | {"name": name})
    parsed = Client.model_validate_json(client.model_dump_json(exclude_none=True))
    assert (client.name, parsed) == (name, client)


def test_client_drops_unknown_fields_and_secrets() -> None:
    client = Client.model_validate(ROW | {"api_token": "s3cret", "ical_url": "s3cret", "permissions": ["s3cret"]})
    assert client == CLIENT
    assert "s3cret" not in f"{client!r} {client.model_dump_json()} {vars(client)}"


@pytest.mark.parametrize("missing", ["archived", "at"])
def test_client_missing_field_has_default(missing: str) -> None:
    client = Client.model_validate({key: value for key, value in ROW.items() if key != missing})
    assert (client.archived, client.updated_at) == (False, None if missing == "at" else CLIENT.updated_at)


@pytest.mark.parametrize("field", ["notes", "external_reference", "at"])
def test_client_null_field_is_none(field: str) -> None:
    client = Client.model_validate(ROW | {field: None})
    assert getattr(client, "updated_at" if field == "at" else field) is None


@pytest.mark.parametrize("row", [{"workspace_id": 9}, {"wid": 9}, {"workspace_id": 9, "wid": 5}])
def test_client_accepts_wid_and_workspace_id(row: dict[str, int]) -> None:
    assert Client.model_validate({"id": 7, "name": "Aroha", **row}).workspace_id == 9


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"id": "x"}, {"wid": None}, {"name": None}, {"name": 7}, {"archived": "maybe"}, {"at": "x"}],
)
def test_client_invalid_row_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Client.model_validate(ROW | change)


def test_client_compares_by_value_and_is_hashable() -> None:
    assert Client.model_validate(ROW) == CLIENT
    assert Client.model_validate(ROW | {"name": "Bare"}) != CLIENT
    assert len({Client.model_validate(ROW), CLIENT}) == 1


def test_me_drops_secrets_and_accepts_either_name_field() -> None:
    row = {"id": 1, "fullname": "Marama", "api_token": "s3cret", "intercom_hash": "s3cret", "email": "m@example.com"}
    me = Me.model_validate(row)
    assert (me.name, me.timezone, me.beginning_of_week, me.default_workspace_id) == ("Marama", "", 1, None)
    assert "s3cret" not in f"{me!r} {vars(me)}"
    assert Me.model_validate_json(me.model_dump_json()) == me


@pytest.mark.parametrize(
    ("fields", "plan"),
    [
        ({}, "free"),
        ({"premium": True}, "starter"),
        ({"premium": True, "business_ws": True}, "premium"),
        ({"business_ws": True}, "premium"),
    ],
)
def test_workspace_plan_follows_premium_fields(fields: dict[str, bool], plan: str) -> None:
    row: dict[str, object] = {"id": 9, "name": "Studio", "api_token": "s3cret", "ical_url": "s3cret", **fields}
    workspace = Workspace.model_validate(row)
    assert workspace.plan == plan
    assert "s3cret" not in repr(workspace)


def test_dump_without_unset_fields_has_each_field_whatever_another_was_given() -> None:
    client, other = Client(id=1, workspace_id=2, name="A"), Client(id=3, workspace_id=2, name="B", notes="N")

    copy = other.model_copy(update={"archived": True})

    for item in (client, other, copy, pickle.loads(pickle.dumps(copy))):  # noqa: S301 - of this test
        assert item.model_dump(exclude_unset=True) == item.model_dump()
