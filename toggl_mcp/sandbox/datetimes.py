"""Moments and days as callers write them."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from toggl_mcp.sandbox.responses import Refusal, error
from toggl_mcp.sandbox.state import State

_DAY = "(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}"
_MOMENT = _DAY + r"T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"


def zone(state: State) -> ZoneInfo:
    """The user's own."""
    return ZoneInfo(state.me["timezone"])


def moment(field: str, text: str) -> datetime:
    """The moment that this field tells by RFC 3339, seconds and offset included; a refusal if it tells none."""
    if re.fullmatch(_MOMENT, text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise Refusal(error(400, f"Invalid {field}"))


def day(field: str, text: str) -> date:
    """The day that this field tells; a refusal if it tells none."""
    if re.fullmatch(_DAY, text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise Refusal(error(400, f"Invalid {field}"))


def day_or_moment(state: State, field: str, text: str) -> datetime:
    """The moment that this field tells; of a day, the midnight of the user's zone at which it begins."""
    return moment(field, text) if "T" in text else datetime.combine(day(field, text), time(), zone(state))
