"""Spans of scopes, events and sendings: what they are called, what they continue, and where they meet."""

import asyncio
import logging
from contextlib import contextmanager, suppress

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from interfaces.layers.local import LocalChannelLayer
from interfaces.runner.distributed import _background
from interfaces.runner.options import WorkerOptions
from interfaces.runner.traced import Spans, Traced
from interfaces.shared.consumer import Consumer
from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone
from interfaces.shared.outbox import Outbox, Rules
from interfaces.shared.sendings import Tried
from interfaces.shared.tracing import KEY, install
from interfaces.testing.raw import RawClient
from interfaces.testing.recorder import OK
from interfaces.workers.message import Channel
from interfaces.workers.relay import Relay
from interfaces.workers.routing import Routing, find_routing, route
from tests.shared.outboxes import Scripted
from tests.workers.harness import Cluster, until

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


class Memory(Spans):
    """Spans that are kept, by name."""

    def __init__(self):
        provider = TracerProvider(shutdown_on_exit=False)
        self.kept = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(self.kept))
        super().__init__(provider)

    @property
    def ended(self):
        """Name → span; of several the last."""
        return {span.name: span for span in self.kept.get_finished_spans()}


@contextmanager
def tracing():
    """Traces of this process, kept."""
    spans = Memory()
    install(spans)
    try:
        with spans.listening():
            yield spans
    finally:
        install(None)


def scope(kind="http", **more):
    """A scope of this type."""
    web = {
        "method": "GET", "path": "/a", "query_string": b"token=secret", "headers": [(b"user-agent", b"curl/8")],
        "scheme": "https", "http_version": "2", "client": ("192.0.2.7", 5000), "server": ("unix", None),
    }  # fmt: skip
    return {
        "type": kind,
        "asgi": {"version": "3.0"},
        **(web if kind in ("http", "websocket") else {}),
        **more,
    }


async def called(app, given, events=(), sent=None):
    """Call ``app`` with a scope."""
    waiting = list(events)

    async def receive():
        return waiting.pop(0)

    async def send(event):
        if sent is not None:
            sent.append(event)

    await app(given, receive, send)


def one(app, given, events=()):
    """The only span of a call."""
    with tracing() as spans:
        with suppress(NoRoute, PeerGone):
            asyncio.run(called(Traced(app, spans), given, events))
        (span,) = spans.kept.get_finished_spans()
        return span


async def answering(scope, receive, send):
    """200."""
    for event in OK:
        await send(event)


def raising(error):
    """An application that raises it."""

    async def app(scope, receive, send):
        raise error

    return app


def hexed(span):
    """Its trace's and its own id, as traceparent has them."""
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


# --- scopes ---------------------------------------------------------------------------------------


def test_a_request_is_a_server_span_by_the_conventions():
    """Named by its method; attributes as OpenTelemetry's conventions call them, and nothing of the query."""
    span = one(answering, scope())
    assert (span.name, span.kind, span.status.status_code) == ("GET", SpanKind.SERVER, StatusCode.UNSET)
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "url.scheme": "https",
        "url.path": "/a",
        "network.protocol.version": "2",
        "user_agent.original": "curl/8",
        "client.address": "192.0.2.7",
        "client.port": 5000,
        "server.address": "unix",
        "http.response.status_code": 200,
    }


def test_a_method_that_somebody_invents_names_no_span():
    """Else names would be without number."""
    span = one(answering, scope(method="BREW"))
    assert span.name == "_OTHER"
    assert span.attributes["http.request.method_original"] == "BREW"


def test_a_request_continues_its_traceparent():
    """And the scope has that of the span itself from then on."""
    given = scope(headers=[(b"traceparent", PARENT.encode()), (b"tracestate", b"a=b")])
    span = one(answering, given)
    assert hexed(span)[0] == TRACE
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.context.trace_state.get("a") == "b"
    assert given[KEY] == "00-{}-{}-01".format(*hexed(span))


def test_what_is_no_traceparent_begins_a_trace():
    """A peer may send what it likes."""
    assert one(answering, scope(headers=[(b"traceparent", b"00-x-y-\xff")])).parent is None


def test_a_scope_that_has_one_comes_from_a_container():
    """Its span is a child that runs the application, whatever headers it has besides."""
    given = scope(
        traceparent=PARENT, headers=[(b"traceparent", b"00-" + b"1" * 32 + b"-" + b"2" * 16 + b"-01")]
    )
    span = one(answering, given)
    assert (span.name, span.kind, hexed(span)[0]) == ("run http", SpanKind.CONSUMER, TRACE)
    assert span.attributes["interfaces.scope.type"] == "http"


