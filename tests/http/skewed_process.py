"""The command on a machine whose clock is ahead by CLOCK_OFFSET_SECONDS."""

import os
import sys
import time

_read_clock = time.time  # noqa: TID251 - what is wrong is the clock itself
_OFFSET_SECONDS = float(os.environ["CLOCK_OFFSET_SECONDS"])
time.time = lambda: _read_clock() + _OFFSET_SECONDS  # noqa: TID251 - the same

from toggl_mcp.cli import main  # noqa: E402 - now

sys.exit(main())
