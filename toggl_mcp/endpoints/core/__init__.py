"""The machinery of every endpoint: one collection, read through the cache and written through to Toggl."""
