"""Who is let in: tokens, paths, quotas and the pace."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"
PROJECTS = f"/workspaces/{HARBOUR_STUDIO}/projects"


async def test_token_missing_returns_empty_401(sandbox: Sandbox) -> None:
    transport = httpx.ASGITransport(app=sandbox)
    async with httpx.AsyncClient(transport=transport, base_url="http://toggl.sandbox/api/v9") as stranger:
        response = await stranger.get("/me")
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (401, b"", "0")
    assert response.headers["X-Authorization-Missing"] == "true"
    assert "X-Toggl-Quota-Remaining" not in response.headers


async def test_token_invalid_returns_plain_403_without_quota_cost(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.get("/me", auth=("f" * 32, "api_token"))
    assert (response.status_code, response.text) == (403, "Incorrect username and/or password")
    assert response.headers["Content-Type"].startswith("text/plain")
    assert sandbox.quota.remaining(None) == 30


async def test_get_logged_valid_token_returns_empty_200(toggl: httpx.AsyncClient) -> None:
    response = await toggl.get("/me/logged")
    assert (response.status_code, response.content) == (200, b"")


async def test_response_success_is_compact_json_with_toggl_headers(toggl: httpx.AsyncClient) -> None:
    response = await toggl.get(CLIENTS, params={"name": "gull"})
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.text.startswith('[{"id":64890302,"wid":4102001,"archived":false,"name":"Blue Gull Charters","at":"')
    assert response.headers["X-Service-Level"] == "GREEN"
    assert len(response.headers["X-Toggl-Request-Id"]) == 36


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/workspaces/none/clients", 400, "Missing or invalid workspace_id"),
        (f"{CLIENTS}/none", 400, "We're expecting an integer as part of the url for client_id"),
        (f"{CLIENTS}/{'9' * 5000}", 400, "We're expecting an integer as part of the url for client_id"),
        (f"{PROJECTS}/none", 400, "We're expecting an integer as part of the url for project_id"),
        (f"{PROJECTS}/1/tasks/none", 400, "We're expecting an integer as part of the url for task_id"),
        ("/nowhere", 404, "Not Found"),
        ("http://toggl.sandbox/me", 404, "Not Found"),
    ],
)
async def test_path_invalid_is_refused(toggl: httpx.AsyncClient, path: str, status: int, text: str) -> None:
    response = await toggl.get(path)
    assert (response.status_code, response.json()) == (status, text)
    assert "X-Service-Level" not in response.headers


async def test_method_unsupported_returns_404(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.patch(CLIENTS)).status_code == 404


@pytest.mark.parametrize(
    ("path", "total"),
    [(CLIENTS, 600), (f"/workspaces/{NIGHT_SCHOOL}/clients", 30), ("/me", 30)],
)
async def test_quota_headers_describe_the_charged_bucket(
    toggl: httpx.AsyncClient, clock: Clock, path: str, total: int
) -> None:
    first = await toggl.get(path)
    clock.now += 100.5
    second = await toggl.get(path)
    assert [response.headers["X-Toggl-Quota-Remaining"] for response in (first, second)] == [
        str(total - 1),
        str(total - 2),
    ]
    assert [response.headers["X-Toggl-Quota-Resets-In"] for response in (first, second)] == ["3600", "3500"]


async def test_quota_starter_plan_is_240_requests_an_hour(clock: Clock) -> None:
    assert Sandbox(clock=clock, plans={NIGHT_SCHOOL: "starter"}).quota.remaining(NIGHT_SCHOOL) == 240


async def test_quota_spent_returns_402_until_an_hour_after_the_first_request(
    toggl: httpx.AsyncClient, sandbox: Sandbox, clock: Clock
) -> None:
    await toggl.get("/me")
    clock.now += 600
    sandbox.quota.spend(None)
    clock.now += 1162
    refusal = await toggl.get("/me")
    assert refusal.status_code == 402
    assert refusal.text == "You have hit your hourly limit for API calls. Your quota will reset in 1838 seconds."
    assert refusal.headers["Content-Type"].startswith("text/plain")
    assert refusal.headers["X-Toggl-Quota-Remaining"] == "0"
    assert refusal.headers["X-Toggl-Quota-Resets-In"] == "1838"
    clock.now += 1838
    assert (await toggl.get("/me")).headers["X-Toggl-Quota-Remaining"] == "29"


async def test_quota_free_plan_is_30_requests_an_hour(toggl: httpx.AsyncClient, clock: Clock) -> None:
    statuses: list[int] = []
    for _ in range(31):
        clock.now += 1
        statuses.append((await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/clients")).status_code)
    assert statuses == [200] * 30 + [402]


async def test_quota_spent_bucket_leaves_other_buckets_unchanged(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.quota.spend(NIGHT_SCHOOL)
    assert (await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/clients")).status_code == 402
    assert (await toggl.get(CLIENTS)).status_code == 200
    assert (await toggl.get("/me")).status_code == 200


async def test_quota_refused_request_is_charged(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.get(f"{CLIENTS}/1")).status_code == 404
    assert sandbox.quota.remaining(HARBOUR_STUDIO) == 599


async def test_quota_is_not_charged_for_a_foreign_workspace(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    response = await toggl.get("/workspaces/1/clients")
    assert (response.status_code, response.json()) == (403, "workspace not found/accessible")
    assert "X-Toggl-Quota-Remaining" not in response.headers
    assert sandbox.quota.remaining(None) == 30


async def test_quota_spent_text_may_be_a_json_string(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(spent_as_json_string=True)
    sandbox.quota.spend(None)
    refusal = await toggl.get("/me")
    assert refusal.text == '"You have hit your hourly limit for API calls. Your quota will reset in 3600 seconds."'


@pytest.mark.parametrize("burst", [27, 1])
async def test_rate_limit_above_the_burst_returns_429_page_without_quota_cost(
    toggl: httpx.AsyncClient, sandbox: Sandbox, burst: int
) -> None:
    sandbox.behaviors = Behaviors(burst=burst)
    responses = [await toggl.get(CLIENTS) for _ in range(burst + 1)]
    assert [response.status_code for response in responses] == [200] * burst + [429]
    assert "<h1>429 Too Many Requests</h1>" in responses[-1].text
    assert "Retry-After" not in responses[-1].headers
    assert responses[-1].headers["X-Toggl-Quota-Remaining"] == str(600 - burst)
    assert sandbox.quota.remaining(HARBOUR_STUDIO) == 600 - burst


async def test_rate_limit_full_bucket_leaks_one_request_a_second(toggl: httpx.AsyncClient, clock: Clock) -> None:
    for _ in range(27):
        await toggl.get(CLIENTS)
    clock.now += 2
    assert [(await toggl.get(CLIENTS)).status_code for _ in range(3)] == [200, 200, 429]


async def test_calls_and_statuses_are_recorded(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await toggl.post(f"{CLIENTS}?a=b%20c", content=b"{")
    await toggl.get("/me")
    first, second = sandbox.calls
    assert (first.method, first.path, first.query, first.body) == ("POST", CLIENTS, {"a": "b c"}, b"{")
    assert first.headers["authorization"].startswith("Basic ")
    assert (first.bucket, second.bucket) == (3_901_001, None)
    assert sandbox.answers == [400, 200]


async def test_rate_limit_clock_set_back_does_not_fill_the_bucket(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now -= 1000
    assert (await toggl.get(CLIENTS)).status_code == 200
