"""The cached endpoint core: what can be asked of Toggl, through the cache."""
