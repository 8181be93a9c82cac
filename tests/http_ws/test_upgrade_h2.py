"""The upgrade of HTTP/1.1 to HTTP/2: what is taken, what is answered over HTTP/1.1 instead, and what comes of it."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded
from hypothesis import given
from hypothesis import strategies as st

from interfaces.http_ws import service as module
from interfaces.http_ws.connection_h2 import ConnectionH2
from interfaces.http_ws.upgrade_h2 import asked
from interfaces.http_ws.wire_h1 import RequestHead
from interfaces.shared.errors import ConfigError
from interfaces.shared.proxy import Trusted
from interfaces.shared.proxy_header import ProxyHeader
from tests.http_ws.h2_frames import HELLO, headers, number, settings
from tests.http_ws.harness import GET, Bench, Peer, answers, echo, scene
from tests.http_ws.sections import proves

CONNECTION = b"Connection: Upgrade, HTTP2-Settings\r\n"
H2C = CONNECTION + b"Upgrade: h2c\r\nHTTP2-Settings: \r\n\r\n"
ASK = GET[:-2] + H2C
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\n"
FIELDS = [
    (b"host", b"a"), (b"connection", b"Upgrade, HTTP2-Settings"), (b"upgrade", b"h2c"),
    (b"http2-settings", b"AAMAAABk"),
]  # fmt: skip


def head(*more: tuple[bytes, bytes], fields: list[tuple[bytes, bytes]] = FIELDS, **named: Any) -> RequestHead:
    """A request as it is read; ``more`` fields take the place of those of the same name."""
    made = RequestHead()
    made.method, made.target = b"GET", b"/a?b"
    names = [name for name, _ in more]
    made.headers = [field for field in fields if field[0] not in names] + list(more)
    for name, value in named.items():
        setattr(made, name, value)
    return made


@proves("RFC7540 3.2", "RFC7540 3.2.1")
def test_the_request_that_is_made_of_it() -> None:
    """All but what is about the connection stays, in order; SETTINGS are decoded."""
    found = asked(head((b"accept", b"*/*"), (b"te", b"gzip, Trailers"), (b"keep-alive", b"5"), (b"x", b"y")))
    assert found is not None
    made, payload = found
    assert (made.method, made.target, made.scheme, made.authority) == (b"GET", b"/a?b", b"http", b"a")
    assert made.fields == [(b"host", b"a"), (b"accept", b"*/*"), (b"x", b"y"), (b"te", b"trailers")]
    assert payload == b"\0\3\0\0\0d"


@proves("RFC7540 3.2")
@pytest.mark.parametrize(
    "more",
    [
        (b"connection", b"upgrade,http2-settings"), (b"connection", b"keep-alive, TE, HTTP2-Settings , Upgrade"),
        (b"upgrade", b"websocket, h2c"), (b"upgrade", b"H2C"), (b"http2-settings", b""), (b"content-length", b"0"),
    ],
)  # fmt: skip
def test_what_is_taken(more: tuple[bytes, bytes]) -> None:
    """Lists in any case and order; no settings at all; a length of nothing."""
    assert asked(head(more)) is not None


REFUSED: list[Any] = [
    head((b"connection", b"upgrade")), head((b"connection", b"HTTP2-Settings")),
    head((b"connection", b"close, Upgrade, HTTP2-Settings")), head((b"connection", b"Upgrade, HTTP2-Settings, x")),
    head((b"upgrade", b"h2")), head((b"upgrade", b"websocket")), head((b"upgrade", b"h2c"), (b"upgrade", b"h2c")),
    head((b"http2-settings", b""), (b"http2-settings", b"")), head((b"http2-settings", b"AAMAAABk=")),
    head((b"http2-settings", b"AAMAAAB")), head((b"http2-settings", b"AAMAA+Bk")), head((b"http2-settings", b"A")),
    head((b"http2-settings", b"AAMAAABk" * 200)), head(fields=FIELDS[:3]), head(fields=[FIELDS[0], *FIELDS[2:]]),
    head((b"via", b"1.1 p")), head((b"forwarded", b"for=b")), head((b"x-forwarded-for", b"b")),
    head((b"x-forwarded-proto", b"https")), head((b"x-real-ip", b"b")),
    head(minor=0), head(length=3), head(length=-1), head(target=b"http://a/"), head(target=b"*"), head((b"host", b"")),
    head(method=b"CONNECT", target=b"a:80"), head((b"x", b"a\x01b")),
]  # fmt: skip


@proves("RFC7540 3.2", "RFC7540 3.2.1")
@pytest.mark.parametrize("number_", range(len(REFUSED)))
def test_what_is_not_taken(number_: int) -> None:
    """A body, HTTP/1.0, settings that are none, a second of either, a word too many or too few, a trace of a proxy."""
    assert asked(REFUSED[number_]) is None


@given(
    st.lists(st.sampled_from([*FIELDS, (b"te", b"x"), (b"x", b"\xff")]), max_size=7), st.binary(max_size=20)
)
def test_whatever_is_asked_it_is_taken_or_not(fields: list[tuple[bytes, bytes]], value: bytes) -> None:
    """Nothing is raised."""
    found = asked(head(fields=[(b"host", b"a"), *fields, (b"http2-settings", value)]))
    assert found is None or len(found[1]) % 6 == 0


class Upgraded:
    """A client that has asked, with PyPI's h2 from there."""

    def __init__(self, peer: Peer, first: bytes = b"GET / HTTP/1.1\r\nHost: a\r\n") -> None:
        self.peer = peer
        self.h2 = H2Connection(H2Configuration(header_encoding=None))
        said = self.h2.initiate_upgrade_connection()
        assert said is not None
        peer.feed(first + CONNECTION + b"Upgrade: h2c\r\nHTTP2-Settings: " + said + b"\r\n\r\n")
        self.status = 0
        self.body = b""
        self.ended = False

    async def go(self) -> None:
        """Read what came, and answer it."""
        await self.peer.bench.settle()
        came = self.peer.take()
        if came.startswith(b"HTTP/1.1"):
            assert came.startswith(SWITCHED)
            came = came.removeprefix(SWITCHED)
        for event in self.h2.receive_data(came):
            if isinstance(event, ResponseReceived):
                self.status = int(event.headers[0][1])
            elif isinstance(event, DataReceived):
                self.body += event.data
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            self.ended = self.ended or isinstance(event, StreamEnded)
        if data := self.h2.data_to_send():
            self.peer.feed(data)
            await self.go()


