"""Hold recorded answers of Toggl against the parsers, and what the sandbox answers to the same requests against them.

A recording is a JSON file of samples, each with an `id`, the day it was `recorded`, a `request` (method, path below
`/api/v9` or from `/reports`, query, body) and a `response` (status, headers, and a JSON `body` or a `raw` one).
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate
from pathlib import Path
from typing import Any

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from toggl_mcp.api import BasicAuth
from toggl_mcp.api.connection import connect_in_process
from toggl_mcp.api.error_mapping import error_for_response
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.core.session import Session
from toggl_mcp.endpoints.reports import ReportQuery, Reports
from toggl_mcp.errors import BadToken, InvalidArguments, NotFound, PlanRequired, TogglError
from toggl_mcp.models.account import Me, Workspace
from toggl_mcp.models.clients import Client
from toggl_mcp.models.projects import Project
from toggl_mcp.models.tags import Tag
from toggl_mcp.models.time_entries import TimeEntry
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, TOKEN, Sandbox
from toggl_mcp.sandbox import rows as sandbox_rows

Row = dict[str, Any]

MODELS: dict[str, type[BaseModel]] = {
    "clients": Client,
    "me": Me,
    "projects": Project,
    "tags": Tag,
    "time_entries": TimeEntry,
    "workspaces": Workspace,
}
ERRORS: dict[int, type[TogglError]] = {
    400: InvalidArguments,
    401: BadToken,
    402: PlanRequired,
    403: BadToken,
    404: NotFound,
    409: InvalidArguments,
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
COMPARED_HEADERS = re.compile("content-type|x-(page|sort|total|range|next|grouping|sub-grouping|service|authorization)")
# What must have been sent for a refusal of which only the answer was recorded.
PROVOCATIONS: dict[str, Row] = {
    "JSON is not valid": {"content": "{"},
    "We're expecting an integer": {"item_id": "none"},
    "Missing or invalid workspace_id": {"workspace_id": "none"},
    "Invalid include_archived": {"params": {"include_archived": "perhaps"}},
    "Since is expected": {"params": {"since": "yesterday"}},
    "tag name can't be blank": {"json": {"name": ""}},
    "At least one parameter": {"json": {}},
    "Maximum allowed date range": {"json": {"start_date": "2022-01-01", "end_date": "2023-12-31"}},
    "Incorrect username": {"auth": ("f" * 32, "api_token")},
    "Client doesn't exist": {"json": {"name": "New"}},
    "Tag was not found": {"json": {"name": "New"}},
    "Time entry not found": {"json": {"description": "New"}},
}


# Where Toggl's older answers differ from its newest, which the sandbox follows: a pattern of differences, and why.
OLDER_FORMS = {
    r"\(2024\S+ me\.(2fa_enabled added|(intercom_hash|oauth_providers) missing)": "the user before 2026",
    r"\(202[24]\S+ workspaces\.(active_project_count|disable_\w+|te_constraints) added": "workspaces before 2026",
    r"\(202[24]\S+ workspaces\.(only_admins_see_billable_rates|permissions|profile) missing": "workspaces before 2026",
    r"\((2022|2024-04)\): workspaces\.\w+ added": "workspaces before December 2024",
    r"\(202[24]\S+ (clients|projects)\.(client_name|total_count) added": "clients and projects before 2026",
    r"\(2024-12\): projects\.(is_shared|tasks_count) missing": "clients and projects before 2026",
    r"\((2022|2024-0[45])\): projects\.(can_track_time|pinned) added": "projects before December 2024",
    r"\((2022|2024-0[45])\): projects\.billable is bool for null": "projects before December 2024",
    r"\((2022|2024-0[45])\): (projects|tags|time_entries)\.permissions missing": "null permissions until May 2024",
    r"\(2022\): projects\.(\w+ added|current_period missing)": "projects before 2024",
    r"\(2022\): (clients|tags)\.(archived|creator_id) added": "clients and tags before 2024",
    r"\((2022|2024-04)\): time_entries\.at is \S+Z for \S+\+00:00$": "entries without a fraction before December 2024",
    r"\(2024\S+ time_entries\.client_id added": "entries with names before 2026",
    r"\(2024-04\): time_entries\.project_billable added": "entries with names before December 2024",
    r"search/time_entries \((2022|2024-04)\): time_entries\.at_tz added": "detailed reports until April 2024",
    r"\(2022\): time_entries\.(start|stop) is \S+offset": "detailed reports in UTC in 2022",
    r"\(2022\): (sub_)?groups\.\w+ added": "summary reports before 2024",
    r"GET /me/projects \(2022\): status 400 for 404$": "a refusal with another status in 2022",
    r"GET /me/time_entries \(2022\): time_entries has another": "a list of entries ten years apart in 2022",
}


def main() -> None:
    """Print what the parsers cannot read, and how the sandbox differs; fail on what no older form explains."""
    samples: list[Row] = [
        sample for path in sorted(Path(sys.argv[1]).glob("*.json")) for sample in json.loads(path.read_text("utf-8"))
    ]
    unreadable = [line for sample in samples for line in anyio.run(list_parser_failures, sample)]
    nullable = find_nullable_numbers(samples)
    differences = [line for sample in samples for line in sorted(set(anyio.run(list_differences, sample, nullable)))]
    forms = Counter(next((form for form in OLDER_FORMS if re.search(form, line)), line) for line in differences)
    undocumented = [line for line in forms if line not in OLDER_FORMS]
    unused = [f"without a difference: {form}" for form in OLDER_FORMS if form not in forms]
    reasons: Counter[str] = Counter()
    for form in forms.keys() & OLDER_FORMS.keys():
        reasons[OLDER_FORMS[form]] += forms[form]
    counts = [
        f"{len(samples)} answers",
        f"{len(unreadable)} unreadable",
        f"{len(undocumented)} undocumented differences",
    ]
    summary = ", ".join([*counts, f"{reasons.total()} of an older form:"])
    lines = [f"  {count:2} {reason}" for reason, count in sorted(reasons.items())]
    sys.stdout.write("\n".join([*unreadable, *undocumented, *unused, summary, *lines]) + "\n")
    sys.exit(bool(unreadable or undocumented or unused))


def operation_of(sample: Row) -> str:
    """Return the method and the path of a sample, with a star for each id."""
    request = sample["request"]
    return f"{request['method']} {re.sub('[0-9,]{2,}', '*', request['path'])}"


def month_of(sample: Row) -> str:
    """Return the month in which a sample was recorded, or only the first year in which it may have been."""
    if day := re.search(r"20\d\d-[01]\d(?=-)", sample["recorded"]):
        return day[0]
    times = parsedate(sample["recorded"])
    return f"{times[0]}-{times[1]:02}" if times else sample["recorded"][:4]


def kind_of(sample: Row) -> str:
    """Return the kind of the rows of an answer."""
    words: list[str] = re.findall("[a-z_]+", sample["request"]["path"])
    return next(word for word in reversed(words) if word not in ("current", "stop"))


def find_nullable_numbers(samples: list[Row]) -> set[str]:
    """Return the fields of kinds of rows that are both null and a number in the answers of one month."""
    types: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for sample in samples:
        for field, value in walk(sample["response"].get("body"), kind_of(sample)):
            types[month_of(sample), field].add(describe(value))
    return {field for (_, field), seen in types.items() if seen == {"null", "int"}}


def walk(value: Any, path: str) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - the JSON edge
    """Yield each field of the rows in a value, under the name of its kind and its own, with its value."""
    match describe(value):
        case "dict":
            for field, part in value.items():
                yield f"{path}.{field}", part
                yield from walk(part, field)
        case "list":
            for row in value:
                yield from walk(row, path)
        case _:
            pass


async def list_parser_failures(sample: Row) -> list[str]:
    """Return what this program cannot read of a sample, or would leave out."""
    response, name = sample["response"], f"{sample['id']}: {operation_of(sample)}"
    if response["status"] >= httpx.codes.BAD_REQUEST:
        content = response.get("raw") or json.dumps(response.get("body"))
        error = error_for_response(httpx.Response(response["status"], text=content))
        return [] if isinstance(error, ERRORS[response["status"]]) else [f"{name}: {error!r}"]
    if "search/time_entries" in name:
        return await _list_report_failures(sample)
    return [f"{name}: {text}" for kind, row in find_rows(sample) for text in _list_row_failures(MODELS[kind], row)]


def _list_row_failures(model: type[BaseModel], row: Row) -> Iterator[str]:
    # The endpoints leave out a field that they cannot read; here that is a failure.
    try:
        model.model_validate({field: value for field, value in row.items() if value is not None})
    except ValidationError as error:
        yield " ".join(str(error).splitlines()[:3])


async def _list_report_failures(sample: Row) -> list[str]:
    rows = sample["response"]["body"]

    async def play(_: Row, __: object, send: Any) -> None:  # noqa: ANN401 - an ASGI application
        body = json.dumps(rows).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": body})

    expected = {times["id"]: times["seconds"] for row in rows for times in row["time_entries"]}
    async with connect_in_process(play) as client:
        store = MemoryStore()
        session = Session(BasicAuth(TOKEN, "api_token"), store, client=client, retries=0)
        query = ReportQuery(NIGHT_SCHOOL, date(2024, 1, 1), date(2024, 1, 2), None)
        try:
            read, _ = await Reports(session.transport, store.clock).read_entries(query)
        except TogglError as error:
            return [f"{sample['id']}: {error}"]
    parsed = {entry.id: entry.duration for entry in read.collection.items.values()}
    return [] if parsed == expected else [f"{sample['id']}: {parsed} instead of {expected}"]


def find_rows(sample: Row) -> Iterator[tuple[str, Row]]:
    """Yield every row of an answer with its kind, those of related data too."""
    kind, body = kind_of(sample), sample["response"].get("body")
    rows: list[Any] = body if describe(body) == "list" else [body]
    for row in rows:
        if kind in MODELS and row_id(row) is not None:
            yield kind, row
            for related in MODELS.keys() & row.keys() if kind == "me" else ():
                yield from ((related, part) for part in row[related])


async def list_differences(sample: Row, nullable: set[str]) -> list[str]:
    """Return how the sandbox answers otherwise than Toggl did, given the rows that the answer tells of."""
    sandbox = build_sandbox(sample)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=sandbox), base_url="http://toggl.sandbox", auth=(TOKEN, "api_token")
    ) as client:
        answer = await send(client, sample)
    recorded, name = sample["response"], operation_of(sample)
    lines = (
        [f"status {answer.status_code} for {recorded['status']}"] if answer.status_code != recorded["status"] else []
    )
    names = {field for field in answer.headers if COMPARED_HEADERS.match(field)}
    recorded_names = {field for field in recorded["headers"] if COMPARED_HEADERS.match(field)}
    if recorded["headers"]:
        lines += [f"header {field} missing" for field in recorded_names - names]
        lines += [f"header {field} added" for field in names - recorded_names]
    if "raw" in recorded:
        lines += [] if answer.text == recorded["raw"] else [f"text {answer.text[:60]!r} for {recorded['raw'][:60]!r}"]
    elif not lines:
        lines += compare(recorded["body"], answer.json() if answer.content else "", kind_of(sample), nullable)
    return [f"{name} ({month_of(sample)}): {line}" for line in lines]


async def send(client: httpx.AsyncClient, sample: Row) -> httpx.Response:
    """Send a sample's request to the sandbox, or the one that must have led to its answer."""
    request, body = sample["request"], sample["response"].get("body")
    text = body if isinstance(body, str) else str(sample["response"].get("raw", ""))
    provocation: Row = next((sent for start, sent in PROVOCATIONS.items() if text.startswith(start)), Row())
    options: Row = {"params": request["query"], "json": request["body"]} | provocation
    if request["body"] is None and request["method"] in ("POST", "PUT") and not provocation:
        options["json"] = invent_body(request["path"], body)
    path = re.sub(r"(workspaces?)/\d+", rf"\1/{options.pop('workspace_id', NIGHT_SCHOOL)}", request["path"])
    if "item_id" in options:
        path = re.sub(r"\d+$", options.pop("item_id"), path)
    if sample["response"]["headers"].get("x-authorization-missing"):
        options["auth"] = None
    url = path if path.startswith("/reports") else f"/api/v9{path}"
    return await client.request(request["method"], url, **options)


