"""The size of a run: small by default, all of it with TOGGL_MCP_CHAOS=large."""

import os

LARGE = os.environ.get("TOGGL_MCP_CHAOS") == "large"

SEED = 12
"""The seed of the small run, from which each injected bug follows within 300 steps."""


def scaled(small: int, large: int) -> int:
    """Return how many steps or trials to make."""
    return large if LARGE else small
