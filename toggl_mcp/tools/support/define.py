"""How a function becomes a tool: one input model, one output model, four annotations, and errors as results."""

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import anyio
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.resolve import build_resolver_plans
from mcp.server.mcpserver.tools import Tool
from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import to_json

from toggl_mcp.apps.documents import AppName, app_uri
from toggl_mcp.errors import Candidate, Declined, InvalidArguments, TogglError
from toggl_mcp.models.account import Access, AccountSnapshot, Workspace
from toggl_mcp.models.base import Payload, is_id
from toggl_mcp.models.call import CALL_RECORD, CallRecord
from toggl_mcp.models.metrics import record_tool_call
from toggl_mcp.models.period import Calendar, make_calendar
from toggl_mcp.models.text import strip_invisible
from toggl_mcp.tools.support.coercion import coerce_arguments
from toggl_mcp.tools.support.failures import MAX_CALL_SECONDS, to_toggl_error
from toggl_mcp.tools.support.lookup import resolve_workspace
from toggl_mcp.tools.support.results import (
    CandidateOut,
    QuotaRemaining,
    WithChange,
    describe_validation_error,
    to_error_result,
    to_result,
)
from toggl_mcp.tools.support.schema import Schema, input_schema, output_schema
from toggl_mcp.tools.support.sdk_tool import ElicitedTool, PlainTool, RawArguments, decline

if TYPE_CHECKING:  # A host waits for the list of tools, not for what only a call needs.
    from toggl_mcp.endpoints.name_index import NameIndex
    from toggl_mcp.endpoints.toggl import Toggl

ArgsT = TypeVar("ArgsT", bound=Payload)
ResultT = TypeVar("ResultT", bound=BaseModel)
ValueT = TypeVar("ValueT")

Requirement = Literal["paid", "projects", "tags"]
"""A paid plan; or, where these are reserved to admins, the right to make and change projects and clients, or tags."""

MAX_BULK_CALL_SECONDS = 120.0
"""Seconds that a call may take that sends a request for each of many entries."""

READ_ONLY = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True)
ADDITIVE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True)
DESTRUCTIVE = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)
DESTRUCTIVE_EACH_TIME = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
)
"""For a tool whose repeated call may change something else, such as the change before the last."""

_log = logging.getLogger(__name__)

_QUESTION: ContextVar[str | None] = ContextVar("question", default=None)
"""What the person is asked in this context's call."""


