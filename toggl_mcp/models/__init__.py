"""Toggl's things as typed values. Nothing here reads or writes anything."""
