"""What every app does: its bytes, its policy, and how it meets results and hosts."""

import json
import re

import pytest
from mcp import Client
from mcp.types import TextResourceContents
from playwright.async_api import Browser

from tests.apps.host import open_app
from tests.http.support import serve as serve_http
from tests.sandbox.clock import Clock
from tests.tools.host import Era, Host, each_era, serve
from toggl_mcp.apps.documents import APP_NAMES, AppName, app_uri, compose_document
from toggl_mcp.sandbox import Sandbox

pytestmark = pytest.mark.anyio

MAX_APP_BYTES = 60_000


@pytest.mark.parametrize("name", APP_NAMES)
def test_app_is_one_small_document_that_names_nothing_outside(name: AppName) -> None:
    document = compose_document(name, ["undo"])

    assert len(document.encode()) < MAX_APP_BYTES
    assert re.findall(r"https?:|//\w+\.|url\(|@import|src=|href=|innerHTML|eval\(", document) == []
    assert "{{" not in document
    assert re.search(r"content=\"default-src 'none'; script-src 'sha256-[\w+/=]+'; style-src 'sha256-", document)


@each_era
async def test_tools_name_apps_that_the_server_serves_and_does_not_list(
    sandbox: Sandbox, clock: Clock, era: Era
) -> None:
    async with Client(serve(sandbox, clock, exclude_tools="project_status"), mode=era) as client:
        uris = {tool.name: tool.meta["ui"]["resourceUri"] for tool in (await client.list_tools()).tools if tool.meta}
        (content,) = (await client.read_resource("ui://week")).contents
        resources = (await client.list_resources()).resources
        with pytest.raises(Exception, match="burn-down"):
            await client.read_resource("ui://burn-down")
        capabilities = client.server_capabilities

    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/html;profile=mcp-app"
    assert content.meta is not None
    assert not any(content.meta["ui"]["csp"].values())
    assert uris == {"review_time": "ui://week", "list_time_entries": "ui://week", "summarize_time": "ui://totals"}
    assert not any(resource.uri.startswith("ui://") for resource in resources)
    assert capabilities is not None
    # The SDK knows extensions in the newer era alone; hosts of the older one find apps by the tools.
    assert capabilities.extensions == (None if era == "legacy" else {"io.modelcontextprotocol/ui": {}})


async def test_app_by_http_knows_the_tools_of_the_request(sandbox: Sandbox, clock: Clock) -> None:
    async with serve_http(sandbox, clock) as web, web.connect(X_Toggl_MCP_Read_Only="true") as host:
        (content,) = (await host.client.read_resource("ui://week")).contents
        tools = {tool.name for tool in (await host.client.list_tools()).tools}

    assert isinstance(content, TextResourceContents)
    assert f"const TOOLS = {json.dumps(sorted(tools))};" in content.text
    assert "edit_time_entries" not in tools


async def test_app_follows_the_theme_and_the_variables_of_its_host(
    browser: Browser, client: Client, clock: Clock
) -> None:
    variables = {"--color-background-primary": "rgb(1, 2, 3)", "--paper": "red", "color": "red"}
    async with open_app(browser, client, "ui://totals", clock.now, styles={"variables": variables}) as app:
        await app.show("summarize_time", period="last week", group_by=["day"])
        style = "getComputedStyle(document.documentElement)"
        background = await app.frame.evaluate(f"{style}.backgroundColor")
        await app.send("ui/notifications/host-context-changed", theme="dark")
        await app.frame.wait_for_selector(":root[style*='color-scheme: dark']")
        ink = await app.frame.evaluate(f"{style}.color")
        sizes = await app.messages("ui/notifications/size-changed")

    assert background == "rgb(1, 2, 3)"
    assert ink == "rgb(241, 239, 245)"
    assert sizes[-1]["height"] > 300


async def test_app_of_a_failed_or_cancelled_call_says_so(browser: Browser, client: Client, clock: Clock) -> None:
    async with open_app(browser, client, "ui://totals", clock.now) as app:
        failed = {"isError": True, "content": [{"type": "text", "text": '{"code":"x","message":"Give a period."}'}]}
        await app.show_result(failed)
        failure = await app.text("#status")
        await app.send("ui/notifications/tool-cancelled", reason="user")
        cancellation = await app.text("#status")
        headings = await app.frame.locator("h1").all_text_contents()

    assert failure == "Give a period."
    assert cancellation == "The call was cancelled. Ask again to see it."
    assert headings == ["Toggl Track: totals"]


