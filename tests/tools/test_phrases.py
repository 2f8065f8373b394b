"""Times, durations and periods in words, through the tools."""

import pytest

from tests.sandbox.diary import add_entry, running
from tests.tools.host import Host
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio


async def test_create_time_entries_in_words_has_start_and_seconds(host: Host) -> None:
    entry = await host.create_entry(start="yesterday 2am", duration="1h30m", on_overlap="allow")

    assert entry["start"].partition("T")[2].startswith("02:00")
    assert entry["seconds"] == 5400


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("list_time_entries", {"period": "03/04/2026"}, "period"),
        ("summarize_time", {"start": "03/04/2026", "end": "today"}, "start"),
        ("create_time_entries", {"entries": [{"start": "yesterday 9", "duration": "1h"}]}, "entries[0]: start"),
        ("create_time_entries", {"entries": [{"start": "yesterday 9:00", "duration": "1.5"}]}, "entries[0]: duration"),
    ],
)
async def test_tool_phrase_with_two_readings_is_refused_with_both(
    host: Host, tool: str, arguments: dict[str, object], field: str
) -> None:
    error = await host.fail(tool, **arguments)

    assert error["code"] == "invalid_arguments"
    assert error["message"].startswith(f"{field}: ")
    assert "two readings" in error["message"]


async def test_summarize_time_last_14_days_has_so_many(host: Host) -> None:
    days = await host.call("summarize_time", period="last 14 days")
    same = await host.call("summarize_time", start=days["first_day"], end=days["last_day"])

    assert same["total"] == days["total"]


@pytest.mark.usefixtures("nine_in_the_morning")
async def test_start_timer_hour_of_which_one_reading_is_to_come_is_the_other(host: Host) -> None:
    result = await host.call("start_timer", start="quarter to nine")

    assert result["entry"]["start"] == "2025-10-14T08:45:00+13:00"
    assert (await host.call("stop_timer", stop="at 9"))["entry"]["seconds"] == 900


@pytest.mark.usefixtures("nine_in_the_morning")
async def test_start_timer_time_of_another_zone_is_of_today_here(host: Host) -> None:
    result = await host.call("start_timer", start="19:30 UTC")

    assert result["entry"]["start"] == "2025-10-14T08:30:00+13:00"
    assert (await host.call("stop_timer", stop="19:45Z"))["entry"]["seconds"] == 900


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (("yesterday 9am", "half past ten"), ("2025-10-13T09:00", "2025-10-13T10:30")),
        (("yesterday 9am", "7"), ("2025-10-13T09:00", "2025-10-13T19:00")),
        (("yesterday 9", "5pm"), ("2025-10-13T09:00", "2025-10-13T17:00")),
        (("yesterday 10pm", "1"), ("2025-10-13T22:00", "2025-10-14T01:00")),
        (("half past ten", "yesterday noon"), ("2025-10-13T10:30", "2025-10-13T12:00")),
        (("yesterday 2pm", "3:30"), ("2025-10-13T14:00", "2025-10-13T15:30")),
        (("yesterday at noon", "1:30"), ("2025-10-13T12:00", "2025-10-13T13:30")),
        (("yesterday 9am", "5:30"), ("2025-10-13T09:00", "2025-10-13T17:30")),
        (("yesterday 2:15", "3pm"), ("2025-10-13T14:15", "2025-10-13T15:00")),
        (("yesterday 9:30", "5pm"), ("2025-10-13T09:30", "2025-10-13T17:00")),
        (("yesterday 2pm", "2025-10-13 3:30"), ("2025-10-13T14:00", "2025-10-13T15:30")),
        (("yesterday 10pm", "1:30"), ("2025-10-13T22:00", "2025-10-14T01:30")),
        (("yesterday 9:45", "1 in the afternoon"), ("2025-10-13T09:45", "2025-10-13T13:00")),
        (("2025-10-13T11:00", "11:30pm"), ("2025-10-13T11:00", "2025-10-13T23:30")),
        (("yesterday 09:00", "9:30pm"), ("2025-10-13T09:00", "2025-10-13T21:30")),
        (("9", "half past ten"), ("2025-10-14T09:00", "2025-10-14T10:30")),
        (("9", "5"), ("2025-10-14T09:00", "2025-10-14T17:00")),
        (("22", "23"), ("2025-10-14T22:00", "2025-10-14T23:00")),
        (("yesterday at 14", "16"), ("2025-10-13T14:00", "2025-10-13T16:00")),
        (("yesterday 22:00", "24:00"), ("2025-10-13T22:00", "2025-10-14T00:00")),
        (("2025-10-12T22:00Z", "23:00Z"), ("2025-10-13T11:00", "2025-10-13T12:00")),
        (("22:00Z", "2025-10-12T23:00Z"), ("2025-10-13T11:00", "2025-10-13T12:00")),
        (("22:00 UTC", "23:00 UTC"), ("2025-10-14T11:00", "2025-10-14T12:00")),
        (("2025-10-13T20:00+02:00", "21:30+02:00"), ("2025-10-14T07:00", "2025-10-14T08:30")),
        (("yesterday 3pm UTC", "4pm UTC"), ("2025-10-14T04:00", "2025-10-14T05:00")),
    ],
    ids=str,
)
async def test_create_time_entries_time_with_two_readings_is_the_one_that_the_other_time_allows(
    host: Host, times: tuple[str, str], expected: tuple[str, str]
) -> None:
    entry = await host.create_entry(start=times[0], stop=times[1])

    assert (entry["start"][:16], entry["stop"][:16]) == expected


