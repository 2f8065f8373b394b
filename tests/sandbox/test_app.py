"""Who is let in: tokens, paths, quotas and the pace."""

import httpx
import pytest

from tests.sandbox.clock import Clock
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Behaviors, Sandbox

pytestmark = pytest.mark.anyio

CLIENTS = f"/workspaces/{HARBOUR_STUDIO}/clients"
PROJECTS = f"/workspaces/{HARBOUR_STUDIO}/projects"


async def test_without_a_token_the_answer_is_an_empty_401_that_says_so(sandbox: Sandbox) -> None:
    transport = httpx.ASGITransport(app=sandbox)
    async with httpx.AsyncClient(transport=transport, base_url="http://toggl.sandbox/api/v9") as stranger:
        answer = await stranger.get("/me")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (401, b"", "0")
    assert answer.headers["X-Authorization-Missing"] == "true"
    assert "X-Toggl-Quota-Remaining" not in answer.headers


async def test_a_wrong_token_is_a_403_in_plain_text_and_costs_nothing(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    answer = await toggl.get("/me", auth=("f" * 32, "api_token"))
    assert (answer.status_code, answer.text) == (403, "Incorrect username and/or password")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert sandbox.quota.remaining(None) == 30


async def test_the_right_token_is_logged_in_with_an_empty_200(toggl: httpx.AsyncClient) -> None:
    answer = await toggl.get("/me/logged")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_success_is_compact_json_with_toggls_headers(toggl: httpx.AsyncClient) -> None:
    answer = await toggl.get(CLIENTS, params={"name": "gull"})
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.text.startswith('[{"id":64890302,"wid":4102001,"archived":false,"name":"Blue Gull Charters","at":"')
    assert answer.headers["X-Service-Level"] == "GREEN"
    assert len(answer.headers["X-Toggl-Request-Id"]) == 36


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
async def test_a_wrong_path_is_refused(toggl: httpx.AsyncClient, path: str, status: int, text: str) -> None:
    answer = await toggl.get(path)
    assert (answer.status_code, answer.json()) == (status, text)
    assert "X-Service-Level" not in answer.headers


async def test_a_method_that_toggl_does_not_offer_is_not_found(toggl: httpx.AsyncClient) -> None:
    assert (await toggl.patch(CLIENTS)).status_code == 404


@pytest.mark.parametrize(
    ("path", "total"),
    [(CLIENTS, 600), (f"/workspaces/{NIGHT_SCHOOL}/clients", 30), ("/me", 30), ("/workspaces/1/clients", 30)],
)
async def test_each_answer_tells_the_quota_that_it_was_charged_to(
    toggl: httpx.AsyncClient, clock: Clock, path: str, total: int
) -> None:
    first = await toggl.get(path)
    clock.now += 100.5
    second = await toggl.get(path)
    assert [answer.headers["X-Toggl-Quota-Remaining"] for answer in (first, second)] == [str(total - 1), str(total - 2)]
    assert [answer.headers["X-Toggl-Quota-Resets-In"] for answer in (first, second)] == ["3600", "3500"]


async def test_a_starter_plan_allows_240_requests_an_hour(clock: Clock) -> None:
    assert Sandbox(clock=clock, plans={NIGHT_SCHOOL: "starter"}).quota.remaining(NIGHT_SCHOOL) == 240


async def test_a_spent_quota_is_a_402_until_an_hour_after_its_first_request(
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


async def test_thirty_requests_are_what_a_free_plan_allows(toggl: httpx.AsyncClient, clock: Clock) -> None:
    statuses: list[int] = []
    for _ in range(31):
        clock.now += 1
        statuses.append((await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/clients")).status_code)
    assert statuses == [200] * 30 + [402]


async def test_one_spent_quota_leaves_the_others_alone(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.quota.spend(NIGHT_SCHOOL)
    assert (await toggl.get(f"/workspaces/{NIGHT_SCHOOL}/clients")).status_code == 402
    assert (await toggl.get(CLIENTS)).status_code == 200
    assert (await toggl.get("/me")).status_code == 200


async def test_a_refused_request_is_counted_too(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    assert (await toggl.get(f"{CLIENTS}/1")).status_code == 404
    assert sandbox.quota.remaining(HARBOUR_STUDIO) == 599


async def test_a_spent_quota_may_be_told_as_a_json_string(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.behaviors = Behaviors(spent_as_json_string=True)
    sandbox.quota.spend(None)
    refusal = await toggl.get("/me")
    assert refusal.text == '"You have hit your hourly limit for API calls. Your quota will reset in 3600 seconds."'


async def test_a_burst_above_ten_is_a_page_with_429_that_costs_no_quota(
    toggl: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    answers = [await toggl.get(CLIENTS) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert "<h1>429 Too Many Requests</h1>" in answers[-1].text
    assert "Retry-After" not in answers[-1].headers
    assert answers[-1].headers["X-Toggl-Quota-Remaining"] == "590"
    assert sandbox.quota.remaining(HARBOUR_STUDIO) == 590


async def test_one_request_a_second_leaks_out_of_a_full_bucket(toggl: httpx.AsyncClient, clock: Clock) -> None:
    for _ in range(10):
        await toggl.get(CLIENTS)
    clock.now += 2
    assert [(await toggl.get(CLIENTS)).status_code for _ in range(3)] == [200, 200, 429]


async def test_calls_and_answers_are_logged(toggl: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await toggl.post(f"{CLIENTS}?a=b%20c", content=b"{")
    await toggl.get("/me")
    first, second = sandbox.calls
    assert (first.method, first.path, first.query, first.body) == ("POST", CLIENTS, {"a": "b c"}, b"{")
    assert first.headers["authorization"].startswith("Basic ")
    assert (first.bucket, second.bucket) == (3_901_001, None)
    assert sandbox.answers == [400, 200]


async def test_a_clock_that_is_set_back_does_not_fill_the_bucket(toggl: httpx.AsyncClient, clock: Clock) -> None:
    clock.now -= 1000
    assert (await toggl.get(CLIENTS)).status_code == 200
