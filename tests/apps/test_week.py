"""The week in a browser: what review_time and list_time_entries return, as a grid that a person works with."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from mcp import Client
from playwright.async_api import Browser

from tests.apps.host import AppHost, open_app
from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

URI = "ui://week"
INJECTION = '<img src="http://evil.test/x" onerror="fetch(`http://evil.test/`)"><script>document.title="taken"</script>'


def to_text(seconds: float) -> str:
    """Return a duration as apps write it; nothing for none."""
    minutes = int(seconds / 60 + 0.5)
    return f"{minutes // 60}:{minutes % 60:02}" if minutes else ""


async def read_cells(app: AppHost, selector: str) -> list[str]:
    """Return the durations in some cells, without what only a screen reader says."""
    script = "cells => cells.map(cell => cell.querySelector('[aria-hidden]')?.textContent ?? '')"
    return await app.frame.eval_on_selector_all(selector, script)


@asynccontextmanager
async def open_unreadable_week(browser: Browser, sandbox: Sandbox, clock: Clock, host: Host) -> AsyncGenerator[AppHost]:
    """Show a week in an app that can create entries from then on, and read none."""
    writer = Client(serve(sandbox, clock, tools="create_time_entries"), mode="auto")
    async with open_app(browser, host.client, URI, clock.now) as app, writer:
        await app.show("review_time", period="this week")
        app.client = writer
        yield app


@pytest.mark.parametrize(
    ("now", "changes"),
    [("2025-10-09T08:53:20", []), ("2025-09-28T10:00:00", ["23 h"]), ("2026-04-05T10:00:00", ["25 h"])],
    ids=["ordinary", "23 hours", "25 hours"],
)
async def test_review_time_in_app_has_the_sums_of_summarize_time(
    browser: Browser, now: str, changes: list[str]
) -> None:
    clock = Clock()
    clock.now = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
    async with Client(serve(Sandbox(clock=clock), clock), mode="auto") as client:
        host = Host(client)
        days = (await host.call("summarize_time", period="this week", group_by=["day"], include_empty=True))["groups"]
        rows = (await host.call("summarize_time", period="this week", group_by=["project", "description"]))["groups"]
        async with open_app(browser, client, URI, clock.now) as app:
            await app.show("review_time", period="this week")
            totals = await read_cells(app, "tfoot td")
            row_sums = await read_cells(app, "tbody tr[class^=hue] td.sum")
            lengths = await app.frame.eval_on_selector_all("th .change", "marks => marks.map(mark => mark.textContent)")

    seconds = {group["by"]["day"]: group["seconds"] for group in days}
    assert totals[: len(days)] == [to_text(seconds[day]) for day in sorted(seconds)]
    assert totals[-1] == to_text(sum(group["seconds"] for group in days))
    assert sorted(row_sums) == sorted(to_text(group["seconds"]) for group in rows)
    assert lengths == changes


async def test_list_time_entries_in_app_marks_gaps_and_overlaps(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("list_time_entries", period="this week")
        cells = await read_cells(app, "tbody tr[class^=hue] td:nth-of-type(2)")
        marked_columns = await app.frame.eval_on_selector_all("td.marked", "cells => cells.map(cell => cell.cellIndex)")
        label = await app.text("td.marked >> nth=0")
        gaps = await read_cells(app, ".gaps td")
        blocks = [await app.frame.locator(f".lane .{name}").count() for name in ("block", "blank", "clash")]
        chips = await app.frame.locator(".chip").all_inner_texts()

    assert cells == ["3:45", "1:00"]
    assert marked_columns == [2, 2]
    assert label.endswith("overlap")
    assert gaps == ["", "2:00", "", "", "", "", "", "2:00"]
    assert blocks == [3, 1, 1]
    assert chips[:2] == ["1 gap · 2:00", "1 overlap · 0:15"]


async def test_get_timer_in_app_grows_with_the_clock(browser: Browser, client: Client, clock: Clock) -> None:
    async with open_app(browser, client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        cell = app.frame.locator("td:has(.pulse):not(.day-line) [aria-hidden]").first
        first_texts = [await cell.inner_text(), await app.text(".figure span"), (await read_cells(app, "tfoot td"))[3]]
        await app.page.clock.fast_forward("10:00")
        later_texts = [await cell.inner_text(), await app.text(".figure span"), (await read_cells(app, "tfoot td"))[3]]

    assert first_texts == ["0:25", "34:40", "8:15"]
    assert later_texts == ["0:35", "34:50", "8:25"]


async def test_create_time_entries_from_app_fills_the_gap_and_undo_takes_it_back(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        app.calls.clear()
        await app.frame.click(".gaps td.gap")
        await app.frame.click("text=Fill this gap")
        await app.frame.fill("label:has-text('Description') input", "Lunch with the bakery")
        await app.frame.fill("label:has-text('Project') input", "Web shop")
        await app.frame.press("label:has-text('Project') input", "Enter")
        await app.frame.wait_for_selector("text=Undo")
        calls, gaps = [*app.calls], await app.frame.locator(".gaps").count()
        description = (await quiet_week.call("list_time_entries", period="today"))["entries"][1]["description"]
        context = await app.messages("ui/update-model-context")
        await app.frame.click("text=Undo")
        await app.frame.wait_for_selector("text=Undone.")
        undo = app.calls[3]
        cells = await read_cells(app, ".gaps td")

    times = {"start": "2025-10-14T11:00:00", "stop": "2025-10-14T13:00:00"}
    work = {"description": "Lunch with the bakery", "project": "Web shop"}
    assert calls[0] == ("create_time_entries", {"entries": [{**times, **work}]})
    assert [name for name, _ in calls[1:]] == ["list_time_entries", "review_time"]
    assert gaps == 0
    assert description == work["description"]
    assert undo[0] == "undo"
    assert cells[1] == "2:00"
    assert f"change_id {undo[1]['change']}" in context[0]["content"][0]["text"]


async def test_create_time_entries_from_app_by_a_double_click_is_one_call(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        await app.frame.click(".gaps td.gap")
        await app.frame.click("text=Fill this gap")
        await app.frame.fill("label:has-text('Description') input", "Lunch")
        await app.frame.dblclick("text=Create entry")
        await app.frame.wait_for_selector("text=Undo")
        await app.frame.dblclick("#status button")
        await app.frame.wait_for_selector("text=Undone.")
        status = await app.text("#status")
        focus = await app.frame.evaluate("document.activeElement.id")

    assert [name for name, _ in app.calls if name not in ("list_time_entries", "review_time")] == [
        *("create_time_entries", "undo")
    ]
    assert status == "Undone."
    assert focus == "status"


async def test_create_time_entries_from_app_that_cannot_be_read_again_is_done(
    browser: Browser, sandbox: Sandbox, clock: Clock, quiet_week: Host
) -> None:
    async with open_unreadable_week(browser, sandbox, clock, quiet_week) as app:
        await app.frame.click(".gaps td.gap")
        await app.frame.click("text=Fill this gap")
        await app.frame.fill("label:has-text('Description') input", "Lunch")
        await app.frame.click("text=Create entry")
        await app.frame.wait_for_selector("text=Undo")
        status = await app.text("#status")
        context = await app.messages("ui/update-model-context")
        is_busy = await app.frame.locator("#app[aria-busy]").count()

    assert status.startswith("Done. Undo What is shown is from before: ")
    assert "create_time_entries" in context[0]["content"][0]["text"]
    assert is_busy == 0


async def test_edit_and_split_from_app_call_tools_with_what_the_person_wrote(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    rows = (await quiet_week.call("list_time_entries", period="today"))["entries"]
    late, long, early = [row["id"] for row in rows]
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        for cell, action, field, value, confirm in (
            ("td.day-line >> nth=1", "Split", "Second part", "14:00", "Split"),
            ("td.time:has-text('3:45')", "Move all 3 to a project", "Project", "Bread labels", "Move"),
        ):
            await app.frame.click(cell)
            item = "#panel li >> nth=-1"
            await app.frame.click(f"{item} >> button:text-is('{action}')")
            await app.frame.fill(f"{item} >> label:has-text('{field}') input", value)
            await app.frame.click(f"{item} >> .form >> button:text-is('{confirm}')")
            await app.frame.wait_for_selector("text=Undo")
            await app.frame.evaluate("document.getElementById('status').replaceChildren()")
        changes = [call for call in app.calls if call[0] not in ("list_time_entries", "review_time")]
        await app.frame.click(".chip:has-text('overlap')")
        await app.frame.click("text=Fix this overlap")
        await app.frame.wait_for_selector("text=Undo")
        fix = [call for call in app.calls if call[0] == "edit_time_entries"][-1]

    assert changes[0] == ("split_time_entry", {"entry": str(late), "at": "14:00"})
    assert changes[1][0] == "edit_time_entries"
    assert changes[1][1]["project"] == "Bread labels"
    assert {long, late} < set(changes[1][1]["ids"])
    assert fix == ("edit_time_entries", {"ids": [early], "stop": "2025-10-14T09:45:00"})


async def test_edit_from_app_that_fails_says_why_and_keeps_the_week(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        await app.frame.click("td.time >> nth=0")
        await app.frame.click("text=Move to a project >> nth=0")
        await app.frame.click(".form >> text=Move")
        prompt = await app.text("#status")
        await app.frame.fill(".form input", "Nowhere")
        await app.frame.press(".form input", "Enter")
        failure = await app.text("#status.failure")
        cells = await read_cells(app, "tfoot td")

    assert prompt == "Fill in: project."
    assert "Nowhere" in failure
    assert cells[1] == "4:45"


async def test_list_time_entries_in_app_shows_what_others_wrote_as_text(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    await quiet_week.create_entry(
        start="16:00", stop="17:00", description=INJECTION, tags=["<b>x</b>"], create_missing_tags=True
    )
    await quiet_week.call("edit_project", project="Web shop", name="<svg onload=alert(1)>")
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("list_time_entries", period="this week")
        names = await app.frame.locator("th bdi").all_inner_texts()
        await app.frame.click("td.day-line >> nth=1")
        panel = await app.text("#panel")
        elements = await app.frame.locator("main :is(img, svg, script, b, iframe, a)").count()
        title = await app.frame.title()

    assert {INJECTION, "<svg onload=alert(1)>", "Aroha Bakery"} < set(names)
    assert "#<b>x</b>" in panel
    assert elements == 0
    assert title == "Toggl Track: week"


async def test_week_by_keyboard_moves_opens_and_comes_back(browser: Browser, clock: Clock, quiet_week: Host) -> None:
    position = "() => [document.activeElement.parentElement.rowIndex, document.activeElement.cellIndex]"
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")

        async def press(keys: str) -> Any:  # noqa: ANN401 - JSON
            for key in keys.split():
                await app.page.keyboard.press(key)
            return await app.frame.evaluate(position)

        await app.frame.focus(".chip >> nth=-1")
        steps = [
            await press(keys) for keys in ("Tab", "ArrowDown ArrowRight", "End", "Home", "Control+End", "ArrowDown")
        ]
        await press("Control+Home ArrowDown ArrowRight Enter")
        title = await app.frame.evaluate("document.activeElement.textContent")
        return_position = await press("Escape")
        stops = await app.frame.locator("[role=gridcell][tabindex='0']").count()
        await app.frame.evaluate("document.documentElement.dir = 'rtl'")
        mirror_position = await press("ArrowLeft")

    assert steps == [[1, 1], [2, 2], [2, 8], [2, 1], [5, 8], [5, 8]]
    assert title == "Tuesday 14 October: Write"
    assert (return_position, stops, mirror_position) == ([2, 2], 1, [2, 3])


async def test_week_by_keyboard_stays_where_it_was_when_it_is_drawn_anew(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    async with open_app(browser, quiet_week.client, URI, clock.now) as app:
        await app.show("review_time", period="this week")
        await app.frame.press("[aria-label='Week before']", "Enter")
        await app.frame.wait_for_selector("h1:has-text('6 \u2013 12 October')")
        label = await app.frame.evaluate("document.activeElement.ariaLabel")
        await app.frame.press("[aria-label='Week after']", "Enter")
        await app.frame.wait_for_selector("h1:has-text('13 \u2013 19 October')")
        await app.frame.click(".gaps td.gap")
        await app.frame.click("text=Fill this gap")
        await app.frame.fill("label:has-text('Description') input", "Lunch")
        await app.frame.press("label:has-text('Description') input", "Enter")
        await app.frame.wait_for_selector("text=Undo")
        role = await app.frame.evaluate("document.activeElement.role")

    assert label == "Week before"
    assert role == "gridcell"


async def test_week_that_is_read_after_a_failure_shows_no_failure(
    browser: Browser, sandbox: Sandbox, clock: Clock, quiet_week: Host
) -> None:
    async with open_unreadable_week(browser, sandbox, clock, quiet_week) as app:
        await app.frame.click("[aria-label='Week before']")
        await app.frame.wait_for_selector("#status.failure")
        app.client = quiet_week.client
        await app.frame.click("[aria-label='Week before']")
        await app.frame.wait_for_selector("h1:has-text('6 \u2013 12 October')")
        status = await app.text("#status")

    assert status == ""


async def test_week_before_is_read_from_the_server(browser: Browser, client: Client, clock: Clock) -> None:
    async with open_app(browser, client, URI, clock.now) as app:
        await app.show("list_time_entries", period="last 30 days", project=["Web shop"])
        headline = await app.text("h1")
        app.calls.clear()
        await app.frame.click("[aria-label='Week before']")
        await app.frame.wait_for_selector("h1:text-is('1 \u2013 7 October 2025')")
        await app.settle()
        names = set(await app.frame.locator(".project").all_inner_texts())

    listing = {"project": ["Web shop"], "start": "2025-09-30", "end": "2025-10-07", "sort": "oldest", "limit": 200}
    assert headline == "8 \u2013 9 October 2025"
    assert app.calls[0] == ("list_time_entries", listing)
    assert names == {"Web shop · Aroha Bakery"}


async def test_review_time_in_host_without_server_tools_is_shown_without_actions(
    browser: Browser, client: Client, clock: Clock
) -> None:
    async with open_app(browser, client, URI, clock.now, capabilities={}) as app:
        await app.show("list_time_entries", period="this week")
        figure = await app.text(".figure span")
        await app.frame.click("td.time >> nth=0")
        buttons = await app.frame.locator("button").all_inner_texts()

    assert figure == "34:40"
    assert buttons == ["Close"]
    assert app.calls == []


@pytest.mark.parametrize(
    ("settings", "labels"),
    [
        ({"read_only": True}, ["Week before", "Week after", "Close"]),
        ({"exclude_tools": "edit_time_entries,undo"}, ["Week before", "Week after", "Close", "Split", "Fill this gap"]),
        ({"tools": "review_time"}, ["Close"]),
    ],
    ids=["read only", "some tools excluded", "no list"],
)
async def test_review_time_in_app_has_no_buttons_for_tools_that_are_not_enabled(
    browser: Browser, sandbox: Sandbox, clock: Clock, quiet_week: Host, settings: dict[str, Any], labels: list[str]
) -> None:
    del quiet_week  # It has made the entries.
    async with (
        Client(serve(sandbox, clock, **settings), mode="auto") as client,
        open_app(browser, client, URI, clock.now) as app,
    ):
        await app.show("review_time", period="this week")
        seen: set[str] = set()
        for cell in await app.frame.locator("td.open").all():
            await cell.click()
            seen |= set(await read_labels(app))

    assert seen == {*labels}
    assert {name for name, _ in app.calls} <= {"list_time_entries", "review_time"}


async def test_split_from_app_without_undo_offers_none(
    browser: Browser, sandbox: Sandbox, clock: Clock, quiet_week: Host
) -> None:
    del quiet_week  # It has made the entries.
    async with (
        Client(serve(sandbox, clock, exclude_tools="undo"), mode="auto") as client,
        open_app(browser, client, URI, clock.now) as app,
    ):
        await app.show("review_time", period="this week")
        await app.frame.click("td.day-line >> nth=1")
        await app.frame.click("#panel li >> nth=-1 >> button:text-is('Split')")
        await app.frame.fill("#panel .form input", "14:00")
        await app.frame.press("#panel .form input", "Enter")
        await app.frame.wait_for_selector("text=Done.")

        assert await app.frame.locator("button:text-is('Undo')").count() == 0


async def read_labels(app: AppHost) -> list[str]:
    """Return the labels of the buttons that are shown, but for those of the findings."""
    buttons = await app.frame.locator("button:visible:not(.chip)").all()
    return [await button.get_attribute("aria-label") or await button.inner_text() for button in buttons]
