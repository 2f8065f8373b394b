"""The sandbox against what Toggl documents: operations, fields, types, statuses and literal error texts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.sandbox.operations import (
    LEAVE,
    ONE_ENTRY,
    ONE_ORGANIZATION,
    ONE_TAG,
    ONE_TASK,
    ONE_WORKSPACE,
    ORGANIZATION,
    ORGANIZATIONS,
    REFUSALS,
    SUCCESSES,
    TAGS,
    WORKSPACES,
    Request,
)
from toggl_mcp.sandbox import HARBOUR_STUDIO, Behaviors, Sandbox
from toggl_mcp.sandbox.app import OPERATIONS

pytestmark = pytest.mark.anyio

FACTS = Path(__file__).parents[1] / "contract"
TRACK: dict[str, dict[str, Any]] = json.loads((FACTS / "track-v9.json").read_text(encoding="utf-8"))
TEXTS: dict[str, dict[str, list[str]]] = json.loads((FACTS / "error-messages.json").read_text(encoding="utf-8"))
TYPES = {"boolean": bool, "integer": int, "number": int, "string": str}

# Toggl documents lists of tags, texts, and a full stop, but was seen to send these.
OBSERVED_RESPONSES = {
    f"POST {TAGS}": "models.Tag",
    f"PUT {ONE_TAG}": "models.Tag",
    f"DELETE {ONE_TAG}": None,
    f"DELETE {ONE_TASK}": "number",
    f"DELETE {ONE_ENTRY}": None,
    f"PUT {ONE_ORGANIZATION}": None,
    f"DELETE {LEAVE}": None,
    f"GET {ONE_WORKSPACE}/preferences": "models.WorkspacePreferences",
}
# The sample user owns the organizations, and what is not theirs is refused as recorded.
UNREACHABLE_REFUSALS = {
    (f"POST {ORGANIZATIONS}", 403),
    (f"DELETE {LEAVE}", 403),
    (f"POST {WORKSPACES}", 403),
    (f"GET {ONE_WORKSPACE}/preferences", 400),
    (f"GET {ONE_WORKSPACE}/time_entry_constraints", 400),
}
OBSERVED_FIELDS = {"toggl_accounts_id": "string"}
OBSERVED_TEXTS = {(f"DELETE {ONE_TAG}", 404): ["Tag was not found"]}


@pytest.fixture
def sandbox(sandbox: Sandbox) -> Sandbox:
    # The studio may have several workspaces, as on the Enterprise plan.
    sandbox.state.organizations[ORGANIZATION]["is_multi_workspace_enabled"] = True
    return sandbox


def test_operations_documented_are_served_and_tested() -> None:
    assert set(OPERATIONS) == set(TRACK["operations"]) == {request.operation for request in SUCCESSES}


@pytest.mark.parametrize("request_", SUCCESSES, ids=lambda request: request.operation)
async def test_operations_success_has_only_documented_fields_and_types(
    toggl: httpx.AsyncClient, request_: Request
) -> None:
    response = await request_.send(toggl)
    documented = TRACK["operations"][request_.operation]
    kind = OBSERVED_RESPONSES.get(request_.operation, documented["responses"]["200"])
    assert set(request_.query or ()) <= set(documented.get("query", {}))
    assert list(list_departures(request_.body, documented.get("body"), "body")) == []
    assert response.status_code == 200
    if kind is None:
        assert response.content == b""
    else:
        assert list(list_departures(response.json(), kind, "answer")) == []


@pytest.mark.parametrize(("request_", "status"), REFUSALS)
async def test_operations_refusal_has_documented_text_and_changes_nothing(
    toggl: httpx.AsyncClient, sandbox: Sandbox, request_: Request, status: int
) -> None:
    sandbox.behaviors = Behaviors(foreign_workspace_body="documented")
    before = dump_state(sandbox)
    response = await request_.send(toggl)
    assert response.status_code == status
    assert str(status) in TRACK["operations"][request_.operation]["responses"]
    literals = OBSERVED_TEXTS.get((request_.operation, status), TEXTS[request_.operation][str(status)])
    assert response.json() in [fill_blanks(text, request_) for text in literals]
    assert dump_state(sandbox) == before


def test_operations_documented_refusals_are_tested_if_reachable() -> None:
    documented = {
        (operation, int(status)): texts for operation, refusals in TEXTS.items() for status, texts in refusals.items()
    }
    covered = {(request.operation, status) for request, status in REFUSALS}
    of_user = {(operation, status) for operation, status in documented if "/me" in operation}
    server_faults = {(operation, status) for operation, status in documented if status == 500}
    # An id that is no number is refused in the words that were seen, which test_access knows.
    of_id = {key for key, texts in documented.items() if all(text.startswith("Invalid ") for text in texts)}
    assert documented.keys() - covered == of_user | server_faults | of_id | UNREACHABLE_REFUSALS


def dump_state(sandbox: Sandbox) -> str:
    state = sandbox.state
    return json.dumps(
        [state.organizations, state.workspaces, state.clients, state.projects, state.tags, state.tasks, state.entries]
    )


def fill_blanks(text: str, request: Request) -> str:
    """A documented text with its blanks filled in for this request."""
    blanks = {
        "client_id": request.client_id,
        "client ID": request.client_id,
        "workspace ID": HARBOUR_STUDIO,
        "max_client_length": 255,
        "tag_name": "meeting",
        "color": "#FFFFFF",
    }
    for blank, value in blanks.items():
        text = text.replace(f"{{{blank}}}", str(value))
    return text.strip('"')


def list_departures(value: object, kind: str | list[str] | None, path: str) -> Iterator[str]:
    """What in a value differs from its documented kind; null may stand for anything, and so may an undocumented one."""
    if value is None or kind is None:
        return
    if isinstance(kind, list):
        for item in cast("list[object]", value):
            yield from list_departures(item, kind[0], f"{path}[]")
    elif isinstance(value, dict):
        fields = OBSERVED_FIELDS | TRACK["models"].get(str(kind), {})
        for field, part in cast("dict[str, object]", value).items():
            yield from list_departures(part, fields.get(field, "undocumented"), f"{path}.{field}")
    elif "enum" in (model := TRACK["models"].get(str(kind), {})):
        if value not in model["enum"]:
            yield f"{path} is {value!r}, not one of {model['enum']}"
    elif type(value) is not TYPES.get(re.split(":", str(kind))[0]):
        yield f"{path} is {value!r}, not {kind}"
