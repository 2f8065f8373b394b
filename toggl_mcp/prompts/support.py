"""How a function becomes a prompt: one model of its arguments, and steps that name only tools that are enabled."""

import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

from mcp.types import GetPromptResult, Prompt, PromptArgument, PromptMessage, TextContent
from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_json

from toggl_mcp.completions import Completer, list_clients, list_periods
from toggl_mcp.errors import InvalidArguments
from toggl_mcp.icons import draw_icon
from toggl_mcp.models.base import Payload
from toggl_mcp.models.period_grammar import parse_period
from toggl_mcp.models.text import clean_text
from toggl_mcp.tools.support.args import naming_argument
from toggl_mcp.tools.support.define import CallContext
from toggl_mcp.tools.support.results import validate_args

ArgsT = TypeVar("ArgsT", bound=Payload)

Period = Annotated[
    str,
    Field(max_length=40, description="today, last week, last 14 days, 2026-11, 2026-W47, Q3, since Monday."),
    BeforeValidator(clean_text),
]
ExpectedHours = Annotated[float | None, Field(ge=0, le=24, description="Hours expected on a workday, such as 8.")]
COMPLETERS: Mapping[str, Completer] = {"client": list_clients, "period": list_periods}
"""What completes an argument, by its name."""


class Step(NamedTuple):
    """One step: what to do, the tool without which it is left out, and the arguments of the call that it names."""

    text: str
    tool: str | None = None
    arguments: Mapping[str, Any] | None = None

    def write(self) -> str:
        """Return it as the model reads it."""
        if self.arguments is None:
            return self.text
        return f"`{self.tool} {to_json(self.arguments).decode()}`: {self.text}"


class Script(NamedTuple):
    """What a prompt says: a request, its steps, and a text of the person that is data."""

    request: str
    steps: Collection[Step]
    data: str | None = None


@dataclass(frozen=True)
class PromptSpec(Generic[ArgsT]):
    """A prompt: its name, title and description are the function's, its arguments those of the function's model.

    Attributes:
        write: Returns the script for these arguments and the account's day.
        icon: The path of its icon.
    """

    write: Callable[[ArgsT, date], Script]
    icon: str

    @property
    def name(self) -> str:
        """The prompt's name."""
        return self.write.__name__

    @property
    def description(self) -> str:
        """What it is for."""
        return inspect.cleandoc(self.write.__doc__ or "")

    @property
    def args_model(self) -> type[ArgsT]:
        """The model of its arguments."""
        model, *_ = self.write.__annotations__.values()
        return model

    def to_prompt(self) -> Prompt:
        """Return it as hosts list it."""
        return Prompt(
            name=self.name,
            title=self.name.replace("_", " ").capitalize(),
            description=self.description,
            arguments=[
                PromptArgument(name=name, description=_describe(field), required=field.is_required())
                for name, field in self.args_model.model_fields.items()
            ],
            icons=[draw_icon(self.icon)],
        )

    async def render(
        self, arguments: Mapping[str, str], tool_names: Collection[str], call: CallContext
    ) -> GetPromptResult:
        """Return the messages for these arguments, which name only these tools.

        Raises:
            InvalidArguments: An argument is missing, unknown or invalid.
        """
        args = self._validate(arguments)
        calendar = await call.cached_calendar() or await call.calendar()  # A request that the steps need as well.
        today = calendar.day_of(call.now)
        period: str | None = getattr(args, "period", None)
        if period is not None:
            with naming_argument("period"):
                parse_period(period, today, calendar)
        script = self.write(args, today)
        steps = [step.write() for step in script.steps if step.tool is None or step.tool in tool_names]
        numbered = (f"{number}. {text}" for number, text in enumerate(steps, start=1))
        texts = ["\n".join((script.request, "", *numbered)), *_list_data(script)]
        return GetPromptResult(
            description=self.description,
            messages=[PromptMessage(role="user", content=TextContent(text=text)) for text in texts],
        )

    def _validate(self, arguments: Mapping[str, str]) -> ArgsT:
        fields = self.args_model.model_fields
        for name in arguments:
            if name not in fields:
                message = f"{name!r:.60} is not an argument of {self.name}, which takes {', '.join(fields)}."
                raise InvalidArguments(message)
        non_empty = {name: value for name, value in arguments.items() if value.strip()}
        return validate_args(self.args_model, non_empty)


def _describe(field: FieldInfo) -> str:
    """Return the description of an argument, with its default."""
    has_default = field.default not in (None, PydanticUndefined)
    return f"{field.description} Default: {field.default}." if has_default else field.description or ""


def _list_data(script: Script) -> Iterator[str]:
    """Yield the text of the person, in a message of its own: no mark in it can end it."""
    if script.data is not None:
        yield script.data
