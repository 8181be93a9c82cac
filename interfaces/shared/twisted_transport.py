"""One connection of a Twisted endpoint: a protocol to Twisted, a transport to our asyncio protocol.

Our protocol is made when all about its connection is known: TLS's handshake done, the PROXY header read.
While its reading is paused nothing is delivered, not even what TLS has decrypted by then. Writing pauses at
Twisted's own mark of 64 KiB.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    IProtocol,
    IPushProducer,
    ISSLTransport,
    ITCPTransport,
)
from zope.interface import implementer

from interfaces.shared.accept import Terms
from interfaces.shared.errors import PeerError
from interfaces.shared.proxy_header import ProxyHeader, read_proxy_header
from interfaces.shared.tls import suites_of

__all__ = ["BridgedTransport", "Secured"]

_log = logging.getLogger("interfaces.listen")


@implementer(IProtocol, IHandshakeListener, IHalfCloseableProtocol, IPushProducer)
class BridgedTransport(asyncio.Transport):
    """Made by a Twisted factory; ``admitted`` is called when the connection has passed the gate."""

    def __init__(self, terms: Terms, admitted: Callable[[], None]) -> None:
        super().__init__()
        self.connection: Any = None
        """Twisted's transport."""
        self._terms = terms
        self._admitted = admitted
        self._loop = asyncio.get_running_loop()
        self._protocol: Any = None
        self._timer: asyncio.TimerHandle | None = None
        self._secure = False
        self._kept = b""
        self._reading = True
        self._eof = False
        self._closing = False
        self._lost = False
        self._blocked = False
        self._write_eof = False

    def __repr__(self) -> str:
        return f"BridgedTransport({self.connection!r})"

    # What Twisted calls.

    def logPrefix(self) -> str:
        """Twisted: how its log calls us."""
        return "interfaces"

    def makeConnection(self, transport: Any) -> None:
        """Twisted: a client is there."""
        self.connection = transport
        terms = self._terms
        terms.gate.enter()
        self._admitted()
        self._secure = bool(ISSLTransport.providedBy(transport))
        if ITCPTransport.providedBy(transport):
            transport.setTcpNoDelay(True)
        if terms.proxies is not None and (peer := _host(transport.getPeer())) not in terms.proxies:
            _log.debug("refused a connection: %s is no trusted proxy", peer or "a unix socket")
            self.abort()
        elif self._secure or terms.proxies is not None:
            terms.pending.add(self)
            self._timer = self._loop.call_later(terms.handshake_timeout, self.abort)
        else:
            self._begin(None)

    def handshakeCompleted(self) -> None:
        """Twisted: TLS has begun."""
        if self._terms.proxies is None and self._protocol is None and not self._closing:
            self._begin(None)

    def dataReceived(self, data: bytes) -> None:
        """Twisted: bytes came."""
        if self._closing:
            return
        if self._reading and not self._kept and self._protocol is not None:
            self._protocol.data_received(data)
            return
        self._kept += data
        if self._protocol is None:
            self._before()

    def readConnectionLost(self) -> None:
        """Twisted: the peer will send no more."""
        self._eof = True
        if self._protocol is None:
            self.abort()
        else:
            self._deliver()

    def writeConnectionLost(self) -> None:
        """Twisted: our end of the stream has left."""

    def connectionLost(self, reason: Any) -> None:
        """Twisted: it is gone."""
        self._closing = self._lost = True
        self._settled()
        error = None if reason.check(ConnectionDone, ConnectionAborted) else reason.value
        self._loop.call_soon(self._end, error)

    def pauseProducing(self) -> None:
        """Twisted: 64 KiB wait to leave."""
        if not self._blocked and not self._lost:
            self._blocked = True
            self._protocol.pause_writing()

    def resumeProducing(self) -> None:
        """Twisted: they have left."""
        if self._blocked and not self._lost:
            self._blocked = False
            if self._write_eof:
                self.connection.loseWriteConnection()
            self._protocol.resume_writing()

    def stopProducing(self) -> None:
        """Twisted: nothing more can leave; connectionLost() says so, too."""

    # From the first byte to our protocol.

    def _before(self) -> None:
        """Take the PROXY header off what came; a PeerError ends the connection."""
        header = None
        if self._terms.proxies is not None:
            try:
                header = read_proxy_header(self._kept)
            except PeerError as error:
                _log.debug("refused a connection: %s", error)
                self.abort()
                return
            if header is None:
                return
            self._kept = self._kept[header.length :]
        self._begin(header)

    def _begin(self, header: ProxyHeader | None) -> None:
        """Give the connection its protocol, and that what came for it."""
        self._settled()
        self._protocol = self._terms.factory()
        if header is not None:
            self._protocol.proxied = header
        self.connection.registerProducer(self, True)
        self._protocol.connection_made(self)
        self._deliver()

    def _settled(self) -> None:
        """No handshake goes on any more."""
        self._terms.pending.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _deliver(self) -> None:
        """Hand on what was kept while nobody read."""
        if self._kept and self._reading and not self._closing:
            data, self._kept = self._kept, b""
            self._protocol.data_received(data)
        if self._eof and self._reading and not self._closing:
            self._eof = False
            if not self._protocol.eof_received():
                self.close()

    def _end(self, error: Exception | None) -> None:
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(error)
        self._terms.gate.leave()

    # What our protocol calls, as asyncio's documentation has it.

    def get_protocol(self) -> Any:
        """asyncio: who gets the bytes."""
        return self._protocol

    def set_protocol(self, protocol: Any) -> None:
        """asyncio: somebody else gets the bytes from now on."""
        self._protocol = protocol

    def write(self, data: Any) -> None:
        """asyncio: send, at some time."""
        if not self._closing:
            self.connection.write(bytes(data))

    def can_write_eof(self) -> bool:
        """asyncio: whether our end of the stream can close by itself; with TLS it cannot."""
        return not self._secure and hasattr(self.connection, "loseWriteConnection")

    def write_eof(self) -> None:
        """asyncio: nothing more is sent after what waits."""
        self._write_eof = True
        if not self._closing and not self._blocked:  # a paused producer would keep Twisted from doing it
            self.connection.loseWriteConnection()

    def close(self) -> None:
        """asyncio: close when what waits has left. A TLS peer has the handshake's time to agree."""
        if self._closing:
            return
        self._closing = True
        self.connection.unregisterProducer()
        if self._secure:
            self._timer = self._loop.call_later(self._terms.handshake_timeout, self.abort)
            if not self._reading:
                self.connection.resumeProducing()
        self.connection.loseConnection()

    def abort(self) -> None:
        """asyncio: close at once."""
        self._closing = True
        if not self._lost:
            getattr(self.connection, "abortConnection", self.connection.loseConnection)()

    def is_closing(self) -> bool:
        """asyncio: whether it closes, or is closed."""
        return self._closing

    def is_reading(self) -> bool:
        """asyncio: whether bytes are handed on."""
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        """asyncio: hand on no more bytes, and take few."""
        if self._reading and not self._closing:
            self._reading = False
            self.connection.pauseProducing()

    def resume_reading(self) -> None:
        """asyncio: hand them on again."""
        if not self._reading and not self._closing:
            self._reading = True
            self.connection.resumeProducing()
            if self._kept or self._eof:
                self._loop.call_soon(self._deliver)

    def get_write_buffer_size(self) -> int:
        """asyncio: bytes that wait to leave, as far as the lowest transport tells; it shrinks as they do."""
        lowest = self.connection
        while (below := getattr(lowest, "transport", None)) is not None:
            lowest = below
        begun = len(getattr(lowest, "dataBuffer", b"")) - int(getattr(lowest, "offset", 0))
        return begun + int(getattr(lowest, "_tempDataLen", 0))  # there is no public word for the rest

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """asyncio: ``peername``, ``sockname``, and as ``ssl_object`` a :class:`Secured`."""
        if name == "peername":
            return _name(self.connection.getPeer())
        if name == "sockname":
            return _name(self.connection.getHost())
        if name == "ssl_object" and self._secure:
            return Secured(self.connection)
        return default