def test_a_message_is_a_consumer_span_with_its_id_and_verdict():
    """Mail, Slack and short messages alike, by the conventions of messaging."""

    async def app(scope, receive, send):
        await receive()
        await send({"type": "email.reject", "code": 550})

    event = {"type": "email.receive", "id": "m1", "dedupe_key": "key 1"}
    span = one(app, scope("email", conversation="c1"), [event])
    assert (span.name, span.kind) == ("process email", SpanKind.CONSUMER)
    assert dict(span.attributes) == {
        "messaging.system": "email",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.conversation_id": "c1",
        "messaging.message.id": "key 1",
        "interfaces.verdict": "reject",
    }


@pytest.mark.parametrize("kind", ["lifespan", "upstream"])
def test_what_lasts_as_long_as_the_process_is_no_span(kind):
    """It would never end."""
    with tracing() as spans:
        given = scope(kind)
        asyncio.run(called(Traced(answering, spans), given))
        assert spans.kept.get_finished_spans() == ()
        assert KEY not in given


def test_what_the_application_raises_is_in_the_span_and_goes_on():
    """With its kind and its frames."""
    with tracing() as spans, pytest.raises(ZeroDivisionError):
        asyncio.run(called(Traced(raising(ZeroDivisionError("on purpose")), spans), scope()))
    (span,) = spans.kept.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "ZeroDivisionError"
    assert span.events[0].attributes["exception.message"] == "on purpose"


@pytest.mark.parametrize("error", [NoRoute("x"), PeerGone("x")])
def test_no_route_and_a_peer_that_left_are_no_failures(error):
    """Nobody is to be called at night for them."""
    span = one(raising(error), scope())
    assert span.status.status_code is StatusCode.UNSET
    assert span.events == ()


def test_an_answer_of_500_is_a_failure():
    """Though nothing was raised; 404 is not one."""

    def answer(status):
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": status})

        return one(app, scope())

    assert answer(503).status.status_code is StatusCode.ERROR
    assert answer(503).attributes["error.type"] == "503"
    assert answer(404).status.status_code is StatusCode.UNSET


def test_what_else_is_asked_of_the_application_it_answers_itself():
    """Routes are found through the span, as `check` and workers look for them."""
    routing = Routing([route("websocket.connect", lambda message: None)])
    traced = Traced(routing, Memory())
    assert find_routing(traced, "websocket") is routing
    assert traced.inner is routing
    assert not hasattr(traced, "carries")
    assert Traced(Relay(None), Memory()).carries("email") > 0


def test_work_on_own_channels_is_found_through_it():
    """A Routing that has nothing else says no scope type, and a worker has to read its channels all the same."""
    routing = Routing([route("work.make", lambda message: None)])
    layer = type("Layer", (), {"hub": None})()
    options = WorkerOptions(layer="redis://x", relay_token="t")
    (work,) = _background(Traced(routing, Memory()), options, layer)
    assert set(work.channels()) >= {"work.make"}
    assert work.handle == routing.attempt


# --- sendings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tried", "status"),
    [
        (Tried(state="sent"), StatusCode.UNSET),
        (Tried(state="failed", reason="no such box"), StatusCode.ERROR),
        (Tried(state="uncertain", reason=""), StatusCode.ERROR),
    ],
)
def test_an_attempt_continues_what_sent_the_message(tried, status):
    """The outbox's span has the trace of the message, which the way does not see; its state, and why."""
    way = Scripted(tried)

    async def run():
        layer = LocalChannelLayer()
        store = layer.store("email.send")
        outbox = Outbox(way, store, layer.send, rules=Rules())
        await store.open()
        running = asyncio.ensure_future(outbox.run())
        await layer.send("email.send", {"id": "7", "place": "example.net", KEY: PARENT})
        await until(lambda: spans.ended)
        await outbox.stop(1)
        await running
        await store.close()

    with tracing() as spans:
        asyncio.run(run())
    span = spans.ended["send test.send"]
    assert (span.kind, span.status.status_code, span.status.description) == (
        SpanKind.CLIENT, status, (tried.reason or tried.state) if tried.state != "sent" else None
    )  # fmt: skip
    assert hexed(span)[0] == TRACE
    assert f"{span.parent.span_id:016x}" == SPAN
    assert span.attributes["interfaces.state"] == tried.state
    assert span.attributes["server.address"] == "example.net"
    assert span.attributes["messaging.message.id"] == "7"
    assert KEY not in way.sendings[0].message


