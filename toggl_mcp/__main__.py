"""Run the server with `python -m toggl_mcp`."""

import sys

from toggl_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
