"""What can be said of a client, and what each endpoint is sent of it."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from toggl_mcp.models.clients import ClientBody, Verb
from toggl_mcp.tools.clients import CreateClient, DeleteClient, EditClient, GetClient, ListClients

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
        (EditClient, {"client": "1", "name": "x", "status": "archived"}, "status\n +Extra inputs are not permitted"),
        (ListClients, {"notes": "x"}, "notes\n +Extra inputs are not permitted"),
        (ListClients, {"external_reference": "x"}, "external_reference\n +Extra inputs are not permitted"),
        (EditClient, {"client": "1"}, "give at least one of name, notes, external_reference, archived or clear"),
        (GetClient, {}, "client"),
        (GetClient, {"client": "1", "name": "x"}, "name\n +Extra inputs are not permitted"),
        (CreateClient, {}, "name"),
        (CreateClient, {"name": None}, "name"),
        (EditClient, {"name": "x"}, "client"),
        (EditClient, {"client": "1", "restore_projects": True, "name": "x"}, "restore_projects"),
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
            version.model_validate({"client": "1", "name": name} if version is EditClient else {"name": name})


@pytest.mark.parametrize("reference", ["", " ", "x" * 256, "two\nlines"])
def test_client_args_reference_is_one_line_of_at_most_255_characters(reference: str) -> None:
    with pytest.raises(ValidationError, match="client"):
        DeleteClient(client=reference)
    assert DeleteClient(client="x" * 255).client == "x" * 255


def test_format_omits_ids_and_paging() -> None:
    edit = EditClient(client="1", clear=["notes"], workspace="7").apply_clear()
    assert edit.format("edit") == {"notes": ""}
    assert CreateClient(name="x", workspace="7").format("add") == {"name": "x"}
    assert ListClients(limit=5, cursor="c", refresh=True).format("collect") == {"status": "active"}


@pytest.mark.parametrize(("field", "value"), [("limit", 0), ("limit", 201), ("cursor", "x" * 2001)])
def test_list_clients_args_bound_limit_and_cursor(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        ListClients.model_validate({field: value})
