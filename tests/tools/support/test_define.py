"""What holds of every tool, shown by tools of the test's own."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

import anyio
import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import ToolAnnotations
from pydantic import BaseModel, WithJsonSchema

from tests.endpoints.loop import JUMPING
from tests.tools.host import Host, Result
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.base import Payload
from toggl_mcp.sandbox import TOKEN
from toggl_mcp.tools.support.define import ADDITIVE, DESTRUCTIVE, READ_ONLY, CallContext, ToolSpec

pytestmark = pytest.mark.anyio

Handler = Callable[["NoArgs", CallContext], Awaitable["EmptyResult"]]


class NoArgs(Payload, frozen=True):
    """The arguments: none."""


class EmptyResult(BaseModel):
    """The answer."""


async def hang(args: NoArgs, call: CallContext) -> EmptyResult:
    """Wait for ever."""
    del args, call
    await anyio.sleep_forever()
    return EmptyResult()


async def divide(args: NoArgs, call: CallContext) -> EmptyResult:
    """Have a bug."""
    del args, call
    raise ZeroDivisionError(TOKEN)


async def raise_with_name(args: NoArgs, call: CallContext) -> EmptyResult:
    """Fail with what somebody wrote."""
    del args, call
    message = "There is no “Good\u202e\u200b\U000e0041 name”."
    raise InvalidArguments(message)


class CountResult(EmptyResult):
    """A result that says how many, in a word where its schema has a number."""

    count: Annotated[str, WithJsonSchema({"type": "integer"})]


async def miscount(args: NoArgs, call: CallContext) -> CountResult:
    """Return something else than the output schema says."""
    del args, call
    return CountResult(count="seven")


@pytest.fixture
def anyio_backend() -> tuple[str, Mapping[str, object]]:
    return JUMPING


async def call_failing_tool(
    toggl: Toggl, handler: Handler, annotations: ToolAnnotations, **arguments: object
) -> Result:
    async def open_call() -> CallContext:
        return CallContext(toggl, "full", {})

    tool = ToolSpec(handler, annotations).to_tool(open_call)
    async with Client(MCPServer("test", tools=[tool])) as client:
        return await Host(client).fail(handler.__name__, **arguments)


@pytest.mark.parametrize(
    ("annotations", "code", "retry"),
    [
        (READ_ONLY, "unreachable", "later"),
        (ADDITIVE, "outcome_unknown", "no"),
        (DESTRUCTIVE, "outcome_unknown", "no"),
    ],
)
async def test_tool_spec_timeout_after_20_seconds_is_outcome_unknown_for_changes(
    toggl: Toggl, annotations: ToolAnnotations, code: str, retry: str
) -> None:
    began = anyio.current_time()
    error = await call_failing_tool(toggl, hang, annotations)

    assert anyio.current_time() - began == pytest.approx(20, abs=1)
    assert (error["code"], error["retry"]) == (code, retry)


async def test_tool_spec_bug_is_logged_in_full_and_omitted_from_the_error(
    toggl: Toggl, caplog: pytest.LogCaptureFixture
) -> None:
    error = await call_failing_tool(toggl, divide, READ_ONLY)

    assert (error["code"], error["retry"]) == ("internal", "no")
    assert "bug" in error["message"]
    assert TOKEN not in error["message"]
    (record,) = [record for record in caplog.records if record.name.startswith("toggl_mcp")]
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "divide failed")
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_tool_spec_result_outside_its_output_schema_raises_in_the_client(toggl: Toggl) -> None:
    async def open_call() -> CallContext:
        return CallContext(toggl, "full", {})

    tool = ToolSpec(miscount, READ_ONLY).to_tool(open_call)
    async with Client(MCPServer("test", tools=[tool])) as client:
        with pytest.raises(RuntimeError, match="Invalid structured content"):
            await Host(client).call("miscount")


async def test_tool_spec_error_strips_invisible_characters(toggl: Toggl) -> None:
    assert (await call_failing_tool(toggl, raise_with_name, READ_ONLY))["message"] == "There is no “Good name”."


@pytest.mark.parametrize(("argument", "expected"), [("\u202e" * 60 + "name", "name"), ("x" * 61, "x" * 60)])
async def test_tool_spec_unknown_argument_error_strips_and_truncates_its_name(
    toggl: Toggl, argument: str, expected: str
) -> None:
    error = await call_failing_tool(toggl, raise_with_name, READ_ONLY, **{argument: 1})

    assert error["code"] == "invalid_arguments"
    assert error["message"].startswith(f"{expected}: is not an argument of this tool")
