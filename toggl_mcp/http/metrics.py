"""What is measured, as Prometheus reads it."""

from functools import cache

from opentelemetry.metrics import set_meter_provider
from starlette.requests import Request
from starlette.responses import Response


@cache
def open_metrics() -> bool:
    """Keep what is measured from now on, for `answer_metrics`; return False without the packages of extra `http`."""
    try:
        from opentelemetry.exporter.prometheus import PrometheusMetricReader  # noqa: PLC0415 - it may be missing
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - the same
    except ImportError:
        return False
    set_meter_provider(MeterProvider([PrometheusMetricReader()]))
    return True


async def answer_metrics(_: Request) -> Response:
    """Answer with all that is measured."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415 - it may be missing

    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
