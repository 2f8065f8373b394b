"""Toggl's entities as typed values; no I/O."""
