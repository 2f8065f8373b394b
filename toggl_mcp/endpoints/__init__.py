"""The endpoints: Toggl's resources, read and changed through the cache."""