def invent_body(path: str, body: Any) -> Row:  # noqa: ANN401 - the JSON edge
    """Return a body that leads to an answer of which only that was recorded."""
    if path.startswith("/reports"):
        return {"start_date": "2020-01-01", "end_date": "2020-12-30"}
    row: Row = body if describe(body) == "dict" else {}
    fields = ("name", "active", "start", "duration", "description", "project_id", "tags")
    sent = {field: row[field] for field in fields if row.get(field) is not None}
    return sent | ({"created_with": "a replay", "workspace_id": NIGHT_SCHOOL} if "start" in sent else {})


def build_sandbox(sample: Row) -> Sandbox:
    """Return a sandbox at the moment of a sample, in which nothing is but the rows that its answer tells of."""
    text = json.dumps(sample["response"])
    moments = [datetime.fromisoformat(match[0]).timestamp() for match in MOMENT.finditer(text)]
    now = max(moments, default=datetime(int(month_of(sample)[:4]), 6, 1, tzinfo=UTC).timestamp())
    sandbox = Sandbox(clock=lambda: now)
    state = sandbox.state
    for rows in (state.clients, state.projects, state.tags, state.tasks, state.entries):
        rows.clear()
    state.me["timezone"] = "America/Los_Angeles"
    del state.workspaces[HARBOUR_STUDIO]
    prefix = sample["request"]["query"].get("name", "Row")
    for number, (kind, row) in enumerate(list_known_rows(sample)):
        # The names were replaced, but the rows are in the order of the real ones.
        add_row(sandbox, kind, row | {"name": f"{prefix} {number:04}"})
    return sandbox


