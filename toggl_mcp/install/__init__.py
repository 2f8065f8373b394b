"""`toggl-mcp install`: this server in a host's configuration, and out of it again."""
