"""The worker's side of direct connections: it dials every container that it finds, and dials again."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.noise import Noise, Trouble, uncounted
from interfaces.workers.transports.base import Taken
from interfaces.workers.transports.directory import Directory, Place, dialled
from interfaces.workers.transports.peer import Peer
from interfaces.workers.wire import DRAIN, OPEN, SLOTS

__all__ = ["Dialler"]

log = logging.getLogger("interfaces.workers")
_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs

FIRST = 0.1
LONGEST = 5.0
"""Seconds until a container is dialled again; doubled in between."""
CONNECT = 5.0
"""Seconds that a connection may take to be there, TLS included: some addresses swallow what is sent to them."""
LOOK = 2.0
"""Seconds between two looks at the directory."""
ROUND = 2.0
"""Seconds that the first round of all containers may hold up the start; later ones hold up nothing."""


class _Container:
    """A container that this worker is connected to."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.seen = 0
        self.told: tuple[int, int] | None = None
        self.drained = asyncio.Event()
        self.taken: dict[int, Taken] = {}

    def closed(self, taken: Taken) -> None:
        """It is over."""
        self.taken.pop(taken.session, None)

    def tell(self, free: int, **more: Any) -> None:
        """Say how many openings may come."""
        if self.told != (free, self.seen) or more:
            self.told = (free, self.seen)
            self.peer.post(SLOTS, 0, {"free": free, "seen": self.seen, **more})


