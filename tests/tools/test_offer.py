"""What holds of every tool, shown by tools of the test's own."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

import anyio
import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel

from tests.endpoints.loop import JUMPING
from tests.sandbox.clock import Clock
from tests.tools.driving import Answer, Host
from toggl_mcp.api import BasicAuth, connect_in_process
from toggl_mcp.cache.memory import MemoryStore
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Payload
from toggl_mcp.sandbox import TOKEN, Sandbox
from toggl_mcp.tools.support.define import ADDITIVE, ADDITIVE_IDEMPOTENT, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec

pytestmark = pytest.mark.anyio

Call = Callable[["Nothing", CallContext], Awaitable["Done"]]


class Nothing(Payload, frozen=True):
    """The arguments: none."""


class Done(BaseModel):
    """The answer."""


async def never(asked: Nothing, call: CallContext) -> Done:
    """Wait for ever."""
    del asked, call
    await anyio.sleep_forever()
    return Done()


async def divide(asked: Nothing, call: CallContext) -> Done:
    """Have a bug."""
    del asked, call
    raise ZeroDivisionError(TOKEN)


async def repeat(asked: Nothing, call: CallContext) -> Done:
    """Fail with what somebody wrote."""
    del asked, call
    message = "There is no “Good\u202e\u200b\U000e0041 name”."
    raise InvalidArguments(message)


class Counted(Done):
    """A result that says how many."""

    count: int


async def miscount(asked: Nothing, call: CallContext) -> Done:
    """Return less than the output schema says."""
    del asked, call
    return Done()


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


@pytest.fixture
async def toggl(sandbox: Sandbox, clock: Clock) -> AsyncGenerator[Toggl]:
    opened = Toggl(BasicAuth(TOKEN, "api_token"), MemoryStore(clock=clock), client=connect_in_process(sandbox))
    yield opened
    await opened.aclose()


async def failed(toggl: Toggl, handler: Call, hints: ToolAnnotations, **arguments: object) -> Answer:
    async def open_call() -> CallContext:
        return CallContext(toggl, "full", {})

    tool = ToolSpec(handler, "A tool", hints, Nothing, Done).to_tool(open_call)
    async with Client(MCPServer("test", tools=[tool])) as client:
        return await Host(client).fail(handler.__name__, **arguments)


@pytest.mark.parametrize(
    ("hints", "code", "retryable"),
    [
        (READ_ONLY, "unreachable", True),
        (ADDITIVE, "outcome_unknown", False),
        (DESTRUCTIVE, "outcome_unknown", False),
        (ADDITIVE_IDEMPOTENT, "outcome_unknown", False),
    ],
)
async def test_a_call_ends_after_twenty_seconds_and_a_change_is_then_unknown(
    toggl: Toggl, hints: ToolAnnotations, code: str, *, retryable: bool
) -> None:
    began = anyio.current_time()
    told = await failed(toggl, never, hints)

    assert anyio.current_time() - began == pytest.approx(20, abs=1)
    assert (told["code"], told["retryable"]) == (code, retryable)


async def test_a_bug_is_logged_in_full_and_told_without_its_text(
    toggl: Toggl, caplog: pytest.LogCaptureFixture
) -> None:
    told = await failed(toggl, divide, READ_ONLY)

    assert (told["code"], told["retryable"]) == ("internal", False)
    assert "bug" in told["message"]
    assert TOKEN not in told["message"]
    (record,) = [record for record in caplog.records if record.name.startswith("toggl_mcp")]
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "divide failed")
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_a_result_that_breaks_its_output_schema_fails_the_tests(toggl: Toggl) -> None:
    async def open_call() -> CallContext:
        return CallContext(toggl, "full", {})

    tool = ToolSpec(miscount, "A tool", READ_ONLY, Nothing, Counted).to_tool(open_call)
    async with Client(MCPServer("test", tools=[tool])) as client:
        with pytest.raises(RuntimeError, match="Invalid structured content"):
            await Host(client).call("miscount")


async def test_what_others_wrote_is_cleaned_in_a_failure_too(toggl: Toggl) -> None:
    assert (await failed(toggl, repeat, READ_ONLY))["message"] == "There is no “Good name”."


@pytest.mark.parametrize(("given", "shown"), [("\u202e" * 60 + "name", "name"), ("x" * 61, "x" * 60)])
async def test_an_argument_that_there_is_not_is_named_cleaned_and_cut(toggl: Toggl, given: str, shown: str) -> None:
    told = await failed(toggl, repeat, READ_ONLY, **{given: 1})

    assert told["code"] == "invalid_arguments"
    assert told["message"].startswith(f"{shown}: is not an argument of this tool")