def list_known_rows(sample: Row) -> Iterator[tuple[str, Row]]:
    """Yield the rows that were there before a request, as far as its answer tells."""
    request, response, text = sample["request"], sample["response"], json.dumps(sample)
    if request["path"].startswith("/reports"):
        entries = list(_list_report_entries(sample))
        yield from (("time_entries", row) for row in entries)
        yield from (("projects", {"id": row["project_id"]}) for row in entries if row["project_id"])
        return
    is_stop, is_creation = request["path"].endswith("/stop"), request["method"] == "POST"
    for kind, row in () if is_creation else find_rows(sample):
        if row.get("client_name"):
            yield "clients", {"id": row.get("client_id") or 1}
            yield "projects", {"id": row["project_id"], "client_id": row.get("client_id") or 1}
        yield kind, row | ({"stop": None, "duration": -1} if is_stop else {})
    if response["status"] != httpx.codes.NOT_FOUND:
        kind = re.findall("[a-z_]+", request["path"])[1:2]
        ids = re.findall(r"\d+", re.sub(r"workspaces?/\d+", "", request["path"]))
        yield from ((kind[0], {"id": int(item_id)}) for item_id in ids)
    if kind_of(sample) == "me":
        return  # Recordings of related data are cut: entries have projects that are not listed.
    yield from (("projects", {"id": int(text)}) for text in re.findall(r'"(?:project_id|pid|value)": (\d+)', text))


