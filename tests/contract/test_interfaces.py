"""Our own interfaces keep the contract that third parties are held to."""

import asyncio
from typing import ClassVar

from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from interfaces.email.interface import Email
from interfaces.http_ws.interface import HttpWs
from interfaces.testing.contract import InterfaceContract
from interfaces.testing.raw import RawClient
from interfaces.testing.websocket import Close, Failed, Refused, WebSocketClient
from tests.http_ws.h2_client import go_on


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


class TestHttp2(TestHttp):
    """HTTP/2, by prior knowledge."""

    async def exchange(self, address):
        """One request, on a connection that goes on until its answer is there."""
        client = H2Connection()
        go_on(client)
        client.initiate_connection()
        fields = [(":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/")]
        client.send_headers(1, fields, end_stream=True)
        status, body = 0, b""
        async with await RawClient.connect(address) as raw:
            await raw.send(client.data_to_send())
            while came := await raw.reader.read(65536):
                for event in client.receive_data(came):
                    if isinstance(event, ResponseReceived):
                        status = int(dict(event.headers)[b":status"])
                    elif isinstance(event, DataReceived):
                        body += event.data
                    elif isinstance(event, StreamEnded):
                        return status, body if status == 200 else b""
                await raw.send(client.data_to_send())
        raise ConnectionResetError("no answer")


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


class TestEmail(InterfaceContract):
    """SMTP."""

    interface_class = Email
    kind = "email"
    first = "email.receive"
    script: ClassVar = {"email.receive": {"type": "email.accept", "text": "Thanks"}}
    answer = b"250 2.0.0 Thanks"
    refusals: ClassVar = {
        "raised": b"451 4.3.0 Try again later",
        "unrouted": b"550 5.1.1 No such address here",
    }
    scope_keys = (
        *InterfaceContract.scope_keys, "protocol", "transaction_id", "client_name", "helo", "tls", "auth",
        "conversation", "mail_from", "mail_params", "rcpt_to",
    )  # fmt: skip
    words: ClassVar = [b"MAIL FROM:<a@a.example>", b"RCPT TO:<b@b.example>", b"DATA"]
    hello = b"EHLO"

    async def exchange(self, address):
        """One message; the reply to it, without the transaction's id."""
        async with await RawClient.connect(address) as client:
            await client.reader.readuntil(b" ESMTP\r\n" if self.hello == b"EHLO" else b" LMTP\r\n")
            for words in (self.hello + b" client.example", *self.words, b"Subject: a\r\n\r\nb\r\n."):
                await client.send(words + b"\r\n")
                while (line := await client.reader.readuntil(b"\r\n"))[3:4] == b"-":
                    pass
                assert line[:1] in b"23" or words.endswith(b"."), line
            await client.send(b"QUIT\r\n")  # it has read the reply: the same once more would be meant so
            accepted, _, _ = line.strip().rpartition(b" ")
            return accepted if line[:1] == b"2" else line.strip()


class TestLmtp(TestEmail):
    """LMTP, without SMTP."""

    bind_option = "lmtp_bind"
    options: ClassVar = {"bind": ()}
    hello = b"LHLO"
