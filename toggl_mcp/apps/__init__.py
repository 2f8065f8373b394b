"""The apps that hosts with MCP Apps show in place of a tool's result."""
