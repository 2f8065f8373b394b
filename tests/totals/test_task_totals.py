"""Totals of tasks, as an independent count has them."""

import pytest

from tests.sandbox.clock import Clock
from tests.totals.cases import CHECKOUT, IN_SPRING, Case
from tests.totals.comparison import check_case

pytestmark = pytest.mark.anyio

CASES = {
    "by task": {"group_by": ["task"]},
    "by project and task": {"group_by": ["project", "task"]},
    "a task by its name whatever its case": {"task": "checkout"},
    "a task by its id": {"task": str(CHECKOUT), "group_by": ["day"]},
    "no task": {"task": "0", "group_by": ["project"]},
}


@pytest.mark.parametrize("args", CASES.values(), ids=CASES.keys())
async def test_summarize_time_of_tasks_matches_reference(args: dict[str, object], clock: Clock) -> None:
    result = await check_case(Case(IN_SPRING, {"period": "last_month", **args}), clock)

    assert result["total"]["seconds"] > 0
