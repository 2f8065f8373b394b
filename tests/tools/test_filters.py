"""Totals and lists of what is called by a name or an id: all of it, in every workspace, whatever is known already."""

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import done
from tests.tools.driving import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

AROHA, BLUE_GULL = 64_890_301, 64_890_302
BREAD_LABELS, WEB_SHOP, SHOP_SIGN, BROCHURE = 201_500_301, 201_500_302, 201_500_303, 201_500_304
HIDDEN = 999
DESIGN, CHECKOUT = 17_300_301, 80_400_301
NINE, TEN, TWELVE = "2025-10-14T09:00", "2025-10-14T10:00", "2025-10-14T12:00"


async def hours(host: Host, **question: object) -> float:
    told = await host.call("summarize_time", **question)
    assert told["complete"]
    return told["total"]["hours"]


@pytest.mark.parametrize("listed", [False, True])
async def test_every_project_of_a_name_counts_archived_ones_and_those_of_other_workspaces_too(
    host: Host, sandbox: Sandbox, *, listed: bool
) -> None:
    projects = [
        sandbox.state.add_project(HARBOUR_STUDIO, "Website", AROHA),
        sandbox.state.add_project(HARBOUR_STUDIO, "Website", BLUE_GULL, active=False),
        sandbox.state.add_project(NIGHT_SCHOOL, "Website", None, active=False),
    ]
    for project in projects:
        done(sandbox, NINE, TEN, "", project["workspace_id"], project_id=project["id"])
    for workspace in (HARBOUR_STUDIO, NIGHT_SCHOOL) if listed else ():
        await host.call("list_projects", workspace_id=workspace)

    assert await hours(host, project="website") == 3.0
    assert await hours(host, project=projects[1]["id"]) == 1.0
    assert await hours(host, project="Website", client="Aroha Bakery") == 1.0


async def test_every_task_of_a_name_counts_done_ones_too(host: Host, sandbox: Sandbox) -> None:
    other = sandbox.state.add_task(BROCHURE, "Checkout", active=False)
    done(sandbox, NINE, TEN, project_id=WEB_SHOP, task_id=CHECKOUT)
    done(sandbox, TEN, TWELVE, project_id=BROCHURE, task_id=other["id"])

    assert await hours(host, task="Checkout") == 3.0
    assert await hours(host, task="Checkout", project="Web shop") == 1.0


async def test_a_tag_is_meant_by_its_id_as_well(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, tags=["design"])
    done(sandbox, TEN, TWELVE)
    created = await host.call("create_time_entry", start=TWELVE, duration=1800, tags=[DESIGN])

    assert created["entry"]["tags"] == ["design"]
    assert await hours(host, tag=str(DESIGN)) == 1.5
    assert (await host.call("list_time_entries", tag=DESIGN))["total"] == 2


async def test_what_is_idle_is_no_time_and_what_does_not_exist_is_an_error(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, project_id=WEB_SHOP)

    for idle in ({"project": "Kiln course"}, {"client": "Blue Gull Charters"}, {"tag": "meeting"}):
        assert await hours(host, **idle) == 0.0
    for wrong in ({"project": "Web shpo"}, {"client": "Aroha Bakry"}, {"tag": "meting"}, {"project": 12345}):
        assert (await host.fail("summarize_time", **wrong))["code"] == "not_found"


async def test_the_id_of_an_idle_project_does_not_mean_another_of_its_name(host: Host, sandbox: Sandbox) -> None:
    idle = sandbox.state.add_project(NIGHT_SCHOOL, "Web shop", None)
    done(sandbox, NINE, TEN, project_id=WEB_SHOP)

    assert await hours(host, project=idle["id"]) == 0.0


async def test_a_project_that_nobody_may_see_is_not_one_without_a_client(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, project_id=HIDDEN)
    done(sandbox, TEN, TWELVE)

    told = await host.call("summarize_time", client=0)

    assert (told["total"]["hours"], told["complete"]) == (2.0, False)
    assert told["incomplete_reason"].startswith("1 entries have a client that is hidden, or new")
    assert await hours(host, project=HIDDEN) == 1.0