async def test_app_reads_the_text_of_a_result_without_structured_content(
    browser: Browser, client: Client, clock: Clock
) -> None:
    result = (await client.call_tool("summarize_time", {"period": "last week"})).model_dump(mode="json", by_alias=True)
    del result["structuredContent"]
    async with open_app(browser, client, "ui://totals", clock.now, capabilities={}) as app:
        await app.show_result(result)
        figure = await app.text(".figure")
        await app.page.evaluate("window.sendToApp({ id: 'end', method: 'ui/resource-teardown', params: {} })")
        await app.page.wait_for_function("window.messages.some(({ id, result }) => id === 'end' && result)")

    assert figure == "33:25 hours · Pacific/Auckland"


@pytest.mark.parametrize("name", APP_NAMES)
async def test_app_of_a_result_of_another_form_says_so(
    browser: Browser, client: Client, clock: Clock, name: AppName
) -> None:
    async with open_app(browser, client, app_uri(name), clock.now) as app:
        await app.show_result({"structuredContent": {"rows": []}, "content": []})
        failure = await app.text("#status.failure")

    assert failure == "This result has another form than the app can show."


async def test_summarize_time_in_app_keeps_rounding_amounts_and_the_focus(
    browser: Browser, client: Client, clock: Clock
) -> None:
    arguments = {"period": "last week", "group_by": ["project"], "rounding": "up 15m per entry", "amounts": True}
    async with open_app(browser, client, "ui://totals", clock.now) as app:
        await app.show("summarize_time", **arguments)
        facts = await app.text(".facts")
        await app.frame.press("button:text-is('Day')", "Enter")
        await app.frame.wait_for_selector("th bdi:text-is('Mon 29 Sept')")
        later_facts = await app.text(".facts")
        focus = await app.frame.evaluate("document.activeElement.textContent")

    assert "Rounded" in facts
    assert "Amount" in facts
    assert later_facts == facts
    assert focus == "Day"


async def test_summarize_time_in_app_has_its_bars_and_groups_anew(
    browser: Browser, client: Client, clock: Clock
) -> None:
    tool, arguments = "summarize_time", {"period": "last week", "group_by": ["project"], "compare": "previous"}
    groups = (await Host(client).call(tool, **arguments))["groups"]
    async with open_app(browser, client, "ui://totals", clock.now) as app:
        await app.show(tool, **arguments)
        change = await app.text(".change")
        names = await app.frame.locator("tbody th").all_inner_texts()
        hours = await app.frame.locator("td.hours").all_inner_texts()
        sizes = await app.frame.eval_on_selector_all("div.bar", "bars => bars.map(bar => bar.offsetWidth)")
        await app.frame.click("button:text-is('Day')")
        await app.frame.wait_for_selector("th bdi:text-is('Mon 29 Sept')")
        days = await app.frame.locator("td.hours").all_inner_texts()

    longest = max(max(group["seconds"], group["previous_seconds"]) for group in groups)
    widths = [size / max(sizes) * groups[0]["seconds"] / longest for size in sizes]
    assert change == "12:05 less"
    assert names == [group["by"]["project"] for group in groups]
    assert hours[0] == "5:05"
    assert widths == pytest.approx([group["seconds"] / longest for group in groups], abs=0.01)
    assert app.calls == [
        (tool, {"start": "2025-09-29", "end": "2025-10-05", "group_by": ["day"], "compare": "previous"})
    ]
    assert days == ["7:55", "4:45", "4:50", "8:30", "7:25", "0:00"]


async def test_project_status_in_app_shows_estimate_tracked_and_forecast(
    browser: Browser, client: Client, clock: Clock
) -> None:
    host = Host(client)
    await host.call("edit_project", project="Web shop", estimated_hours=500)
    status = await host.call("project_status", project="Web shop")
    (project,), pace = status["projects"], status["pace_seconds_per_week"]
    async with open_app(browser, client, "ui://burn-down", clock.now) as app:
        await app.show("project_status", client="Aroha Bakery")
        await app.frame.click("li:has-text('Web shop') >> text=Show pace")
        await app.frame.wait_for_selector("text=Used up at this pace")
        text = await app.text("li:has-text('Web shop')")
        focus = await app.frame.evaluate("document.activeElement.textContent")
        script = "bars => bars.map(bar => bar.getBoundingClientRect().width)"
        estimate, tracked, forecast, _ = await app.frame.eval_on_selector_all(".track:not(.thin) i", script)

    assert f"{project['tracked_seconds'] // 3600}:" in text
    assert "of 500:00" in text
    assert focus == "Web shop"
    assert tracked / estimate == pytest.approx(project["tracked_seconds"] / project["estimated_seconds"], abs=0.01)
    assert forecast / estimate == pytest.approx(4 * pace / project["estimated_seconds"], abs=0.01)
    assert app.calls == [("project_status", {"project": str(project["id"]), "workspace": str(status["workspace_id"])})]
