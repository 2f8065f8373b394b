"""How much of it: a little by default, all of it with TOGGL_MCP_CHAOS=large."""

import os

LARGE = os.environ.get("TOGGL_MCP_CHAOS") == "large"

SEED = 12
"""Of the little run step by step: from it, each bug that is put in follows within 300 steps."""


def scaled(small: int, large: int) -> int:
    """Return how many steps or trials to make."""
    return large if LARGE else small
