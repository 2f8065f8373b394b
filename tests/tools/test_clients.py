"""The client tools, as a model uses them."""

import pytest

from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox

pytestmark = pytest.mark.anyio

AROHA, ARCHIVED = 64890301, 64890304


async def test_create_client_then_get_edit_archive_restore_and_delete(host: Host, sandbox: Sandbox) -> None:
    created = await host.call("create_client", name="  Lighthouse Books ", notes="Met at the fair")
    client_id = created["client"]["id"]
    by_name = await host.call("get_client", client="LIGHTHOUSE books")
    renamed = await host.call("edit_client", client=client_id, name="Lighthouse Press")
    archived = await host.call("edit_client", client=client_id, archived=True)
    by_id = await host.call("get_client", client=client_id)
    restored = await host.call("edit_client", client=client_id, archived=False)
    deleted = await host.call("delete_client", client=client_id)

    assert created["client"]["name"] == "Lighthouse Books"
    assert by_name["client"] == created["client"]
    assert by_name["source"] == "cache"
    assert renamed["client"]["name"] == "Lighthouse Press"
    assert renamed["client"]["notes"] == "Met at the fair"
    assert archived["client"] == {key: value for key, value in restored["client"].items() if key != "updated_at"} | {
        "archived": True
    }
    assert by_id["client"]["archived"] is True
    assert restored["client"]["archived"] is False
    assert deleted["deleted_client_id"] == client_id
    assert deleted["deleted"] == restored["client"]
    assert client_id not in sandbox.state.clients
    assert {result["workspace_id"] for result in (created, by_name, renamed, archived, restored, deleted)} == {
        HARBOUR_STUDIO
    }


async def test_edit_client_returns_quota_remaining_and_cached_list_clients_omits_it(
    host: Host, sandbox: Sandbox
) -> None:
    cold = await host.call("list_clients")
    calls = len(sandbox.calls)
    warm = await host.call("list_clients", name="a")
    edit_result = await host.call("edit_client", client=AROHA, notes="New notes")

    # The account and the clients; the user's own quota is the scarcer.
    assert (cold["source"], cold["requests"]) == ("toggl", 2)
    assert (cold["quota"]["bucket"], cold["quota"]["remaining"]) == ("user", 29)
    assert "quota" not in warm
    assert warm["source"] == "cache"
    assert (edit_result["quota"]["bucket"], edit_result["quota"]["remaining"]) == ("organization:3901001", 597)
    assert len(sandbox.calls) == calls + 2


async def test_edit_client_archived_returns_the_projects_that_it_restores(host: Host, sandbox: Sandbox) -> None:
    project_ids = [row["id"] for row in sandbox.state.projects.values() if row["client_id"] == AROHA and row["active"]]

    result = await host.call("edit_client", client=AROHA, archived=True)
    restored = await host.call("edit_client", client=AROHA, archived=False, restore_projects=True)

    assert result["archived_project_ids"] == project_ids
    assert project_ids
    assert restored["client"]["archived"] is False
    assert all(sandbox.state.projects[project_id]["active"] for project_id in project_ids)


