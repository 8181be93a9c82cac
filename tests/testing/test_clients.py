"""The raw client and the WebSocket client, against servers that say what the test wants them to say."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
import trustme

from interfaces.http_ws.handshake import accept_value
from interfaces.shared.bind import Address
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import Close, DeflateOptions, Failed, Refused, WebSocketClient

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def talking(handler, *, path=None, tls=None):
    """A server whose connections are handled by ``handler(reader, writer)``; gives its address."""
    done = []

    async def handle(reader, writer):
        done.append(asyncio.current_task())
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    if path:
        server = await asyncio.start_unix_server(handle, path)
        address = Address(kind="unix", path=str(path))
    else:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=tls)
        host, port = server.sockets[0].getsockname()
        address = Address(kind="tcp", host=host, port=port)
    async with server:
        yield address
        await asyncio.gather(*done, return_exceptions=True)


def run(main):
    """Run an async test."""
    asyncio.run(asyncio.wait_for(main(), 20))


def saying(data):
    """A handler that says ``data`` to whatever it hears first."""

    async def handler(reader, writer):
        await reader.read(1)
        writer.write(data)

    return handler


def accepted(head, more=b""):
    """The acceptance of the handshake in ``head``, with ``more`` lines."""
    key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    return b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %b\r\n%b\r\n" % (
        accept_value(key),
        more,
    )


async def echo(scope, receive, send):
    """An application that says what it hears."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({**event, "type": "websocket.send"})


async def response(data, **options):
    """What the reader makes of ``data``."""
    async with talking(saying(data)) as address, await RawClient.connect(address) as client:
        await client.send(b"x")
        return await client.response(**options)


def test_bytes_both_ways_in_any_split():
    """All at once or one by one, the server gets the same."""

    async def main():
        got = asyncio.Queue()

        async def handler(reader, writer):
            await got.put(await reader.readexactly(6))
            writer.write(b"abc\r\ndef")

        for every in (0, 1, 4):
            async with talking(handler) as address, await RawClient.connect(address) as client:
                await client.send(b"123456", every=every)
                assert await got.get() == b"123456"
                assert await client.read_until(b"\r\n") == b"abc\r\n"
                assert await client.read(1) == b"d"
                assert await client.read_all() == b"ef"

    run(main)


def test_unix_and_tls(tmp_path):
    """The same client for each kind of address."""

    async def main():
        authority = trustme.CA()
        server, client_side = (
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
            ssl.create_default_context(),
        )
        authority.issue_cert("test.example").configure_cert(server)
        authority.configure_trust(client_side)
        name = {"tls": client_side, "server_hostname": "test.example"}
        for where, options in (({"path": tmp_path / "s"}, {}), ({"tls": server}, name)):
            async with talking(saying(b"hello"), **where) as address:
                client = await RawClient.connect(address, **options)
                await client.send(b"x")
                assert await client.read_all() == b"hello"
                await client.close()

    run(main)


def test_nobody_there():
    """OSError, and the socket is closed."""

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        with pytest.raises(OSError, match=r"[Cc]onnect"):
            await RawClient.connect(Address(kind="tcp", host="127.0.0.1", port=port))

    run(main)


def test_half_close_and_reset():
    """The server sees the end of one side, or an error."""

    async def main():
        saw = asyncio.Queue()

        async def handler(reader, writer):
            try:
                await saw.put(await reader.read())
                writer.write(b"bye")
            except ConnectionResetError as error:
                await saw.put(type(error))

        async with talking(handler) as address:
            async with await RawClient.connect(address) as client:
                await client.send(b"all")
                client.half_close()
                assert await client.read_all() == b"bye"
            assert await saw.get() == b"all"
            client = await RawClient.connect(address)
            await client.send(b"x")
            client.reset()
            assert await saw.get() is ConnectionResetError
            await client.close()

    run(main)


def test_reading_nothing_is_felt_by_the_server():
    """With a small receive buffer soon; afterwards everything still comes."""

    async def main():
        stuck = asyncio.Event()

        async def handler(reader, writer):
            writer.write(bytes(2**22))
            if writer.transport.get_write_buffer_size():
                stuck.set()
            await writer.drain()

        async with talking(handler) as address:
            client = await RawClient.connect(address, receive_buffer=4096)
            client.stop_reading()
            await stuck.wait()
            client.resume_reading()
            assert len(await client.read_all()) == 2**22
            await client.close()

    run(main)


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore", b"ok"),
        (b"HTTP/1.1 200\r\n\r\nto the end", b"to the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n", b""),
        (CHUNKED + b"2\r\nok\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n", b"ok0123456789"),
    ],
)  # fmt: skip
def test_bodies_end_as_their_headers_say(data, body):
    """By length, by chunks, by the end of the connection, or there is none."""

    async def main():
        got = await response(data)
        assert (got.body, got["status"], got.version) == (body, int(data.split()[1]), b"HTTP/1.1")

    run(main)