def add_row(sandbox: Sandbox, kind: str, row: Row) -> None:
    """Add a row of a kind to the sandbox, in its own form, unless it is there."""
    state, at, row_id = sandbox.state, sandbox.state.now(), row["id"]
    name: str = row["name"]
    match kind:
        case "clients" if row_id not in state.clients:
            added = state.clients.pop(state.add_client(NIGHT_SCHOOL, name)["id"])
            state.clients[row_id] = added | {"id": row_id}
        case "projects":
            shared = ("active", "client_id", "color", "actual_hours", "actual_seconds")
            fields = {field: row[field] for field in shared if field in row}
            state.projects.setdefault(row_id, sandbox_rows.project(row_id, NIGHT_SCHOOL, name, at, **fields))
        case "tags":
            state.tags.setdefault(row_id, sandbox_rows.tag(row_id, NIGHT_SCHOOL, name, at, state.me["id"]))
        case "workspaces":
            state.workspaces[NIGHT_SCHOOL] |= {field: row[field] for field in ("last_modified",) if field in row}
        case "time_entries":
            start = sandbox_rows.seconds(row["start"]) if "start" in row else at - 60
            shared = ("project_id", "description", "stop", "duration", "tags", "tag_ids", "server_deleted_at")
            fields = {field: row[field] for field in shared if row.get(field) is not None}
            entry = sandbox_rows.entry(row_id, NIGHT_SCHOOL, start, at, state.me["id"], **fields)
            state.entries.setdefault(row_id, entry)
        case _:
            pass


