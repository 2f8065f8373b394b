# syntax=docker/dockerfile:1
# toggl-mcp over streamable HTTP. No token is in the image: give settings as environment variables or mounted files.

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY toggl_mcp ./toggl_mcp
# Byte code is compiled here: the file system of a replica is read-only, and without it each start takes seconds more.
RUN uv venv --no-python-downloads /opt/toggl-mcp \
    && uv pip install --python /opt/toggl-mcp/bin/python --compile-bytecode ".[http,redis]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="toggl-mcp" \
      org.opencontainers.image.description="The Model Context Protocol server for Toggl Track" \
      org.opencontainers.image.source="https://github.com/toggl-mcp/toggl-mcp" \
      org.opencontainers.image.licenses="MIT" \
      io.modelcontextprotocol.server.name="io.github.toggl-mcp/toggl-mcp"
COPY --from=build /opt/toggl-mcp /opt/toggl-mcp
# Nothing is written but the log, so that the root file system may be read-only: the cache is in memory or in Redis.
ENV PATH=/opt/toggl-mcp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    TOGGL_MCP_CACHE=memory \
    TOGGL_MCP_HTTP_HOST=0.0.0.0 \
    TOGGL_MCP_HTTP_PORT=8000 \
    TOGGL_MCP_LOG_FORMAT=json
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# The proxy by which Toggl may be reached (HTTPS_PROXY) is none for this machine.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['TOGGL_MCP_HTTP_PORT'] + '/health', timeout=2)"]
ENTRYPOINT ["toggl-mcp"]
CMD ["http"]
