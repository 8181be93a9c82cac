"""Traces by OpenTelemetry, where ``--trace`` asks for them: a span around each scope, each event and each sending.

A scope at the edge begins a trace, or continues that of a request's ``traceparent`` header; the scope then has a
``traceparent`` of its own, with which it travels to a worker, whose span continues it. Names and attributes follow the
semantic conventions for HTTP and messaging (https://opentelemetry.io/docs/specs/semconv/). A query string and the text
of a message are in no span: secrets may stand there.

Imported only where the option says so: it needs the extra [otel].
"""

import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from interfaces import __version__
from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.errors import NoRoute, PeerGone
from interfaces.shared.tracing import KEY, Ended, parent_of

__all__ = ["Spans", "Traced"]

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
"""What may be a span's name: anybody can invent others."""
UNTRACED = frozenset({"lifespan", "upstream"})
"""Types of scopes that last as long as the process."""
WEB = frozenset({"http", "websocket"})
_PROPAGATOR = TraceContextTextMapPropagator()


def _said(span: Span) -> str:
    """The traceparent of ``span``."""
    found = span.get_span_context()
    if not found.is_valid:
        return ""
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


def _continued(parent: str) -> contexts.Context | None:
    """The context of a span elsewhere; None, which is the current one, without."""
    return _PROPAGATOR.extract({KEY: parent}, contexts.Context()) if parent else None


class Spans:
    """Makes the spans of a process with ``provider``; a :class:`interfaces.shared.tracing.Tracer`."""

    def __init__(self, provider: trace.TracerProvider) -> None:
        self.tracer = provider.get_tracer("interfaces", __version__)
        self._events: dict[int, tuple[Span, Any]] = {}
        """Those of consumers that run, by the identity of their message."""

    def current(self) -> str:
        """The traceparent of the span that runs here, or ""."""
        return _said(trace.get_current_span())

    @contextmanager
    def scope(self, scope: Scope) -> Iterator[Span]:
        """A span around a scope, which has its traceparent from then on."""
        parent = parent_of(scope)
        kind, name, facts = _edge(scope)
        if parent:
            kind, name, facts = (
                SpanKind.CONSUMER,
                f"run {scope['type']}",
                {"interfaces.scope.type": scope["type"]},
            )
        context = _continued(parent) or _arriving(scope)
        with self.tracer.start_as_current_span(
            name, context, kind, facts, record_exception=False, set_status_on_exception=False
        ) as span:
            scope[KEY] = _said(span)
            try:
                yield span
            except Exception as error:
                _failed(span, error)
                raise

    @contextmanager
    def sending(self, way: str, parent: str, facts: Mapping[str, Any]) -> Iterator[Ended]:
        """A span around one attempt to send by ``way``, which continues ``parent``."""
        said: dict[str, Any] = {
            "messaging.system": way.partition(".")[0],
            "messaging.destination.name": way,
            "messaging.operation.name": "send",
            "messaging.operation.type": "send",
            "messaging.message.id": facts["id"],
            "interfaces.attempt": facts["number"],
        }
        if facts.get("place"):
            said["server.address"] = facts["place"]
        # What sends runs in a task of its own, which has the context of nobody.
        context = _continued(parent) or contexts.Context()
        with self.tracer.start_as_current_span(f"send {way}", context, SpanKind.CLIENT, said) as span:

            def ended(state: str, reason: str) -> None:
                span.set_attribute("interfaces.state", state)
                if state != "sent":
                    span.set_status(Status(StatusCode.ERROR, reason or state))

            yield ended

    # --- event style ------------------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Make a span around each consumer of events while it is entered, where such consumers are at all."""
        work: Any = sys.modules.get("interfaces.workers.background")
        if work is None:
            yield
            return
        pairs = (
            (work.consumer_started, self.started),
            (work.consumer_failed, self.failed),
            (work.consumer_finished, self.finished),
        )
        for signal, receiver in pairs:
            signal.connect(receiver)
        try:
            yield
        finally:
            for signal, receiver in pairs:
                signal.disconnect(receiver)

    def started(self, message: Any) -> None:
        """A consumer is about to run with ``message``."""
        channel = str(message.channel)
        facts = {
            "messaging.system": "interfaces",
            "messaging.destination.name": channel,
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
        }
        context = _continued(parent_of(message))
        span = self.tracer.start_span(f"process {channel}", context, SpanKind.CONSUMER, facts)
        self._events[id(message)] = span, contexts.attach(trace.set_span_in_context(span))

    def failed(self, message: Any, error: Exception) -> None:
        """It has raised."""
        if id(message) in self._events:
            _failed(self._events[id(message)][0], error)

    def finished(self, message: Any) -> None:
        """It has run."""
        found = self._events.pop(id(message), None)
        if found is not None:
            contexts.detach(found[1])
            found[0].end()


