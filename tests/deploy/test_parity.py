"""An application behaves the same in one process and with compose's containers, over both transports."""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack

import pytest

from interfaces.layers.embedded import Embedded
from interfaces.testing.raw import RawClient, Response
from interfaces.testing.websocket import Close, Refused, WebSocketClient
from tests.deploy.app import PIECE, PIECES
from tests.deploy.houses import WAYS, House

APP = "tests.deploy.app:application"
ONE = "one process"
DATE = re.compile(rb"(?mi)^date: .*\r\n")
BODY = bytes(range(256)) * 20_000
"""5 MB."""
HASH = hashlib.sha256(BODY).hexdigest().encode()
FORM = b"content-type: application/octet-stream\r\n"


def request(line: bytes, body: bytes = b"", *headers: bytes) -> bytes:
    """The bytes of a request, after which the connection is closed."""
    lines = b"".join(b"%b\r\n" % header for header in headers)
    size = b"content-length: %d\r\n" % len(body) if body else b""
    return b"%b HTTP/1.1\r\nhost: test\r\nconnection: close\r\n%b%b\r\n%b" % (line, lines, size, body)


def chunked(body: bytes, size: int) -> bytes:
    """A body in chunks."""
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


EXACT = {
    "scope": (request(b"GET /scope?q=%C3%A9&x", b"", b"x-a: 1", b"X-A: 2", b"cookie: c=d"), b" 200 "),
    "encoded path": (request(b"GET /sc%6Fpe"), b" 200 "),
    "a Django view": (request(b"GET /view?a=b"), b"GET /view?a=b 0"),
    "a form": (request(b"POST /view", b"a=1&b=2", FORM.strip()), b"POST /view 7"),
    "HEAD": (request(b"HEAD /view"), b" 200 "),
    "OPTIONS": (request(b"OPTIONS /scope"), b" 200 "),
    "empty": (request(b"GET /empty"), b" 204 "),
    "Django's 404": (request(b"GET /nowhere"), b" 404 "),
    "no route": (request(b"GET /no-route"), b" 404 "),
    "Django's 500": (request(b"GET /fail"), b" 500 "),
    "an application that raises": (request(b"GET /raises"), b" 500 "),
    "one that says nothing": (request(b"GET /silent"), b" 500 "),
    "one that says what does not fit": (request(b"GET /wrong"), b" 500 "),
    "one that breaks off": (request(b"GET /breaks"), b"half"),
    "hints and trailers": (request(b"GET /hints", b"", b"te: trailers"), b"with trailers"),
    "a large upload": (request(b"POST /upload", BODY), b"%d %b" % (len(BODY), HASH)),
    "chunks": (request(b"POST /upload", b"", b"transfer-encoding: chunked") + chunked(BODY, 70_000), HASH),
    "continue": (request(b"POST /upload", b"abc", b"expect: 100-continue"), b" 201 "),
    "HTTP/1.0": (b"GET /scope HTTP/1.0\r\n\r\n", b" 200 "),
    "malformed": (b"GET /scope HTTP/1.1\r\nhost: test\r\nno colon\r\n\r\n", b" 400 "),
    "pipelined": (request(b"GET /view").replace(b"connection: close\r\n", b"") + request(b"GET /scope"), b"/view"),
}  # fmt: skip
"""Requests that are answered with the same bytes, and a part of the answer."""


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, House]]:
    """One process, and a container with two workers for each transport."""
    directory = tmp_path_factory.mktemp("houses")
    with Embedded() as broker, ExitStack() as stack:
        yield {way: stack.enter_context(House(directory, way, APP, broker.url)) for way in (ONE, *WAYS)}


async def exchanged(house: House, sent: bytes) -> bytes:
    """All that a connection brings, without the date."""
    async with await RawClient.connect(house.address) as client:
        await client.send(sent)
        async with asyncio.timeout(30):
            return DATE.sub(b"", await client.reader.read(-1))


@pytest.mark.parametrize("name", EXACT)
def test_answers_are_the_same_to_the_byte(houses: dict[str, House], name: str) -> None:
    """Status line, headers in their order, framing and body."""
    sent, expected = EXACT[name]
    seen = {way: asyncio.run(exchanged(house, sent)) for way, house in houses.items()}
    assert expected in seen[ONE]
    assert seen == dict.fromkeys(seen, seen[ONE])


def test_what_does_not_fit_is_told_to_the_operator(houses: dict[str, House]) -> None:
    """An application that says something wrong and is gone: somebody's log has the reason, wherever it ran."""
    for house in houses.values():
        asyncio.run(exchanged(house, request(b"GET /wrong?again")))
        logs = "".join(one.said for one in (house.server, *house.workers))
        assert "http.response.body" in logs, house


