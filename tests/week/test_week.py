"""Forty things that a person asks for in a working week, over stdio: what is right, and with how many calls."""

import pytest

from tests.figures import check_figures
from tests.week.changes import CHANGES
from tests.week.reads import READS
from tests.week.session import open_session

TASKS = [*READS, *CHANGES]


@pytest.mark.promise("week")
def test_tools_of_a_working_week_do_each_task_with_few_more_calls_than_an_ideal_server() -> None:
    with open_session() as session:
        wrong = [task.request for task in TASKS if not task.perform(session)]

    assert wrong == []
    check_figures(
        "week",
        tasks=len(TASKS),
        calls=session.calls,
        ideal_calls=sum(task.ideal_calls for task in TASKS),
        kilobytes=round(session.result_bytes / 1000),
    )
