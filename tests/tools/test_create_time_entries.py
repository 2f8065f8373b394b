"""Creating several entries by one plan: checked as a whole, sent one by one, and gone on with by the same call."""

from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, list_changes, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Call, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP, CHECKOUT = 201_500_302, 80_400_301


def plan(count: int) -> list[dict[str, object]]:
    return [
        {"start": f"2025-10-14T0{hour}:00", "duration": "30m", "description": f"Work {hour}"} for hour in range(count)
    ]


class FailPost:
    """Lets one request of all that create fail: the number-th."""

    def __init__(self, number: int, fault: Fault) -> None:
        self.remaining = number
        self.fault = fault

    def __call__(self, call: Call) -> Fault | None:
        self.remaining -= call.method == "POST"
        return self.fault if call.method == "POST" and not self.remaining else None


def statuses(result: dict[str, list[dict[str, object]]]) -> list[object]:
    return [row["status"] for row in result["entries"]]


async def test_create_time_entries_creates_all_in_their_order(host: Host, sandbox: Sandbox) -> None:
    result = await host.call("create_time_entries", entries=plan(3))

    assert statuses(result) == ["created"] * 3
    assert [row["id"] for row in result["entries"]] == [*sandbox.state.entries]
    assert [row["description"] for row in result["entries"]] == ["Work 0", "Work 1", "Work 2"]


async def test_create_time_entries_duration_alone_ends_now_and_stop_with_duration_begins_before(host: Host) -> None:
    entries = [{"duration": "1h"}, {"stop": "2025-10-14T12:00", "duration": "45m"}]
    result = await host.call("create_time_entries", entries=entries)

    times = [(row["start"][11:16], row["stop"][11:16]) for row in result["entries"]]
    assert times == [("17:00", "18:00"), ("11:15", "12:00")]


async def test_create_time_entries_all_problems_are_named_at_once_and_nothing_is_created(
    host: Host, sandbox: Sandbox
) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Lesson")
    entries = [
        {"start": "nine", "duration": "1h"},
        {"start": "2025-10-14T07:00", "duration": "1h", "project": "Web shopp"},
        {"start": "2025-10-14T09:30", "duration": "10m"},
        {"start": "2025-10-14T12:00", "duration": "1h"},
        {"start": "2025-10-14T12:30", "duration": "1h"},
    ]
    error = await host.fail("create_time_entries", entries=entries)

    assert error["code"] == "invalid_arguments"
    for part in (
        "entries[0]: start: 'nine' is not a time",
        "entries[1]: There is no project of exactly the name “Web shopp”",
        "entries[2]: overlaps entry",
        "entries[3]: overlaps entries[4]",
        "entries[4]: overlaps entries[3]",
        'on_overlap: "allow"',
        "Nothing was created.",
    ):
        assert part in error["message"]
    assert {row["name"] for row in error["candidates"]} == {"Web shop"}
    assert list_changes(sandbox) == []


