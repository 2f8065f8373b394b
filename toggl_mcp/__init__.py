"""The Model Context Protocol server for Toggl Track."""