class Dialler:
    """Connects to containers while it is entered. Entering tries each known one once.

    ConfigError then when one refuses us; later that is logged. ``on_opening`` is called for each opening, while
    there are free slots.
    """

    def __init__(
        self,
        directory: Directory,
        identity: str,
        token: bytes,
        *,
        tls: ssl.SSLContext | None = None,
        only: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self.on_opening: Callable[[Taken], None] = Taken.give_back
        self._directory = directory
        self._identity = identity
        self._token = token
        self._tls = tls
        self._types = {"only": only, "exclude": exclude}
        self._free = 0
        self._planned = False
        self._draining = False
        self._containers: dict[Peer, _Container] = {}
        self._dialling: dict[Place, asyncio.Task[None]] = {}
        self._peers: dict[Place, Peer] = {}
        self._entered = False
        self._finder: asyncio.Task[None] | None = None
        self._refusals: dict[Place, str] = {}
        self._trouble = Trouble("no containers can be found")
        self.malformed = Noise(uncounted, "relay.malformed")
        """Told of what a container sends that cannot be understood."""

    def __repr__(self) -> str:
        return f"<Dialler {self._identity}, {len(self._containers)} containers, {self._free} free>"

    @property
    def connected(self) -> int:
        """To how many containers it is connected."""
        return len(self._containers)

    async def __aenter__(self) -> Self:
        tried = asyncio.Event()
        self._finder = asyncio.ensure_future(self._find(tried))
        await _all([tried], ROUND)
        self._entered = True
        if self._refusals:
            await self.__aexit__(None, None, None)
            raise ConfigError(next(iter(self._refusals.values())))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draining = True
        tasks = [*self._dialling.values(), *([self._finder] if self._finder else [])]
        for peer in list(self._containers):
            peer.leave()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def free(self, slots: int) -> None:
        """How many openings may come now, from all containers together."""
        self._free = slots
        if not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_soon(self._tell)

    async def drain(self, seconds: float) -> None:
        """Let nothing more come; return when every container knows."""
        self._draining = True
        if self._finder is not None:
            self._finder.cancel()
        for container in self._containers.values():
            container.peer.post(DRAIN, 0, None)
        await _all([each.drained for each in self._containers.values()], seconds)

    def joined(self, peer: Peer) -> None:
        """A container has proved who it is."""
        self._containers[peer] = container = _Container(peer)
        if self._draining:
            peer.leave()
        else:
            container.tell(self._free, **self._types)
            log.info(
                "connected to container %s, version %d of the protocol", peer.name, peer.handshake.version
            )

    def left(self, peer: Peer, reason: str) -> None:
        """A container is gone, and all that came from it has lost its client."""
        container = self._containers.pop(peer, None)
        if container is not None:
            container.drained.set()
            for taken in list(container.taken.values()):
                taken.lost()

    def heard(self, peer: Peer, kind: int, session: int, payload: Any, size: int) -> None:
        """A frame came from a container."""
        container = self._containers[peer]
        if kind == OPEN:
            self._opened(container, session, payload)
        elif session:
            taken = container.taken.get(session)
            if taken is not None:
                taken.heard(kind, payload, size)
        elif kind == DRAIN:
            container.drained.set()

    def _opened(self, container: _Container, session: int, payload: Any) -> None:
        if not isinstance(payload, dict):
            raise PeerError("malformed frame")
        container.seen += 1
        taken = Taken(session, container.peer, payload)
        if self._free <= 0 or self._draining:
            container.tell(self._free)  # first, or it would come back here
            taken.give_back()
            return
        container.taken[session] = taken
        taken.on_closed = container.closed
        self.on_opening(taken)

    def _tell(self) -> None:
        self._planned = False
        for container in self._containers.values():
            container.tell(self._free)

    async def _find(self, tried: asyncio.Event) -> None:
        """Look for containers again and again."""
        while True:
            try:
                found = set(await self._directory.places())
            except Exception as error:  # noqa: BLE001 - whatever a broker says, it may say something else later
                self._trouble(error)
                found = set(self._dialling)
            else:
                self._trouble(None)
            for place in set(self._dialling) - found:
                # What is connected is there, whatever a broker says that has lost its data.
                if self._peers.get(place) not in self._containers:
                    self._dialling.pop(place).cancel()
                    self._refusals.pop(place, None)
            new = {place: asyncio.Event() for place in found - set(self._dialling)}
            for place, once in new.items():
                self._dialling[place] = asyncio.ensure_future(self._keep(place, once))
            if not tried.is_set():
                await _all(new.values(), ROUND)
                tried.set()
            await asyncio.sleep(LOOK)

    async def _keep(self, place: Place, once: asyncio.Event) -> None:
        """Be connected to ``place``."""
        loop = asyncio.get_running_loop()
        pause = FIRST
        while True:
            gone = loop.create_future()
            try:
                await self._connect(place, gone, once)
            except (OSError, ConfigError) as error:  # ConfigError: what another version has announced
                log.debug("container %s: %r", place.address, error)
            once.set()
            if gone.done() and gone.result():
                pause = FIRST
                self._refusals.pop(place, None)
            await asyncio.sleep(pause * _RANDOM.uniform(0.5, 1))  # so that not all come at once
            pause = min(LONGEST, pause * 2)

    async def _connect(self, place: Place, gone: asyncio.Future[bool], once: asyncio.Event) -> None:
        """Connect, and return when the connection is gone; ``gone`` tells whether it ever was one."""
        loop = asyncio.get_running_loop()
        owner = _Watched(self, gone, once)

        def peer() -> Any:
            return Peer(loop, owner, "worker", self._identity, place.token or self._token)

        bind = dialled(place.address)
        made: Peer
        async with asyncio.timeout(CONNECT):  # TimeoutError is an OSError
            if bind.kind == "unix":
                _, made = await loop.create_unix_connection(peer, bind.path, ssl=self._tls)
            else:
                _, made = await loop.create_connection(peer, bind.host, bind.port, ssl=self._tls)
        self._peers[place] = made
        try:
            await gone
        finally:
            del self._peers[place]
            made.leave()
        if made.fault:
            self.malformed(f"container {place.address} was left for what it sent", made.fault)
        if made.refusal:
            self._refused(place, f"container {place.address} refuses this worker: {made.refusal}")

    def _refused(self, place: Place, why: str) -> None:
        if self._refusals.get(place) != why:
            self._refusals[place] = why
            if self._entered:
                log.error("%s", why)


async def _all(events: Iterable[asyncio.Event], seconds: float) -> None:
    """Wait until all of them are set, ``seconds`` at most."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    if waiting:
        await asyncio.wait(waiting, timeout=seconds)
    for task in waiting:
        task.cancel()


class _Watched:
    """The dialler as the owner of one connection, with word of its beginning and end."""

    def __init__(self, dialler: Dialler, gone: asyncio.Future[bool], once: asyncio.Event) -> None:
        self._dialler = dialler
        self._gone = gone
        self._once = once
        self._up = False
        self.heard = dialler.heard

    def joined(self, peer: Peer) -> None:
        """It is one."""
        self._up = True
        self._once.set()
        self._dialler.joined(peer)

    def left(self, peer: Peer, reason: str) -> None:
        """It is gone."""
        self._dialler.left(peer, reason)
        if not self._gone.done():
            self._gone.set_result(self._up)
