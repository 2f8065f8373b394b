"""What `review_time` finds, and that its fixes mend it."""

from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.clock import Clock
from tests.sandbox.diary import add_entry, at, running
from tests.tools.host import Host
from toggl_mcp.sandbox import HARBOUR_STUDIO, NIGHT_SCHOOL, Fault, Sandbox

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("six_in_the_evening")]

WEB_SHOP = 201_500_302
SHOP: dict[str, Any] = {"project_id": WEB_SHOP}
TUESDAY = {"start": "2025-10-14", "end": "2025-10-14"}
WEEK = {"start": "2025-10-06", "end": "2025-10-14"}


def kinds(review: dict[str, Any]) -> list[str]:
    return [finding["kind"] for finding in review["findings"]]


async def test_review_time_gap_between_entries_is_found(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:00", "Bread", **SHOP)
    add_entry(sandbox, "2025-10-14T10:14", "2025-10-14T11:00", "Bread", **SHOP)
    add_entry(sandbox, "2025-10-14T11:30", "2025-10-14T12:00", "Bread", NIGHT_SCHOOL, project_id=201_500_401)

    review = await host.call("review_time", **TUESDAY)

    times = {"start": "2025-10-14T11:00:00", "stop": "2025-10-14T11:30:00"}
    assert review["findings"] == [
        {
            "kind": "gap",
            "day": "2025-10-14 Tuesday",
            **times,
            "seconds": 1800,
            "fix": {
                "tool": "create_time_entries",
                "arguments": {"entries": [times]},
                "add": ["description", "project"],
            },
        }
    ]
    assert (review["counts"], review["remaining"], review["complete"]) == ({"gap": 1}, 0, True)


async def test_review_time_night_after_late_work_is_no_gap(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-13T22:00", "2025-10-14T01:45", "Kiln", **SHOP)
    add_entry(sandbox, "2025-10-14T08:30", "2025-10-14T12:00", "Bread", **SHOP)

    assert "gap" not in (await host.call("review_time", **TUESDAY))["counts"]


@pytest.mark.parametrize(
    "work_hours",
    [
        "08:00 - 19:00",
        "8:00\u201319:00",
        "8-19",
        "8.00-19.00",
        "8.00 to 7.00pm",
        "8am to 7pm",
        "8:00am-7:00",
        "eight o'clock to 19:00",
    ],
)
async def test_review_time_work_hours_have_gaps_at_their_ends_up_to_now(
    host: Host, sandbox: Sandbox, work_hours: str
) -> None:
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T17:00", "Bread", **SHOP)
    review = await host.call("review_time", **TUESDAY, work_hours=work_hours)
    assert [(gap["start"][-8:], gap["stop"][-8:]) for gap in review["findings"]] == [
        ("08:00:00", "09:00:00"),
        ("17:00:00", "18:00:00"),
    ]


async def test_review_time_fixes_leave_nothing_to_find(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T10:00", "Bread", **SHOP)
    add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:30", "Rolls", **SHOP)
    for _ in range(3):
        add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Cake", **SHOP)
    add_entry(sandbox, "2025-10-14T12:00", "2025-10-14T13:00", "Cake")
    add_entry(sandbox, "2025-10-14T13:00", "2025-10-14T14:00", **SHOP)
    add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T22:00", "Long", **SHOP)
    answers = {
        "project": "Web shop",
        "description": "Bread",
        "stop": "2025-10-13T17:00",
        "tags": ["design"],
    }

    review = await host.call("review_time", start="2025-10-13", end="2025-10-14")
    assert kinds(review) == ["long", "overlap", "gap", "duplicate", "no_project", "no_description"]
    for finding in review["findings"]:
        fix = finding["fix"]
        (fields,) = fix["arguments"].get("entries", [fix["arguments"]])
        fields.update({name: answers[name] for name in fix.get("add", [])})
        await host.call(fix["tool"], **fix["arguments"])

    assert (await host.call("review_time", start="2025-10-13", end="2025-10-14"))["findings"] == []


@pytest.mark.parametrize(
    "difference",
    [{"workspace": NIGHT_SCHOOL}, {"tags": ["design"]}, {"billable": True}],
    ids=["workspace", "tags", "billable"],
)
async def test_review_time_entries_that_differ_are_no_duplicates(
    host: Host, sandbox: Sandbox, difference: dict[str, Any]
) -> None:
    add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Cake")
    add_entry(sandbox, "2025-10-14T11:00", "2025-10-14T12:00", "Cake", **difference)
    review = await host.call("review_time", **TUESDAY)
    assert "duplicate" not in review["counts"]
    assert review["counts"]["overlap"] == 1


async def test_review_time_overlap_tells_how_long_and_shortens_the_earlier(host: Host, sandbox: Sandbox) -> None:
    first = add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T10:00", "Bread", **SHOP)
    second = add_entry(sandbox, "2025-10-14T09:00", "2025-10-14T10:30", "Rolls", NIGHT_SCHOOL, project_id=201_500_401)
    inner = add_entry(sandbox, "2025-10-14T08:10", "2025-10-14T08:20", "Call", **SHOP)

    review = await host.call("review_time", **TUESDAY)

    assert [(item["ids"], item["seconds"], item["fix"]["arguments"]) for item in review["findings"]] == [
        ([first["id"], inner["id"]], 600, {"ids": [inner["id"]]}),
        ([first["id"], second["id"]], 3600, {"ids": [first["id"]], "stop": "2025-10-14T09:00:00"}),
    ]
    assert review["findings"][1]["about"].startswith("Bread · Web shop; Rolls · ")


@pytest.mark.parametrize(
    ("start", "stop", "kind"),
    [
        ("2025-10-13T06:00", "2025-10-13T18:00", None),
        ("2025-10-13T06:00", "2025-10-13T18:01", "long"),
        ("2025-10-13T18:00", "2025-10-14T00:00", None),
        ("2025-10-13T20:00", "2025-10-14T02:00", None),
        ("2025-10-13T20:00", "2025-10-14T02:01", "overnight"),
    ],
)
async def test_review_time_long_entry_is_found(
    host: Host, sandbox: Sandbox, start: str, stop: str, kind: str | None
) -> None:
    add_entry(sandbox, start, stop, "Bread", **SHOP)
    review = await host.call("review_time", start="2025-10-13", end="2025-10-14")
    assert kinds(review) == ([] if kind is None else [kind])


@pytest.mark.parametrize(("start", "found"), [("2025-10-14T05:59", True), ("2025-10-14T06:00", False)])
async def test_review_time_forgotten_timer_is_found(host: Host, sandbox: Sandbox, start: str, *, found: bool) -> None:
    timer = running(sandbox, start, "Bread")
    timer["project_id"] = WEB_SHOP
    review = await host.call("review_time", **TUESDAY)
    assert [finding["kind"] == "running" for finding in review["findings"]] == [True] * found


async def test_review_time_entries_without_tags_are_found_where_others_have_some(host: Host, sandbox: Sandbox) -> None:
    bare = [add_entry(sandbox, f"2025-10-14T{hour}:00", f"2025-10-14T{hour}:59", "Bread", **SHOP) for hour in (10, 11)]
    assert (await host.call("review_time", **TUESDAY))["findings"] == []

    add_entry(sandbox, "2025-10-14T12:00", "2025-10-14T13:00", "Bread", **SHOP, tags=["design"])
    (finding,) = (await host.call("review_time", **TUESDAY, refresh=True))["findings"]

    assert (finding["kind"], finding["ids"]) == ("no_tags", [row["id"] for row in bare])
    assert finding["fix"] == {"tool": "edit_time_entries", "arguments": {"ids": finding["ids"]}, "add": ["tags"]}


@pytest.mark.parametrize(
    ("expected", "days"),
    [
        (None, [("empty_day", "2025-10-07 Tuesday", None, None), ("empty_day", "2025-10-10 Friday", None, None)]),
        (
            8,
            [
                ("short_day", "2025-10-06 Monday", 27_000, 28_800),
                ("empty_day", "2025-10-07 Tuesday", None, 28_800),
                ("empty_day", "2025-10-10 Friday", None, 28_800),
            ],
        ),
        (
            [7, 7, 8, 8, 0, 6, 0],
            [
                ("empty_day", "2025-10-07 Tuesday", None, 25_200),
                ("empty_day", "2025-10-11 Saturday", None, 21_600),
            ],
        ),
    ],
)
async def test_review_time_days_short_of_expected_hours_are_named(
    host: Host, sandbox: Sandbox, expected: object, days: list[tuple[str, str, int | None, int | None]]
) -> None:
    add_entry(sandbox, "2025-10-06T08:00", "2025-10-06T15:30", "Bread", **SHOP)
    for day in ("08", "09", "13"):
        add_entry(sandbox, f"2025-10-{day}T08:00", f"2025-10-{day}T16:00", "Bread", **SHOP)
    review = await host.call("review_time", **WEEK, **({} if expected is None else {"expected": expected}))
    assert [
        (item["kind"], item["day"], item.get("seconds"), item.get("expected_seconds")) for item in review["findings"]
    ] == days


async def test_review_time_kinds_are_all_that_is_found_and_counted(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-13T08:00", "2025-10-13T15:30", "Bread")
    add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T09:00")

    review = await host.call("review_time", **WEEK, expected=8, kinds=["short_day", "no_description"])

    assert kinds(review) == ["short_day", "no_description"]
    assert review["counts"] == {"short_day": 1, "no_description": 1}


async def test_review_time_short_days_without_expected_hours_are_refused(host: Host) -> None:
    error = await host.fail("review_time", **WEEK, kinds=["gap", "short_day"])

    assert error["message"] == "kinds: short_day needs expected, the hours of a day."


async def test_review_time_work_hours_of_a_weekend_alone_have_gaps(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-11T10:00", "2025-10-11T12:00", "Bread", **SHOP)

    saturday = await host.call("review_time", period="2025-10-11", work_hours="9-12")
    assert [(gap["start"][-8:], gap["stop"][-8:]) for gap in saturday["findings"]] == [("09:00:00", "10:00:00")]
    friday_too = await host.call("review_time", start="2025-10-10", end="2025-10-11", work_hours="9-12", kinds=["gap"])
    assert [gap["day"] for gap in friday_too["findings"]] == ["2025-10-10 Friday"]
    free = await host.call("review_time", period="2025-10-11", work_hours="9-12", expected=8)
    assert free["findings"] == []


async def test_review_time_warm_costs_no_request(host: Host, sandbox: Sandbox) -> None:
    add_entry(sandbox, "2025-10-14T08:00", "2025-10-14T10:00", "Bread", **SHOP)
    await host.call("review_time", **TUESDAY)
    before = len(sandbox.calls)
    assert (await host.call("review_time", **WEEK))["source"] == "cache"
    assert len(sandbox.calls) == before


async def test_review_time_unreadable_reports_are_incomplete(host: Host, sandbox: Sandbox) -> None:
    sandbox.fault = lambda call: Fault("402") if "/search/" in call.path else None
    review = await host.call("review_time", start="2025-02-03", end="2025-02-07")
    assert not review["complete"]


async def test_review_time_limit_leaves_the_rest_in_remaining(host: Host, sandbox: Sandbox, clock: Clock) -> None:
    clock.now = at("2025-10-11T18:00")
    add_entry(sandbox, "2025-10-11T08:00", "2025-10-11T09:00", "Bread", **SHOP)
    review = await host.call("review_time", **WEEK, limit=2)
    assert (len(review["findings"]), review["remaining"], review["counts"]) == (2, 3, {"empty_day": 5})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"work_hours": "17:00-09:00"}, "work_hours: '17:00-09:00' is not the hours of one day; write two times"),
        ({"work_hours": "17-9"}, "work_hours: '17-9' is not the hours of one day"),
        ({"work_hours": "22-6"}, "work_hours: '22-6' is not the hours of one day"),
        ({"work_hours": "9-25"}, "work_hours: '25' is not a time"),
        ({"work_hours": "8 to 11"}, "work_hours: '8 to 11' has two readings, 08:00-11:00 and 08:00-23:00"),
        ({"expected": [8, 8]}, "expected: give one number of hours, or seven"),
        ({"expected": [25]}, "expected: should be less than or equal to 24"),
    ],
)
async def test_review_time_unclear_arguments_are_refused(host: Host, arguments: dict[str, Any], message: str) -> None:
    error = await host.fail("review_time", **TUESDAY, **arguments)
    assert error["message"].startswith(message)


async def test_review_time_timer_that_runs_since_yesterday_is_found(host: Host, sandbox: Sandbox) -> None:
    running(sandbox, "2025-10-13T16:00", "Bread")
    result = await host.call("review_time")

    assert "running" in result["counts"]


async def test_review_time_fix_in_the_hour_that_clocks_repeat_can_be_called(
    host: Host, sandbox: Sandbox, clock: Clock
) -> None:
    clock.now = at("2025-04-06T18:00")
    for first, last in (("13:00", "13:50"), ("13:30", "14:30")):  # 02:00 to 02:50 of +13:00; 02:30, and again 02:30.
        start, stop = (datetime.fromisoformat(f"2025-04-05T{text}+00:00").timestamp() for text in (first, last))
        sandbox.state.add_entry(HARBOUR_STUDIO, start, stop=stop, description=f"Bread {first}")
    result = await host.call("review_time")
    (overlap,) = (finding for finding in result["findings"] if finding["kind"] == "overlap")
    await host.call(overlap["fix"]["tool"], **overlap["fix"]["arguments"])

    assert overlap["fix"]["arguments"]["stop"] == "2025-04-06T02:30:00+13:00"
    assert "overlap" not in (await host.call("review_time"))["counts"]


async def test_review_time_overlap_with_a_forgotten_entry_is_mended_there(host: Host, sandbox: Sandbox) -> None:
    forgotten = add_entry(sandbox, "2025-10-13T10:00", "2025-10-14T03:00", "Bread", **SHOP)
    add_entry(sandbox, "2025-10-13T09:00", "2025-10-13T10:30", "Kiln", **SHOP)
    add_entry(sandbox, "2025-10-13T13:00", "2025-10-13T14:00", "Mail", **SHOP)
    review = await host.call("review_time", **WEEK)

    fixes = [finding["fix"]["arguments"] for finding in review["findings"] if finding["kind"] == "overlap"]
    assert fixes == [{"ids": [forgotten["id"]]}] * 2


async def test_review_time_counts_the_entries_that_lack_something(host: Host, sandbox: Sandbox) -> None:
    for hour in (10, 11, 12):
        add_entry(sandbox, f"2025-10-14T{hour}:00", f"2025-10-14T{hour}:30", "Bread")

    assert (await host.call("review_time", **TUESDAY))["counts"]["no_project"] == 3
