"""The tools' results for a case, compared with the reference."""

from tests.sandbox.clock import Clock
from tests.tools.host import Host, Result
from tests.totals.cases import Case, open_case
from tests.totals.reference import Count, ReferenceTotals, TogglData, compute_totals
from toggl_mcp.sandbox import Sandbox

Groups = dict[tuple[str, ...], Count]
SUMMARY_ARGS = {"group_by", "user", "amounts", "limit"}


def total_of(result: Result) -> Count:
    return Count(result["total"]["seconds"], result["total"]["entries"])


def check_groups(result: Result, expected: Groups) -> None:
    """Compare the groups, or the cells of a table, with those of the reference."""
    if "columns" not in result:
        assert groups_of(result) == expected
        return
    cells = {
        (*row["by"].values(), column): seconds
        for row in result["groups"]
        for column, seconds in zip(result["columns"], row["cells"], strict=True)
    }
    assert expected.keys() <= cells.keys()
    assert cells == {key: expected[key].seconds if key in expected else 0 for key in cells}


def groups_of(result: Result) -> Groups:
    """Return the groups by what they are called, each only once and none left out."""
    groups = [(tuple(group["by"].values()), Count(group["seconds"], group["entries"])) for group in result["groups"]]
    assert len(dict(groups)) == len(groups)
    assert "remaining" not in result
    return dict(groups)


async def check_case(case: Case, clock: Clock) -> Result:
    """Return the result of summarize_time, which the reference has confirmed."""
    async with open_case(case, clock) as (host, sandbox):
        now = clock.now  # A call counts running timers up to its begin, however long it waits for its slot.
        result = await host.call("summarize_time", **{"limit": 200, **case.args})
        expected = reference_for(case, sandbox, now)

        # Most cases are about few days: what comes after them is a long silence, which a result mentions.
        reason = result.get("incomplete_reason", "has no entry")
        assert case.args.get("user") or "sent no amount" in reason or "has no entry" in reason
        assert total_of(result) == expected.total
        assert result["total"]["hours"] == round(expected.total.seconds / 3600, 2)
        assert result.get("running_seconds", 0) == expected.running
        if "group_by" in case.args:
            check_groups(result, expected.groups)
        if not case.args.get("user"):
            assert await _list_ids(host, case) == expected.started_ids
    return result


def reference_for(case: Case, sandbox: Sandbox, now: float) -> ReferenceTotals:
    """Return the totals that the reference computes from a sandbox's rows, at a UNIX time."""
    state = sandbox.state
    data = TogglData(state.me, state.workspaces, state.clients, state.projects, state.tasks, state.entries)
    return compute_totals(data, case.args, now, state.people)


async def _list_ids(host: Host, case: Case) -> list[int]:
    """Return the ids of the entries that began on the days, over all pages."""
    args = {name: value for name, value in case.args.items() if name not in SUMMARY_ARGS}
    page = await host.call("list_time_entries", **args, limit=200)
    ids = [row["id"] for row in page["entries"]]
    while "next_cursor" in page:
        page = await host.call("list_time_entries", **args, limit=200, cursor=page["next_cursor"])
        ids += [row["id"] for row in page["entries"]]
    assert len(ids) == page["total"]
    return ids