@pytest.mark.usefixtures("six_in_the_evening")
async def test_create_time_entries_hours_of_both_halves_of_the_day_are_refused(host: Host) -> None:
    error = await host.fail_to_create_entry(start="yesterday 9", stop="half past ten")

    assert "start: 'yesterday 9' has two readings, 09:00 and 21:00; give one" in error["message"]


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_time_entries_hour_alone_is_the_one_after_the_start(host: Host) -> None:
    entry = await host.create_entry(start="quarter past nine", duration="1h")
    assert entry["start"].startswith("2025-10-14T09:15")

    edited = await host.call("edit_time_entries", ids=[entry["id"]], stop="eleven o'clock")

    assert edited["entry"]["stop"].startswith("2025-10-14T11:00")


@pytest.mark.usefixtures("nine_in_the_morning")
async def test_create_time_entries_stop_at_midnight_is_that_after_the_start(host: Host) -> None:
    entry = await host.create_entry(start="yesterday 10pm", stop="midnight")

    assert (entry["stop"], entry["seconds"]) == ("2025-10-14T00:00:00+13:00", 7200)


@pytest.mark.usefixtures("nine_in_the_morning")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-10-13T00:00:00", "2025-10-14T23:59:59"),
        ("2025-10-13T00:00:00.000+13:00", "2025-10-14T23:59:59.999+13:00"),
        ("2025-10-12T11:00:00Z", "now"),
        ("yesterday 00:00", "today 23:59"),
    ],
)
async def test_list_time_entries_times_at_which_days_begin_and_end_are_those_days(
    host: Host, start: str, end: str
) -> None:
    result = await host.call("list_time_entries", start=start, end=end)

    assert (result["first_day"], result["last_day"]) == ("2025-10-13", "2025-10-14")


@pytest.mark.usefixtures("nine_in_the_morning")
@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (
            "2025-10-13T09:30",
            "2025-10-14",
            "start: '2025-10-13T09:30' has a time of day, and days are read whole; give",
        ),
        (
            "2025-10-13T00:00Z",
            "2025-10-14",
            "start: '2025-10-13T00:00Z' has a time of day, and days are read whole; give",
        ),
        ("2025-10-13", "2025-10-14T00:00", "end: '2025-10-14T00:00' has a time of day, and days are read whole; give"),
    ],
)
async def test_list_time_entries_between_other_times_is_refused_with_the_day(
    host: Host, start: str, end: str, message: str
) -> None:
    error = await host.fail("list_time_entries", start=start, end=end)

    assert error["message"].startswith(message)


@pytest.mark.usefixtures("nine_in_the_morning")
async def test_list_time_entries_weekday_alone_is_one_that_has_been(host: Host) -> None:
    assert (await host.call("list_time_entries", period="Sunday"))["first_day"] == "2025-10-12"


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(
    ("times", "field"),
    [
        (("2025-10-13T09:00Z", "11:00"), "stop"),
        (("yesterday 9:00", "20:00Z"), "start"),
        (("2025-10-13T09:00+02:00", "2025-10-13T21:00"), "stop"),
    ],
)
async def test_create_time_entries_one_of_two_times_in_another_zone_is_refused(
    host: Host, times: tuple[str, str], field: str
) -> None:
    error = await host.fail_to_create_entry(start=times[0], stop=times[1])

    assert f"{field}: may be at" in error["message"]
    assert "or in Pacific/Auckland. Give its offset, too." in error["message"]


@pytest.mark.usefixtures("six_in_the_evening")
async def test_edit_time_entries_one_of_two_times_with_the_offset_of_that_day_is_read(
    host: Host, sandbox: Sandbox
) -> None:
    row = add_entry(sandbox, "2025-09-10T13:00", "2025-09-10T14:00")
    result = await host.call("edit_time_entries", ids=[row["id"]], start="09:00+12:00", stop="10:00")
    error = await host.fail("edit_time_entries", ids=[row["id"]], start="09:00+13:00", stop="10:00")

    assert (result["entry"]["start"][11:16], result["entry"]["seconds"]) == ("09:00", 3600)
    assert "stop: may be at +13:00 as well" in error["message"]


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize("stop", ["today at 10", "10 on Tuesday", "half past nine today", "10"])
async def test_stop_timer_hour_of_which_one_reading_is_to_come_is_the_other(
    host: Host, sandbox: Sandbox, stop: str
) -> None:
    running(sandbox, "2025-10-14T09:00", "Left on")
    result = await host.call("stop_timer", stop=stop)

    assert result["entry"]["stop"][11:16] in ("09:30", "10:00")


@pytest.mark.usefixtures("six_in_the_evening")
async def test_create_time_entries_one_of_two_times_with_the_own_offset_is_read(host: Host) -> None:
    entry = await host.create_entry(start="2025-10-13T09:00+13:00", stop="10:00")

    assert entry["seconds"] == 3600


@pytest.mark.usefixtures("six_in_the_evening")
@pytest.mark.parametrize(("tool", "arguments"), [("stop_timer", {}), ("edit_time_entries", {"ids": ["running"]})])
async def test_stop_of_a_timer_time_of_day_is_on_the_only_day_on_which_it_ran_then(
    host: Host, sandbox: Sandbox, tool: str, arguments: dict[str, object]
) -> None:
    running(sandbox, "2025-10-13T15:30", "Left on")
    both_days = await host.fail(tool, stop="16:00", **arguments)
    result = await host.call(tool, stop="9am", **arguments)

    assert "two readings, 2025-10-13T16:00:00 and 2025-10-14T16:00:00" in both_days["message"]
    assert result["entry"]["stop"] == "2025-10-14T09:00:00+13:00"