class Shown(NamedTuple):
    """What :class:`interfaces.shared.tls.ServerContext` knows of a connection's server."""

    server_cert: str | None
    suites: Mapping[str, int]


class Secured:
    """What can be known of a connection that Twisted encrypts, under the names of ssl.SSLObject."""

    def __init__(self, connection: Any) -> None:
        self._handle = connection.getHandle()

    @property
    def context(self) -> "Shown":
        """What was shown to the client, as far as the ``tls`` extension tells it."""
        found = getattr(self._handle, "get_certificate", lambda: None)()
        return Shown(None if found is None else _encoded(found, "PEM").decode("ascii"), _suites())

    def version(self) -> str | None:
        """The protocol, such as ``TLSv1.3``."""
        return getattr(self._handle, "get_protocol_version_name", lambda: None)()

    def cipher(self) -> tuple[str, str | None, int | None] | None:
        """The cipher suite by OpenSSL's name."""
        name = getattr(self._handle, "get_cipher_name", lambda: None)()
        return (name, self.version(), None) if name else None

    def selected_alpn_protocol(self) -> str | None:
        """What ALPN agreed on."""
        chosen = getattr(self._handle, "get_alpn_proto_negotiated", lambda: b"")()
        return chosen.decode("ascii", "replace") or None

    def getpeercert(self, binary_form: bool = False) -> Any:
        """The client's certificate, verified as the endpoint says: DER, or its subject as ssl writes it."""
        found = getattr(self._handle, "get_peer_certificate", lambda: None)()
        if found is None:
            return None
        if binary_form:
            return _encoded(found, "DER")
        rdns = found.to_cryptography().subject.rdns
        return {"subject": tuple(tuple((a.rfc4514_attribute_name, a.value) for a in rdn) for rdn in rdns)}


def _encoded(certificate: Any, encoding: str) -> bytes:
    """A certificate of pyOpenSSL's as DER or PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - Twisted's TLS has it

    found: bytes = certificate.to_cryptography().public_bytes(getattr(Encoding, encoding))
    return found


@cache
def _suites() -> Mapping[str, int]:
    """The numbers of all cipher suites: those of the endpoint are its own choice."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL")
    return suites_of(context)


def _name(address: Any) -> tuple[str, int] | str | None:
    """An address of Twisted's as asyncio writes it; None for a kind that asyncio does not know."""
    if isinstance(address, (IPv4Address, IPv6Address)):
        return (address.host, address.port)
    return os.fsdecode(address.name or b"") if isinstance(address, UNIXAddress) else None


def _host(address: Any) -> str | None:
    """The part of it that is trusted, or not; None on a unix socket, "?" for a kind nobody can trust."""
    name = _name(address)
    return name[0] if isinstance(name, tuple) else "?" if name is None else None