def test_heads_and_trailers():
    """An answer to HEAD has no body; names are in lower case, trailers stand by themselves."""

    async def main():
        got = await response(
            b"HTTP/1.1 200 All right\r\nContent-Length: 9\r\nA:  b \r\na: c\r\n\r\n", head=True
        )
        assert (got.reason, got.body, got.header(b"a"), got.header(b"z")) == (b"All right", b"", b"b", None)
        assert got.headers[1:] == [(b"a", b"b"), (b"a", b"c")]
        assert (await response(CHUNKED + b"0\r\nX-Sum: 1\r\n\r\n")).trailers == [(b"x-sum", b"1")]

    run(main)


def test_a_response_that_is_cut_off_is_an_error():
    """It cannot pass for a whole one."""

    async def main():
        with pytest.raises(asyncio.IncompleteReadError):
            await response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok")
        with pytest.raises(TimeoutError):
            async with talking(saying(b"")) as address, await RawClient.connect(address) as client:
                await client.response(timeout=0)

    run(main)


def test_a_handshake_that_is_refused():
    """With the response that the server gave."""

    async def main():
        async with talking(saying(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as address:
            with pytest.raises(Refused) as caught:
                await WebSocketClient.connect(address)
        assert caught.value.response.status == 403

    run(main)


def test_a_handshake_that_is_wrong():
    """An accept that does not belong to the key is no WebSocket."""

    async def main():
        head = b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\n\r\n"
        async with talking(saying(head)) as address:
            with pytest.raises(AssertionError, match="does not fit"):
                await WebSocketClient.connect(address)

    run(main)


def test_a_whole_websocket(interfaces_server):
    """Headers and subprotocols go out, messages both ways, a close is answered."""
    scopes = []

    async def app(scope, receive, send):
        scopes.append(scope)
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "v2"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({**event, "type": "websocket.send"})

    async def main():
        address = interfaces_server(app, "http", "ws", ws_ping_interval=0.1).address
        async with await WebSocketClient.connect(
            address, "/chat?a=b", headers=[(b"X-A", b"b")], subprotocols=["v1", "v2"]
        ) as client:
            assert client.response.header(b"sec-websocket-protocol") == b"v2"
            await client.send("text")
            await client.send(b"bytes")
            assert [await client.receive(), await client.receive()] == ["text", b"bytes"]
            await client.send("unread")
            assert (await client.close(4000, "bye")).code == 4000
        scope = scopes[-1]
        assert (scope["path"], scope["query_string"], scope["subprotocols"]) == (
            "/chat",
            b"a=b",
            ["v1", "v2"],
        )
        assert (b"x-a", b"b") in scope["headers"]

    run(main)


@pytest.mark.parametrize("takeover", [False, True])
def test_a_websocket_that_compresses(interfaces_server, takeover):
    """Offered and agreed to, messages are smaller on the wire than they are; declined, they go as they are."""

    async def main():
        options, text = DeflateOptions(takeover=takeover), "again and again " * 1000
        for agreed in (True, False):
            server = interfaces_server(echo, "ws", ws_deflate=agreed, ws_deflate_takeover=takeover)
            async with await WebSocketClient.connect(server.address, deflate=options) as client:
                assert (client.deflate is not None) == agreed
                assert (len(client.wire.text(text)) < 1000) == agreed
            async with await WebSocketClient.connect(server.address, deflate=options) as client:
                for _ in range(2):
                    await client.send(text)
                    assert await client.receive() == text

    run(main)


@pytest.mark.parametrize("answer", [b"permessage-deflate", b"permessage-snappy", b"a, b", b";"])
def test_an_extension_that_was_not_offered(answer):
    """An answer that does not fit the offer is no WebSocket."""

    async def main():
        async def handler(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"sec-websocket-extensions: permessage-deflate; server_no_context_takeover" in head
            writer.write(accepted(head, b"Sec-WebSocket-Extensions: %b\r\n" % answer))

        async with talking(handler) as address:
            with pytest.raises(AssertionError, match=r"extension|Extensions"):
                await WebSocketClient.connect(address, deflate=DeflateOptions())

    run(main)


def test_pings_are_answered_and_ends_are_told(interfaces_server):
    """A raw server asks for life, breaks the protocol, or just goes."""

    async def main():
        frames, answers = asyncio.Queue(), asyncio.Queue()

        async def handler(reader, writer):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(accepted(head) + b"\x89\x02hi")
            await frames.put(await reader.readexactly(8))
            writer.write(await answers.get())

        async def connected(data):
            async with talking(handler) as address, await WebSocketClient.connect(address) as client:
                receiving = asyncio.ensure_future(client.receive())
                pong = await frames.get()
                assert pong[0] == 0x8A
                await answers.put(data)
                return await receiving

        with pytest.raises(EOFError):
            await connected(b"")
        assert isinstance(await connected(b"\x88\x02\x03\xe8"), Close)
        assert isinstance(await connected(b"\xff\x00"), Failed)

    run(main)
