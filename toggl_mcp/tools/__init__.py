"""The MCP tools: what a model may call, and the results that it gets."""