@proves("RFC7540 3.2")
@scene
async def test_a_client_that_asks_is_served_over_http2() -> None:
    """101, then our SETTINGS, and the answer on stream 1; the next requests are any of HTTP/2."""
    async with Bench(h2c_upgrade=True) as bench:
        client = Upgraded(bench.connect(), b"GET /a%20b?c HTTP/1.1\r\nHost: a\r\nX: y\r\n")
        await client.go()
        assert isinstance(client.peer.protocol, ConnectionH2)
        (call,) = bench.calls
        assert (
            call.scope["http_version"] == "2"
            and call.scope["path"] == "/a b"
            and call.scope["scheme"] == "http"
        )
        assert call.scope["headers"] == [(b"host", b"a"), (b"x", b"y")]
        assert await call.receive() == {"type": "http.request", "body": b"", "more_body": False}
        await call.answer(b"x" * 100_000)
        await client.go()
        assert (client.status, client.body, client.ended) == (200, b"x" * 100_000, True)
        client.body = b""
        client.h2.send_headers(
            3, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/")], True
        )
        await client.go()
        await bench.calls[1].answer(b"y")
        await client.go()
        assert client.body == b"y"
        assert b"\0\0\0\3\0\0\0\5" in await client.peer.send(headers(1)), "it is over"


@scene
async def test_the_settings_that_it_asked_with_hold() -> None:
    """The window for the first answer, also before the preface; those of the preface come on top."""
    async with Bench(h2c_upgrade=True) as bench:
        peer = bench.connect()
        call = await bench.call(peer, ASK.replace(b"Settings: ", b"Settings: AAQAAAAD"))
        await call.start()
        body = asyncio.ensure_future(call.body(b"0123456789"))
        await bench.settle()
        assert peer.take().endswith(b"\0\0\3\0\0\0\0\0\x01012")
        assert (await peer.send(HELLO + settings((4, 5)))).endswith(b"34")
        assert not await peer.send(b"\0\0\4\x08\0\0\0\0\0" + number(9))
        assert (await peer.send(settings((4, 50)))).endswith(b"\0\0\5\0\1\0\0\0\x0156789")
        await body


