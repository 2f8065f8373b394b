"""Rows as CSV (RFC 4180) that a spreadsheet takes for data, never for formulas."""

import csv
import io
from collections.abc import Iterable

from toggl_mcp.models.text import strip_invisible

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width ones count as well


def to_csv(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines of CSV; a text that a spreadsheet would calculate begins with an apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([_to_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _to_cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    # A result loses its invisible characters: one of them may hide what a cell begins with.
    text = strip_invisible(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA_STARTS) or text.startswith(("\t", "\r", "\n")) else text
