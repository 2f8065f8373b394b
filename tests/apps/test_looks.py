"""What every app looks like: wide and narrow, in both themes, and from right to left."""

from itertools import product
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.apps.host import WIDTHS, AppHost, open_app
from tests.figures import check_figures
from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.apps.documents import APP_NAMES, AppName, app_uri

pytestmark = pytest.mark.anyio

CALLS: dict[AppName, tuple[str, dict[str, Any]]] = {
    "week": ("review_time", {"period": "this week"}),
    "totals": ("summarize_time", {"period": "this week", "group_by": ["project"], "compare": "previous"}),
    "burn-down": ("project_status", {"client": "Aroha Bakery"}),
}


AXE_RUN = "axe.run({ rules: { 'target-size': { enabled: true } } })"
"""Of the rules for WCAG, axe-core leaves that one out unless it is named."""
BOXES = """selector => [...document.querySelectorAll(selector)].filter(part => part.checkVisibility()).map(part => {
    const { left, top, right, bottom } = part.getBoundingClientRect();
    return { left, top, right, bottom };
})"""


async def read_boxes(app: AppHost, selector: str) -> list[dict[str, float]]:
    """Return the edges of the elements that are shown."""
    return await app.frame.evaluate(BOXES, selector)


async def create_day_long_entry(host: Host, **fields: str) -> None:
    """Create an entry that overlaps the three others of the quiet week."""
    entry = {"start": "08:00", "stop": "17:30", **fields}
    await host.call("create_time_entries", entries=[entry], on_overlap="allow")


@pytest.mark.parametrize("width", WIDTHS)
async def test_review_time_in_app_has_the_hours_beside_its_days(
    browser: Browser, quiet_week: Host, clock: Clock, width: int
) -> None:
    async with open_app(browser, quiet_week.client, "ui://week", clock.now, width=width) as app:
        await app.show("review_time", period="this week")
        (hours,) = await read_boxes(app, ".hours")
        days = await read_boxes(app, ".lane")

    assert [(day["top"], day["bottom"]) for day in days] == [(hours["top"], hours["bottom"])] * 7


@pytest.mark.parametrize("width", WIDTHS)
async def test_review_time_in_app_has_no_mark_over_a_duration(
    browser: Browser, quiet_week: Host, clock: Clock, width: int
) -> None:
    await quiet_week.call("start_timer", description="Mail", start="1 hour ago")
    async with open_app(browser, quiet_week.client, "ui://week", clock.now, width=width) as app:
        await app.show("review_time", period="this week")
        (mark,) = await read_boxes(app, "td .dot")
        (duration,) = await read_boxes(app, "td:has(.dot) [aria-hidden]")

    assert duration["left"] < mark["left"]
    assert mark["bottom"] <= duration["top"] or mark["left"] >= duration["right"]


async def test_review_time_in_app_shows_of_which_cell_the_details_are(
    browser: Browser, quiet_week: Host, clock: Clock
) -> None:
    async with open_app(browser, quiet_week.client, "ui://week", clock.now) as app:
        await app.show("review_time", period="this week")
        classes: list[str] = []
        for selector in (".chip >> nth=0", "td.gap", "td.time >> nth=0"):
            await app.frame.click(selector)
            classes.append(await app.frame.locator(".opener").evaluate("opener => opener.classList[0]"))
        await app.frame.click("text=Close")
        count = await app.frame.locator(".opener").count()

    assert classes == ["chip", "gap", "time"]
    assert count == 0


async def test_review_time_in_app_counts_the_overlaps_of_an_entry(
    browser: Browser, quiet_week: Host, clock: Clock
) -> None:
    await create_day_long_entry(quiet_week, description="Fair")
    async with open_app(browser, quiet_week.client, "ui://week", clock.now) as app:
        await app.show("review_time", period="this week")
        await app.frame.click("td.day-line >> nth=1")
        notes = [await item.locator(".note").all_inner_texts() for item in await app.frame.locator("#panel li").all()]

    assert notes == [["3 overlaps"], ["2 overlaps"], ["2 overlaps"], ["overlap"]]


@pytest.mark.parametrize("width", WIDTHS)
async def test_summarize_time_in_app_has_its_figures_below_each_other(
    browser: Browser, quiet_week: Host, clock: Clock, width: int
) -> None:
    await quiet_week.create_entry(start="16:00", stop="16:05", description="Mail")
    tool, arguments = CALLS["totals"]
    async with open_app(browser, quiet_week.client, "ui://totals", clock.now, width=width) as app:
        await app.show(tool, **arguments)
        edges = [{box["right"] for box in await read_boxes(app, f".{name}")} for name in ("hours", "share")]
        headers = await app.frame.locator("thead th:visible").all_inner_texts()

    assert [len(edge) for edge in edges] == [1, 1]
    assert {"Project", "Hours", "Share"} <= {*headers}