class CallContext:
    """What one call works with: the account, the time (one for the whole call), and what it reads of them, once.

    Args:
        toggl: Every endpoint of the account.
        access: What the server may change.
        tools_by_requirement: The names of the server's tools that a workspace may not allow.

    `question` is what the person has agreed to, if they were asked.
    """

    def __init__(
        self, toggl: "Toggl", access: Access, tools_by_requirement: Mapping[Requirement, Sequence[str]]
    ) -> None:
        self.toggl = toggl
        self.access: Access = access
        self.tools_by_requirement = tools_by_requirement
        self.now = toggl.now_utc()
        self._account: AccountSnapshot | None = None
        self.question = _QUESTION.get()
        self.record = CallRecord(_digest_caller())
        CALL_RECORD.set(self.record)

    @cached_property
    def name_index(self) -> "NameIndex":
        """The finder of names and ids, which reads the account's names once."""
        return self.toggl.make_name_index()

    async def account(self, *, refresh: bool = False) -> AccountSnapshot:
        """Return the token's owner and the workspaces that the token opens."""
        if self._account is None or refresh:
            _, read = await self.toggl.account.me(refresh=refresh)
            (self._account,) = read.collection.items.values()
        return self._account

    async def cached_account(self) -> AccountSnapshot | None:
        """Return the account if the call has read it, or if it is fresh in the cache; None if it is not."""
        if self._account is None:
            self._account = await self.toggl.account.fresh_snapshot()
        return self._account

    async def workspaces(self) -> Mapping[int, Workspace]:
        """Return the workspaces that the token opens, by id."""
        return {workspace.id: workspace for workspace in (await self.account()).workspaces}

    async def workspace_id(self, ref: str | None) -> int:
        """Return the id of the workspace of a name or an id, else of the configured one, else of the account's default.

        Raises:
            NotFound: No workspace has the name.
            Ambiguous: Several have it.
            InvalidArguments: There is no reference, and no default.
        """
        if ref is not None:
            return await self._resolve_workspace_id(ref)
        workspace_id = self.toggl.configured_workspace_id or (await self.account()).me.default_workspace_id
        if workspace_id is None:
            message = "The account has no default workspace. Give workspace; get_account lists the workspaces."
            raise InvalidArguments(message)
        return workspace_id

    async def _resolve_workspace_id(self, ref: str) -> int:
        if not is_id(ref):
            return resolve_workspace(ref, (await self.workspaces()).values()).id
        # An id costs no request: Toggl refuses one that the token does not open. A cached name may have these digits.
        account = await self.cached_account()
        workspaces = [] if account is None else account.workspaces
        is_name = any(workspace.name == ref for workspace in workspaces)
        return resolve_workspace(ref, workspaces).id if is_name else int(ref)

    async def name_other_workspace(self, workspace_id: int) -> str | None:
        """Return the name of a workspace that is not the default one, as far as it is cached."""
        default_id = self.toggl.configured_workspace_id
        account = None if workspace_id == default_id else await self.cached_account()
        if account is None or workspace_id == (default_id or account.me.default_workspace_id):
            return None
        return next((item.name for item in account.workspaces if item.id == workspace_id), None)

    async def has_tasks(self, workspace_id: int) -> bool:
        """Tell whether a workspace's plan has tasks; an unlisted workspace may have them."""
        workspace = (await self.workspaces()).get(workspace_id)
        return workspace is None or workspace.allows("paid")

    async def calendar(self) -> Calendar:
        """Return how the account's owner counts days.

        Raises:
            InvalidArguments: This computer does not know their time zone.
        """
        me = (await self.account()).me
        return make_calendar(me.timezone, me.beginning_of_week)

    async def cached_calendar(self) -> Calendar | None:
        """Return how the account's owner counts days, if that was ever read: it seldom changes."""
        snapshot = await self.toggl.account.last_snapshot()
        return None if snapshot is None else make_calendar(snapshot.me.timezone, snapshot.me.beginning_of_week)

    async def describe_candidates(self, candidates: Sequence[Candidate]) -> list[CandidateOut]:
        """Return candidates with the names of their clients and workspaces, as far as these were read."""
        last_names = (await self.toggl.account.last_names()).by_workspace.values()
        clients = {client.id: client.name for read in last_names for client in read.names.client}
        for workspace_id in {candidate.workspace_id for candidate in candidates if candidate.client_id is not None}:
            clients |= {client.id: client.name for client in await self.toggl.clients(workspace_id).load_cache()}
        account = await self.toggl.account.last_snapshot()
        workspaces = {workspace.id: workspace.name for workspace in (account.workspaces if account else ())}
        return [CandidateOut.of(candidate, clients, workspaces) for candidate in candidates]

    def quota(self) -> QuotaRemaining | None:
        """Return what remains of the scarcest quota that the call has spent of; None if it sent no request."""
        bucket = min(self.record.buckets.values(), key=lambda bucket: bucket.remaining, default=None)
        return None if bucket is None else QuotaRemaining.of(bucket, self.toggl.timestamp())


def _digest_caller() -> str | None:
    """Return a digest of who calls, if callers authenticate: what the audit log has of them."""
    caller = get_access_token()
    if caller is None:
        return None
    return blake2b((caller.subject or caller.client_id).encode(), digest_size=8, person=b"toggl-mcp-audit").hexdigest()


CallOpener = Callable[[], Awaitable[CallContext]]
"""Returns the context of a new call, and opens the account for the first one: a server starts without a token.

Raises:
    NoToken, BadToken, InvalidArguments: The settings open no account.
"""


