"""The pictures in docs/: each app in both themes, wide and narrow, of the sandbox at one moment.

`TOGGL_MCP_FIGURES=write uv run pytest tests/apps/test_pictures.py` takes them again: look at them then. They need the
fonts Inter and VL Gothic (Debian: fonts-inter, fonts-vlgothic), to be the same everywhere.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from mcp import Client
from playwright.async_api import Browser

from tests.apps.host import WIDTHS, AppHost, Theme, open_app
from tests.figures import WRITES
from tests.sandbox.clock import Clock
from tests.tools.host import Host
from toggl_mcp.apps.documents import AppName, app_uri

pytestmark = pytest.mark.anyio

SNAPSHOTS = Path(__file__).with_name("snapshots")
"""The text that each app's pictures show."""
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
NOW = datetime(2025, 10, 3, 3, 40, tzinfo=UTC).timestamp()
PIXEL_RATIO = 2
"""Pixels of a picture in one of CSS: on good screens pictures are as sharp as the text beside them."""
ENDINGS = ("", "-narrow")
STYLES = {"variables": {"--font-sans": "Inter, 'VL Gothic', sans-serif"}}
ESTIMATES = {"Web shop": 500, "Bread labels": 160, "Messestand": 150}


async def show_week(app: AppHost) -> None:
    """Show the running week, with a gap about to be filled."""
    await app.show("review_time", period="this week")
    await app.frame.click("td.gap >> nth=0")
    await app.frame.click("text=Fill this gap")
    await app.frame.fill("label:has-text('Description') input", "Workshop with the bakery")
    await app.frame.fill("label:has-text('Project') input", "Web shop")


async def show_totals(app: AppHost) -> None:
    """Show last week by project, beside the week before."""
    await app.show("summarize_time", period="last week", group_by=["project"], compare="previous")


async def show_burn_down(app: AppHost) -> None:
    """Show a client's projects with their pace."""
    await app.show("project_status", client="Aroha Bakery")
    for _ in range(2):
        await app.frame.click("text=Show pace >> nth=0")
        await app.settle()
    await app.frame.wait_for_selector("button:text-is('Show pace')", state="detached")
    await app.frame.evaluate("document.getElementById('status').replaceChildren()")


SHOWS: Mapping[AppName, Callable[[AppHost], Awaitable[None]]] = {
    "week": show_week,
    "totals": show_totals,
    "burn-down": show_burn_down,
}


async def prepare(host: Host) -> None:
    """Give projects estimates, and leave out the late evenings, which make every day of the picture 24 hours high."""
    for project, hours in ESTIMATES.items():
        await host.call("edit_project", project=project, estimated_hours=hours)
    entries = (await host.call("list_time_entries", period="this week"))["entries"]
    await host.call("delete_time_entries", ids=[row["id"] for row in entries if row["start"][11:13] in ("22", "23")])


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.now = NOW
    return clock


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize("name", SHOWS)
async def test_pictures_have_the_text_that_the_app_shows(
    client: Client, browser: Browser, name: AppName, theme: Theme
) -> None:
    snapshot = SNAPSHOTS / f"{name}.txt"
    await prepare(Host(client))
    app_host = open_app(browser, client, app_uri(name), NOW, theme=theme, pixel_ratio=PIXEL_RATIO, styles=STYLES)
    async with app_host as app:
        await SHOWS[name](app)
        text: str = await app.frame.evaluate("document.body.innerText")
        if WRITES:
            snapshot.write_text(text, "utf-8")
            await take_pictures(app, f"{name}-{theme}")

    assert text == snapshot.read_text("utf-8")


async def take_pictures(app: AppHost, name: str) -> None:
    """Write an app's wide picture and its narrow one."""
    await app.page.mouse.move(0, 0)  # What is under it looks different.
    for ending, width in zip(ENDINGS, WIDTHS, strict=True):
        await app.page.set_viewport_size({"width": width, "height": 1300})
        height = await app.frame.evaluate("document.documentElement.offsetHeight")
        await app.page.set_viewport_size({"width": width, "height": height})
        await app.page.screenshot(path=PICTURES / f"{name}{ending}.png", animations="disabled")
