"""A host of MCP Apps in a real browser: it shows an app of the server in a sandbox, and makes the calls it asks for."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any, Literal

from mcp import Client
from mcp.types import TextResourceContents
from playwright.async_api import Browser, Frame, Page, Route, async_playwright

Message = dict[str, Any]
Theme = Literal["light", "dark"]

WIDTHS = (760, 400)
"""The pixels of a wide and of a narrow window, in which the apps are looked at."""
CHROMIUM = which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
)
"""Root cannot start Chromium's own sandbox; the others save half of the processes."""
HOST_PAGE = (Path(__file__).parent / "host.html").read_text("utf-8")
HOST_ADDRESS, APP_ADDRESS = "http://host.test/", "http://app.test/"
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "media-src 'self' data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'self'"
)
"""What MCP Apps tells hosts to enforce for an app that names no domains."""
CAPABILITIES: Mapping[str, object] = {"serverTools": {}, "updateModelContext": {"text": {}}}


@asynccontextmanager
async def launch_browser() -> AsyncGenerator[Browser]:
    """Start the Chromium of this system, without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class AppHost:
    """A host that shows one app; `calls` are the tools that the app asked for, `requests` all that left the page."""

    client: Client
    page: Page
    calls: list[tuple[str, Message]] = field(default_factory=list[tuple[str, Message]])
    requests: list[str] = field(default_factory=list[str])

    @property
    def frame(self) -> Frame:
        """The app's document."""
        return self.page.frames[1]

    async def messages(self, method: str) -> Sequence[Message]:
        """Return the parameters of the app's messages of a method."""
        messages: list[Message] = await self.page.evaluate("window.messages")
        return [message["params"] for message in messages if message.get("method") == method]

    async def send(self, method: str, **params: object) -> None:
        """Send the app a notification."""
        await self.page.evaluate("message => window.sendToApp(message)", {"method": method, "params": params})

    async def call_tool(self, name: str, arguments: Message) -> Message:
        """Return what the server returns to a call of the app's."""
        self.calls.append((name, arguments))
        result = await self.client.call_tool(name, arguments)
        return result.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def show(self, tool: str, /, **arguments: object) -> None:
        """Show the result of a tool call, and wait until the app has drawn it."""
        result = await self.client.call_tool(tool, arguments)
        await self.show_result(result.model_dump(mode="json", by_alias=True, exclude_none=True), **arguments)

    async def show_result(self, result: Message, /, **arguments: object) -> None:
        """Show a result, and wait until the app has drawn it."""
        await self.send("ui/notifications/tool-input", arguments=arguments)
        await self.send("ui/notifications/tool-result", **result)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the app has drawn what it asked for."""
        await self.frame.wait_for_selector("#app:not([aria-busy]), #status.failure", state="attached")

    async def text(self, selector: str) -> str:
        """Return the text of an element, as it is shown."""
        return await self.frame.inner_text(selector)


@asynccontextmanager
async def open_app(
    browser: Browser,
    client: Client,
    uri: str,
    now: float,
    *,
    theme: Theme = "light",
    width: int = 900,
    pixel_ratio: int = 1,
    capabilities: Mapping[str, object] = CAPABILITIES,
    **context: object,
) -> AsyncGenerator[AppHost]:
    """Open an app of the server in a sandbox, under the policy that a host would set, with its clock stopped."""
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "text/html;profile=mcp-app"
    # The browser is in another zone than any account.
    page = await browser.new_page(
        viewport={"width": width, "height": 1300},
        device_scale_factor=pixel_ratio,
        timezone_id="America/Los_Angeles",
        reduced_motion="reduce",
    )
    page.set_default_timeout(5000)
    app_host = AppHost(client, page)
    pages: Mapping[str, tuple[str, Mapping[str, str]]] = {
        HOST_ADDRESS: (HOST_PAGE, {}),
        APP_ADDRESS: (content.text, {"content-security-policy": POLICY}),
    }

    async def serve_page(route: Route) -> None:
        address = route.request.url
        if address not in pages:
            app_host.requests.append(address)
            await route.abort()
            return
        body, headers = pages[address]
        await route.fulfill(body=body, headers={"content-type": "text/html; charset=utf-8", **headers})

    try:
        await page.route("**/*", serve_page)
        await page.clock.install(time=now - 60)  # It runs until it is stopped, and is never set back.
        await page.clock.pause_at(now)
        await page.expose_function("callTool", app_host.call_tool)  # pyright: ignore[reportUnknownMemberType] - any callback
        page.on("pageerror", lambda error: app_host.requests.append(str(error)))
        await page.goto(HOST_ADDRESS)
        result = {
            "protocolVersion": "2026-01-26",
            "hostInfo": {"name": "test", "version": "1.0.0"},
            "hostCapabilities": capabilities,
            "hostContext": {"theme": theme, **context},
        }
        await page.evaluate("args => window.openApp(...args)", [APP_ADDRESS, result])
        await page.wait_for_function("window.messages.some(({ method }) => method === 'ui/notifications/initialized')")
        yield app_host
        assert app_host.requests == []
    finally:
        await page.close()
