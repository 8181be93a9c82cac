"""What a trusted proxy says, in the scopes that an application sees."""

import asyncio

import pytest

import interfaces
from interfaces.testing.raw import RawClient
from interfaces.testing.recorder import Recorder
from interfaces.testing.websocket import WebSocketClient

SAID = [
    (b"x-forwarded-for", b"192.0.2.1"),
    (b"x-forwarded-proto", b"https"),
    (b"x-forwarded-host", b"example.org"),
]


def scope_of(kind, *, trusted):
    """The scope of a request, or of a WebSocket, whose proxy sends the headers above."""

    async def main():
        application = Recorder()
        options = {"http_bind": ("127.0.0.1:0",), "trusted_proxies": trusted, "drain": 1.0}
        async with interfaces.Server(application, "http", "ws", **options) as server:
            if kind == "websocket":
                async with await WebSocketClient.connect(server.addresses[0], headers=SAID) as client:
                    await client.close()
            else:
                async with await RawClient.connect(server.addresses[0]) as client:
                    lines = b"".join(b"%b: %b\r\n" % line for line in SAID)
                    await client.send(b"GET / HTTP/1.1\r\nHost: test\r\n%b\r\n" % lines)
                    await client.response()
        return application.scopes[0]

    return asyncio.run(main())


@pytest.mark.parametrize(("kind", "scheme"), [("http", "https"), ("websocket", "wss")])
def test_a_trusted_proxy_is_believed(kind, scheme):
    """Client, scheme and Host are the far side's, the scheme in the scope's own words."""
    scope = scope_of(kind, trusted=("127.0.0.1",))
    assert scope["client"] == ("192.0.2.1", 0)
    assert scope["scheme"] == scheme
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"example.org"]


@pytest.mark.parametrize(("kind", "scheme"), [("http", "http"), ("websocket", "ws")])
@pytest.mark.parametrize("trusted", [(), ("192.0.2.9",)])
def test_nobody_else_is(kind, scheme, trusted):
    """Who is not trusted changes nothing; its headers are still there to be read."""
    scope = scope_of(kind, trusted=trusted)
    assert scope["client"][0] == "127.0.0.1"
    assert scope["scheme"] == scheme
    assert [value for name, value in scope["headers"] if name == b"host"] == [b"test"]
    assert SAID[0] in scope["headers"]
