"""What is sent again, how often, and what is said in the end: each method against each fault."""

from collections.abc import Awaitable, Callable

import pytest

from tests.endpoints.support import AROHA, cached_fields, fault_id, toggl_fields
from toggl_mcp.endpoints.clients import AsyncClientEndpoint
from toggl_mcp.errors import OutcomeUnknown, QuotaSpent, RateLimited, TogglError, Unreachable
from toggl_mcp.models.clients import ClientBody
from toggl_mcp.sandbox import Call, Fault, Sandbox
from toggl_mcp.sandbox.faults import Kind

pytestmark = pytest.mark.anyio

Verb = Callable[[AsyncClientEndpoint], Awaitable[object]]

VERBS: dict[str, Verb] = {
    "GET": lambda clients: clients.collect(refresh=True),
    "PUT": lambda clients: clients.edit(AROHA, ClientBody(name="Changed")),
    "DELETE": lambda clients: clients.delete(AROHA),
    "POST": lambda clients: clients.add(ClientBody(name="Changed")),
}
UNREADABLE: list[Kind] = ["500 before", "502 before", "404 before", "garbage before"]
APPLIED: list[Kind] = ["lost after", "500 after", "502 after", "404 after", "garbage after"]

Row = tuple[str, Fault, int, type[TogglError] | None]


def rows() -> list[Row]:
    """Return method, fault, attempts, and the error in the end; None where it ends well."""
    table: list[Row] = []
    for method in VERBS:
        table += [
            (method, Fault("refused"), 4, Unreachable),
            (method, Fault("402", resets_in=1800), 1, QuotaSpent),
            (method, Fault("429"), 2, RateLimited),
            (method, Fault("429", retry_after=10), 4, RateLimited),
            (method, Fault("429", retry_after=11), 1, RateLimited),
        ]
        unclear: list[Kind] = ["lost before", *UNREADABLE, *APPLIED]
        again, end = (1, OutcomeUnknown) if method == "POST" else (4, OutcomeUnknown)
        for kind in unclear:
            is_reconciled = method == "POST" and kind in APPLIED
            table.append(
                (method, Fault(kind), again, None if is_reconciled else Unreachable if method == "GET" else end)
            )
    return [
        *table,
        ("GET", Fault("empty"), 4, Unreachable),
        ("PUT", Fault("empty"), 4, OutcomeUnknown),
        ("DELETE", Fault("empty"), 1, None),
        ("POST", Fault("empty"), 1, None),
    ]


@pytest.mark.parametrize(("method", "fault", "attempts", "error"), rows(), ids=fault_id)
async def test_retries_of_each_method_and_fault_follow_the_table(
    in_memory: AsyncClientEndpoint,
    sandbox: Sandbox,
    *,
    method: str,
    fault: Fault,
    attempts: int,
    error: type[TogglError] | None,
) -> None:
    await in_memory.collect()
    before = toggl_fields(sandbox)
    calls: list[Call] = []

    def meet(call: Call) -> Fault | None:
        if call.method != method:
            return None
        calls.append(call)
        return fault

    sandbox.fault = meet
    raised = await outcome(in_memory, method)

    assert raised is error
    assert len(calls) == attempts
    is_applied = fault.kind in APPLIED or fault.kind == "empty"
    assert (toggl_fields(sandbox) != before) is (is_applied and method != "GET")
    cached = cached_fields(await in_memory.load_cache())
    assert cached == ({} if error is OutcomeUnknown else toggl_fields(sandbox))


async def outcome(clients: AsyncClientEndpoint, method: str) -> type[TogglError] | None:
    try:
        await VERBS[method](clients)
    except TogglError as error:
        raised = error
    else:
        return None
    assert (raised.retry_after_seconds is not None) is isinstance(raised, RateLimited)
    assert (raised.resets_in_seconds is not None) is isinstance(raised, QuotaSpent)
    return type(raised)


ONCE: list[Fault] = [Fault(kind) for kind in ("refused", "lost before", *UNREADABLE, *APPLIED, "empty", "429")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [*ONCE, Fault("429", retry_after=3)], ids=fault_id)
async def test_retries_recover_from_one_fault(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault, method: str
) -> None:
    await in_memory.collect()
    before = toggl_fields(sandbox)
    faults = [fault]
    sandbox.fault = lambda call: faults.pop() if faults and call.method == method else None
    assert await outcome(in_memory, method) is None
    assert (toggl_fields(sandbox) != before) is (method != "GET")
    assert cached_fields(await in_memory.load_cache()) == toggl_fields(sandbox)


@pytest.mark.parametrize("fault", [Fault("refused"), Fault("429"), Fault("429", retry_after=3)], ids=fault_id)
async def test_add_client_certainly_not_applied_is_retried(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, fault: Fault
) -> None:
    await in_memory.collect()
    faults = [fault]
    sandbox.fault = lambda call: faults.pop() if faults and call.method == "POST" else None
    new = await in_memory.add(ClientBody(name="Lighthouse"))
    assert await in_memory.get(new.id) == new
    assert [name for name, *_ in toggl_fields(sandbox).values()].count("Lighthouse") == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
@pytest.mark.parametrize("last", [Fault("refused"), Fault("402"), Fault("429", retry_after=60)], ids=fault_id)
async def test_refusal_after_a_lost_response_is_outcome_unknown(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox, last: Fault, method: str
) -> None:
    faults = iter([Fault("lost after")])
    sandbox.fault = lambda call: next(faults, last) if call.method == method else None
    before = toggl_fields(sandbox)
    assert await outcome(in_memory, method) is OutcomeUnknown
    assert toggl_fields(sandbox) != before


async def test_add_client_rate_limited_then_lost_is_not_retried(
    in_memory: AsyncClientEndpoint, sandbox: Sandbox
) -> None:
    await in_memory.collect()
    faults = iter([Fault("429"), Fault("lost before")])
    sandbox.fault = lambda call: next(faults, None) if call.method == "POST" else None
    assert await outcome(in_memory, "POST") is OutcomeUnknown
    assert [call.method for call in sandbox.calls] == ["GET", "POST", "POST", "GET"]
