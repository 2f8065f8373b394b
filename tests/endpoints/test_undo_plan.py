"""Which item a row is about, after undos have created items again."""

from datetime import UTC, datetime

import pytest

from toggl_mcp.endpoints.journal import JournalChange
from toggl_mcp.endpoints.undo_plan import JournalRow, follow_replacements
from toggl_mcp.models.journal import ChangeRecord, RowChange


def make_change(*replacements: tuple[int, int]) -> JournalChange:
    """Return the change of an undo that has created tags again, each former id with the new one."""
    records = [
        ChangeRecord(
            record_id=f"{former_id}-{new_id}",
            change_id="undo",
            made_at=0,
            verb="add",
            kind="tag",
            workspace_id=1,
            rows=(RowChange(new_id, None, "{}"),),
            former_id=former_id,
            is_confirmed=True,
        )
        for former_id, new_id in replacements
    ]
    return JournalChange("undo", datetime(2025, 10, 14, tzinfo=UTC), records)


@pytest.mark.parametrize(
    ("replacements", "expected"), [([(1, 2)], 2), ([(1, 2), (2, 3)], 3), ([(1, 1)], 1), ([(1, 2), (2, 1)], 2), ([], 1)]
)
def test_undo_row_is_about_the_item_that_was_created_again_last(
    replacements: list[tuple[int, int]], expected: int
) -> None:
    row = JournalRow("tag", 1, 1, 1)
    change = make_change(*replacements)
    follow_replacements([row], change, [change])

    assert (row.row_id, row.journal_id) == (expected, 1)
