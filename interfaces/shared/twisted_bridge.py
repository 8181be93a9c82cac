"""Twisted's endpoints, accepting for our protocols.

Imported only through :mod:`interfaces.shared.endpoint`, which knows what to say where Twisted is missing.
"""

import asyncio
import os
from typing import Any

from twisted.internet import tcp
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import maybeDeferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory

from interfaces.shared.accept import Terms
from interfaces.shared.bind import Address
from interfaces.shared.errors import ConfigError
from interfaces.shared.proxy import Trusted
from interfaces.shared.twisted_reactor import reactor_on
from interfaces.shared.twisted_transport import BridgedTransport

__all__ = ["Door", "open_door", "parse", "reactor_on"]

_ENDING = 5.0
"""Seconds until an endpoint that does not let go of its address is left alone."""
_HAPROXY = "haproxy:"


def parse(description: str) -> Any:
    """The endpoint that ``description`` names, not yet listening; ConfigError for one that cannot be."""
    try:
        return serverFromString(reactor_on(asyncio.get_running_loop()), description)
    except ConfigError:
        raise
    except Exception as error:  # a plug-in's parser raises what it likes
        raise ConfigError(_in_one_line(error)) from error


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{error}".split()) or type(error).__name__


async def open_door(description: str, terms: Terms) -> "Door":
    """Listen; ConfigError for whatever stands in the way."""
    if description.startswith(_HAPROXY):
        # Twisted's own wrapper reads the header after it has told the protocol who is there.
        description = description.removeprefix(_HAPROXY)
        terms = terms.proxied_by(Trusted(everyone=True))
    door = Door(terms)
    listening = parse(description).listen(door)
    try:
        door.port = await listening.asFuture(asyncio.get_running_loop())
    except Exception as error:  # as above
        raise ConfigError(_in_one_line(error)) from error
    door.address = _address(door.port.getHost())
    door.admitted()
    return door


def _address(host: Any) -> Address:
    if isinstance(host, (IPv4Address, IPv6Address)):
        return Address(kind="tcp", host=host.host, port=host.port, through="Twisted")
    if isinstance(host, UNIXAddress):
        return Address(kind="unix", path=os.fsdecode(host.name or b""), through="Twisted")
    return Address(kind="endpoint", path=str(host), through="Twisted")


class Door(Factory):
    """One listening endpoint: makes a transport for each connection, while the gate has room.

    Twisted accepts before it asks. Its own ports are told to take one connection at a time, and to rest while
    the gate is full, so that the next ones wait in the kernel's queue; at any other port they are closed.
    """

    noisy = False

    def __init__(self, terms: Terms) -> None:
        self.port: Any = None
        self.address: Address
        self._terms = terms
        self._loop = asyncio.get_running_loop()
        self._resting = False
        self._closing: asyncio.Future[Any] | None = None

    def buildProtocol(self, addr: Any) -> Any:
        """Twisted: a connection is there. None closes it."""
        if self._terms.gate.full():
            self._rest()
            return None
        if isinstance(self.port, tcp.Port):
            self.port.numberAccepts = 0  # which it corrects to the one that it has just accepted
        return BridgedTransport(self._terms, self.admitted)

    def admitted(self) -> None:
        """A connection has come in: rest if it was the last that may."""
        if self._terms.gate.full():
            self._rest()

    def _rest(self) -> None:
        if not self._resting:
            self._resting = True
            if isinstance(self.port, tcp.Port):
                self.port.stopReading()
            self._terms.gate.wait(self._resume, "the limit of connections is reached", self._loop.time())

    def _resume(self) -> None:
        if self._resting and self._closing is None:
            self._resting = False
            if isinstance(self.port, tcp.Port):
                self.port.startReading()
            self.admitted()

    def close(self) -> None:
        """Take in those whose handshake the kernel has finished, then accept no more."""
        if self._closing is None:
            if isinstance(self.port, tcp.Port) and not self._resting:
                self.port.numberAccepts = self._terms.backlog
                self.port.doRead()
            self._closing = maybeDeferred(self.port.stopListening).asFuture(self._loop)

    async def closed(self) -> None:
        """Wait until a closed one has let go of its address."""
        if self._closing is not None:
            await asyncio.wait({self._closing}, timeout=_ENDING)
