"""What the people of the sample studio did in the last 120 days."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from toggl_mcp.sandbox import rows
from toggl_mcp.sandbox.rows import Row, fine_stamp, stamp

DAYS = 120
ZONE = ZoneInfo("Pacific/Auckland")
_FIRST_ID = 3_731_000_001
_RUNNING_FOR = 25 * 60
_BEYOND_A_NIGHT = 31 * 3600

# What is done, on which project and task, with which tags (by id and name), and whether it is billable.
_Work = tuple[str | None, int | None, int | None, list[tuple[int, str]], bool]
_STUDIO: list[_Work] = [
    ("Sketches for the new labels", 201_500_301, None, [(17_300_301, "design")], True),
    ("Checkout page", 201_500_302, 80_400_301, [(17_300_301, "design")], True),
    ("Call with the bakery", 201_500_302, None, [(17_300_302, "meeting")], True),
    ("Photo selection", 201_500_304, None, [], True),
    ("Tidying the workshop", 201_500_307, None, [], False),
    ("Carte d'été, 2e version", 201_500_308, None, [(17_300_301, "design"), (17_300_305, "to be invoiced")], True),
    ("Entwurf Messestand", 201_500_309, 80_400_305, [(17_300_301, "design")], True),
    (None, 201_500_310, None, [], False),
    ("Mail", None, None, [], False),
    ("ロゴの修正", 201_500_311, None, [(17_300_303, "on site")], True),
]
_SCHOOL: list[_Work] = [
    ("Glazing", 201_500_401, None, [(17_300_401, "lesson")], False),
    ("Ćwiczenia na wtorek", 201_500_402, None, [(17_300_403, "preparation")], False),
    ("Teachers' round", None, None, [(17_300_402, "meeting")], False),
]
_LENGTHS = (25, 40, 55, 75, 95, 130)


class SampleEntries:
    """Writes down entries under ids of their own.

    Args:
        now: The moment from which it counts back.
        me: The user's id.
        studio: The workspace of the day.
        school: That of some evenings.
    """

    def __init__(self, now: float, me: int, studio: int, school: int) -> None:
        self._now = now
        self._me = me
        self._studio = studio
        self._school = school
        self._ids = count(_FIRST_ID)
        self._today = datetime.fromtimestamp(now, ZONE).date()

    def entries(self, colleagues: tuple[int, ...]) -> list[Row]:
        """Every entry, the oldest first; none is later than the user's timer, which runs as that of one colleague."""
        entries = [*self._entries_by_day(colleagues), *self._edge_cases()]
        limit = self._now - _RUNNING_FOR
        past = [row for row in entries if datetime.fromisoformat(row["start"]).timestamp() + row["duration"] <= limit]
        return [*past, self._running(colleagues[-1], _STUDIO[8]), self._running(self._me, _STUDIO[1])]

    def _entries_by_day(self, colleagues: tuple[int, ...]) -> Iterator[Row]:
        for back in range(DAYS, -1, -1):
            day = self._today - timedelta(days=back)
            number = day.toordinal()
            weekend = day.weekday() >= 5  # noqa: PLR2004 - Saturday
            if not weekend:
                yield from self._entries_of_day(day, 4 + number % 4, self._me)
                for order, colleague in enumerate(colleagues):
                    yield from self._entries_of_day(day, 2 + (number + order) % 3, colleague)
            if day.weekday() in (1, 3) or (weekend and number % 3 == 0):
                yield self._entry(day, 19 * 60, 90, _SCHOOL[number % len(_SCHOOL)], self._me, self._school)

    def _entries_of_day(self, day: date, entry_count: int, user_id: int) -> Iterator[Row]:
        """Work from half past eight on, with a break after each; every ninth day two entries overlap."""
        minute, number = 8 * 60 + 30, day.toordinal() + user_id
        for order in range(entry_count):
            length = _LENGTHS[(number + order * 5) % len(_LENGTHS)]
            yield self._entry(day, minute, length, _STUDIO[(number + order * 3) % len(_STUDIO)], user_id, self._studio)
            overlaps = order == 1 and number % 9 == 0
            minute += length - 15 if overlaps else length + 10

    def _edge_cases(self) -> Iterator[Row]:
        """Entries that go wrong elsewhere: over midnight, over a change of clocks, of no length, very long, deleted."""
        for back in (3, 17, 31, 45, 60, 90):
            yield self._entry(self._today - timedelta(days=back), 22 * 60 + 20, 205, _STUDIO[1], self._me, self._studio)
        for back in range(DAYS):
            day = self._today - timedelta(days=back)
            if _noon(day).utcoffset() != _noon(day - timedelta(days=1)).utcoffset():
                yield self._entry(day - timedelta(days=1), 23 * 60 + 30, 330, _SCHOOL[1], self._me, self._school)
        zero_length = self._entry(self._today - timedelta(days=5), 7 * 60, 0, _STUDIO[8], self._me, self._studio)
        yield zero_length | {"stop": None}
        long_entry = self._entry(self._today - timedelta(days=24), 20 * 60, 0, _STUDIO[9], self._me, self._studio)
        end = datetime.fromisoformat(long_entry["start"]).timestamp() + _BEYOND_A_NIGHT
        yield long_entry | {"duration": _BEYOND_A_NIGHT, "stop": stamp(end)}
        for back in (2, 9):
            deleted = self._entry(self._today - timedelta(days=back), 6 * 60, 45, _STUDIO[8], self._me, self._studio)
            yield deleted | {"server_deleted_at": stamp(self._now - 86_400), "at": fine_stamp(self._now - 86_400)}

    def _running(self, user_id: int, work: _Work) -> Row:
        start = int(self._now - _RUNNING_FOR)
        description, project_id, task_id, tags, billable = work
        fields: Row = {"description": description, "project_id": project_id, "task_id": task_id, "billable": billable}
        fields |= {"tag_ids": [tag_id for tag_id, _ in tags], "tags": [name for _, name in tags], "duration": -start}
        return rows.entry(next(self._ids), self._studio, start, start, user_id, **fields)

    def _entry(
        self,
        day: date,
        minute: int,
        length: int,
        work: _Work,
        user_id: int,
        workspace_id: int,
    ) -> Row:
        """An entry that begins so many minutes after midnight by the clock, and takes so many."""
        description, project_id, task_id, tags, billable = work
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone is put on below, after the clock
        start = (midnight + timedelta(minutes=minute)).replace(tzinfo=ZONE).astimezone(UTC).timestamp()
        end = start + length * 60
        fields: Row = {"description": description, "project_id": project_id, "task_id": task_id, "billable": billable}
        fields |= {"tag_ids": [tag_id for tag_id, _ in tags], "tags": [name for _, name in tags]}
        times: Row = {"duration": length * 60, "stop": stamp(end)}
        return rows.entry(next(self._ids), workspace_id, start, end, user_id, **fields, **times)


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
