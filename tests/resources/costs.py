"""What it costs to read each resource, as a test measures it and the documentation tells it."""

from collections.abc import Mapping

COSTS: Mapping[str, tuple[int, int]] = {
    "account": (1, 0),
    "day": (2, 0),
    "week": (2, 0),
    "project": (3, 0),
    "changes": (0, 0),
}
"""The requests to Toggl with an empty cache, and with a warm one."""
