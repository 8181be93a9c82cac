"""The operations port: ``/livez`` and ``/readyz`` for whoever supervises the process, ``/metrics`` for Prometheus.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager

from interfaces import registry
from interfaces.runner.readiness import Readiness
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.bind import authority, parse_bind
from interfaces.shared.errors import ApplicationError
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address
from interfaces.shared.telemetry import Telemetry

__all__ = ["exposition", "ops_application", "serve_ops"]

PORT = 9000
TEXT = b"text/plain; charset=utf-8"
METRICS = b"text/plain; version=0.0.4; charset=utf-8"


def serve_ops(
    bind: str, readiness: Readiness, telemetry: Telemetry
) -> AbstractAsyncContextManager[list[Address]]:
    """Serve the operations port while it is entered, on 9000 unless told. Entering raises ConfigError."""
    kind = registry.load("http")
    where = parse_bind(bind, PORT)
    text = authority(where.host, where.port) if where.kind == "tcp" else bind
    context = Context(names=("http",), drain=1.0)
    app = ops_application(readiness, telemetry)
    return kind(kind.options_class(bind=(text,), drain_idle=0.0)).serve(app, context)


def ops_application(readiness: Readiness, telemetry: Telemetry) -> Application:
    """Answers 200 while the process lives, and while it may be given new work; and with what was counted."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ApplicationError(f"{scope['type']} is not served here")
        kind = TEXT
        if scope["path"] == "/metrics":
            kind, status, lines = METRICS, 200, exposition(telemetry.counts)
        else:
            status, lines = _page(scope["path"], readiness)
        headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        body = "".join(f"{line}\n" for line in lines).encode()
        await send({"type": "http.response.body", "body": body})

    return answer


def _page(path: str, readiness: Readiness) -> tuple[int, list[str]]:
    if path == "/livez":
        return 200, ["ok"]
    if path != "/readyz":
        return 404, ["/livez, /metrics or /readyz"]
    return (200 if readiness.ok else 503), readiness.lines or ["starting"]


def exposition(counts: Mapping[str, int]) -> list[str]:
    """The counters as lines of Prometheus' format: ``http.refused`` is ``interfaces_http_refused_total``."""
    metrics: Counter[str] = Counter()
    for name, count in counts.items():  # two names that differ in what a metric's cannot have are one metric
        metrics[f"interfaces_{re.sub('[^a-zA-Z0-9_]', '_', name)}_total"] += count
    return [
        line for name in sorted(metrics) for line in (f"# TYPE {name} counter", f"{name} {metrics[name]}")
    ]
