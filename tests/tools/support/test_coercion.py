"""Every argument of every tool, in every form that hosts and models send: read, or refused by its name."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any, cast

import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp.types import TextContent
from pydantic import BaseModel

from tests.tools.host import Host
from toggl_mcp.endpoints.toggl import Toggl
from toggl_mcp.models.base import Absent, Payload
from toggl_mcp.tools.support.coercion import HOST_ARGUMENTS
from toggl_mcp.tools.support.define import READ_ONLY, CallContext, ToolSpec
from toggl_mcp.tools.support.schema import Schema, input_schema
from toggl_mcp.toolsets import all_tools

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("pause_coverage")]

TOOLS: Mapping[str, ToolSpec[Any, Any]] = {tool.name: tool for tool in all_tools()}
ARGUMENTS = [
    (name, argument) for name, tool in TOOLS.items() for argument in input_schema(tool.input_model)["properties"]
]
CHOICES = [
    (name, argument)
    for name, argument in ARGUMENTS
    if len(input_schema(TOOLS[name].input_model)["properties"][argument].get("items", {}).get("enum", ())) > 1
]
"""Arguments that are lists of words of which there are two or more."""
NON_TEXTS = [
    (name, argument)
    for name, argument in ARGUMENTS
    if input_schema(TOOLS[name].input_model)["properties"][argument]["type"] in ("boolean", "integer", "number")
]
EMPTY_VALUES: tuple[object, ...] = (None, "", " \u00a0\n", "\u200b", [])
NULL_TEXTS = ("null", "None", " undefined ")
TEXTS = ("last", "2026-01-02", "#0b83d9", "09:00-17:30", "EUR")
"""Values of a text, of which each argument takes at least one."""
SELECTIONS: tuple[dict[str, object], ...] = (
    {},
    {"ids": ["last"]},
    {"dry_run": True},
    {"filters": {"period": "today"}, "dry_run": True},
    {"client": "Acme", "start": "2026-01-02", "end": "2026-01-02"},
    {"client": "Acme", "period": "2026-01-02"},
)
"""What a change of entries needs beside what it changes, and a statement beside its options."""
NO_TEXTS = (True, {"a": 1}, ["a"], "x" * 10_000)
NO_INTEGERS = ("7.5", 7.5, "seven", "1e3", "9" * 5000, True, {"a": 1}, [7])
NO_NUMBERS = ("seven", "1e3", "9" * 5000, True, {"a": 1}, [7])
NO_BOOLEANS = ("yes", "1", 1, 1.0, {"a": 1}, [True])


class Echo(BaseModel):
    """The arguments that a handler was called with."""

    arguments: str


class Step(Payload, frozen=True):
    """An object among arguments."""

    number: int
    names: list[str] | Absent = None


class Steps(Payload, frozen=True):
    """Arguments with objects in them, which no tool has yet."""

    step: Step
    steps: list[Step] | Absent = None


async def take_steps(args: Steps, call: CallContext) -> Echo:
    """Return the arguments."""
    del call
    return Echo(arguments=args.model_dump_json())


def echo_arguments(spec: ToolSpec[Any, Any]) -> ToolSpec[Any, Any]:
    """Return a tool that takes the same arguments, and returns them."""

    async def handler(args: Payload, call: CallContext) -> Echo:
        del call
        return Echo(arguments=args.model_dump_json())

    handler.__name__ = spec.name
    handler.__annotations__["args"] = spec.input_model
    return replace(spec, handler=handler, confirm=None)


OtherArguments = dict[str, object] | None
_other_arguments: dict[tuple[str, str, str], OtherArguments] = {}
"""What was found for a value of an argument of a tool: to find it takes many calls, and several tests ask for it."""


class EchoHost:
    """A host of one tool that returns its arguments."""

    def __init__(self, host: Host, spec: ToolSpec[Any, Any]) -> None:
        self.host = host
        self.name = spec.name
        self.schema = input_schema(spec.input_model)

    async def call(self, arguments: Mapping[str, object]) -> str:
        """Return the arguments that arrived, or the message of the refusal."""
        result = await self.host.raw(self.name, **arguments)
        (part,) = result.content
        assert isinstance(part, TextContent)
        data: dict[str, str] = json.loads(part.text)
        return data["message"] if result.is_error else data["arguments"]

    async def valid_values(self, argument: str) -> list[tuple[object, dict[str, object]]]:
        """Return values of an argument, each with the other arguments with which the tool takes it."""
        values = [(value, await self.others(argument, value)) for value in samples(self.schema["properties"][argument])]
        return [(value, others) for value, others in values if others is not None]

    async def others(self, argument: str, value: object = None) -> OtherArguments:
        """Return other arguments with which the tool takes a value of an argument, or takes its absence."""
        key = (self.name, argument, json.dumps(value))
        if key not in _other_arguments:
            _other_arguments[key] = await self._find_others(argument, value)
        return _other_arguments[key]

    async def _find_others(self, argument: str, value: object) -> OtherArguments:
        properties: dict[str, Schema] = self.schema["properties"]
        required = {name: samples(properties[name])[0] for name in self.schema.get("required", [])}
        extras: list[dict[str, object]] = [
            {name: sample} for name, part in properties.items() if name != argument for sample in samples(part)
        ]
        selections = [selection for selection in SELECTIONS if selection.keys() <= properties.keys()]
        for selection, extra in product(selections, [{}, *extras]):
            others = {**required, **selection, **extra}
            others.pop(argument, None)
            if (await self.call({**others, argument: value})).startswith("{"):
                return others
        return None


def samples(part: Schema) -> list[object]:
    match part["type"]:
        case "integer":
            return [5]
        case "number":
            return [7.5]
        case "boolean":
            return [True, False]
        case "array":
            return [[sample] for sample in samples(part["items"])]
        case "object":
            first, *_ = properties = part["properties"]
            required = {field: samples(properties[field])[-1] for field in part.get("required", ())}
            names = {first, "period"} & properties.keys()  # The filters of a change need a period.
            return [{name: samples(properties[name])[0], **required} for name in sorted(names)]
        case _:
            return part.get("enum", [*TEXTS])[:5]


def lenient_forms(value: object, part: Schema) -> Iterator[object]:
    """Yield what means the same as a value of an argument."""
    match part["type"]:
        case "integer":
            yield from (float(cast("int", value)), str(value), f"{value}.0", f" {value} ")
        case "number":
            yield from (str(value), f" {value}0 ")
        case "boolean":
            yield from (str(value), f" {json.dumps(value)} ")
        case "array":
            (item,) = cast("list[object]", value)
            yield from (item, json.dumps(value), [item, None, " "])
            for form in lenient_forms(item, part["items"]):
                yield from (form, [form], json.dumps([form]))
        case "object":
            yield from (json.dumps(value), {**cast("dict[str, object]", value), "toolCallId": "call_tjb"})
        case _:
            yield f" {value}\n"


def invalid_forms(part: Schema) -> Iterator[object]:
    """Yield what means nothing as a value of an argument."""
    match part["type"]:
        case "integer":
            yield from NO_INTEGERS
        case "number":
            yield from NO_NUMBERS
        case "boolean":
            yield from NO_BOOLEANS
        case "array":
            yield from ([form] for form in invalid_forms(part["items"]))
            yield {"a": 1}
        case "object":
            yield from (7, True, "seven", "{", {"a": 1})
        case _:
            yield from NO_TEXTS


@pytest.fixture
def spec(tool: str) -> ToolSpec[Any, Any]:
    return TOOLS[tool]


@pytest.fixture
async def echo_host(toggl: Toggl, spec: ToolSpec[Any, Any]) -> AsyncGenerator[EchoHost]:
    async def open_call() -> CallContext:
        return CallContext(toggl, "full", {})

    server = MCPServer("test", tools=[echo_arguments(spec).to_tool(open_call)])
    async with Client(server) as client:
        yield EchoHost(Host(client), spec)


@pytest.mark.parametrize(("tool", "argument"), ARGUMENTS)
async def test_argument_lenient_form_has_the_value_of_the_plain_form(echo_host: EchoHost, argument: str) -> None:
    part = echo_host.schema["properties"][argument]
    values = await echo_host.valid_values(argument)

    assert values
    for value, others in values:
        plain = await echo_host.call({**others, argument: value})
        for form in lenient_forms(value, part):
            assert await echo_host.call({**others, argument: form}) == plain, form


@pytest.mark.parametrize(("tool", "argument"), ARGUMENTS)
async def test_argument_number_is_the_text_of_the_number(echo_host: EchoHost, argument: str) -> None:
    part = echo_host.schema["properties"][argument]
    if part["type"] == "string":
        others = await echo_host.others(argument, "7") or {}
        for text, number in (("7", 7), ("7", 7.0), ("7.5", 7.5)):
            plain = await echo_host.call({**others, argument: text})
            assert await echo_host.call({**others, argument: number}) == plain


@pytest.mark.parametrize(("tool", "argument"), ARGUMENTS)
async def test_argument_empty_value_is_absent_or_the_argument_is_required(echo_host: EchoHost, argument: str) -> None:
    if argument in echo_host.schema.get("required", []):
        for value in EMPTY_VALUES:
            assert f"{argument}: is required" in await echo_host.call({argument: value})
        return
    others = await echo_host.others(argument)

    assert others is not None
    plain = await echo_host.call(others)
    for value in EMPTY_VALUES:
        assert await echo_host.call({**others, argument: value}) == plain, value


@pytest.mark.parametrize(("tool", "argument"), NON_TEXTS)
async def test_argument_null_as_text_is_absent_where_no_text_is_meant(echo_host: EchoHost, argument: str) -> None:
    others = await echo_host.others(argument)

    assert others is not None
    plain = await echo_host.call(others)
    for text in NULL_TEXTS:
        assert await echo_host.call({**others, argument: text}) == plain, text


@pytest.mark.parametrize(("tool", "argument"), CHOICES)
async def test_argument_choices_in_one_text_are_those_choices(echo_host: EchoHost, argument: str) -> None:
    first, second, *_ = echo_host.schema["properties"][argument]["items"]["enum"]
    others = await echo_host.others(argument, [first]) or {}
    plain = await echo_host.call({**others, argument: [first, second]})

    assert plain.startswith("{")
    for form in (f"{first},{second}", f" {first.upper()}; {second}s", [f"{first}, {second}"]):
        assert await echo_host.call({**others, argument: form}) == plain, form


@pytest.mark.parametrize(("tool", "argument"), ARGUMENTS)
async def test_argument_invalid_form_is_refused_by_name(echo_host: EchoHost, argument: str) -> None:
    ((_, others), *_) = await echo_host.valid_values(argument)
    for form in invalid_forms(echo_host.schema["properties"][argument]):
        message = await echo_host.call({**others, argument: form})
        assert re.match(rf"{argument}(\[0\])?(\.\w+)?: ", message), form
        assert len(message) < 300


@pytest.mark.parametrize("tool", TOOLS)
async def test_argument_of_a_host_is_dropped_and_an_unknown_one_refused(echo_host: EchoHost) -> None:
    others = await echo_host.others("") or {}
    plain = await echo_host.call(others)

    assert plain.startswith("{")
    assert await echo_host.call({**others, **dict.fromkeys(HOST_ARGUMENTS, "call_tjb")}) == plain
    message = await echo_host.call({**others, "zzz": 1})
    names = ", ".join(echo_host.schema["properties"]) or "none"
    assert message == f"zzz: is not an argument of this tool, which takes {names}."
    for name in echo_host.schema["properties"]:
        message = await echo_host.call({**others, f"{name}X": 1})
        assert message == f"{name}X: is not an argument of this tool; the nearest is {name}."


@pytest.mark.parametrize("spec", [ToolSpec(take_steps, READ_ONLY)], ids=["steps"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"step": {"number": 1, "names": ["a"]}, "steps": [{"number": 2}]},
        {"step": '{"number": 1, "names": ["a"]}', "steps": '[{"number": 2}]'},
        {"step": {"number": "1", "names": '["a"]'}, "steps": ['{"number": 2.0, "names": ""}']},
        {"step": {"number": 1, "names": "a", "toolCallId": "x"}, "steps": {"number": "2"}},
    ],
)
async def test_argument_object_is_read_leniently_too(echo_host: EchoHost, arguments: dict[str, object]) -> None:
    step = '{"number":1,"names":["a"]}'
    assert await echo_host.call(arguments) == f'{{"step":{step},"steps":[{{"number":2,"names":null}}]}}'
