"""MCP over streamable HTTP, for agents and teams; only the command `toggl-mcp http` imports it."""