def _list_report_entries(sample: Row) -> Iterator[Row]:
    """Yield the entries of a report, and those of the pages before and after, of which only the number is known."""
    body: Any = sample["response"].get("body")
    request: Row = sample["request"]["body"] or {}
    groups: list[Row] = body["groups"] if describe(body) == "dict" else []
    parts = [(group["id"], part) for group in groups for part in group["sub_groups"]]
    for number, (project_id, part) in enumerate(parts, 1):
        start = part.get("local_start", "2020-01-02T00:00:00Z").replace("Z", "-07:00")
        stop = datetime.fromtimestamp(sandbox_rows.seconds(start) + part["seconds"], UTC).isoformat()
        times = {"id": number, "start": start, "stop": stop}
        yield times | {"project_id": project_id, "description": part["title"]}
    rows: list[Row] = body if describe(body) == "list" else []
    for row in rows:
        yield from (row | times for times in row["time_entries"])
    for number in range(1, request.get("first_row_number", 1)):
        start = f"{request['start_date']}T20:00:00Z"
        yield {"id": number, "start": start, "stop": start, "project_id": None}
    if "x-next-id" in sample["response"]["headers"]:
        end = f"{request['end_date']}T20:00:00Z"
        yield {"id": 1, "start": end, "stop": end, "project_id": None}


def compare(recorded: Any, answered: Any, path: str, nullable: set[str]) -> Iterator[str]:  # noqa: ANN401 - the JSON edge
    """Yield how an answer differs in nulls, types, keys, their order, and the number of rows."""
    kind = describe(answered)
    if kind != describe(recorded):
        # How much was counted of a row is not in the recordings.
        if {kind, describe(recorded)} != {"null", "int"} or path not in nullable:
            yield f"{path} is {kind} for {describe(recorded)}"
    elif kind == "dict":
        yield from (f"{path}.{field} missing" for field in recorded if field not in answered)
        yield from (f"{path}.{field} added" for field in answered if field not in recorded)
        shared = [field for field in recorded if field in answered]
        if shared != [field for field in answered if field in recorded]:
            yield f"{path} has its keys in another order"
        for field in shared:
            is_row = describe(recorded[field]) == "list"
            yield from compare(recorded[field], answered[field], field if is_row else f"{path}.{field}", nullable)
    elif kind == "list":
        ids, recorded_ids = list(map(row_id, answered)), list(map(row_id, recorded))
        if len(ids) != len(recorded_ids):
            yield f"{path} has another number of rows"
        elif ids != recorded_ids and set(ids) == set(recorded_ids):
            yield f"{path} has its rows in another order"
        for row, other_row in zip(recorded, answered, strict=False):
            yield from compare(row, other_row, path, nullable)


def row_id(row: Any) -> int | None:  # noqa: ANN401 - the JSON edge
    """Return the id of a row, if it has one."""
    return row.get("id") if describe(row) == "dict" else None


def describe(value: object) -> str:
    """Return the type of a value, the form of a moment, or a text with its numbers blanked."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        form = re.sub(r"[+-](?!00:00)\d\d:\d\d$", "+offset", re.sub(r"\.\d+", ".f", value))
        return re.sub(r"\d", "0", form)
    return "null" if value is None else type(value).__name__


if __name__ == "__main__":
    main()
