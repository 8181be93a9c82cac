"""A plain session, an HTTP request of either version, a WebSocket: makings of one contract, held to be the same."""

import asyncio
import logging
from contextlib import asynccontextmanager

import pytest
from h2.connection import H2Connection

from interfaces.http_ws.interface import HttpWs, HttpWsOptions
from interfaces.shared.errors import NoRoute, PeerGone
from interfaces.shared.interface import Context
from interfaces.shared.session import Session, report
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import WebSocketClient

WAIT = 10


@asynccontextmanager
async def plain(app, counts):
    """A session without a server; its peer is the test."""
    gone = False

    async def take(event):
        if gone:
            raise PeerGone("gone")

    def ended(session):
        counts.append(session)
        report(session)

    session = Session(app, {"type": "plain", "path": "/"}, take, on_end=ended)
    session.start(asyncio.get_running_loop())
    session.offer({"type": "plain.request"})

    async def leave():
        nonlocal gone
        gone = True
        session.last({"type": "plain.disconnect"})

    yield leave
    session.last()
    await session.wait(WAIT)


@asynccontextmanager
async def served(name, connect):
    """Our server, and a peer that ``connect`` makes: gives how it leaves."""
    interface = HttpWs(HttpWsOptions(bind=("127.0.0.1:0",), half_close_timeout=0.1))
    async with interface.serve(served.app, Context(names=(name,), drain=1)) as (address,):
        raw = await connect(address)

        async def leave():
            raw.reset()

        yield leave
        await raw.close()


@asynccontextmanager
async def http(app, counts):
    """A request over a real connection."""
    served.app = counting(app, counts)

    async def connect(address):
        raw = await RawClient.connect(address)
        await raw.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        return raw

    async with served("http", connect) as leave:
        yield leave


@asynccontextmanager
async def http2(app, counts):
    """A request over HTTP/2."""
    served.app = counting(app, counts)

    async def connect(address):
        raw = await RawClient.connect(address)
        client = H2Connection()
        client.initiate_connection()
        fields = [(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/")]
        client.send_headers(1, fields, end_stream=True)
        await raw.send(client.data_to_send())
        return raw

    async with served("http", connect) as leave:
        yield leave


@asynccontextmanager
async def websocket(app, counts):
    """A WebSocket that is accepted before the application goes on."""

    async def accepting(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await app(scope, receive, send)

    served.app = counting(accepting, counts)

    async def connect(address):
        client = await WebSocketClient.connect(address)
        await client.send("first")
        return client.raw

    async with served("ws", connect) as leave:
        yield leave


def counting(app, counts):
    """Count the ends of the task, the only ones that can be seen from outside."""

    async def app_and_count(scope, receive, send):
        asyncio.current_task().add_done_callback(counts.append)
        await app(scope, receive, send)

    return app_and_count


MESSAGES = {
    "plain": {"type": "plain.send"},
    "http": {"type": "http.response.start", "status": 200, "headers": []},
    "websocket": {"type": "websocket.send", "text": "a"},
}
KINDS = pytest.mark.parametrize("kind", [plain, http, http2, websocket])


def run(kind, app, test):
    """Run ``test(leave, ends)`` beside ``app`` in a scope of ``kind``."""

    async def main():
        counts = []
        async with asyncio.timeout(WAIT), kind(app, counts) as leave:
            await test(leave, counts)
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(counts) == 1

    asyncio.run(main())


async def until(counts):
    """Wait until the application has ended."""
    while not counts:
        await asyncio.sleep(0.001)


@KINDS
def test_who_left_is_told_of_and_cannot_be_sent_to(kind):
    """A disconnect event, then PeerGone, which is an OSError; uncaught it is a normal end, and not logged."""
    seen = []

    async def app(scope, receive, send):
        while not (await receive())["type"].endswith(".disconnect"):
            pass
        try:
            await send(MESSAGES[scope["type"]])
        except OSError as error:
            seen.append(type(error))
            raise

    async def test(leave, counts):
        await asyncio.sleep(0)
        await leave()
        await until(counts)

    run(kind, app, test)
    assert seen == [PeerGone]


@KINDS
@pytest.mark.parametrize(("error", "logged"), [(ZeroDivisionError, 1), (NoRoute, 0), (PeerGone, 0)])
def test_what_the_application_raises_is_logged_once_or_not_at_all(kind, error, logged, caplog):
    """An error of its own is; that it knows no such address, or that the peer left, is none."""

    async def app(scope, receive, send):
        await receive()
        raise error("on purpose")

    async def test(leave, counts):
        await until(counts)

    with caplog.at_level(logging.ERROR):
        run(kind, app, test)
    assert [record.name for record in caplog.records].count("interfaces.application") == logged


@KINDS
def test_a_task_that_outlives_its_scope_cannot_send(kind):
    """The late message raises there, and disturbs nobody."""
    late = []

    async def app(scope, receive, send):
        await receive()

        async def later():
            while asyncio.current_task() is not None and not late_gate.is_set():
                await late_gate.wait()
            try:
                await send(MESSAGES[scope["type"]])
            except (OSError, RuntimeError) as error:
                late.append(error)

        app.task = asyncio.ensure_future(later())

    late_gate = None

    async def test(leave, counts):
        nonlocal late_gate
        late_gate = asyncio.Event()
        await until(counts)
        late_gate.set()
        await app.task

    run(kind, app, test)
    assert len(late) == 1


@KINDS
def test_a_cancelled_application_is_no_failure(kind, caplog):
    """No exception is logged about an end that somebody brought about."""

    async def app(scope, receive, send):
        await receive()
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    async def test(leave, counts):
        await until(counts)

    with caplog.at_level(logging.ERROR):
        run(kind, app, test)
    assert "interfaces.application" not in [record.name for record in caplog.records]


@KINDS
def test_the_strand_of_a_scope_ends_with_it(kind):
    """Sync work is the scope's own: one strand, closed at the end."""
    from asgiref.sync import sync_to_async

    from interfaces.shared import strand

    found = []

    async def app(scope, receive, send):
        await receive()
        await sync_to_async(int)()
        found.append(strand.current())
        await sync_to_async(int)()
        found.append(strand.current())

    async def test(leave, counts):
        await until(counts)

    run(kind, app, test)
    assert found[0] is found[1]
    assert found[0].closed
