"""What is measured, as Prometheus reads it."""

import logging
from functools import cache

from opentelemetry.metrics import get_meter_provider, set_meter_provider
from starlette.requests import Request
from starlette.responses import Response

_log = logging.getLogger(__name__)


@cache
def open_metrics() -> bool:
    """Keep what is measured from now on, for `answer_metrics`; return whether it is kept here.

    It is not without the packages of the extra `http`, nor where this process has another provider of OpenTelemetry.
    """
    try:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415 - it may be missing
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - the same
    except ImportError:
        return False
    provider = MeterProvider([PrometheusMetricReader()])
    set_meter_provider(provider)
    if get_meter_provider() is provider:
        return True
    provider.shutdown()
    _log.warning(
        "This process has another provider of OpenTelemetry, which gets what is measured: /metrics is not served. Read "
        "it where that provider exports to, or start the server without it."
    )
    return False


async def answer_metrics(_: Request) -> Response:
    """Answer with all that is measured."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415 - it may be missing

    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
