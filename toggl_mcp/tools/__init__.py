"""The MCP face: what a model may call, and in what words it is answered."""