async def test_create_time_entries_every_problem_of_an_entry_is_named(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Lesson")
    entries = [
        {"start": "2025-10-14T09:30", "duration": "10m", "project": "Web shopp", "tags": ["lunch", "dinner"]},
        {"start": "nine", "duration": "1h", "project": "Bread label"},
        {"start": "2025-10-14T09:35", "duration": "1h"},
    ]
    error = await host.fail("create_time_entries", entries=entries)

    for part in (
        "entries[0]: There is no tag of exactly the name “lunch”",
        "There is no tag of exactly the name “dinner”",
        "There is no project of exactly the name “Web shopp”",
        "entries[0]: overlaps entry",
        "“Lesson”, 2025-10-14T09:00:00 to 2025-10-14T10:00:00; entries[2]",
        "entries[1]: start: 'nine' is not a time",
        "entries[1]: There is no project of exactly the name “Bread label”",
        "entries[2]: overlaps entry",
    ):
        assert part in error["message"]
    assert {row["name"] for row in error["candidates"]} == {"Web shop", "Bread labels"}
    assert list_changes(sandbox) == []


async def test_start_timer_and_edit_time_entries_name_every_reference_without_a_match(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Lesson")
    work = {"project": "Web shopp", "tags": ["lunch", "dinner"]}

    for tool, arguments in (("start_timer", {}), ("edit_time_entries", {"ids": [row["id"]]})):
        error = await host.fail(tool, **arguments, **work)
        assert error["code"] == "not_found"
        assert all(name in error["message"] for name in ("“Web shopp”", "“lunch”", "“dinner”"))
    assert list_changes(sandbox) == []


async def test_create_and_edit_time_entries_small_number_as_duration_warns_that_it_is_of_seconds(host: Host) -> None:
    entries = [
        {"start": f"2025-10-14T{hour:02}:00", "duration": duration} for hour, duration in enumerate([90, "30m", 3600])
    ]
    created = await host.call("create_time_entries", entries=entries, dry_run=True)
    (row,) = (await host.call("create_time_entries", entries=entries[1:2]))["entries"]
    edited = await host.call("edit_time_entries", ids=[row["id"]], duration="45")

    warning = "duration: {0} are seconds. If minutes are meant, give {0}m by edit_time_entries."
    assert created["warnings"] == [f"entries[0]: {warning.format(90)}"]
    assert edited["warnings"] == [warning.format(45)]


async def test_create_time_entries_unknown_field_is_named_with_the_nearest_one(host: Host) -> None:
    error = await host.fail("create_time_entries", entries=[{"duration": "1h"}, {"duration": "1h", "projet": "x"}])

    assert error["message"] == "entries[1].projet: is not an argument of this tool; the nearest is project."


async def test_create_time_entries_overlaps_are_created_if_allowed(host: Host) -> None:
    entries = [{"start": "2025-10-14T12:00", "duration": "1h", "description": text} for text in ("A", "B")]

    assert (await host.fail("create_time_entries", entries=entries))["code"] == "overlap"
    assert statuses(await host.call("create_time_entries", entries=entries, on_overlap="allow")) == ["created"] * 2


async def test_create_time_entries_dry_run_shows_the_plan_and_sends_nothing(host: Host, sandbox: Sandbox) -> None:
    entry = {"start": "2025-10-14T09:00", "duration": "1h", "project": "web shop"}
    result = await host.call("create_time_entries", entries=[entry], dry_run=True)

    (row,) = result["entries"]
    assert (row["status"], row["project"], row["seconds"], "id" in row) == ("planned", "Web shop", 3600, False)
    assert list_changes(sandbox) == []


async def test_create_time_entries_quota_that_ends_midway_is_gone_on_with_by_the_same_call(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=4)
    first = await host.call("create_time_entries", entries=plan(6))
    clock.now += 3600
    second = await host.call("create_time_entries", entries=plan(6))

    assert statuses(first) == ["created"] * 4 + ["not_sent"] * 2
    assert "entries[4]" in first["incomplete_reason"]
    assert first["quota"]["resets_in_seconds"] > 0
    assert statuses(second) == ["already_there"] * 4 + ["created"] * 2
    assert sorted(row["description"] for row in sandbox.state.entries.values()) == [f"Work {n}" for n in range(6)]


async def test_create_time_entries_dry_run_says_that_the_quota_is_too_small(host: Host, sandbox: Sandbox) -> None:
    sandbox.quota.spend(HARBOUR_STUDIO, remaining=4)
    await host.call("list_tags", refresh=True)
    result = await host.call("create_time_entries", entries=plan(6), dry_run=True)

    assert "6 entries need as many requests, and 3 remain" in result["warnings"][0]


async def test_create_time_entries_lost_request_midway_is_unconfirmed_and_made_once(
    host: Host, sandbox: Sandbox
) -> None:
    sandbox.fault = FailPost(2, Fault("lost before"))
    first = await host.call("create_time_entries", entries=plan(4))
    second = await host.call("create_time_entries", entries=plan(4))

    assert statuses(first) == ["created", "unconfirmed", "not_sent", "not_sent"]
    assert statuses(second) == ["already_there", "created", "created", "created"]
    assert len(sandbox.state.entries) == 4


async def test_create_time_entries_refusal_midway_names_the_refused_one(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = FailPost(2, Fault("rejected"))
    result = await host.call("create_time_entries", entries=plan(3))

    assert statuses(result) == ["created", "refused", "not_sent"]
    assert result["incomplete_reason"].startswith("entries[1]: ")


async def test_create_time_entries_twin_of_one_that_is_there_is_created_if_there_are_two_in_the_plan(
    host: Host, sandbox: Sandbox
) -> None:
    twins = plan(1) * 2
    await host.call("create_time_entries", entries=plan(1))
    result = await host.call("create_time_entries", entries=twins, on_overlap="allow")
    again = await host.call("create_time_entries", entries=twins, on_overlap="allow")

    assert (statuses(result), statuses(again)) == (["already_there", "created"], ["already_there"] * 2)
    assert len(sandbox.state.entries) == 2


@pytest.mark.parametrize("is_billable", [True, False])
async def test_create_time_entries_that_differ_from_what_is_there_in_billable_are_others(
    host: Host, sandbox: Sandbox, *, is_billable: bool
) -> None:
    entry = {**plan(1)[0], "project": "Web shop"}
    await host.call("create_time_entries", entries=[{**entry, "billable": is_billable}])

    same = await host.call("create_time_entries", entries=[{**entry, "billable": is_billable}])
    silent = await host.call("create_time_entries", entries=[entry])
    error = await host.fail("create_time_entries", entries=[{**entry, "billable": not is_billable}])

    assert statuses(same) == statuses(silent) == ["already_there"]
    assert error["code"] == "overlap"
    assert len(sandbox.state.entries) == 1


async def test_create_time_entries_without_a_field_that_the_workspace_requires_is_refused(
    host: Host, sandbox: Sandbox
) -> None:
    constraints = {"time_entry_constraints_enabled": True, "project_present": True, "tag_present": False}
    sandbox.state.edit_workspace(HARBOUR_STUDIO, te_constraints=constraints)
    error = await host.fail("create_time_entries", entries=plan(1))

    assert error["message"].startswith("entries[0]: Workspace “Harbour Studio” requires project.")
    assert (await host.create_entry(**plan(1)[0], project="Web shop"))["status"] == "created"


async def test_create_time_entries_billable_on_the_free_plan_is_refused_before_any_is_sent(
    host: Host, sandbox: Sandbox
) -> None:
    entries = [plan(1)[0], {**plan(2)[1], "billable": True}]
    error = await host.fail("create_time_entries", entries=entries, workspace=NIGHT_SCHOOL)

    assert (error["code"], error["message"][:21]) == ("plan_required", "entries[1]: billable:")
    assert list_changes(sandbox) == []


async def test_create_time_entries_reports_progress(host: Host) -> None:
    reports: list[tuple[float, float | None]] = []

    async def report(progress: float, total: float | None, message: str | None) -> None:
        assert message is None
        reports.append((progress, total))

    await host.client.call_tool("create_time_entries", {"entries": plan(3)}, progress_callback=report)

    assert reports == [(1, 3), (2, 3), (3, 3)]


async def test_create_time_entries_like_an_entry_takes_its_work_but_for_what_is_given(
    host: Host, sandbox: Sandbox
) -> None:
    work: dict[str, Any] = {"project_id": WEB_SHOP, "task_id": CHECKOUT, "billable": True, "tags": ["design"]}
    row = add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00", "Cart", **work)
    entries = [
        {"start": "2025-10-14T09:00", "duration": "1h", "like": row["id"]},
        {"start": "2025-10-14T10:00", "duration": "1h", "like": "last", "description": "Basket", "tags": ["meeting"]},
        {"start": "2025-10-14T11:00", "duration": "1h", "like": "LAST", "project": "Bread labels"},
    ]
    await host.call("create_time_entries", entries=entries)

    rows = [*sandbox.state.entries.values()][1:]
    fields = ("description", "project_id", "task_id", "billable", "tags")
    assert [tuple(row[field] for field in fields) for row in rows] == [
        ("Cart", WEB_SHOP, CHECKOUT, True, ["design"]),
        ("Basket", WEB_SHOP, CHECKOUT, True, ["meeting"]),
        ("Cart", 201_500_301, None, True, ["design"]),
    ]


async def test_create_time_entries_like_an_entry_of_another_workspace_is_created_there(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:00", "Lesson", NIGHT_SCHOOL)
    entry = {"start": "2025-10-14T09:00", "duration": "1h", "like": row["id"]}
    error = await host.fail("create_time_entries", entries=[entry], workspace="Harbour Studio")
    created = await host.create_entry(**entry)

    assert f"is in workspace {NIGHT_SCHOOL}" in error["message"]
    assert (created["workspace_id"], created["description"]) == (NIGHT_SCHOOL, "Lesson")


async def test_start_timer_like_last_continues_the_latest_completed_work(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Early")
    add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Cart", project_id=WEB_SHOP, tags=["design"])
    add_entry(sandbox, "2025-10-14T20:00", "2025-10-14T21:00", "Planned")
    running(sandbox, "2025-10-14T17:00", "Mail")
    result = await host.call("start_timer", like="last")

    assert (result["entry"]["description"], result["entry"]["project"], result["entry"]["tags"]) == (
        "Cart",
        "Web shop",
        ["design"],
    )
    assert result["stopped_entry"]["description"] == "Mail"


@pytest.mark.parametrize(
    ("like", "code", "message"),
    [
        ("7", "not_found", "like: None of your own entries of the last 89 days is 7."),
        ("running", "not_found", "like: No timer is running."),
        ("last", "not_found", "like: No entry of the last 89 days is completed."),
        ("yesterday", "invalid_arguments", "like: give the id of an entry, running, or last"),
    ],
)
async def test_start_timer_like_an_entry_that_is_not_there_is_refused(
    host: Host, sandbox: Sandbox, like: str, code: str, message: str
) -> None:
    error = await host.fail("start_timer", like=like)

    assert (error["code"], error["message"].startswith(message)) == (code, True)
    assert list_changes(sandbox) == []


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        ("2025-10-10T09:00", "10:30", ("2025-10-10T09:00:00+13:00", "2025-10-10T10:30:00+13:00")),
        ("yesterday 9am", "10:30am", ("2025-10-13T09:00:00+13:00", "2025-10-13T10:30:00+13:00")),
        ("9:00", "yesterday 10:30", ("2025-10-13T09:00:00+13:00", "2025-10-13T10:30:00+13:00")),
        ("half past nine am", "yesterday 11:00", ("2025-10-13T09:30:00+13:00", "2025-10-13T11:00:00+13:00")),
        ("last friday 23:00", "01:00", ("2025-10-10T23:00:00+13:00", "2025-10-11T01:00:00+13:00")),
        ("23:00", "yesterday 01:00", ("2025-10-12T23:00:00+13:00", "2025-10-13T01:00:00+13:00")),
        ("9:00", "10:30", ("2025-10-14T09:00:00+13:00", "2025-10-14T10:30:00+13:00")),
    ],
)
async def test_create_time_entries_time_of_day_alone_is_of_the_day_of_the_other_time(
    host: Host, start: str, stop: str, expected: tuple[str, str]
) -> None:
    entry = await host.create_entry(start=start, stop=stop)

    assert (entry["start"], entry["stop"]) == expected


@pytest.mark.parametrize(("start", "stop"), [("23:00", "01:00"), ("yesterday 16:00", "15:00")])
async def test_create_time_entries_stop_before_start_is_refused(host: Host, start: str, stop: str) -> None:
    error = await host.fail_to_create_entry(start=start, stop=stop)

    assert "is before start, " in error["message"]


@pytest.mark.parametrize(("duration", "hours"), [("0m", "0"), ("25h", "25")])
async def test_create_time_entries_of_an_unusual_length_warns(host: Host, duration: str, hours: str) -> None:
    entries = [{"start": "2025-10-10T09:00", "duration": duration, "description": "Long"}]
    result = await host.call("create_time_entries", entries=entries, on_overlap="allow")

    assert f"entries[0]: The entry lasts {hours} h. If that is not meant, edit" in result["warnings"][0]