async def test_edit_client_restored_keeps_projects_archived_by_default(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("edit_client", client=AROHA, archived=True)

    await host.call("edit_client", client=AROHA, archived=False)

    assert not any(sandbox.state.projects[project]["active"] for project in result["archived_project_ids"])


async def test_edit_client_archived_on_the_free_plan_is_plan_required(host: Host) -> None:
    error = await host.fail("edit_client", client=64890401, archived=True, workspace=NIGHT_SCHOOL)

    assert error["code"] == "plan_required"
    assert error["retry"] == "no"


async def test_list_clients_filters_by_status_and_sorts_by_name(host: Host) -> None:
    active = await host.call("list_clients")
    archived = await host.call("list_clients", status="archived")
    every_status = await host.call("list_clients", status="both")

    names = [client["name"] for client in every_status["clients"]]
    assert names == sorted(names, key=str.casefold)
    assert not any(client["archived"] for client in active["clients"])
    assert all(client["archived"] for client in archived["clients"])
    assert active["total"] + archived["total"] == every_status["total"] == 8


async def test_list_clients_pages_cover_the_list_while_it_changes(host: Host, sandbox: Sandbox) -> None:
    whole = await host.call("list_clients", status="both")
    first = await host.call("list_clients", status="both", limit=3)
    await host.call("delete_client", client=first["clients"][2]["id"])
    await host.call("create_client", name="AAA before the cursor")
    second = await host.call("list_clients", status="both", limit=3, cursor=first["next_cursor"])
    third = await host.call("list_clients", status="both", limit=3, cursor=second["next_cursor"])

    pages = [client["id"] for page in (first, second, third) for client in page["clients"]]
    assert pages == [client["id"] for client in whole["clients"]]
    assert (first["remaining"], second["remaining"], third["remaining"]) == (5, 2, 0)
    assert "next_cursor" not in third
    assert len(sandbox.calls) == 4


async def test_list_clients_cursor_of_other_filters_is_refused(host: Host) -> None:
    first = await host.call("list_clients", status="both", limit=2)

    wrong_filter = await host.fail("list_clients", status="active", limit=2, cursor=first["next_cursor"])
    malformed = await host.fail("list_clients", cursor="bm90aGluZw==")

    assert (wrong_filter["code"], malformed["code"]) == ("invalid_arguments", "invalid_arguments")
    assert "cursor" in wrong_filter["message"]


async def test_list_clients_name_filter_is_a_substring_in_any_case(host: Host, sandbox: Sandbox) -> None:
    sandbox.state.add_client(HARBOUR_STUDIO, "Straße & Söhne")

    result = await host.call("list_clients", name="STRASSE")

    assert [client["name"] for client in result["clients"]] == ["Straße & Söhne"]


async def test_get_client_ambiguous_name_error_lists_the_ids(host: Host, sandbox: Sandbox) -> None:
    ids = [sandbox.state.add_client(HARBOUR_STUDIO, name)["id"] for name in ("Twin", "TWIN")]

    error = await host.fail("get_client", client="twin")

    assert error["code"] == "ambiguous"
    assert all(str(client_id) in error["message"] for client_id in ids)


async def test_get_client_searches_only_the_chosen_workspace(host: Host) -> None:
    default = await host.call("get_client", client="Aroha Bakery")
    night_school = await host.call("get_client", client="Aroha Bakery", workspace=NIGHT_SCHOOL)

    assert default["client"]["id"] != night_school["client"]["id"]
    assert night_school["workspace_id"] == NIGHT_SCHOOL


async def test_get_client_miss_in_a_cache_older_than_a_minute_reads_again(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_clients")
    sandbox.state.add_client(HARBOUR_STUDIO, "Brand New")

    error = await host.fail("get_client", client="Brand New")
    clock.now += 61
    result = await host.call("get_client", client="Brand New")

    assert error["code"] == "not_found"
    assert "refresh" in error["message"]
    assert result["source"] == "toggl"


async def test_get_client_refresh_returns_a_change_of_the_web_app(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("list_clients")
    sandbox.state.rename_client(AROHA, "Aroha & Daughters")
    clock.now += 1

    cached = await host.call("get_client", client=AROHA)
    fresh = await host.call("get_client", client=AROHA, refresh=True)

    assert cached["client"]["name"] == "Aroha Bakery"
    assert fresh["client"]["name"] == "Aroha & Daughters"


async def test_edit_client_empty_values_keep_what_is_there(host: Host, sandbox: Sandbox) -> None:
    before = dict(sandbox.state.clients[AROHA])

    await host.call("edit_client", client=AROHA, name="Aroha", notes="", external_reference="", workspace="")

    assert {**before, "name": "Aroha"} == {**sandbox.state.clients[AROHA], "at": before["at"]}


async def test_edit_client_keeps_the_omitted_fields(host: Host, sandbox: Sandbox) -> None:
    await host.call("edit_client", client=AROHA, notes="Only this")

    client = sandbox.state.clients[AROHA]
    assert (client["name"], client["notes"], client["external_reference"]) == ("Aroha Bakery", "Only this", "CRM-1001")


async def test_list_clients_stale_result_has_its_age_and_refresh_is_never_stale(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    await host.call("list_clients")
    clock.now += 3700
    sandbox.quota.spend(HARBOUR_STUDIO)

    stale = await host.call("list_clients")
    fresh = await host.fail("list_clients", refresh=True)
    clock.now += 24 * 3600
    sandbox.fault = lambda _: Fault("502 before")
    too_old = await host.fail("list_clients")

    assert (stale["source"], stale["age_seconds"]) == ("stale", 3700)
    assert (fresh["code"], fresh["resets_in_seconds"]) == ("quota_spent", 3600)
    assert too_old["code"] == "unreachable"


async def test_list_clients_age_counts_the_time_that_the_call_took(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    await host.call("list_clients")
    clock.now += 3700

    def spend_slowly(call: Call) -> Fault:
        clock.now += 8 if call.path.endswith("/clients") else 0
        return Fault("402")

    sandbox.fault = spend_slowly

    assert (await host.call("list_clients"))["age_seconds"] == 3708


async def test_create_client_lost_response_creates_one_client(host: Host, sandbox: Sandbox) -> None:
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None

    created = await host.call("create_client", name="Once Only")

    assert [row["name"] for row in sandbox.state.clients.values()].count("Once Only") == 1
    assert created["client"]["name"] == "Once Only"


async def test_create_client_unconfirmed_is_outcome_unknown(host: Host, sandbox: Sandbox) -> None:
    await host.call("list_clients")
    sandbox.fault = lambda _: Fault("lost before")

    error = await host.fail("create_client", name="Perhaps")

    assert (error["code"], error["retry"]) == ("outcome_unknown", "no")
    assert "look" in error["message"].casefold()


@pytest.mark.parametrize(
    ("kind", "name", "other_name", "other_id"),
    [("client", "Café Miró", "Aroha Bakery", 64_890_301), ("project", "Bread labels", "Web shop", 201_500_302)],
)
async def test_edit_name_of_another_is_refused_with_the_id_of_that(
    host: Host, kind: str, name: str, other_name: str, other_id: int
) -> None:
    await host.call(f"list_{kind}s")

    error = await host.fail(f"edit_{kind}", **{kind: name}, name=other_name)

    assert error["message"].startswith(
        f"That name is already taken in workspace {HARBOUR_STUDIO}. It is {kind} {other_id}."
    )
    assert [candidate["id"] for candidate in error["candidates"]] == [other_id]
