"""A gateway without a network, after :mod:`tests.http_ws.harness`: clients of IRC, an application by the script.

A test is ``async with Bench() as bench`` inside a coroutine function under ``@scene``. ``ann = await
bench.member("ann", "#ops")`` is registered and in the channel; ``await ann.say("TOPIC #ops :new")`` gives the lines
that came of it, ``await ann.lines()`` those that came since. What the application was told is in ``ann.heard``, and
it says something by ``await ann.tell({"type": …})``.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from interfaces.irc.gateway.connection import Client
from interfaces.irc.gateway.service import Gateway
from interfaces.irc.options import IrcOptions
from interfaces.shared.interface import Context
from tests.http_ws import harness
from tests.http_ws.harness import Transport, scene
from tests.irc.contract import check, check_scope

__all__ = ["NOW", "TIME", "Bench", "Certificate", "Peer", "Told", "Transport", "accept", "scene"]

Event = dict[str, Any]
NOW = 1_000_000_000.0
"""The Unix time of every bench."""
TIME = "2001-09-09T01:46:40.000Z"
"""NOW, as server-time has it."""


def accept(event: Event) -> Iterable[Event]:
    """The script of an application that takes everybody, and says nothing else."""
    if event["type"] == "irc.connect" or event.get("asked"):
        more = {"channel": event["channel"]} if "channel" in event else {}
        yield {"type": "irc.accept", **more}


class Certificate:
    """What asyncio gives as ``ssl_object``, with the subject of a client's certificate where ``name`` is one."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def version(self) -> str:
        """As ssl has it."""
        return "TLSv1.3"

    def cipher(self) -> tuple[str, str, int]:
        """As ssl has it."""
        return ("TLS_AES_256_GCM_SHA384", "TLSv1.3", 256)

    def getpeercert(self) -> dict[str, Any]:
        """As ssl has it."""
        return {"subject": ((("commonName", self.name),),)} if self.name else {}


class Told(harness.Call):
    """A call of the application: what it ``heard``; the script has answered already."""

    def __init__(self, scope: Event, receive: Any, send: Any) -> None:
        super().__init__(scope, receive, send)
        self.heard: list[Event] = []


class Peer(harness.Peer):
    """A client of IRC."""

    bench: "Bench"

    def __init__(self, bench: "Bench", transport: Transport) -> None:
        self.bench = bench
        self.transport = transport
        self.client = self.first = transport.protocol = Client(bench.gateway)
        self.told: Told | None = None
        transport.protocol.connection_made(transport)

    @property
    def call(self) -> Told:
        """The application's call for it; the last one, once it is over."""
        assert self.told is not None, "the application was not called"
        return self.told

    @property
    def heard(self) -> list[Event]:
        """What the application was told of it, irc.connect too."""
        return self.call.heard

    def events(self, kind: str) -> list[Event]:
        """Those of a kind, such as "irc.message"."""
        return [event for event in self.heard if event["type"] == kind]

    async def say(self, *lines: str | bytes) -> list[str]:
        """Send whole lines, all at once, and let everybody run; the lines that came back."""
        said = b"".join((one if isinstance(one, bytes) else one.encode()) + b"\r\n" for one in lines)
        return _lines(await self.send(said))

    async def lines(self) -> list[str]:
        """Let everybody run; the lines that came since the last time."""
        await self.bench.settle()
        return _lines(self.take())

    async def codes(self, *lines: str | bytes) -> list[str]:
        """As :meth:`say`, of each line that came back its command or numeric only."""
        return [command(line) for line in await self.say(*lines)]

    async def tell(self, *events: Event) -> list[str]:
        """The application says this; the lines that came to this client."""
        for event in events:
            await self.call.send(event)
        return await self.lines()


def command(line: str) -> str:
    """Its command or numeric."""
    words = line.split()
    while words[0][0] in "@:":
        del words[0]
    return words[0]


def _lines(data: bytes) -> list[str]:
    assert not data or data.endswith(b"\r\n")
    return [line.decode() for line in data.split(b"\r\n")[:-1]]


class Bench(harness.Bench):
    """A gateway with its clients. ``script`` says what the application answers an event; ``options``: of IrcOptions.

    Names of messages are id-1, id-2 …; the Unix time is :data:`NOW` until ``unix`` is another; no client is slowed
    down unless ``rate`` is given.
    """

    peers: list[Any]
    calls: list[Any]

    def __init__(
        self,
        script: Callable[[Event], Iterable[Event]] = accept,
        *,
        app: Any = None,
        layer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self.unix = NOW
        self.script = script
        self.context = Context(names=("irc",), layer=layer)
        self.telemetry = self.context.telemetry
        settings = {
            "server_name": "irc.test",
            "network": "test",
            "cloak_key": "secret",
            "rate": 0.0,
            **options,
        }
        self.gateway = self.service = Gateway(
            app or self._scripted, IrcOptions(**settings), self.context, clock=lambda: self.unix
        )
        self.gateway._ids = "id"
        self.gateway.now = 1000.0

    async def _scripted(self, scope: Event, receive: Any, send: Any) -> None:
        check_scope(scope)
        call = Told(scope, receive, send)
        self.calls.append(call)
        for peer in self.peers:
            if peer.client.session is not None and peer.client.session.scope is scope:
                peer.told = call
        pump = asyncio.ensure_future(self._pump(call))
        try:
            await asyncio.wait({pump, call.over}, return_when=asyncio.FIRST_COMPLETED)
            (call.over if call.over.done() else pump).result()
        finally:
            pump.cancel()

    async def _pump(self, call: Told) -> None:
        while True:
            event = await call.receive()
            check(event, "gateway")
            call.heard.append(event)
            for answer in self.script(event):
                await call.send(answer)

    def connect(self, *transport: Any, **named: Any) -> Peer:
        """A client connects; nothing is said yet. The parameters are :class:`Transport`'s: peer, name, tls."""
        peer = Peer(self, Transport(*transport, **named))
        self.peers.append(peer)
        return peer

    async def member(self, nick: str, *channels: str, caps: str = "", **transport: Any) -> Peer:
        """A client that is registered and in ``channels``; all that was written to anybody so far is taken."""
        peer = self.connect(**transport)
        asks = [f"CAP REQ :{caps}", "CAP END"] if caps else []
        said = await peer.say(*asks, f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
        assert "001" in map(command, said), said
        if channels:
            await peer.say(f"JOIN {','.join(channels)}")
        for one in self.peers:
            one.take()
        return peer

    def counted(self, name: str) -> int:
        """A counter, such as "irc.gateway.sendq"."""
        return self.telemetry.counts[name]