def _failed(span: Span, error: Exception) -> None:
    """The application raised; that it knows no such address, or that its peer has gone, is no failure of it."""
    if isinstance(error, NoRoute | PeerGone):
        return
    span.record_exception(error)
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))


def _arriving(scope: Scope) -> contexts.Context:
    """What a request says that it is a part of; an empty context for all else."""
    found: dict[str, str] = {}
    if scope["type"] in WEB:
        for name, value in scope["headers"]:
            if name in (b"traceparent", b"tracestate"):
                found[name.decode()] = value.decode("latin-1")
    return _PROPAGATOR.extract(found, contexts.Context())


def _edge(scope: Scope) -> tuple[SpanKind, str, dict[str, Any]]:
    """The kind, name and attributes of the span of a scope that has just come."""
    kind: str = scope["type"]
    if kind in WEB:
        method = scope.get("method", "GET")
        known = method if method in METHODS else "_OTHER"
        return SpanKind.SERVER, known if kind == "http" else kind, _web(scope, known)
    facts = {
        "messaging.system": kind,
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
    }
    if scope.get("conversation"):
        facts["messaging.message.conversation_id"] = str(scope["conversation"])
    return SpanKind.CONSUMER, f"process {kind}", facts


def _web(scope: Scope, method: str) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "http.request.method": method,
        "url.scheme": scope.get("scheme", "http"),
        "url.path": scope["path"],
        "network.protocol.version": scope.get("http_version", "1.1"),
    }
    if method == "_OTHER":
        facts["http.request.method_original"] = scope["method"]
    for name, value in scope["headers"]:
        if name == b"user-agent":
            facts["user_agent.original"] = value.decode("latin-1")
    for end, name in (("client", "client"), ("server", "server")):
        if scope.get(end):
            facts[f"{name}.address"] = str(scope[end][0])
            if scope[end][1] is not None:
                facts[f"{name}.port"] = scope[end][1]
    return facts


class Traced:
    """``inner``, each of its scopes in a span; what else is asked of it, such as its routes, it answers itself."""

    def __init__(self, inner: Any, spans: Spans) -> None:
        self.inner = inner
        self.spans = spans

    def __repr__(self) -> str:
        return f"Traced({self.inner!r})"

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        if scope["type"] in UNTRACED:
            await self.inner(scope, receive, send)
            return
        with self.spans.scope(scope) as span:

            async def received() -> Event:
                event = await receive()
                _noted(span, event)
                return event

            async def sent(event: Event) -> None:
                _answered(span, event)
                await send(event)

            await self.inner(scope, received if scope["type"] not in WEB else receive, sent)


def _noted(span: Span, event: Event) -> None:
    """The id of the message that a delivery is."""
    found = event.get("dedupe_key") or event.get("id")
    if isinstance(found, str):
        span.set_attribute("messaging.message.id", found)


def _answered(span: Span, event: MutableMapping[str, Any]) -> None:
    """The status of an answer, or the verdict on a message."""
    kind: str = event.get("type", "")
    if kind in ("http.response.start", "websocket.http.response.start"):
        span.set_attribute("http.response.status_code", event["status"])
        if event["status"] >= 500:
            span.set_attribute("error.type", str(event["status"]))
            span.set_status(Status(StatusCode.ERROR))
    elif kind.endswith((".accept", ".reject", ".defer")):
        span.set_attribute("interfaces.verdict", kind.rpartition(".")[2])
