"""What the tools say of a case, and what an independent count says."""

from tests.sandbox.clock import Clock
from tests.tools.driving import Answer, Host
from tests.totals.independent import Answer as Independent
from tests.totals.independent import Count, World, answer
from tests.totals.worlds import Case, asked
from toggl_mcp.sandbox import Sandbox
from toggl_mcp.sandbox.sample import PEOPLE

Groups = dict[tuple[str, ...], Count]
ONLY_OF_SUMS = {"group_by", "team", "amounts", "limit"}


def total_of(told: Answer) -> Count:
    return Count(told["total"]["seconds"], told["total"]["entries"])


def groups_of(told: Answer) -> Groups:
    """Return the groups by what they are called, each only once and none left out."""
    groups = [(tuple(group["by"].values()), Count(group["seconds"], group["entries"])) for group in told["groups"]]
    assert len(dict(groups)) == len(groups)
    assert "groups_remaining" not in told
    return dict(groups)


async def is_counted_right(case: Case, clock: Clock) -> Answer:
    """Return the sum that the server tells, which an independent count has confirmed."""
    async with asked(case, clock) as (host, sandbox):
        now = clock.now  # A call counts running timers up to its begin, however long it waits for its turn.
        told = await host.call("summarize_time", **{"limit": 200, **case.question})
        counted = counted_for(case, sandbox, now)

        assert told["complete"] or case.question.get("team") or "sent no amount" in told["incomplete_reason"]
        assert total_of(told) == counted.total
        assert told["total"]["hours"] == round(counted.total.seconds / 3600, 2)
        assert told.get("running_seconds", 0) == counted.running
        if "group_by" in case.question:
            assert groups_of(told) == counted.groups
        if not case.question.get("team"):
            assert await _listed(host, case) == counted.begun
    return told


def counted_for(case: Case, sandbox: Sandbox, now: float) -> Independent:
    """Return what an independent count of a Toggl's rows comes to."""
    there = sandbox.state
    world = World(there.me, there.workspaces, there.clients, there.projects, there.tasks, there.entries)
    return answer(world, case.question, now, PEOPLE)


async def _listed(host: Host, case: Case) -> list[int]:
    """Return the ids of the entries that began on the days, over all pages."""
    asked_for = {name: value for name, value in case.question.items() if name not in ONLY_OF_SUMS}
    page = await host.call("list_time_entries", **asked_for, limit=200)
    found = [row["id"] for row in page["entries"]]
    while "next_cursor" in page:
        page = await host.call("list_time_entries", **asked_for, limit=200, cursor=page["next_cursor"])
        found += [row["id"] for row in page["entries"]]
    assert len(found) == page["total"]
    return found
