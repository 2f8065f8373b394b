"""What can be said of a client, and what each endpoint is sent of it."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from toggl_mcp.models.clients import ClientBody, Verb
from toggl_mcp.tools.clients import ClientIdArgs, CreateClient, EditClient, GetClient, ListClients, RestoreClient

FULL = ClientBody(name="Lighthouse", notes="By the sea", external_reference="CRM-7", status="archived")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("add", {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        ("edit", {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        ("collect", {"name": "Lighthouse", "status": "archived"}),
    ],
)
def test_format_sends_the_fields_of_each_endpoint(endpoint: Verb, expected: dict[str, str]) -> None:
    assert FULL.format(endpoint) == expected
    assert ClientBody().format(endpoint) == {}


def test_format_adds_endpoint_fields_below_body_fields() -> None:
    assert ClientBody(name="Lighthouse").format("add", wid=7, name="Other") == {"wid": 7, "name": "Lighthouse"}
    assert ClientBody().format("edit", wid=7, name="Other") == {"wid": 7, "name": "Other"}


def test_format_edit_sends_empty_text() -> None:
    assert ClientBody(notes="", external_reference="").format("edit") == {"notes": "", "external_reference": ""}


def test_client_body_compares_by_value_and_is_frozen() -> None:
    body = ClientBody(name="Lighthouse")
    assert body == ClientBody(name=" Lighthouse ")
    assert len({body, ClientBody(name="Lighthouse")}) == 1
    with pytest.raises(ValidationError, match="frozen"):
        cast("Any", body).name = "Beacon"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 256},
        {"name": 7},
        {"name": ["Lighthouse"]},
        {"notes": "x" * 2001},
        {"notes": 7},
        {"external_reference": "x" * 256},
        {"external_reference": "two\nlines"},
        {"status": "gone"},
        {"status": "Active"},
        {"wid": 7},
        {"archived": True},
    ],
    ids=lambda fields: repr(fields)[:40],
)
def test_client_body_invalid_field_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClientBody(**fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x"},
        {"name": "x" * 255},
        {"name": "ż" * 255},
        {"name": "  " + "x" * 255 + "\n"},
        {"notes": ""},
        {"notes": "x" * 2000},
        {"notes": "two\nlines\tand a tab"},
        {"external_reference": ""},
        {"external_reference": "x" * 255},
        {"status": "both"},
        {"name": None, "notes": None, "external_reference": None, "status": None},
    ],
    ids=lambda fields: repr(fields)[:40],
)
def test_client_body_valid_field_is_accepted(fields: dict[str, Any]) -> None:
    expected = {field: value.strip() for field, value in fields.items() if value is not None}
    assert ClientBody(**fields).model_dump(exclude_none=True) == expected


@pytest.mark.parametrize(
    ("version", "fields", "message"),
    [
        (CreateClient, {"name": "x", "status": "active"}, "status\n +Extra inputs are not permitted"),
        (EditClient, {"client_id": 1, "name": "x", "status": "archived"}, "status\n +Extra inputs are not permitted"),
        (ListClients, {"notes": "x"}, "notes\n +Extra inputs are not permitted"),
        (ListClients, {"external_reference": "x"}, "external_reference\n +Extra inputs are not permitted"),
        (EditClient, {"client_id": 1}, "give at least one of name, notes, external_reference or clear"),
        (GetClient, {}, "give exactly one of client_id or name"),
        (GetClient, {"client_id": 1, "name": "x"}, "give exactly one of client_id or name"),
        (CreateClient, {}, "name"),
        (CreateClient, {"name": None}, "name"),
        (EditClient, {"name": "x"}, "client_id"),
        (RestoreClient, {"client_id": 1, "projects": [1]}, "projects"),
    ],
)
def test_client_args_misplaced_field_names_the_alternative(
    version: type[ClientBody], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        version(**fields)


@pytest.mark.parametrize("version", [CreateClient, EditClient, ListClients])
def test_client_args_keep_the_bounds_of_the_body(version: type[ClientBody]) -> None:
    for name in ("", "x" * 256, "Ac\u202eme", "two\nlines"):
        with pytest.raises(ValidationError, match="name"):
            version.model_validate({"client_id": 1, "name": name} if version is EditClient else {"name": name})


@pytest.mark.parametrize("number", [0, -1, 2**53, 10**40])
def test_client_args_ids_are_positive_and_below_2_to_the_53(number: int) -> None:
    with pytest.raises(ValidationError, match="client_id"):
        ClientIdArgs.model_validate({"client_id": number})
    assert ClientIdArgs(client_id=2**53 - 1).client_id == 2**53 - 1


def test_format_omits_ids_and_paging() -> None:
    edit = EditClient(client_id=1, clear=["notes"], workspace="7").apply_clear()
    assert edit.format("edit") == {"notes": ""}
    assert CreateClient(name="x", workspace="7").format("add") == {"name": "x"}
    assert ListClients(limit=5, cursor="c", refresh=True).format("collect") == {"status": "active"}


@pytest.mark.parametrize(("field", "value"), [("limit", 0), ("limit", 201), ("cursor", "x" * 2001)])
def test_list_clients_args_bound_limit_and_cursor(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        ListClients.model_validate({field: value})