@scene
async def test_settings_that_cannot_be_end_it() -> None:
    """As SETTINGS do: GOAWAY with the code, and no call."""
    async with Bench(h2c_upgrade=True) as bench:
        peer = bench.connect()
        said = await peer.send(ASK.replace(b"Settings: ", b"Settings: AAWAAAAA"))
        assert said.startswith(SWITCHED)
        assert b"\7\0\0\0\0\0\0\0\0\0\0\0\0\1" in said and not bench.calls and peer.transport.ended
        assert bench.telemetry.counts["http.refused"] == 1


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"DELETE"])
@scene
async def test_other_methods(method: bytes) -> None:
    """Are what they are."""
    async with Bench(h2c_upgrade=True) as bench:
        client = Upgraded(bench.connect(), method + b" / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n")
        await client.go()
        assert bench.calls[0].scope["method"] == method.decode()
        await bench.calls[0].answer(b"x", headers=((b"content-length", b"1"),))
        await client.go()
        assert (client.status, client.body, client.ended) == (200, b"x" * (method != b"HEAD"), True)


@proves("RFC7540 3.2")
@scene
async def test_what_is_not_taken_is_answered_over_http1() -> None:
    """A body, a request that follows, a second request of a connection, and one that comes over TLS or by a proxy."""
    async with Bench(echo, h2c_upgrade=True) as bench:
        body = ASK.replace(b"GET", b"POST")[:-2] + b"Content-Length: 3\r\n\r\nabc"
        for said, methods in ((body, ["POST"]), (ASK + GET, ["GET", "GET"]), (GET + ASK, ["GET", "GET"])):
            peer = bench.connect()
            assert [status for status, *_ in answers(await peer.send(said), *methods)] == [200] * len(methods)
        peer = bench.connect(proxied=ProxyHeader(source=None, destination=None, length=0))
        assert answers(await peer.send(ASK))[0][0] == 200
        peer = bench.connect()
        await peer.send(GET)
        assert answers(await peer.send(ASK))[0][0] == 200


@scene
async def test_over_tls_it_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """ALPN is the way there."""
    monkeypatch.setattr(module, "tls_extension", lambda tls: {})
    async with Bench(echo, h2c_upgrade=True) as bench:
        peer = bench.connect(tls=SimpleNamespace(selected_alpn_protocol=lambda: "http/1.1"))
        assert answers(await peer.send(ASK))[0][0] == 200


@pytest.mark.parametrize("options", [{}, {"h2": False, "h2c_upgrade": True}])
@scene
async def test_it_is_off(options: dict[str, Any]) -> None:
    """By default, and where HTTP/2 is."""
    async with Bench(echo, **options) as bench:
        assert answers(await bench.connect().send(ASK))[0][0] == 200


@scene
async def test_a_trusted_proxy_and_the_upgrade_exclude_each_other() -> None:
    """It is an error of the operator, told before anything is served."""
    with pytest.raises(ConfigError, match="--http-h2c-upgrade with --trusted-proxies"):
        Bench(h2c_upgrade=True, trusted=Trusted.parse(["10.0.0.1"]))
    Bench(h2=False, h2c_upgrade=True, trusted=Trusted.parse(["10.0.0.1"]))


@scene
async def test_what_follows_has_to_be_the_preface() -> None:
    """A request of HTTP/1.1 behind the upgrade is no way around anything: the connection ends."""
    async with Bench(echo, h2c_upgrade=True) as bench:
        peer = bench.connect()
        assert (await peer.send(ASK)).startswith(SWITCHED)
        assert b"no preface" in await peer.send(GET)
        assert len(bench.lines) == 1


@scene
async def test_a_client_that_says_no_more() -> None:
    """It has its answer, and the connection ends as an idle one does; GOAWAY says that stream 1 was served."""
    async with Bench(echo, h2c_upgrade=True, keep_alive=5) as bench:
        peer = bench.connect()
        await peer.send(ASK)
        await bench.after(4)
        assert not peer.closed
        await bench.after(2)
        assert peer.closed and b"\7\0\0\0\0\0\0\0\0\1\0\0\0\0" in peer.take()


@scene
async def test_websockets_are_upgraded_as_ever() -> None:
    """Who asks for one gets it, where both may be; where only they are, h2c is told that."""
    async with Bench(echo, h2c_upgrade=True) as bench:
        upgrade = GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        peer = bench.connect()
        assert b"101 Switching" in await peer.send(
            upgrade + b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
    async with Bench(echo, names=("ws",), h2c_upgrade=True) as bench:
        said = await bench.connect().send(ASK)
        assert said.startswith(SWITCHED) and b"Upgrade Required" in said
