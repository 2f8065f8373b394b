"""Write docs/pictures/: each app in both themes, of the sandbox at one moment: `uv run python -m scripts.screenshots`.

Needs Chromium and, for the same pictures everywhere, the fonts Inter and VL Gothic (Debian: chromium, fonts-inter,
fonts-vlgothic).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import anyio
from mcp import Client
from playwright.async_api import Browser

from tests.apps.host import AppHost, Theme, launch_browser, open_app
from tests.sandbox.clock import Clock
from tests.tools.host import Host, serve
from toggl_mcp.apps.documents import AppName, app_uri
from toggl_mcp.sandbox import Sandbox

PICTURES = Path(__file__).parent.parent / "docs" / "pictures"
NOW = datetime(2025, 10, 3, 3, 40, tzinfo=UTC).timestamp()
WIDTH = 880
STYLES = {"variables": {"--font-sans": "Inter, 'VL Gothic', sans-serif"}}
ESTIMATES = {"Web shop": 500, "Bread labels": 240, "Messestand": 150}


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


async def take_picture(browser: Browser, client: Client, name: AppName, theme: Theme) -> None:
    """Write the picture of an app in a theme."""
    async with open_app(browser, client, app_uri(name), NOW, theme=theme, width=WIDTH, styles=STYLES) as app:
        await app.page.emulate_media(reduced_motion="reduce")
        await SHOWS[name](app)
        height = await app.frame.evaluate("document.documentElement.offsetHeight")
        await app.page.set_viewport_size({"width": WIDTH, "height": height})
        await app.page.screenshot(path=PICTURES / f"{name}-{theme}.png", animations="disabled")


async def main() -> None:
    """Write every picture."""
    clock = Clock()
    clock.now = NOW
    PICTURES.mkdir(exist_ok=True)
    async with Client(serve(Sandbox(clock=clock), clock), mode="auto") as client, launch_browser() as browser:
        await prepare(Host(client))
        for name in SHOWS:
            for theme in get_args(Theme):
                await take_picture(browser, client, name, theme)


if __name__ == "__main__":
    anyio.run(main)
