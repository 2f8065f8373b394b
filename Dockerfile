# syntax=docker/dockerfile:1
# toggl-mcp over streamable HTTP. No token is in the image: give settings as environment variables or mounted files.

FROM python:3.13-slim AS build
RUN pip install --no-cache-dir "uv>=0.9,<1"
WORKDIR /app
COPY pyproject.toml README.md LICENSE ./
COPY toggl_mcp ./toggl_mcp
RUN uv venv /opt/toggl-mcp \
    && uv pip install --python /opt/toggl-mcp/bin/python --compile-bytecode ".[http,redis]"

FROM python:3.13-slim
LABEL org.opencontainers.image.title="toggl-mcp" \
      org.opencontainers.image.description="The Model Context Protocol server for Toggl Track" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/toggl-mcp /opt/toggl-mcp
# The root file system may be read-only: nothing is written but the log, and the cache is in memory or in Redis.
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
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["toggl-mcp", "http"]