def test_a_message_without_a_trace_begins_one():
    """What the sender's own task was begun in is nobody's."""
    with tracing() as spans:
        with (
            spans.tracer.start_as_current_span("outer"),
            spans.sending("x.send", "", {"id": "1", "number": 1}),
        ):
            pass
        assert spans.ended["send x.send"].parent is None


# --- from the edge to the outbox ------------------------------------------------------------------


class Mailer(Consumer):
    """Sends a mail for each request, through its layer."""

    async def http_request(self, event):
        """Answered when the mail waits."""
        await self.channel_layer.send("email.send", {"to": "a@example.net"})
        for word in OK:
            await self.send(word)


def mails(message):
    """The same in event style."""
    Channel("email.send").send({"to": "a@example.net"})
    message.reply_channel.send({"status": 200, "content": "ok"})


def spans_of_a_request(app, tmp_path, monkeypatch):
    """One request with a traceparent to a container, whose worker runs ``app``: the spans of both, and the outbox's."""
    way, layer = Scripted(), LocalChannelLayer()
    monkeypatch.setattr("interfaces.workers.message._Process.layer", layer)
    monkeypatch.setattr(Mailer, "find_layer", lambda self: layer)

    async def run():
        store = layer.store("email.send")
        outbox = Outbox(way, store, layer.send, rules=Rules())
        await store.open()
        running = asyncio.ensure_future(outbox.run())
        cluster = Cluster(tmp_path, layer=layer)
        cluster.relay = Traced(cluster.relay, spans)
        async with cluster, cluster.worker(Traced(app, spans)):
            head = f"GET / HTTP/1.1\r\nHost: test\r\ntraceparent: {PARENT}\r\n\r\n"
            async with await RawClient.connect(cluster.address) as client:
                await client.send(head.encode())
                assert (await client.response()).status == 200
            await until(lambda: {"GET", "send test.send"} <= spans.ended.keys())
        await outbox.stop(1)
        await running
        await store.close()

    with tracing() as spans:
        asyncio.run(run())
    return spans.ended


@pytest.mark.parametrize(
    ("app", "inner"),
    [(Mailer.as_asgi(), "run http"), (Routing([route("http.request", mails)]), "process http.request")],
    ids=["session style", "event style"],
)
def test_one_trace_from_the_edge_over_the_layer_to_the_outbox(app, inner, tmp_path, monkeypatch):
    """Container, worker and outbox make spans of one trace, each the child of the one before."""
    spans = spans_of_a_request(app, tmp_path, monkeypatch)
    edge, worker, sent = spans["GET"], spans[inner], spans["send test.send"]
    assert {hexed(span)[0] for span in (edge, worker, sent)} == {TRACE}
    assert f"{edge.parent.span_id:016x}" == SPAN
    assert worker.parent.span_id == edge.context.span_id
    assert sent.parent.span_id == worker.context.span_id


def test_a_consumer_of_events_that_raises_fails_its_span(caplog):
    """And the next event has a span of its own."""

    def consumer(message):
        if message["text"] == "bad":
            raise ValueError("on purpose")

    routing = Routing([route("websocket.receive", consumer)])

    async def run():
        for text in ("bad", "good"):
            await routing.attempt({"type": "websocket.receive", "text": text, KEY: PARENT}, {})

    with tracing() as spans, caplog.at_level(logging.CRITICAL):
        asyncio.run(run())
    bad, good = spans.kept.get_finished_spans()
    assert (bad.status.status_code, good.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert hexed(bad)[0] == hexed(good)[0] == TRACE
    assert not spans._events


def test_sync_code_runs_in_the_span_of_its_event():
    """On its thread, so that libraries which trace by themselves join."""
    seen = []

    def consumer(message):
        seen.append(trace.get_current_span().get_span_context().trace_id)

    routing = Routing([route("websocket.receive", consumer)])
    with tracing():
        asyncio.run(routing.attempt({"type": "websocket.receive", KEY: PARENT}, {}))
    assert [f"{found:032x}" for found in seen] == [TRACE]


def test_who_listens_no_more_hears_nothing():
    """After tracing has ended an event makes no span."""
    routing = Routing([route("websocket.receive", lambda message: None)])
    with tracing() as spans:
        pass
    asyncio.run(routing.attempt({"type": "websocket.receive"}, {}))
    assert spans.kept.get_finished_spans() == ()
    spans.failed({}, ApplicationError("of nobody"))
    spans.finished({})
