"""Totals of tasks, as an independent count has them."""

import pytest

from tests.sandbox.clock import Clock
from tests.totals.cases import CHECKOUT, IN_SPRING, Case
from tests.totals.comparison import is_counted_right

pytestmark = pytest.mark.anyio

CASES = {
    "by task": {"group_by": ["task"]},
    "by project and task": {"group_by": ["project", "task"]},
    "a task by its name in any case": {"task": "checkout"},
    "a task by its id": {"task": str(CHECKOUT), "group_by": ["day"]},
    "no task": {"task": "0", "group_by": ["project"]},
}


@pytest.mark.parametrize("question", CASES.values(), ids=CASES.keys())
async def test_time_on_tasks_is_totalled_as_an_independent_count_totals_it(
    question: dict[str, object], clock: Clock
) -> None:
    told = await is_counted_right(Case(IN_SPRING, {"period": "last_month", **question}), clock)

    assert told["total"]["seconds"] > 0
