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
from toggl_mcp.tools.support.results import describe_validation_error, to_error_result, to_result
from toggl_mcp.tools.support.schema import input_schema, output_schema

if TYPE_CHECKING:
    from toggl_mcp.endpoints.toggl import Toggl

ArgsT = TypeVar("ArgsT", bound=Payload)
ResultT = TypeVar("ResultT", bound=BaseModel)
T = TypeVar("T")

Requirement = Literal["paid", "projects", "tags"]
"""A paid plan; or, in a workspace that reserves them to admins, the right to make projects and clients, or tags."""

MAX_CALL_SECONDS = 20.0
"""Seconds that a call may take in all."""

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
ADDITIVE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
DESTRUCTIVE = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)
ADDITIVE_IDEMPOTENT = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)

_log = logging.getLogger(__name__)


class TogglProvider(Protocol):
    """Opens the account on first use; a server starts without one."""

    async def __call__(self) -> "Toggl":
        """Return the account.

        Raises:
            NoToken, BadToken, InvalidArguments: The settings do not allow it.
        """
        ...


class DeleteConfirmation(BaseModel):
    """A person's answer to whether something may go."""

    delete: Annotated[bool, Field(description="Yes, delete it.", strict=True)] = False


class _RawArguments(ArgModelBase):
    """Takes whatever was sent: it is validated here, so that the errors are ours."""

    model_config = ConfigDict(extra="allow")

    def model_dump_one_level(self) -> dict[str, Any]:
        return {"raw": self.model_extra or {}}


class _ElicitedTool(Tool):
    """A tool whose person may have answered in a way that cannot be read: all that the SDK still raises by intent."""

    async def run(self, arguments: dict[str, Any], context: Context[Any, Any], convert_result: bool = False) -> Any:  # noqa: ANN401, FBT001, FBT002 - the SDK's signature
        try:
            return await super().run(arguments, context, convert_result)
        except UnexpectedToolError:
            raise
        except ToolError:
            return to_error_result(Declined("The host did not say that the person agreed; nothing was sent to Toggl."))


@dataclass(frozen=True)
class ToolSpec(Generic[ArgsT, ResultT]):
    """One tool: its name and description are the function's, its schemas the models'.

    `question` makes the person be asked first, where the host can ask; it finds the target and says what will happen.
    `needs` is what a workspace has to allow for it. `sparing` is what it takes where nothing may be put away.
    """

    handler: Callable[[ArgsT, "Toggl"], Awaitable[ResultT]]
    title: str
    annotations: ToolAnnotations
    input_model: type[ArgsT]
    output_model: type[ResultT]
    confirm: Callable[[ArgsT, "Toggl"], Awaitable[str]] | None = None
    requires: Requirement | None = None
    restricted_input: type[ArgsT] | None = None

    @property
    def is_read_only(self) -> bool:
        """Whether the tool changes nothing."""
        return self.annotations.read_only_hint is True

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.handler.__name__

    @property
    def is_destructive(self) -> bool:
        """Whether the tool takes something away."""
        return self.name.startswith(("delete_", "archive_"))

    def to_tool(self, provider: TogglProvider) -> Tool:
        """Return the tool as the SDK takes it."""
        call = self._handler(provider) if self.confirm is None else self._with_elicitation(provider, self.confirm)
        resolved = find_resolved_parameters(call)
        return _ElicitedTool(
            fn=call,
            name=self.name,
            title=self.title,
            description=inspect.cleandoc(self.handler.__doc__ or ""),
            parameters=input_schema(self.input_model),
            fn_metadata=FuncMetadata(arg_model=_RawArguments, output_schema=output_schema(self.output_model)),
            is_async=True,
            context_kwarg=None,
            resolved_params=dict(resolved),
            resolver_plans=build_resolver_plans(resolved, {"raw"}),
            annotations=self.annotations,
        )

    def _handler(self, provider: TogglProvider) -> Callable[..., Awaitable[CallToolResult]]:
        async def call(raw: dict[str, Any]) -> CallToolResult:
            return await self._map_errors(lambda: self._run(raw, provider))

        return call

    def _with_elicitation(
        self, provider: TogglProvider, confirm: Callable[[ArgsT, "Toggl"], Awaitable[str]]
    ) -> Callable[..., Awaitable[CallToolResult]]:
        async def build_elicitation(raw: dict[str, Any]) -> Elicit[DeleteConfirmation]:
            return Elicit(strip_invisible(await confirm(self._arguments(raw), await provider())), DeleteConfirmation)

        async def resolve_confirmation(
            raw: dict[str, Any], ctx: Context[Any, Any]
        ) -> DeleteConfirmation | CallToolResult | Elicit[DeleteConfirmation]:
            return (
                await self._map_errors(lambda: build_elicitation(raw))
                if _supports_form_elicitation(ctx)
                else DeleteConfirmation(delete=True)
            )

        async def call(
            raw: dict[str, Any], agreed: Annotated[ElicitationResult[DeleteConfirmation], Resolve(resolve_confirmation)]
        ) -> CallToolResult:
            answer: object = agreed.data if isinstance(agreed, AcceptedElicitation) else None
            if isinstance(answer, CallToolResult):
                return answer
            if isinstance(answer, DeleteConfirmation) and answer.delete:
                return await self._map_errors(lambda: self._run(raw, provider))
            return to_error_result(
                Declined("The person declined; nothing was sent to Toggl. Do not ask again unprompted.")
            )

        return call

    async def _run(self, raw: dict[str, Any], provider: TogglProvider) -> CallToolResult:
        return to_result(await self.handler(self._arguments(raw), await provider()))

    def _arguments(self, raw: dict[str, Any]) -> ArgsT:
        present = {name: value for name, value in raw.items() if value is not None}
        try:
            return self.input_model.model_validate_json(to_json(present), strict=True)
        except ValidationError as error:
            raise InvalidArguments(describe_validation_error(error, self.input_model)) from error
        except ValueError as error:
            message = "The arguments hold half of a character (a lone surrogate). Send whole ones."
            raise InvalidArguments(message) from error

    async def _map_errors(self, body: Callable[[], Awaitable[T]]) -> T | CallToolResult:
        """Return what the work returns, or its failure in words for the model."""
        try:
            with anyio.fail_after(MAX_CALL_SECONDS):
                return await body()
        except TogglError as error:
            return to_error_result(error)
        except TimeoutError:
            return to_error_result(
                _too_slow_error()
                if self.is_read_only
                else OutcomeUnknown("Toggl did not confirm in time. Look before asking again.")
            )
        except Exception:  # noqa: BLE001 - the edge: a bug is told and logged, and the server goes on
            _log.exception("%s failed", self.name)
            return to_error_result(
                TogglError("This is a bug in toggl_mcp; its log (stderr) has the details. Do not retry.")
            )


def _too_slow_error() -> Unreachable:
    return Unreachable(f"Toggl did not answer within {MAX_CALL_SECONDS:.0f} s. Try again in a minute.")


def _supports_form_elicitation(ctx: Context[Any, Any]) -> bool:
    """Tell whether the host shows forms; `elicitation: {}` has meant forms since before there was anything else."""
    elicitation = ctx.client_capabilities and ctx.client_capabilities.elicitation
    return bool(elicitation) and (elicitation.form is not None or elicitation.url is None)
