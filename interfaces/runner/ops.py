"""The operations port: ``/livez`` and ``/readyz`` for whoever supervises the process, ``/metrics`` for Prometheus.

And ``/status``, all of that in JSON for people's commands; and a POST to ``/drain``, which stops gracefully.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, 0.0.4).
"""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from interfaces import __version__, registry
from interfaces.runner.ops_drain import loopback, refusal
from interfaces.runner.ops_figures import Samples, added, readiness_samples
from interfaces.runner.ops_text import exposition
from interfaces.runner.readiness import Readiness
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.bind import authority, parse_bind
from interfaces.shared.errors import ApplicationError
from interfaces.shared.interface import Context
from interfaces.shared.listen import Address

__all__ = ["Ops", "ops_application", "serve_ops"]

PORT = 9000
TEXT = b"text/plain; charset=utf-8"
METRICS = b"text/plain; version=0.0.4; charset=utf-8"
JSON = b"application/json"
PAGES = "/livez, /metrics, /readyz or /status"

Answer = tuple[int, bytes, str]
"""Status, content type, text."""


@dataclass(kw_only=True)
class Ops:
    """What the operations port tells of."""

    readiness: Readiness
    counters: Callable[[], Samples]
    gauges: Callable[[], Samples]
    facts: Callable[[], Mapping[str, Any]] = dict
    """What else /status says."""
    stop: Callable[[], None] | None = None
    """Begins a graceful drain; None: that is another's to do."""


def serve_ops(bind: str, ops: Ops) -> AbstractAsyncContextManager[list[Address]]:
    """Serve the operations port while it is entered, on 9000 unless told. Entering raises ConfigError."""
    kind = registry.load("http")
    where = parse_bind(bind, PORT)
    text = authority(where.host, where.port) if where.kind == "tcp" else bind
    context = Context(names=("http",), drain=1.0)
    private = where.kind == "unix" or (where.kind == "tcp" and loopback(where.host))
    app = ops_application(ops, private=private)
    return kind(kind.options_class(bind=(text,), drain_idle=0.0)).serve(app, context)


def ops_application(ops: Ops, *, private: bool = False) -> Application:
    """Answers 200 while the process lives, and while it may be given new work; and with its figures.

    ``private``: whether only who is on this machine gets here, and so may stop it.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ApplicationError(f"{scope['type']} is not served here")
        status, kind, text = (
            _drain(ops, scope, private) if scope["path"] == "/drain" else _page(ops, scope["path"])
        )
        headers = [(b"content-type", kind), (b"cache-control", b"no-store")]
        if status == 405:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})

    return answer


def _page(ops: Ops, path: str) -> Answer:
    readiness = ops.readiness
    if path == "/livez":
        return 200, TEXT, "ok\n"
    if path == "/readyz":
        return (200 if readiness.ok else 503), TEXT, _lines(readiness.lines or ["starting"])
    if path == "/metrics":
        gauges = added([ops.gauges(), readiness_samples(readiness)])
        return 200, METRICS, _lines(exposition(ops.counters(), gauges))
    if path == "/status":
        return 200, JSON, json.dumps(_status(ops)) + "\n"
    return 404, TEXT, f"{PAGES}\n"


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _status(ops: Ops) -> dict[str, Any]:
    readiness = ops.readiness
    parts = [{"name": name, "ok": ok, "reason": reason} for name, (ok, reason) in readiness.parts.items()]
    return {
        "version": __version__,
        "pid": os.getpid(),
        "ready": readiness.ok,
        "draining": readiness.draining,
        "parts": parts,
        **ops.facts(),
    }


def _drain(ops: Ops, scope: Scope, private: bool) -> Answer:
    if (found := refusal(scope, private=private)) is not None:
        status, why = found
        return status, TEXT, f"{why}\n"
    if ops.stop is None:
        return 409, TEXT, "who started this process from code has to end it\n"
    ops.stop()
    return 202, TEXT, "draining\n"
