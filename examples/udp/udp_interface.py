"""UDP for ASGI, as 2016's specification had it: a protocol that is plugged in from outside.

A scope of type ``udp`` is one datagram: one ``udp.receive`` goes in, any number of ``udp.send`` come out, to
its sender unless they say otherwise. Nothing is acknowledged in UDP: when the application has too much to do,
datagrams are dropped, and counted (``udp.dropped``).

With a channel layer, what any process sends to the channel ``udp.send``, with ``client_host`` and ``client_port``,
leaves as a datagram.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from time import time
from typing import Any, ClassVar
from uuid import uuid4

from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Context, Interface
from interfaces.shared.listen import Address
from interfaces.shared.options import option
from interfaces.shared.session import Session, report
from interfaces.shared.sockets import address_of

CHANNEL = "udp.send"
logger = logging.getLogger("interfaces.udp")


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpOptions:
    """Where datagrams come in, and how many are worked on."""

    bind: tuple[str, ...] = option(("udp:127.0.0.1:9999",), "where to listen: udp:HOST:PORT, fd:N")
    max_in_flight: int = option(1000, "datagrams the application works on; further ones are dropped")


class Udp(Interface[UdpOptions]):
    """Datagrams in and out."""

    names: ClassVar[tuple[str, ...]] = ("udp",)
    options_class: ClassVar[type] = UdpOptions

    @asynccontextmanager
    async def serve(self, app: Application, context: Context) -> AsyncIterator[list[Address]]:
        """Listen; on leaving, let what is in flight finish for ``context.drain`` seconds."""
        endpoints: list[Endpoint] = []
        loop = asyncio.get_running_loop()
        try:
            for text in self.options.bind:
                for sock in context.listening.sockets(text, 9999):
                    endpoint = Endpoint(app, self.options, context, address_of(sock))
                    endpoints.append(endpoint)
                    if endpoint.address.kind != "udp":
                        sock.close()
                        raise ConfigError(f"bind {text}: datagrams are taken from udp:HOST:PORT")
                    await loop.create_datagram_endpoint(partial(_same, endpoint), sock=sock)
            async with _outgoing(endpoints, context):
                context.ready("udp", True)
                yield [endpoint.address for endpoint in endpoints]
        finally:
            await asyncio.gather(*(endpoint.drain(context.drain) for endpoint in endpoints))


@asynccontextmanager
async def _outgoing(endpoints: list["Endpoint"], context: Context) -> AsyncIterator[None]:
    """Meanwhile send what comes by the channel ``udp.send``, if there is a layer."""

    async def work() -> None:
        async for message in context.outgoing(CHANNEL):
            message.setdefault("type", CHANNEL)
            try:
                await sender(endpoints, message).send(message, (None, None))
            except (KeyError, TypeError, ValueError, RuntimeError) as error:
                context.telemetry.count("udp.refused")
                logger.warning("%s: %r cannot be sent: %r", CHANNEL, message, error)

    task = asyncio.create_task(work(), name=CHANNEL) if context.layer is not None else None
    try:
        yield
    finally:
        if task is not None:
            task.cancel()  # what was not taken yet stays in the channel, for who serves next
            await asyncio.wait({task})


def sender(endpoints: list["Endpoint"], message: Event) -> "Endpoint":
    """The socket to send ``message`` from: that of ``server_port``, if it says so, which speaks to such a host.

    KeyError without an address, ValueError for a name (nobody is to wait for DNS here) or where none can.
    """
    version, port = ip_address(message["client_host"]).version, message.get("server_port")
    for endpoint in endpoints:
        if ip_address(endpoint.address.host).version == version and port in {None, endpoint.address.port}:
            return endpoint
    raise ValueError(f"no socket for IPv{version}" + (f" at port {port}" if port else ""))


def _same(endpoint: "Endpoint") -> "Endpoint":
    """Make no new protocol: a socket has one."""
    return endpoint


class Endpoint(asyncio.DatagramProtocol):
    """One socket, and a session a datagram."""

    def __init__(self, app: Application, options: UdpOptions, context: Context, address: Address) -> None:
        self.app = app
        self.options = options
        self.context = context
        self.address = address
        self.sessions: set[Session] = set()
        self.draining = False
        self.transport: Any = None
        self.writable = asyncio.Event()
        self.writable.set()
        self.closed = asyncio.Event()

    def connection_made(self, transport: Any) -> None:
        """asyncio: the socket is ready."""
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: the socket is closed."""
        self.closed.set()

    def pause_writing(self) -> None:
        """asyncio: the system takes no more for now."""
        self.writable.clear()

    def resume_writing(self) -> None:
        """asyncio: it does again."""
        self.writable.set()

    def datagram_received(self, data: bytes, client: Any) -> None:
        """asyncio: a datagram came."""
        if self.draining or len(self.sessions) >= self.options.max_in_flight:
            self.context.telemetry.count("udp.dropped")
            return

        async def send(event: Event) -> None:
            await self.send(event, client)

        session = Session(self.app, self.scope(client), send, on_end=self.ended)
        self.sessions.add(session)
        session.start(asyncio.get_running_loop())
        session.last(self.event(data, client))

    def scope(self, client: Any) -> Scope:
        """The scope of a datagram from ``client``."""
        return {
            "type": "udp",
            "asgi": {"version": "3.0", "spec_version": "1.0"},
            "extensions": {},
            "state": self.context.state.copy(),
            "client": client[:2],
            "server": (self.address.host, self.address.port),
            "path": "",
            "conversation": None,
        }

    def event(self, data: bytes, client: Any) -> Event:
        """``udp.receive``: 2016's keys, and those of every message from outside."""
        number = uuid4().hex
        return {
            "type": "udp.receive",
            "id": number,
            "dedupe_key": number,
            "attempt": 1,
            "received_at": time(),
            "data": data,
            "client_host": client[0],
            "client_port": client[1],
            "server_host": self.address.host,
            "server_port": self.address.port,
        }

    async def send(self, event: Event, client: Any) -> None:
        """Send ``data`` to ``client_host`` and ``client_port``, or back.

        ApplicationError for other messages, ValueError for an address that none can be sent to.
        """
        if event["type"] != CHANNEL:
            raise ApplicationError(f"{event['type']} is not known here; known is: {CHANNEL}")
        host, port = event.get("client_host") or client[0], event.get("client_port") or client[1]
        ip_address(host)  # a name would be looked up here, while everything waits
        if not isinstance(port, int) or not 0 < port < 65536:
            raise ValueError(f"client_port {port!r} is no port")
        await self.writable.wait()
        self.transport.sendto(event["data"], (host, port, *client[2:]))

    def ended(self, session: Session) -> None:
        """The application is done with a datagram."""
        self.sessions.discard(session)
        if session.unrouted:
            self.context.telemetry.count("udp.unrouted")
        report(session)

    async def drain(self, seconds: float) -> None:
        """Take no more, let the application finish, and close."""
        self.draining = True
        await asyncio.gather(*(session.wait(seconds) for session in tuple(self.sessions)))
        if self.transport is not None:
            self.transport.close()
            await self.closed.wait()