@pytest.mark.parametrize("name", APP_NAMES)
async def test_app_of_long_names_fits_every_width(
    browser: Browser, quiet_week: Host, clock: Clock, name: AppName
) -> None:
    text = "A name that is longer than any column of a table, as people write them " * 2
    await quiet_week.call("edit_project", project="Web shop", name=text)
    await create_day_long_entry(quiet_week, description=text, project="Bread labels")
    tool, arguments = CALLS[name]
    overflows: dict[int, int] = {}
    async with open_app(browser, quiet_week.client, app_uri(name), clock.now) as app:
        await app.show(tool, **arguments)
        if name == "week":
            await app.frame.click("td.day-line >> nth=1")
        for width in (320, *WIDTHS, 560, 640):
            await app.page.set_viewport_size({"width": width, "height": 900})
            overflows[width] = await app.frame.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert max(overflows.values()) <= 0, overflows


@pytest.mark.promise("accessible")
@pytest.mark.parametrize("name", APP_NAMES)
async def test_app_in_both_themes_at_two_widths_passes_every_rule_of_axe(
    browser: Browser, quiet_week: Host, clock: Clock, name: AppName, axe_script: str
) -> None:
    tool, arguments = CALLS[name]
    await quiet_week.call("start_timer", description="Mail")
    async with open_app(browser, quiet_week.client, app_uri(name), clock.now) as app:
        await app.show(tool, **arguments)
        if name == "week":
            await app.frame.click("td.marked >> nth=0")
            await app.frame.click("text=Move to a project >> nth=0")
        if name == "burn-down":
            await app.frame.click("text=Show pace >> nth=-1")
            await app.frame.wait_for_selector("text=Pace of four weeks")
        await app.page.clock.resume()  # axe-core waits by timers.
        await app.frame.evaluate(axe_script)
        for theme, width in product(("light", "dark"), WIDTHS):
            await app.page.set_viewport_size({"width": width, "height": 900})
            await app.send("ui/notifications/host-context-changed", theme=theme)
            await app.frame.wait_for_selector(f":root[style*='color-scheme: {theme}']")
            report: dict[str, Any] = await app.frame.evaluate(
                "axe.run({ rules: { 'target-size': { enabled: true } } })"
            )
            failures = report["violations"] + report["incomplete"]
            overflow = await app.frame.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert [(rule["id"], node["html"][:200]) for rule in failures for node in rule["nodes"]] == []
            assert overflow <= 0
            check_figures(
                "accessible",
                f"{name} {theme} {width}",
                axe=report["testEngine"]["version"],
                pages=1,
                passes=len(report["passes"]),
                violations=len(report["violations"]),
                incomplete=len(report["incomplete"]),
            )


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", APP_NAMES)
async def test_app_from_right_to_left_is_the_mirror_image(
    browser: Browser, quiet_week: Host, clock: Clock, name: AppName, width: int
) -> None:
    tool, arguments = CALLS[name]
    script = """direction => {
        document.documentElement.dir = direction;
        const names = "th, th > .names, th > .dot, td, .lane i, .track i, .bar, .head, button";
        const parts = document.querySelectorAll(names);
        const boxes = [...parts].filter(part => part.checkVisibility()).map(part => part.getBoundingClientRect());
        return boxes.map(({ left, right }) => [left, right]);
    }"""
    async with open_app(browser, quiet_week.client, app_uri(name), clock.now, width=width) as app:
        await app.show(tool, **arguments)
        edges: list[tuple[float, float]] = await app.frame.evaluate(script, "ltr")
        mirrored_edges: list[tuple[float, float]] = await app.frame.evaluate(script, "rtl")
        overflow = await app.frame.evaluate("document.documentElement.scrollWidth - innerWidth")

    assert len(edges) > 5
    assert overflow <= 0
    for (left, right), mirrored in zip(edges, mirrored_edges, strict=True):
        assert mirrored == pytest.approx([width - right, width - left], abs=1)


async def test_list_time_entries_in_app_keeps_the_order_of_names_from_right_to_left(
    browser: Browser, clock: Clock, quiet_week: Host
) -> None:
    await quiet_week.call("edit_project", project="Web shop", name="חנות 12")
    await quiet_week.call("edit_client", client="Aroha Bakery", name="مخبز 3")
    async with open_app(browser, quiet_week.client, app_uri("week"), clock.now) as app:
        await app.show("list_time_entries", period="this week")
        await app.frame.click("td.day-line >> nth=1")
        lines = [".project >> nth=0", "#panel li .quiet >> nth=0"]
        script = (
            "line => [...line.querySelectorAll('bdi')].map(text => [text.textContent, text.getBoundingClientRect().x])"
        )
        places: list[list[tuple[str, float]]] = [await app.frame.eval_on_selector(line, script) for line in lines]

    assert [[text for text, _ in line] for line in places] == [["חנות 12", "مخبز 3"], ["Plan", "חנות 12"]]
    assert [line[0][1] < line[1][1] for line in places] == [True, True]
