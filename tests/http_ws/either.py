"""The same client of HTTP/1.1 and of HTTP/2, at a Bench: what is tested of a request holds for both.

Each request of HTTP/1.1 has its own connection, on which h11 speaks; those of HTTP/2 are streams of one.
"""

from collections.abc import Iterable
from typing import Any

import h11

from tests.http_ws import h2_client
from tests.http_ws.harness import Bench, Call, Peer

__all__ = ["BOTH", "Either", "One", "Reply", "Two"]

Fields = list[tuple[bytes, bytes]]
_FRAMING = (b"date", b"connection", b"transfer-encoding")


class Reply:
    """What came of one request; fields that say how it is framed are left out."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.status = 0
        self.headers: Fields = []
        self.hints: list[tuple[int, Fields]] = []
        self.body = b""
        self.trailers: Fields = []
        self.ended = False

    @property
    def cut(self) -> bool:
        """Whether it was ended before it was whole."""
        raise NotImplementedError


class Either:
    """One client; ``peer`` is said of its connections."""

    version = ""
    other = ""
    """What an access line calls it."""

    def __init__(self, bench: Bench, **peer: Any) -> None:
        self.bench = bench
        self.peer = peer

    async def get(
        self, path: str = "/", method: str = "GET", headers: Iterable[tuple[str, str]] = (), end: bool = True
    ) -> Any:
        """A request, without a body or with one that is still to come, and its reply so far."""
        raise NotImplementedError

    async def call(self, path: str = "/", method: str = "GET", **named: Any) -> tuple[Call, Any]:
        """The call that a request makes, and its reply, which will come."""
        count = len(self.bench.calls)
        reply = await self.get(path, method, **named)
        assert len(self.bench.calls) == count + 1
        return self.bench.calls[-1], reply

    async def send(self, reply: Any, data: bytes = b"", end: bool = False) -> None:
        """A part of the body of that request."""
        raise NotImplementedError

    async def go(self) -> None:
        """Read what came."""
        raise NotImplementedError

    async def leave(self, reply: Any) -> None:
        """Give that request up."""
        raise NotImplementedError


class OneReply(Reply):
    """On a connection of its own."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer)
        self.h11 = h11.Connection(h11.CLIENT)

    @property
    def cut(self) -> bool:
        """The connection has ended."""
        return self.peer.closed and not self.ended

    def take(self) -> None:
        """Read what came."""
        came = self.peer.take()
        if came:
            self.h11.receive_data(came)
        while not self.ended:
            event = self.h11.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return
            self._take(event)

    def _take(self, event: Any) -> None:
        if isinstance(event, h11.Data):
            self.body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self.ended, self.trailers = True, list(event.headers)
        else:
            fields = [(bytes(n), bytes(v)) for n, v in event.headers if n not in _FRAMING]
            if isinstance(event, h11.InformationalResponse):
                self.hints.append((event.status_code, fields))
            else:
                self.status, self.headers = event.status_code, fields


class One(Either):
    """HTTP/1.1."""

    version = "1.1"
    other = "HTTP/1.1"

    def __init__(self, bench: Bench, **peer: Any) -> None:
        super().__init__(bench, **peer)
        self.replies: list[OneReply] = []

    async def get(
        self, path: str = "/", method: str = "GET", headers: Iterable[tuple[str, str]] = (), end: bool = True
    ) -> OneReply:
        """A body without a length is chunked."""
        fields = [("host", "a"), *headers]
        if not end and not any(name == "content-length" for name, _ in fields):
            fields.append(("transfer-encoding", "chunked"))
        reply = OneReply(self.bench.connect(**self.peer))
        self.replies.append(reply)
        said = reply.h11.send(h11.Request(method=method, target=path, headers=fields))
        reply.peer.feed(said or b"")
        if end:
            reply.h11.send(h11.EndOfMessage())
        await self.go()
        return reply

    async def send(self, reply: OneReply, data: bytes = b"", end: bool = False) -> None:
        """As a chunk, or what is left of the length."""
        said = reply.h11.send(h11.Data(data=data)) or b""
        if end:
            said += reply.h11.send(h11.EndOfMessage()) or b""
        reply.peer.feed(said)
        await self.go()

    async def go(self) -> None:
        """On all connections."""
        await self.bench.settle()
        for reply in self.replies:
            reply.take()

    async def leave(self, reply: OneReply) -> None:
        """Close the connection."""
        await reply.peer.leave()


class TwoReply(Reply):
    """On a stream."""

    def __init__(self, peer: Peer, number: int, inner: h2_client.Reply) -> None:
        super().__init__(peer)
        self.number = number
        self.inner = inner

    @property
    def cut(self) -> bool:
        """The stream was reset."""
        return self.inner.code is not None and not self.ended

    def take(self) -> None:
        """Read what came."""
        inner = self.inner
        self.status, self.headers, self.hints, self.body = (
            inner.status,
            inner.headers,
            inner.hints,
            inner.body,
        )
        self.trailers, self.ended = inner.trailers, inner.ended


class Two(Either):
    """HTTP/2."""

    version = "2"
    other = "HTTP/2"

    def __init__(self, bench: Bench, **peer: Any) -> None:
        super().__init__(bench, **peer)
        self.client = h2_client.Client(bench, **peer)
        self.replies: list[TwoReply] = []

    async def get(
        self, path: str = "/", method: str = "GET", headers: Iterable[tuple[str, str]] = (), end: bool = True
    ) -> TwoReply:
        """On the next stream."""
        if self.client.peer.closed:  # as a client would
            self.client = h2_client.Client(self.bench, **self.peer)
        number = self.client.ask(path, method, headers, end)
        reply = TwoReply(self.client.peer, number, self.client.replies[number])
        self.replies.append(reply)
        await self.go()
        return reply

    async def send(self, reply: TwoReply, data: bytes = b"", end: bool = False) -> None:
        """DATA."""
        self.client.h2.send_data(reply.number, data, end)
        await self.go()

    async def go(self) -> None:
        """On all streams."""
        await self.client.go()
        for reply in self.replies:
            reply.take()

    async def leave(self, reply: TwoReply) -> None:
        """Reset the stream."""
        await self.client.reset(reply.inner)


BOTH: tuple[type[Either], ...] = (One, Two)
