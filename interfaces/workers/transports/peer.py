"""A connection between an interface container and a worker: introductions, frames, signs of life.

All that one turn of the event loop posts leaves in one write.
"""

import asyncio
import logging
import os
from typing import Any, Protocol

from interfaces.shared.errors import PeerError
from interfaces.shared.stream import Stream
from interfaces.workers.transports.auth import Handshake, Refused
from interfaces.workers.wire import HELLO, LONGEST, PING, PONG, PROOF, REFUSE, Reader, Unlike, frame

__all__ = ["PING_EVERY", "Owner", "Peer"]

log = logging.getLogger("interfaces.workers")

STRANGER = 4096
"""Bytes of a frame from somebody who has not proved who it is."""
INTRODUCTION = 10.0
"""Seconds in which both have to have introduced themselves."""
PING_EVERY = 5.0
"""Seconds between signs of life that are asked for."""
SILENCE = 20.0
"""Seconds without any after which the other side is taken for dead."""


class Owner(Protocol):
    """Whose connection it is."""

    def joined(self, peer: "Peer") -> None:
        """The other side has proved who it is."""

    def heard(self, peer: "Peer", kind: int, session: int, payload: Any, size: int) -> None:
        """A frame came from it. PeerError ends the connection."""

    def left(self, peer: "Peer", reason: str) -> None:
        """The connection is gone, or never became one."""


class Peer(Stream):
    """The protocol of one connection; ``name`` is the other side's identity once it is known."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, owner: Owner, role: str, identity: str, token: bytes
    ) -> None:
        super().__init__(loop)
        self.owner = owner
        self.handshake = Handshake(role, identity, token, os.urandom(16))
        self.refusal = ""
        """Why one side did not want the other."""
        self.unlike = False
        """Whether it is one of ours, as far as can be told, that does not fit."""
        self.fault = ""
        """What was wrong with what it sent when it had introduced itself."""
        self._reader = Reader(STRANGER)
        self._reason = "the connection was closed"
        self._last = loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Peer {self.name or '(unknown)'}{' lost' if self.lost else ''}>"

    @property
    def name(self) -> str:
        """The other side's identity."""
        return self.handshake.peer

    def connection_made(self, transport: Any) -> None:
        """asyncio: the connection is there."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(INTRODUCTION, self._late)
        self.post(HELLO, 0, self.handshake.hello())

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone."""
        super().connection_lost(error)
        if self._timer is not None:
            self._timer.cancel()
        self.owner.left(self, self._reason)

    def post(self, kind: int, session: int, payload: Any) -> int:
        """Send a frame; its bytes. RuntimeError for what cannot travel; a lost peer swallows it."""
        data = frame(kind, session, payload)
        if not self.lost:
            self.write(data)
        return len(data) - 4

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        self._last = self.loop.time()
        try:
            for kind, session, payload, size in self._reader.feed(data):
                if not self.handshake.done:
                    self._introduced(kind, payload)
                elif kind == PING:
                    self.post(PONG, 0, payload)
                elif kind != PONG:
                    self.owner.heard(self, kind, session, payload, size)
        except PeerError as error:
            self._refuse(error)
        except Exception as error:
            log.debug("%r sent what cannot be understood", self, exc_info=error)
            self._refuse(PeerError(f"malformed frame: {type(error).__name__}: {error}"))

    def drop(self, reason: str) -> None:
        """End the connection for ``reason``."""
        self._reason = reason
        self.abort()

    def leave(self) -> None:
        """End it when all that was posted has left."""
        self._reason = "it has ended"
        self.close()

    def _introduced(self, kind: int, payload: Any) -> None:
        proof = self.handshake.heard(kind, payload)
        if proof is not None:
            self.post(PROOF, 0, proof)
        elif self.handshake.done:
            self._reader.limit = LONGEST
            self._plan()
            self.owner.joined(self)

    def _refuse(self, error: PeerError) -> None:
        self._reason = str(error)
        if self.handshake.done:
            self.fault = str(error)
        else:
            self.refusal = str(error)
            self.unlike = isinstance(error, Unlike)
        if not isinstance(error, Refused):
            self.post(REFUSE, 0, {"reason": str(error)})
        self.close()

    def _late(self) -> None:
        self.drop("it did not introduce itself in time")

    def _plan(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(PING_EVERY, self._beat)

    def _beat(self) -> None:
        """Ask for a sign of life; that this loop was late itself is nobody's fault."""
        now = self.loop.time()
        if now - self._last >= SILENCE:
            self.drop(f"it has been silent for {SILENCE:g} s")
            return
        self.post(PING, 0, None)
        self._plan()