class DeleteConfirmation(BaseModel):
    """A person's answer to whether something may be deleted."""

    delete: Annotated[bool, Field(description="Yes, delete it.", strict=True)] = False


@dataclass(frozen=True)
class ToolSpec(Generic[ArgsT, ResultT]):
    """One tool: its name, title and description are the handler's, its schemas those of the handler's models.

    `confirm` returns what the person is asked before the handler runs, where the host shows forms; None asks nothing.
    `needs_confirmation` refuses what would ask where the host shows none.
    `requires` is what a workspace has to allow for it. `needs_full_access` tools delete or archive
    more than time entries.
    `max_seconds` is how long a call may take. `app` is what shows its result in a host with MCP Apps.
    `restricted_input` is the input model where nothing may be archived (`is_restricted`).
    """

    handler: Callable[[ArgsT, CallContext], Awaitable[ResultT]]
    annotations: ToolAnnotations
    confirm: Callable[[ArgsT, CallContext], Awaitable[str | None]] | None = None
    requires: Sequence[Requirement] = ()
    restricted_input: type[ArgsT] | None = None
    needs_full_access: bool = False
    is_restricted: bool = False
    needs_confirmation: bool = False
    max_seconds: float = MAX_CALL_SECONDS
    app: AppName | None = None

    @cached_property
    def input_model(self) -> type[ArgsT]:
        """The model of the arguments."""
        args_model, *_ = self.handler.__annotations__.values()
        return self.restricted_input if self.restricted_input and self.is_restricted else args_model

    @property
    def output_model(self) -> type[ResultT]:
        """The model of the result."""
        return self.handler.__annotations__["return"]

    @property
    def is_read_only(self) -> bool:
        """Whether the tool changes nothing."""
        return self.annotations.read_only_hint is True

    @cached_property
    def name(self) -> str:
        """The tool's name."""
        return self.handler.__name__

    def to_tool(self, open_call: CallOpener) -> Tool:
        """Return the tool as the SDK takes it."""
        schema = input_schema(self.input_model)
        runner = _ToolRunner(self, schema, open_call)
        tool: dict[str, Any] = {
            "name": self.name,
            "title": self.name.replace("_", " ").capitalize(),
            "description": inspect.cleandoc(self.handler.__doc__ or ""),
            "parameters": schema,
            "fn_metadata": FuncMetadata(arg_model=RawArguments, output_schema=output_schema(self.output_model)),
            "is_async": True,
            "annotations": self.annotations,
            "context_kwarg": "ctx",
            "meta": self.app and {"ui": {"resourceUri": app_uri(self.app)}},
        }
        if self.confirm is None:
            return PlainTool(fn=runner.run, **tool)
        resolved = {"confirmation": (Resolve(runner.elicit), True)}
        plans = build_resolver_plans(resolved, {"raw"})
        return ElicitedTool(fn=runner.run_confirmed, resolved_params=resolved, resolver_plans=plans, **tool)


