"""How much of it: a little by default, all of it with TOGGL_MCP_CHAOS=large."""

import os

LARGE = os.environ.get("TOGGL_MCP_CHAOS") == "large"


def scaled(little: int, all_of_it: int) -> int:
    """Return how many steps or trials to make."""
    return all_of_it if LARGE else little
