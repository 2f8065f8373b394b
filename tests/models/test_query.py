"""Questions about cached clients."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from toggl_mcp.errors import InvalidArguments
from toggl_mcp.models.clients import Client
from toggl_mcp.models.query import Comparison, Query

MOMENT = datetime(2026, 3, 5, 23, 30, tzinfo=UTC)
CLIENT = Client(id=7, workspace_id=9, name="Aroha", archived=False, notes="Bread", updated_at=MOMENT)
BARE = Client(id=8, workspace_id=9, name="Bare")

LT, LE, GT, GE = (
    Comparison.LESS_THAN,
    Comparison.LESS_THAN_OR_EQUAL,
    Comparison.GREATER_THAN,
    Comparison.GREATER_THAN_OR_EQUAL,
)
DAY = MOMENT.date()


@pytest.mark.parametrize(
    ("key", "value", "comparison", "expected"),
    [
        ("id", 7, Comparison.EQUAL, True),
        ("id", 8, Comparison.EQUAL, False),
        ("id", 8, LT, True),
        ("id", 7, LT, False),
        ("id", 7, LE, True),
        ("id", 6, LE, False),
        ("id", 6, GT, True),
        ("id", 7, GT, False),
        ("id", 7, GE, True),
        ("id", 8, GE, False),
        ("id", 6.5, GT, True),
        ("name", "Aroha", Comparison.EQUAL, True),
        ("name", "aroha", Comparison.EQUAL, False),
        ("name", "Aro", Comparison.EQUAL, False),
        ("name", "B", LT, True),
        ("archived", False, Comparison.EQUAL, True),
        ("notes", "Bread", Comparison.EQUAL, True),
        ("updated_at", MOMENT, Comparison.EQUAL, True),
        ("updated_at", MOMENT.astimezone(timezone(timedelta(hours=13))), Comparison.EQUAL, True),
        ("updated_at", MOMENT + timedelta(seconds=1), LT, True),
        ("updated_at", MOMENT, LT, False),
    ],
)
def test_matches_compares_field_with_value(key: str, value: object, comparison: Comparison, *, expected: bool) -> None:
    assert Query(key, value, comparison).matches(CLIENT) is expected


@pytest.mark.parametrize(
    ("value", "comparison", "expected"),
    [
        (DAY, Comparison.EQUAL, True),
        (DAY, LE, True),
        (DAY, GE, True),
        (DAY, LT, False),
        (DAY, GT, False),
        (DAY + timedelta(days=1), LT, True),
        (DAY - timedelta(days=1), GT, True),
        (DAY + timedelta(days=1), Comparison.EQUAL, False),
    ],
)
def test_matches_date_compares_with_day_of_datetime(value: date, comparison: Comparison, *, expected: bool) -> None:
    assert Query("updated_at", value, comparison).matches(CLIENT) is expected


def test_matches_date_uses_utc_day() -> None:
    in_auckland = CLIENT.model_copy(update={"updated_at": MOMENT.astimezone(timezone(timedelta(hours=13)))})
    assert in_auckland.updated_at is not None
    assert in_auckland.updated_at.date() != DAY
    assert Query("updated_at", DAY).matches(in_auckland)


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset])
def test_matches_several_values_means_any_of_them(kind: Callable[[tuple[int, ...]], object]) -> None:
    assert Query("id", kind((7, 8))).matches(CLIENT)
    assert not Query("id", kind((8, 9))).matches(CLIENT)
    assert not Query("id", kind(())).matches(CLIENT)


def test_matches_none_finds_missing_values() -> None:
    assert Query("notes", None).matches(BARE)
    assert not Query("notes", None).matches(CLIENT)
    assert Query("notes", [None, "Bread"]).matches(BARE)


@pytest.mark.parametrize("comparison", list(Comparison))
def test_matches_missing_value_matches_no_other_value(comparison: Comparison) -> None:
    assert not Query("notes", "Bread", comparison).matches(BARE)
    assert not Query("updated_at", DAY, comparison).matches(BARE)


@pytest.mark.parametrize("key", ["wid", "at", "timestamp", "", "model_fields", "__class__"])
def test_matches_unknown_field_is_refused_with_known_fields(key: str) -> None:
    with pytest.raises(InvalidArguments, match="use one of id, workspace_id, name, updated_at, archived, notes"):
        Query(key, 7).matches(CLIENT)


@pytest.mark.parametrize(
    ("key", "value", "comparison"),
    [
        ("name", 7, GT),
        ("id", "7", LT),
        ("id", DAY, LE),
        ("name", DAY, GE),
        ("updated_at", 7, LT),
        ("updated_at", MOMENT.replace(tzinfo=None), GT),
        ("id", [7, 8], LT),
        ("id", (7,), GE),
    ],
)
def test_matches_incomparable_types_are_refused(key: str, value: object, comparison: Comparison) -> None:
    with pytest.raises(InvalidArguments, match=f"'{key}' cannot be compared with a"):
        Query(key, value, comparison).matches(CLIENT)