async def test_with_refresh_hours_go_to_the_client_that_a_project_has_by_now(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    done(sandbox, NINE, TEN, project_id=BREAD_LABELS)
    await host.call("list_projects")
    sandbox.state.edit_project(BREAD_LABELS, client_id=BLUE_GULL)
    clock.now += 600

    assert await hours(host, client="Aroha Bakery") == 1.0
    assert await hours(host, client="Blue Gull Charters", refresh=True) == 1.0
    assert await hours(host, client="Aroha Bakery") == 0.0


async def test_a_name_that_was_given_in_the_web_app_is_found_with_its_hours(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    done(sandbox, NINE, TEN, project_id=WEB_SHOP, task_id=CHECKOUT)
    await host.call("summarize_time", group_by=["client", "task"])
    sandbox.state.rename_project(WEB_SHOP, "Online shop")
    sandbox.state.rename_client(AROHA, "Aroha Ltd")
    sandbox.state.edit_task(CHECKOUT, name="Pay page")
    clock.now += 300

    assert await hours(host, project="Online shop") == 1.0
    assert await hours(host, client="Aroha Ltd") == 1.0
    assert await hours(host, task="Pay page") == 1.0


async def test_hours_of_what_is_too_new_to_be_known_are_a_gap_of_a_filter(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    done(sandbox, NINE, TEN, project_id=WEB_SHOP)
    await host.call("list_projects")
    clock.now += 200
    new = sandbox.state.add_project(HARBOUR_STUDIO, "New one", AROHA)
    done(sandbox, TEN, TWELVE, project_id=new["id"])

    told = await host.call("summarize_time", client="Aroha Bakery")

    assert (told["total"]["hours"], told["complete"]) == (1.0, False)
    assert "hidden, or new (refresh: true reads it)" in told["incomplete_reason"]
    assert await hours(host, client="Aroha Bakery", refresh=True) == 3.0


async def test_a_tag_that_is_chosen_by_its_id_is_not_another_workspace_s_of_the_same_name(
    host: Host, sandbox: Sandbox
) -> None:
    done(sandbox, NINE, TEN, tags=["meeting"])
    done(sandbox, TEN, TWELVE, workspace=NIGHT_SCHOOL, tags=["meeting"])

    assert await hours(host, tag="meeting") == 3.0
    assert await hours(host, tag=17_300_302) == 1.0
    assert await hours(host, tag=17_300_402) == 2.0


async def test_a_slip_of_the_pen_is_compared_with_the_names_of_every_workspace(host: Host) -> None:
    told = await host.fail("summarize_time", project="Kiln cours")

    assert f"workspace {HARBOUR_STUDIO} and workspace {NIGHT_SCHOOL}" in told["message"]
    assert "Near: “Kiln course” (201500401)" in told["message"]


async def test_what_one_workspace_has_is_found_although_another_cannot_be_asked(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN, project_id=SHOP_SIGN)
    sandbox.fault = lambda call: Fault("402") if f"{NIGHT_SCHOOL}/projects" in call.path else None

    assert await hours(host, project="Shop sign") == 1.0
    assert (await host.fail("summarize_time", project="Nowhere"))["code"] == "quota_spent"


async def test_what_is_planned_for_years_ahead_is_not_said_to_be_nothing(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, "2028-01-10T09:00", "2028-01-10T10:00")

    told = await host.call("summarize_time", start="2028-01-10", end="2028-01-10")

    assert (told["complete"], "Entries after 2026-10-15 are not read" in told["incomplete_reason"]) == (False, True)


async def test_a_name_that_reads_like_nothing_is_a_name(host: Host, sandbox: Sandbox) -> None:
    done(sandbox, NINE, TEN)
    for kind in ("client", "project", "task", "tag"):
        assert (await host.fail("summarize_time", **{kind: "None"}))["code"] == "not_found"

    done(sandbox, TEN, TWELVE, tags=[sandbox.state.add_tag(HARBOUR_STUDIO, "None")["name"]])
    assert await hours(host, tag="None", refresh=True) == 2.0


async def test_two_tags_that_differ_in_case_are_both_meant_by_their_ids(host: Host, sandbox: Sandbox) -> None:
    tags = [sandbox.state.add_tag(HARBOUR_STUDIO, name) for name in ("Alpha", "alpha")]
    told = await host.call("create_time_entry", start=NINE, duration=60, tags=[tag["id"] for tag in tags])

    assert told["entry"]["tags"] == ["Alpha", "alpha"]
