"""How a function becomes a tool: one Pydantic model in, one out, four hints, and errors in words for the model."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, Protocol, TypeVar

import anyio
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.server.mcpserver.resolve import build_resolver_plans, find_resolved_parameters
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import ArgModelBase, FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from toggl_mcp.errors import Declined, InvalidArguments, OutcomeUnknown, TogglError, Unreachable
from toggl_mcp.models.base import Payload
from toggl_mcp.models.text import strip_invisible
from toggl_mcp.tools.support.results import explained, failure, success
from toggl_mcp.tools.support.schema import input_schema, output_schema

if TYPE_CHECKING:
    from toggl_mcp.endpoints.toggl import Toggl

Asked = TypeVar("Asked", bound=Payload)
Told = TypeVar("Told", bound=BaseModel)
T = TypeVar("T")

Need = Literal["paid", "projects", "tags"]
"""A paid plan; or, in a workspace that reserves them to admins, the right to make projects and clients, or tags."""

DEADLINE = 20.0
"""Seconds that a call may take in all."""

READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
CREATES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
CHANGES = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)
RESTORES = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True)

_log = logging.getLogger(__name__)


class Open(Protocol):
    """Opens the account on first use; a server starts without one."""

    async def __call__(self) -> "Toggl":
        """Return the account.

        Raises:
            NoToken, BadToken, InvalidArguments: The settings do not allow it.
        """
        ...


class Confirm(BaseModel):
    """A person's answer to whether something may go."""

    delete: Annotated[bool, Field(description="Yes, delete it.", strict=True)] = False


class _Raw(ArgModelBase):
    """Takes whatever was sent: it is validated here, so that the errors are ours."""

    model_config = ConfigDict(extra="allow")

    def model_dump_one_level(self) -> dict[str, Any]:
        return {"raw": self.model_extra or {}}


class _Tool(Tool):
    """A tool whose person may have answered in a way that cannot be read: all that the SDK still raises by intent."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - the SDK's signature
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError:
            return failure(Declined("The host did not say that the person agreed; nothing was sent to Toggl."))


@dataclass(frozen=True)
class Offer(Generic[Asked, Told]):
    """One tool: its name and description are the function's, its schemas the models'.

    `question` makes the person be asked first, where the host can ask; it finds the target and says what will happen.
    `needs` is what a workspace has to allow for it. `sparing` is what it takes where nothing may be put away.
    """

    call: Callable[[Asked, "Toggl"], Awaitable[Told]]
    title: str
    hints: ToolAnnotations
    takes: type[Asked]
    gives: type[Told]
    question: Callable[[Asked, "Toggl"], Awaitable[str]] | None = None
    needs: Need | None = None
    sparing: type[Asked] | None = None

    @property
    def reads(self) -> bool:
        """Whether the tool changes nothing."""
        return self.hints.read_only_hint is True

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.call.__name__

    @property
    def removes(self) -> bool:
        """Whether the tool takes something away."""
        return self.name.startswith(("delete_", "archive_"))

    def tool(self, account: Open) -> Tool:
        """Return the tool as the SDK takes it."""
        call = self._plain(account) if self.question is None else self._asking(account, self.question)
        resolved = find_resolved_parameters(call)
        return _Tool(
            fn=call,
            name=self.name,
            title=self.title,
            description=inspect.cleandoc(self.call.__doc__ or ""),
            parameters=input_schema(self.takes),
            fn_metadata=FuncMetadata(arg_model=_Raw, output_schema=output_schema(self.gives)),
            is_async=True,
            context_kwarg=None,
            resolved_params=dict(resolved),
            resolver_plans=build_resolver_plans(resolved, {"raw"}),
            annotations=self.hints,
        )

    def _plain(self, account: Open) -> Callable[..., Awaitable[CallToolResult]]:
        async def call(raw: dict[str, Any]) -> CallToolResult:
            return await self._guarded(lambda: self._done(raw, account))

        return call

    def _asking(
        self, account: Open, question: Callable[[Asked, "Toggl"], Awaitable[str]]
    ) -> Callable[..., Awaitable[CallToolResult]]:
        async def asked(raw: dict[str, Any]) -> Elicit[Confirm]:
            return Elicit(strip_invisible(await question(self._arguments(raw), await account())), Confirm)

        async def ask(raw: dict[str, Any], ctx: Context[Any, Any]) -> Confirm | CallToolResult | Elicit[Confirm]:
            return await self._guarded(lambda: asked(raw)) if _can_ask(ctx) else Confirm(delete=True)

        async def call(
            raw: dict[str, Any], agreed: Annotated[ElicitationResult[Confirm], Resolve(ask)]
        ) -> CallToolResult:
            answer: object = agreed.data if isinstance(agreed, AcceptedElicitation) else None
            if isinstance(answer, CallToolResult):
                return answer
            if isinstance(answer, Confirm) and answer.delete:
                return await self._guarded(lambda: self._done(raw, account))
            return failure(Declined("The person declined; nothing was sent to Toggl. Do not ask again unprompted."))

        return call

    async def _done(self, raw: dict[str, Any], account: Open) -> CallToolResult:
        return success(await self.call(self._arguments(raw), await account()))

    def _arguments(self, raw: dict[str, Any]) -> Asked:
        given = {name: value for name, value in raw.items() if value is not None}
        try:
            return self.takes.model_validate_json(to_json(given), strict=True)
        except ValidationError as error:
            raise InvalidArguments(explained(error, self.takes)) from error
        except ValueError as error:
            message = "The arguments hold half of a character (a lone surrogate). Send whole ones."
            raise InvalidArguments(message) from error

    async def _guarded(self, work: Callable[[], Awaitable[T]]) -> T | CallToolResult:
        """Return what the work returns, or its failure in words for the model."""
        try:
            with anyio.fail_after(DEADLINE):
                return await work()
        except TogglError as error:
            return failure(error)
        except TimeoutError:
            return failure(
                _too_slow()
                if self.reads
                else OutcomeUnknown("Toggl did not confirm in time. Look before asking again.")
            )
        except Exception:  # noqa: BLE001 - the edge: a bug is told and logged, and the server goes on
            _log.exception("%s failed", self.name)
            return failure(TogglError("This is a bug in toggl_mcp; its log (stderr) has the details. Do not retry."))


def _too_slow() -> Unreachable:
    return Unreachable(f"Toggl did not answer within {DEADLINE:.0f} s. Try again in a minute.")


def _can_ask(ctx: Context[Any, Any]) -> bool:
    """Tell whether the host shows forms; `elicitation: {}` has meant forms since before there was anything else."""
    elicitation = ctx.client_capabilities and ctx.client_capabilities.elicitation
    return bool(elicitation) and (elicitation.form is not None or elicitation.url is None)
