"""What can be said of a client, and what each endpoint is sent of it."""

from typing import Any, cast

import pytest
from pydantic import ValidationError

from toggl_mcp.models.clients import ClientBody, Verb
from toggl_mcp.tools.clients import CreateClient, EditClient, GetClient, ListClients, OneClient, RestoreClient

FULL = ClientBody(name="Lighthouse", notes="By the sea", external_reference="CRM-7", status="archived")


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        ("add", {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        ("edit", {"name": "Lighthouse", "notes": "By the sea", "external_reference": "CRM-7"}),
        ("collect", {"name": "Lighthouse", "status": "archived"}),
    ],
)
def test_each_endpoint_is_sent_the_fields_that_it_takes(endpoint: Verb, sent: dict[str, str]) -> None:
    assert FULL.format(endpoint) == sent
    assert ClientBody().format(endpoint) == {}


def test_what_else_an_endpoint_needs_goes_along_and_the_bodys_own_fields_win() -> None:
    assert ClientBody(name="Lighthouse").format("add", wid=7, name="Other") == {"wid": 7, "name": "Lighthouse"}
    assert ClientBody().format("edit", wid=7, name="Other") == {"wid": 7, "name": "Other"}


def test_an_empty_text_is_sent_and_so_clears() -> None:
    assert ClientBody(notes="", external_reference="").format("edit") == {"notes": "", "external_reference": ""}


def test_a_body_is_what_it_says_and_cannot_be_changed() -> None:
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
def test_what_toggl_would_not_take_cannot_be_said(fields: dict[str, Any]) -> None:
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
def test_what_toggl_takes_can_be_said(fields: dict[str, Any]) -> None:
    expected = {field: value.strip() for field, value in fields.items() if value is not None}
    assert ClientBody(**fields).model_dump(exclude_none=True) == expected


@pytest.mark.parametrize(
    ("version", "fields", "sentence"),
    [
        (CreateClient, {"name": "x", "status": "active"}, "status is not taken here; a new client is active"),
        (EditClient, {"client_id": 1, "name": "x", "status": "archived"}, "use archive_client or restore_client"),
        (ListClients, {"notes": "x"}, "notes is not taken here; only name and status narrow the list"),
        (ListClients, {"external_reference": "x"}, "external_reference is not taken here"),
        (EditClient, {"client_id": 1}, "give at least one of name, notes and external_reference"),
        (GetClient, {}, "give exactly one of client_id and name"),
        (GetClient, {"client_id": 1, "name": "x"}, "give exactly one of client_id and name"),
        (CreateClient, {}, "name"),
        (CreateClient, {"name": None}, "name"),
        (EditClient, {"name": "x"}, "client_id"),
        (RestoreClient, {"client_id": 1, "projects": [1]}, "projects"),
    ],
)
def test_a_version_of_the_body_says_what_it_takes_instead(
    version: type[ClientBody], fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        version(**fields)


@pytest.mark.parametrize("version", [CreateClient, EditClient, ListClients])
def test_every_version_of_the_body_keeps_its_bounds(version: type[ClientBody]) -> None:
    for name in ("", "x" * 256, "Ac\u200bme", "two\nlines"):
        with pytest.raises(ValidationError, match="name"):
            version.model_validate({"client_id": 1, "name": name} if version is EditClient else {"name": name})


@pytest.mark.parametrize("number", [0, -1, 2**53, 10**40])
@pytest.mark.parametrize("field", ["client_id", "workspace_id"])
def test_ids_are_positive_and_exact_in_every_json_reader(field: str, number: int) -> None:
    with pytest.raises(ValidationError, match=field):
        OneClient.model_validate({"client_id": 1, "workspace_id": 1, field: number})
    assert OneClient(client_id=2**53 - 1, workspace_id=1).client_id == 2**53 - 1


def test_a_change_and_a_creation_send_nothing_of_where_they_go() -> None:
    assert EditClient(client_id=1, notes="", workspace_id=7).format("edit") == {"notes": ""}
    assert CreateClient(name="x", workspace_id=7).format("add") == {"name": "x"}
    assert ListClients(limit=5, cursor="c", refresh=True).format("collect") == {"status": "active"}


@pytest.mark.parametrize(("field", "value"), [("limit", 0), ("limit", 201), ("cursor", "x" * 2001)])
def test_pages_are_bounded(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        ListClients.model_validate({field: value})