@pytest.mark.parametrize("path", ["/sized", "/stream"])
def test_a_streamed_download_is_the_same(houses: dict[str, House], path: str) -> None:
    """Headers and body; how a stream is cut into chunks is nobody's business."""

    async def downloaded(house: House) -> Response:
        async with await RawClient.connect(house.address) as client:
            await client.send(request(b"GET %b" % path.encode()))
            return await client.response()

    for house in houses.values():
        answer = asyncio.run(downloaded(house))
        assert answer.body == PIECE * PIECES
        names = [name for name, _ in answer.headers if name != b"date"]
        assert names == [b"content-length" if path == "/sized" else b"transfer-encoding", b"connection"]


async def talked(house: House, path: str, *said: str | bytes, **options: object) -> list[object]:
    """What a WebSocket brings: its handshake without date and key, an answer to each message, and its end."""
    try:
        client = await WebSocketClient.connect(house.address, path, **options)
    except Refused as refused:
        answer = refused.response
        return [answer.status, [pair for pair in answer.headers if pair[0] != b"date"], answer.body]
    async with client:
        hidden = (b"date", b"sec-websocket-accept")
        seen: list[object] = [[pair for pair in client.response.headers if pair[0] not in hidden]]
        for message in said:
            await client.send(message)
            answer = await client.receive()
            seen.append((answer.code, answer.reason) if isinstance(answer, Close) else answer)
        if not isinstance(seen[-1], tuple):
            end = await client.close(4002, "bye")
            seen.append((end.code, end.reason))
        return seen


SOCKETS = {
    "echo": (("/echo", "text é", b"bytes", "", b"", "x" * 100_000), {}),
    "large messages": (("/echo", bytes(200_000), bytes(300_000), "x" * 600_000, bytes(1 << 20)), {}),
    "a sync consumer": (("/sync", "text", b"bytes"), {}),
    "subprotocols": (("/echo", "x"), {"subprotocols": ["chat.v2", "chat.v1"]}),
    "headers": (("/echo?q=1", "x"), {"headers": [(b"Origin", b"http://test"), (b"X-A", b"1")]}),
    "a code of the application's": (("/echo", "x", "close 4001"), {}),
    "a normal end": (("/echo", "close 1000"), {}),
    "a consumer that raises": (("/echo", "x", "raise"), {}),
    "a denied handshake": (("/deny",), {}),
    "a consumer that raises at once": (("/raise",), {}),
    "a handshake that is answered with a page": (("/refuse",), {}),
    "no route": (("/nowhere",), {}),
}
ENDS = {
    "a code of the application's": 4001, "a normal end": 1000, "a consumer that raises": 1011,
    "a denied handshake": 403, "a consumer that raises at once": 500,
    "a handshake that is answered with a page": 401, "no route": 500,
}  # fmt: skip


@pytest.mark.parametrize("name", SOCKETS)
def test_websockets_are_the_same(houses: dict[str, House], name: str) -> None:
    """Handshakes, messages, close codes and refusals."""
    words, options = SOCKETS[name]
    seen = {way: asyncio.run(talked(house, *words, **options)) for way, house in houses.items()}
    assert seen == dict.fromkeys(seen, seen[ONE])
    one = seen[ONE]
    if name in ENDS:
        assert ENDS[name] == (one[-1][0] if isinstance(one[-1], tuple) else one[0])
    else:
        assert one[1:] == [*words[1:], (4002, "")]


@pytest.mark.parametrize("way", [ONE, *WAYS])
def test_a_group_reaches_sockets_wherever_they_are(houses: dict[str, House], way: str) -> None:
    """All hear the same in the same order, in all workers; those who are left hear with which code one left."""
    house = houses[way]

    async def main() -> None:
        async with AsyncExitStack() as stack:
            clients: list[WebSocketClient] = []
            pids = set()
            while len(pids) < max(1, len(house.workers)) or len(clients) < 2:
                assert len(clients) < 50, "one worker takes everything"
                client = await WebSocketClient.connect(house.address, "/chat")
                clients.append(await stack.enter_async_context(client))
                pids.add(await client.receive())
            for number in range(20):
                await clients[number % len(clients)].send(f"said {number}")
            for client in clients:
                heard = [await client.receive() for _ in range(20)]
                assert sorted(heard) == sorted(f"said {number}" for number in range(20))
            await clients.pop().close(4003)
            for client in clients:
                assert await client.receive() == "left 4003"

    asyncio.run(main())


def test_they_all_stop_in_the_same_way(houses: dict[str, House]) -> None:
    """SIGTERM: open sockets get 1012, the exit code is 0, and nobody has a traceback but those made on purpose."""

    async def stopped(house: House) -> Close:
        async with await WebSocketClient.connect(house.address, "/echo") as client:
            house.server.process.terminate()
            end = await client.receive(30)
            assert isinstance(end, Close)
            await client.raw.send(client.wire.close(1012))
            return end

    for house in houses.values():
        assert asyncio.run(stopped(house)).code == 1012
        assert house.server.ended() == 0
        for worker in house.workers:
            worker.process.terminate()
            assert worker.ended() == 0
