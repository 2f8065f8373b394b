"""What the environment asks of Python and of OpenTelemetry, and what of it cannot be had."""

import os
import sys

from toggl_mcp.errors import InvalidArguments

_PLUGIN_GROUPS = {
    "OTEL_PROPAGATORS": "opentelemetry_propagator",
    "OTEL_PYTHON_CONTEXT": "opentelemetry_context",
    "OTEL_PYTHON_METER_PROVIDER": "opentelemetry_meter_provider",
    "OTEL_PYTHON_TRACER_PROVIDER": "opentelemetry_tracer_provider",
}
"""The entry points that a variable of OpenTelemetry names; its API ends the process for one that is not installed."""


def require_docstrings() -> None:
    """Require that Python keeps docstrings: the tools' descriptions are some.

    Raises:
        InvalidArguments: It does not.
    """
    if sys.flags.optimize > 1:
        message = "Python removes the tools' descriptions. Unset PYTHONOPTIMIZE (or set it to 1), and leave out -OO."
        raise InvalidArguments(message)


def unset_missing_plugins() -> list[str]:
    """Unset the variables of OpenTelemetry that name what is not installed; return their names."""
    missing = [name for name, group in _PLUGIN_GROUPS.items() if _names_missing(os.environ.get(name), group)]
    for name in missing:
        del os.environ[name]
    return missing


def _names_missing(value: str | None, group: str) -> bool:
    if value is None:
        return False
    from importlib.metadata import entry_points  # noqa: PLC0415 - start-up

    names = [name.strip() for name in value.split(",")]
    is_none = group == "opentelemetry_propagator" and "none" in map(str.lower, names)
    return not (is_none or all(entry_points(group=group, name=name) for name in names))
