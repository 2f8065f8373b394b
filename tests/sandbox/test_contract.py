"""The sandbox against what Toggl documents: operations, fields, types, statuses and literal error texts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import pytest

from toggl_mcp.sandbox import HARBOUR_STUDIO, Sandbox
from toggl_mcp.sandbox.app import OPERATIONS

pytestmark = pytest.mark.anyio

FACTS = Path(__file__).parents[1] / "contract"
TRACK: dict[str, dict[str, Any]] = json.loads((FACTS / "track-v9.json").read_text(encoding="utf-8"))
TEXTS: dict[str, dict[str, list[str]]] = json.loads((FACTS / "error-messages.json").read_text(encoding="utf-8"))
TYPES = {"boolean": bool, "integer": int, "number": int, "string": str}

CLIENT = 64_890_301
FOREIGN_WORKSPACE = 4_999_999
MISSING_CLIENT = 64_999_999
CLIENTS = "/workspaces/{workspace_id}/clients"
ONE = CLIENTS + "/{client_id}"


class Request(NamedTuple):
    """One request of an operation, by default a harmless one."""

    operation: str
    query: dict[str, str] | None = None
    body: Any = None
    workspace_id: int = HARBOUR_STUDIO
    client_id: int = CLIENT

    async def send(self, toggl: httpx.AsyncClient) -> httpx.Response:
        method, template = self.operation.split()
        path = template.format(workspace_id=self.workspace_id, client_id=self.client_id)
        return await toggl.request(method, path, params=self.query, json=self.body)


SUCCESSES = [
    Request("GET /me", {"with_related_data": "true"}),
    Request("GET /me/clients", {"since": "0"}),
    Request("GET /me/logged"),
    Request("GET /me/quota"),
    Request("GET /me/workspaces", {"since": "0"}),
    Request("GET /workspaces/{workspace_id}"),
    Request(f"GET {CLIENTS}", {"status": "both", "name": "a"}),
    Request(f"POST {CLIENTS}", body={"name": "New", "notes": "n", "external_reference": "r"}),
    Request(f"POST {CLIENTS}/archive", body=[CLIENT]),
    Request(f"POST {CLIENTS}/data", body=[CLIENT]),
    Request(f"POST {CLIENTS}/delete", body=[CLIENT]),
    Request(f"GET {ONE}"),
    Request(f"PUT {ONE}", body={"name": "New", "notes": "n", "external_reference": "r"}),
    Request(f"DELETE {ONE}"),
    Request(f"POST {ONE}/archive"),
    Request(f"POST {ONE}/restore", body={"projects": [201_500_303], "restore_all_projects": False}),
]

REFUSALS = [
    (Request("GET /workspaces/{workspace_id}", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"GET {CLIENTS}", {"status": "gone"}), 400),
    (Request(f"GET {CLIENTS}", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {CLIENTS}", body={"name": " "}), 400),
    (Request(f"POST {CLIENTS}", body={"name": "n" * 256}), 400),
    (Request(f"POST {CLIENTS}", body={"name": "New"}, workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {CLIENTS}/archive", body=[CLIENT], workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {CLIENTS}/archive", body=[CLIENT, MISSING_CLIENT], client_id=MISSING_CLIENT), 404),
    (Request(f"POST {CLIENTS}/data", body=["one"]), 400),
    (Request(f"POST {CLIENTS}/delete", body=[CLIENT], workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {CLIENTS}/delete", body=[CLIENT, MISSING_CLIENT], client_id=MISSING_CLIENT), 404),
    (Request(f"GET {ONE}", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"GET {ONE}", client_id=MISSING_CLIENT), 404),
    (Request(f"PUT {ONE}", body={"name": ""}), 400),
    (Request(f"PUT {ONE}", body={"name": "n" * 256}), 400),
    (Request(f"PUT {ONE}", body={"name": "New"}, workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"PUT {ONE}", body={"name": "New"}, client_id=MISSING_CLIENT), 404),
    (Request(f"DELETE {ONE}", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"DELETE {ONE}", client_id=MISSING_CLIENT), 404),
    (Request(f"POST {ONE}/archive", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {ONE}/archive", client_id=MISSING_CLIENT), 404),
    (Request(f"POST {ONE}/restore", body={"projects": "all"}), 400),
    (Request(f"POST {ONE}/restore", body={"restore_all_projects": "yes"}), 400),
    (Request(f"POST {ONE}/restore", workspace_id=FOREIGN_WORKSPACE), 403),
    (Request(f"POST {ONE}/restore", client_id=MISSING_CLIENT), 404),
]


def test_every_documented_operation_is_served_and_tried_here() -> None:
    assert set(OPERATIONS) == set(TRACK["operations"]) == {request.operation for request in SUCCESSES}


@pytest.mark.parametrize("request_", SUCCESSES, ids=lambda request: request.operation)
async def test_a_success_has_only_documented_fields_of_the_documented_types(
    toggl: httpx.AsyncClient, request_: Request
) -> None:
    answer = await request_.send(toggl)
    documented = TRACK["operations"][request_.operation]
    assert set(request_.query or ()) <= set(documented.get("query", {}))
    assert list(departures(request_.body, documented.get("body"), "body")) == []
    assert answer.status_code == 200
    if documented["responses"]["200"] is None:
        assert answer.content == b""
    else:
        assert list(departures(answer.json(), documented["responses"]["200"], "answer")) == []


@pytest.mark.parametrize(("request_", "status"), REFUSALS)
async def test_a_refusal_has_its_documented_status_and_text_and_changes_nothing(
    toggl: httpx.AsyncClient, sandbox: Sandbox, request_: Request, status: int
) -> None:
    before = json.dumps([sandbox.world.clients, sandbox.world.projects])
    answer = await request_.send(toggl)
    assert answer.status_code == status
    assert str(status) in TRACK["operations"][request_.operation]["responses"]
    literals = TEXTS[request_.operation][str(status)]
    assert answer.json() in [text.format(client_id=request_.client_id, max_client_length=255) for text in literals]
    assert json.dumps([sandbox.world.clients, sandbox.world.projects]) == before


def test_every_documented_refusal_but_the_unreachable_is_tried_here() -> None:
    documented = {(operation, int(status)) for operation, texts in TEXTS.items() for status in texts}
    tried = {(request.operation, status) for request, status in REFUSALS}
    about_the_user = {(operation, status) for operation, status in documented if "/me" in operation}
    server_faults = {(operation, status) for operation, status in documented if status == 500}
    assert documented - tried == about_the_user | server_faults


def departures(value: object, kind: str | list[str], where: str) -> Iterator[str]:
    """What in a value differs from its documented kind; null may stand for anything."""
    if value is None:
        return
    if isinstance(kind, list):
        for item in cast("list[object]", value):
            yield from departures(item, kind[0], f"{where}[]")
    elif isinstance(value, dict):
        model = TRACK["models"].get(str(kind), {})
        for field, part in cast("dict[str, object]", value).items():
            yield from departures(part, model.get(field, "undocumented"), f"{where}.{field}")
    elif type(value) is not TYPES.get(re.split(":", str(kind))[0]):
        yield f"{where} is {value!r}, not {kind}"
