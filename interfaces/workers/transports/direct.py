"""The interface container's side of direct connections: it listens, and workers come."""

import asyncio
import logging
import os
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from interfaces.shared.bind import Address, parse_bind
from interfaces.shared.errors import ConfigError
from interfaces.shared.listen import Listening
from interfaces.shared.noise import Noise
from interfaces.workers.transports.base import Link, Lost
from interfaces.workers.transports.directory import PORT, Directory, Place
from interfaces.workers.transports.peer import Peer
from interfaces.workers.transports.queue import Desk, Queue
from interfaces.workers.wire import BACK, DRAIN, END, OPEN, SLOTS

__all__ = ["Direct"]

log = logging.getLogger("interfaces.workers")

WORKERS = 1024
"""Workers that may be connected to one container."""


class _Worker(Desk):
    """A worker that is connected to this container."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(self._give)
        self.peer = peer
        self.links: dict[int, Link] = {}

    def _give(self, link: Link) -> None:
        self.links[self.sent] = link
        self.peer.post(OPEN, self.sent, link.opening())
        link.assigned(self.peer, self.sent)


class Direct:
    """Listens at ``bind`` while it is entered; entering raises ConfigError.

    ``directory`` is told the address, and the token with it if it ``tells``.
    Without a ``token`` it listens on a unix socket alone, whose permissions say who may connect.
    """

    def __init__(
        self,
        bind: str,
        token: bytes,
        queue: Queue,
        *,
        listening: Listening | None = None,
        directory: Directory | None = None,
        tells: bool = False,
    ) -> None:
        self.addresses: list[Address] = []
        self._bind = bind
        self._token = token
        self._queue = queue
        self._listening = listening or Listening()
        self._directory = directory
        self._tells = tells
        self._identity = os.urandom(8).hex()
        self._workers: dict[Any, _Worker] = {}
        self._malformed = Noise(queue.count, "relay.malformed")
        self._refused = Noise(queue.count, "relay.refused")
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"<Direct {self._bind}, {len(self._workers)} workers, {len(self._queue)} waiting>"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        if parse_bind(self._bind, PORT).kind != "unix" and not self._token:
            raise ConfigError(
                f"--relay-bind {self._bind} needs --relay-token: who connects gets every request"
            )

        def peer() -> Peer:
            return Peer(loop, self, "relay", self._identity, self._token)

        opened = self._listening.open(peer, (self._bind,), PORT, alpn=(), limit=WORKERS)
        self.addresses = (await self._stack.enter_async_context(opened)).addresses
        if self._directory is not None:
            token = self._token if self._tells else b""
            await self._directory.announce(Place(_reachable(self.addresses[0]), token))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory is not None:
            await self._directory.announce(None)
        for peer in list(self._workers):
            peer.leave()
        await self._stack.aclose()

    def submit(self, link: Link) -> None:
        """Find a worker for ``link``."""
        self._queue.submit(link)

    def withdraw(self, link: Link) -> bool:
        """The peer has left: what still waits is withdrawn."""
        return self._queue.withdraw(link)

    def release(self, link: Link) -> None:
        """Nobody is interested in it any more: if its application still runs, it is cancelled."""
        self._queue.withdraw(link)
        worker = self._workers.get(link.carrier)
        if worker is not None and worker.links.pop(link.session, None) is not None:
            link.cancel()
        link.close()

    def joined(self, peer: Peer) -> None:
        """A worker has proved who it is."""
        self._workers[peer] = worker = _Worker(peer)
        self._queue.desks.append(worker)
        log.info("worker %s is connected, version %d of the protocol", peer.name, peer.handshake.version)

    def left(self, peer: Peer, reason: str) -> None:
        """A worker is gone: its sessions fail."""
        worker = self._workers.pop(peer, None)
        if worker is None:
            if peer.unlike:
                self._refused("a worker is refused", peer.refusal)
            elif peer.refusal:
                self._malformed("who is no worker has connected", peer.refusal)
            return
        if peer.fault:
            self._malformed(f"worker {peer.name} was left for what it sent", peer.fault)
        self._queue.desks.remove(worker)
        if worker.links:
            log.warning("worker %s was lost with %d scopes: %s", peer.name, len(worker.links), reason)
        for link in worker.links.values():
            link.failed(Lost(f"the worker was lost: {reason}"))
        worker.links.clear()

    def heard(self, peer: Peer, kind: int, session: int, payload: Any, size: int) -> None:
        """A frame came from a worker."""
        worker = self._workers[peer]
        if session:
            self._of_session(worker, kind, session, payload, size)
        elif kind == SLOTS:
            worker.told(payload)
            self._queue.move()
        elif kind == DRAIN:
            worker.draining = True
            peer.post(DRAIN, 0, None)

    def _of_session(self, worker: _Worker, kind: int, session: int, payload: Any, size: int) -> None:
        link = worker.links.get(session)
        if link is None:
            return  # it ended in the meantime
        if kind in (END, BACK):
            del worker.links[session]
        if kind == BACK:
            link.unassigned()
            self._queue.submit(link, first=True)
        else:
            link.heard(kind, payload, size)


def _reachable(address: Address) -> str:
    """``address`` as others may dial it: who listens everywhere is found under the name of this machine."""
    if address.kind == "tcp" and address.host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        return str(replace(address, host=socket.gethostname()))
    return str(address)
