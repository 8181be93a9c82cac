"""A mail service without a network: that of :mod:`tests.http_ws.harness`, with peers that speak SMTP."""

import asyncio
from contextlib import suppress
from typing import Any

from interfaces.email.connection import Connection
from interfaces.email.options import EmailOptions
from interfaces.email.service import Service
from interfaces.shared.interface import Context
from tests.http_ws import harness
from tests.http_ws.harness import Call, Transport, scene

__all__ = ["EHLO", "ENVELOPE", "MESSAGE", "QUIT", "Bench", "Call", "Peer", "Transport", "mail", "scene"]

EHLO, QUIT = b"EHLO client.example\r\n", b"QUIT\r\n"
ENVELOPE = b"MAIL FROM:<a@a.example>\r\nRCPT TO:<b@b.example>\r\n"
MESSAGE = b"Subject: one\r\n\r\nText\r\n"
Event = dict[str, Any]


def mail(content: bytes = MESSAGE, *recipients: str, sender: str = "a@a.example") -> bytes:
    """All that a pipelining client says of a message, its end included."""
    lines = "".join(f"RCPT TO:<{one}>\r\n" for one in recipients or ("b@b.example",))
    return f"MAIL FROM:<{sender}>\r\n{lines}DATA\r\n".encode() + content + b".\r\n"


class Peer(harness.Peer):
    """A client of SMTP, or LMTP."""

    def __init__(
        self, bench: "Bench", transport: Transport, *, lmtp: bool = False, users: bool = False
    ) -> None:
        self.bench = bench
        self.transport = transport
        self.first = transport.protocol = Connection(bench.service, lmtp=lmtp, users=users)
        transport.protocol.connection_made(transport)

    async def codes(self, data: bytes = b"", size: int = 0) -> list[int]:
        """Send ``data``; the codes of all replies since the last time."""
        if data:
            said = await self.send(data, size)
        else:
            await self.bench.settle()
            said = self.take()
        return [int(line[:3]) for line in said.splitlines() if line[3:4] != b"-"]


class Bench(harness.Bench):
    """A mail service with its peers. Without ``app``, calls come to ``calls``; ``options``: of EmailOptions."""

    peers: list[Any]

    def __init__(self, app: Any = None, *, state: Event | None = None, **options: Any) -> None:
        super().__init__()
        self.context = Context(names=("email",), state={} if state is None else state)
        self.telemetry = self.context.telemetry
        self.service = Service(
            app or self._call, EmailOptions(**{"hostname": "mx.example", **options}), self.context,
            asyncio.get_running_loop(),
        )  # fmt: skip
        self.service.now = 1000.0

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await super().__aexit__(kind, error, trace)
        if kind is None:
            assert self.service.in_flight == 0

    def connect(self, *transport: Any, lmtp: bool = False, users: bool = False, **named: Any) -> Peer:
        """A client connects; ``users``: where only users may send."""
        peer = Peer(self, Transport(*transport, **named), lmtp=lmtp, users=users)
        self.peers.append(peer)
        return peer

    async def greeted(self, *transport: Any, lmtp: bool = False, **named: Any) -> Peer:
        """A client that has said EHLO, or LHLO."""
        peer = self.connect(*transport, lmtp=lmtp, **named)
        assert await peer.codes(EHLO.replace(b"EHLO", b"LHLO") if lmtp else EHLO) == [220, 250]
        return peer

    async def call(self, peer: harness.Peer, data: bytes = b"") -> Call:
        """The call that a message makes; what was said until then is taken."""
        call = await super().call(peer, data or mail())
        peer.take()
        return call

    def counted(self, name: str) -> int:
        """A counter."""
        return self.telemetry.counts[name]


async def forever(scope: Event, receive: Any, send: Any) -> None:
    """Asks for events for ever, as consumers of Channels do."""
    with suppress(NotImplementedError):
        while True:
            await receive()
