"""Where traces go: the provider that the OTEL_* variables describe, for as long as the process serves.

Imported only where the option says so: it needs the extra [otel].
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import entry_points
from typing import cast

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from interfaces.runner.traced import Spans
from interfaces.shared.errors import ConfigError
from interfaces.shared.tracing import install

__all__ = ["FLUSH", "exporter", "exporters", "tracing"]

log = logging.getLogger("interfaces.runner")

FLUSH = 5.0
"""Seconds at the end for what was not exported yet; a collector that is away delays no restart for longer."""
_EXPORTERS = {"otlp": "otlp_proto_http"}
"""How OTEL_TRACES_EXPORTER calls them, and how their packages do."""


def exporter(name: str) -> SpanExporter | None:
    """What OTEL_TRACES_EXPORTER calls ``name``; None for "none". ConfigError for one that is not installed."""
    if name == "none":
        return None
    wanted = _EXPORTERS.get(name, name)
    for found in entry_points(group="opentelemetry_traces_exporter", name=wanted):
        try:
            return cast("SpanExporter", found.load()())
        except (ImportError, ValueError, TypeError) as error:
            raise ConfigError(f"OTEL_TRACES_EXPORTER={name}: {error}") from error
    known = sorted({one.name for one in entry_points(group="opentelemetry_traces_exporter")})
    raise ConfigError(
        f"OTEL_TRACES_EXPORTER={name}: no such exporter; installed are otlp, none, {', '.join(known)}"
    )


def exporters() -> list[SpanExporter]:
    """Those that OTEL_TRACES_EXPORTER names. ConfigError."""
    names = (os.environ.get("OTEL_TRACES_EXPORTER") or "otlp").split(",")
    return [found for name in names if (found := exporter(name.strip())) is not None]


def _provider(service: str) -> TracerProvider:
    """One that exports as the OTEL_* variables say. ConfigError."""
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name=" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    resource = Resource.create() if named else Resource.create({"service.name": service})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for made in exporters():
        provider.add_span_processor(BatchSpanProcessor(made))
    return provider


@asynccontextmanager
async def tracing(service: str) -> AsyncIterator[Spans]:
    """Trace this process while it is entered; ``service`` is its name unless OTEL_SERVICE_NAME says another.

    A provider that the application has set up is used as it is. Entering raises ConfigError.
    """
    there = trace.get_tracer_provider()
    ours = None
    if not isinstance(there, TracerProvider):
        there = ours = _provider(service)
        trace.set_tracer_provider(ours)  # what the application's libraries trace is of the same trace
    spans = Spans(there)
    install(spans)
    try:
        with spans.listening():
            yield spans
    finally:
        install(None)
        if ours is not None:
            await _flushed(ours)


async def _flushed(provider: TracerProvider) -> None:
    """Export what is left; in a thread that nobody waits for, since a collector that is away takes its time."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        if not done.done():
            done.set_result(None)

    def flush() -> None:
        provider.shutdown()
        try:
            loop.call_soon_threadsafe(tell)
        except RuntimeError:
            pass  # nobody has waited

    threading.Thread(target=flush, daemon=True, name="traces").start()
    try:
        async with asyncio.timeout(FLUSH):
            await done
    except TimeoutError:
        log.warning("not all traces were exported within %g s", FLUSH)
