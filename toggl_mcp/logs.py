"""The log on standard error: as text, or one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime

from toggl_mcp.settings import Settings

AUDIT_LOGGER = "toggl_mcp.audit"
NOTICES = logging.getLogger("toggl-mcp")
"""The log of what a person who starts the command has to know, whatever the log level is."""


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time (UTC), level, logger, message, and the fields of an audit line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        # ASCII alone: for what its encoding does not have, a console writes an escape that JSON does not have.
        return json.dumps(line | getattr(record, "fields", {}))


def configure_logs(settings: Settings) -> None:
    """Send logs to standard error in the configured format; the audit log by its own setting, whatever the level is."""
    logging.basicConfig(
        level=settings.log_level, handlers=[_open_handler(settings, "%(levelname)s %(name)s: %(message)s")]
    )
    if settings.audit:
        logging.getLogger(AUDIT_LOGGER).setLevel(logging.INFO)
    NOTICES.handlers = [_open_handler(settings, "toggl-mcp: %(message)s")]
    NOTICES.setLevel(logging.INFO)
    NOTICES.propagate = False


def _open_handler(settings: Settings, text_format: str) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else logging.Formatter(text_format))
    return handler
