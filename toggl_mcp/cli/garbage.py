"""When Python collects garbage: after start-up, whose objects stay."""

import gc


def enable_gc() -> None:
    """Collect garbage from now on, and never look at what start-up made."""
    gc.freeze()
    gc.enable()
