"""Clients as Toggl describes them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from toggl_mcp.models.account import Me, Workspace
from toggl_mcp.models.clients import Client

ROW: dict[str, Any] = {"id": 7, "wid": 9, "archived": False, "name": "Aroha", "at": "2026-03-05T10:00:00+02:00"}
CLIENT = Client(id=7, workspace_id=9, name="Aroha", updated_at=datetime(2026, 3, 5, 8, 0, tzinfo=UTC))


def test_a_client_is_what_toggl_says_in_our_words() -> None:
    client = Client.model_validate(ROW | {"notes": "Bread", "external_reference": "CRM-7", "archived": True})
    assert client == CLIENT.model_copy(update={"notes": "Bread", "external_reference": "CRM-7", "archived": True})


def test_an_offset_is_kept_as_the_moment_that_it_means() -> None:
    assert Client.model_validate(ROW).updated_at == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["2024", "true", "null", "[1,2]", '{"class":"zzz"}', '"quoted"', "7e3", ""])
def test_a_name_that_looks_like_something_else_stays_a_name(name: str) -> None:
    client = Client.model_validate(ROW | {"name": name})
    again = Client.model_validate_json(client.model_dump_json(exclude_none=True))
    assert (client.name, again) == (name, client)


def test_what_is_not_named_here_is_dropped_secrets_first_of_all() -> None:
    client = Client.model_validate(ROW | {"api_token": "s3cret", "ical_url": "s3cret", "permissions": ["s3cret"]})
    assert client == CLIENT
    assert "s3cret" not in f"{client!r} {client.model_dump_json()} {vars(client)}"


@pytest.mark.parametrize("missing", ["archived", "at"])
def test_what_toggl_leaves_out_has_its_ordinary_value(missing: str) -> None:
    client = Client.model_validate({key: value for key, value in ROW.items() if key != missing})
    assert (client.archived, client.updated_at) == (False, None if missing == "at" else CLIENT.updated_at)


@pytest.mark.parametrize("field", ["notes", "external_reference", "at"])
def test_null_is_nothing(field: str) -> None:
    client = Client.model_validate(ROW | {field: None})
    assert getattr(client, "updated_at" if field == "at" else field) is None


@pytest.mark.parametrize("row", [{"workspace_id": 9}, {"wid": 9}, {"workspace_id": 9, "wid": 5}])
def test_a_workspace_goes_by_either_name(row: dict[str, int]) -> None:
    assert Client.model_validate({"id": 7, "name": "Aroha", **row}).workspace_id == 9


@pytest.mark.parametrize(
    "change",
    [{"id": None}, {"id": "x"}, {"wid": None}, {"name": None}, {"name": 7}, {"archived": "maybe"}, {"at": "x"}],
)
def test_what_is_no_client_is_not_taken_for_one(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Client.model_validate(ROW | change)


def test_clients_are_compared_by_all_that_they_say_and_can_be_kept_in_sets() -> None:
    assert Client.model_validate(ROW) == CLIENT
    assert Client.model_validate(ROW | {"name": "Bare"}) != CLIENT
    assert len({Client.model_validate(ROW), CLIENT}) == 1


def test_an_account_keeps_no_secret_and_knows_its_owner_by_either_name() -> None:
    row = {"id": 1, "fullname": "Marama", "api_token": "s3cret", "intercom_hash": "s3cret", "email": "m@example.com"}
    me = Me.model_validate(row)
    assert (me.name, me.timezone, me.beginning_of_week, me.default_workspace_id) == ("Marama", "UTC", 1, None)
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
def test_a_plan_is_told_by_what_a_workspace_shows(fields: dict[str, bool], plan: str) -> None:
    row: dict[str, object] = {"id": 9, "name": "Studio", "api_token": "s3cret", "ical_url": "s3cret", **fields}
    workspace = Workspace.model_validate(row)
    assert workspace.plan == plan
    assert "s3cret" not in repr(workspace)