@dataclass(frozen=True)
class _ToolRunner(Generic[ArgsT, ResultT]):
    """What the SDK calls: it validates the arguments, opens the call, runs the handler, and returns errors in words."""

    spec: ToolSpec[ArgsT, ResultT]
    schema: Schema
    open_call: CallOpener

    async def run(self, raw: dict[str, Any], ctx: Context[Any, Any]) -> CallToolResult:
        """Return the handler's result."""

        async def run_handler() -> CallToolResult:
            args, call = self._validate(raw), await self.open_call()
            call.record.tool = self.spec.name
            call.record.report_progress = ctx.report_progress
            result = await self.spec.handler(args, call)
            if isinstance(result, WithChange) and call.record.has_changes:
                result.change_id = call.record.change_id
            return to_result(result)

        started_at, error_code = perf_counter(), "cancelled"
        try:
            result, error_code = await self._map_errors(run_handler)
        finally:
            record_tool_call(self.spec.name, error_code, perf_counter() - started_at)
        return result

    async def elicit(
        self, raw: dict[str, Any], ctx: Context[Any, Any]
    ) -> DeleteConfirmation | CallToolResult | Elicit[DeleteConfirmation]:
        """Return what to ask the person; a confirmation if nothing is to be asked; an error's result."""
        confirm, can_ask = self.spec.confirm, _supports_form_elicitation(ctx)
        _QUESTION.set(None)
        if confirm is None or not (can_ask or self.spec.needs_confirmation):
            return DeleteConfirmation(delete=True)

        async def build_elicitation() -> DeleteConfirmation | Elicit[DeleteConfirmation]:
            text = await confirm(self._validate(raw), await self.open_call())
            if text is None:
                return DeleteConfirmation(delete=True)
            if not can_ask:
                message = (
                    "A person has to confirm this in a form, and this host shows none; nothing was changed. "
                    "They can do it in Toggl, in a host with forms, or set TOGGL_MCP_CONFIRM to auto."
                )
                raise Declined(message)
            _QUESTION.set(text)
            return Elicit(strip_invisible(text), DeleteConfirmation)

        started_at = perf_counter()
        result, error_code = await self._map_errors(build_elicitation)
        if error_code is not None:  # The call ends with it.
            record_tool_call(self.spec.name, error_code, perf_counter() - started_at)
        return result

    async def run_confirmed(
        self, raw: dict[str, Any], confirmation: ElicitationResult[DeleteConfirmation], ctx: Context[Any, Any]
    ) -> CallToolResult:
        """Return the handler's result if the person agreed."""
        outcome: object = confirmation.data if isinstance(confirmation, AcceptedElicitation) else None
        if isinstance(outcome, CallToolResult):
            return outcome
        if isinstance(outcome, DeleteConfirmation) and outcome.delete:
            return await self.run(raw, ctx)
        return decline(self.spec.name, "The person declined; nothing was changed. Do not ask again unprompted.")

    def _validate(self, raw: dict[str, Any]) -> ArgsT:
        arguments = coerce_arguments(raw, self.schema)
        try:
            return self.spec.input_model.model_validate_json(to_json(arguments), strict=True)
        except ValidationError as error:
            raise InvalidArguments(describe_validation_error(error, self.schema)) from error
        except ValueError as error:
            message = "Arguments contain an unpaired surrogate; send valid Unicode."
            raise InvalidArguments(message) from error

    async def _map_errors(self, body: Callable[[], Awaitable[ValueT]]) -> tuple[ValueT | CallToolResult, str | None]:
        """Return what the body returns; or its failure in words for the model, and the code of that."""
        try:
            with anyio.move_on_after(self.spec.max_seconds):
                return await body(), None
            raise TimeoutError  # noqa: TRY301 - as a call ends that somebody else lets end
        except TogglError as error:
            return to_error_result(error, await self._describe_candidates(error.candidates)), error.code
        except Exception as error:  # noqa: BLE001 - the edge: a bug is reported and logged, and the server goes on
            failure = to_toggl_error(error, self.spec.name, is_read_only=self.spec.is_read_only)
        return to_error_result(failure), failure.code

    async def _describe_candidates(self, candidates: Sequence[Candidate]) -> list[CandidateOut]:
        """Return candidates with names if these can be read: an error is never lost for a name."""
        if not candidates:
            return []
        try:
            return await (await self.open_call()).describe_candidates(candidates)
        except TogglError:
            _log.warning("The names of workspaces could not be looked up.", exc_info=True)
            return [CandidateOut.of(candidate, {}, {}) for candidate in candidates]


def _supports_form_elicitation(ctx: Context[Any, Any]) -> bool:
    """Tell whether the host shows forms: `elicitation: {}` means forms, the first and once the only kind."""
    elicitation = ctx.client_capabilities and ctx.client_capabilities.elicitation
    return bool(elicitation) and (elicitation.form is not None or elicitation.url is None)
