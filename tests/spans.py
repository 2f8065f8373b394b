"""The spans that a tracing back end would get, as OpenTelemetry's SDK makes them."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import cache

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult


class SpanRecorder(SpanExporter):
    """Keeps the spans that end while it records."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self._is_recording = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._is_recording:
            self.spans += spans
        return SpanExportResult.SUCCESS

    @contextmanager
    def record(self) -> Generator["SpanRecorder"]:
        """Record, from none on."""
        self.spans = []
        self._is_recording = True
        try:
            yield self
        finally:
            self._is_recording = False

    @property
    def toggl(self) -> list[ReadableSpan]:
        """The spans of requests to Toggl."""
        return [span for span in self.spans if span.attributes and "url.template" in span.attributes]

    def to_text(self) -> str:
        """Return all that the spans have."""
        return "\n".join(span.to_json() for span in self.spans)


@cache
def open_recorder() -> SpanRecorder:
    """Return the recorder of this process, in which a provider can be set once."""
    recorder = SpanRecorder()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(recorder))
    trace.set_tracer_provider(provider)
    return recorder
