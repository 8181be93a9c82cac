"""Our own interfaces keep the contract that third parties are held to."""

import asyncio
from typing import ClassVar

from interfaces.http_ws.interface import HttpWs
from interfaces.testing.contract import InterfaceContract
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import Close, Failed, Refused, WebSocketClient


class TestHttp(InterfaceContract):
    """HTTP/1.1."""

    interface_class = HttpWs
    kind = "http"
    first = "http.request"
    answer = (200, b"ok")
    refusals: ClassVar = {"raised": (500, b""), "unrouted": (404, b"")}
    scope_keys = (*InterfaceContract.scope_keys, "method", "headers", "http_version", "raw_path")

    async def exchange(self, address):
        """One request."""
        async with await RawClient.connect(address) as client:
            await client.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
            response = await client.response()
            return response.status, response.body if response.status == 200 else b""


class TestWebSocket(InterfaceContract):
    """WebSockets: a handshake is begun, not finished, when the server stops."""

    interface_class = HttpWs
    names = ("ws",)
    kind = "websocket"
    first = "websocket.connect"
    script: ClassVar = {
        "websocket.connect": {"type": "websocket.accept"},
        "websocket.receive": {"type": "websocket.send", "text": "hello"},
    }
    answer = "hello"
    refusals: ClassVar = {"raised": 500, "unrouted": 404, "draining": None}
    finishes = False
    scope_keys = (*InterfaceContract.scope_keys, "headers", "http_version", "raw_path", "subprotocols")

    async def exchange(self, address):
        """A socket, a message, an answer."""
        try:
            async with await WebSocketClient.connect(address) as client:
                await client.send("hello?")
                event = await client.receive()
                if not isinstance(event, (Close, Failed)):
                    await client.close()
                return event
        except Refused as refused:
            return refused.response.status
        except asyncio.IncompleteReadError:
            return None
