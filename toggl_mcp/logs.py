"""The log on standard error: as text, or one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime

from toggl_mcp.settings import Settings

AUDIT_LOGGER = "toggl_mcp.audit"


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
        return json.dumps(line | getattr(record, "fields", {}), ensure_ascii=False)


def configure_logs(settings: Settings) -> None:
    """Send logs to standard error in the configured format; the audit log by its own setting, whatever the level is."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter() if settings.log_format == "json" else logging.Formatter("%(levelname)s %(name)s: %(message)s")
    )
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    logging.getLogger(AUDIT_LOGGER).setLevel(logging.INFO if settings.audit else logging.CRITICAL)
