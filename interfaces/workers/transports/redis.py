"""Through the broker: openings wait in a queue for each type of scope, all that follows goes by the hubs' mail."""

import asyncio
import logging
from itertools import count
from types import TracebackType
from typing import Any, Self

from interfaces.layers.base import ChannelFull
from interfaces.shared.errors import Unavailable
from interfaces.shared.meter import here
from interfaces.shared.noise import Noise
from interfaces.workers.transports.base import Busy, Link, Lost
from interfaces.workers.transports.post import Post, Postbox
from interfaces.workers.wire import ASK, BACK, CANCEL, END, OPEN, REFUSE, SEND, TAKEN, VERSIONS, Frame, encode

__all__ = ["OPENINGS", "Redis", "types_key"]

log = logging.getLogger("interfaces.workers")

OPENINGS = "interfaces.open."
"""The beginning of the queues' names; the type of scope follows."""
KNOWN = frozenset({"http", "websocket", "email", "slack", "irc", "sms"})
"""Types that every worker looks for; others are announced."""
AGAIN = 0.05
"""Seconds until a queue that was full is tried again."""


def types_key(hub: Any) -> str:
    """The broker's set of the types of scopes that workers would not know of."""
    return f"{hub.settings.prefix}:relay:types"


class Redis:
    """The container's side, while it is entered. Entering raises Unavailable and ConfigError.

    ``limit`` openings wait at most, for workers or for room in the queue, ``seconds`` each.
    """

    def __init__(self, layer: Any, limit: int, seconds: float, counter: Any) -> None:
        self._layer = layer
        self._limit = limit
        self._seconds = seconds
        self._count = counter
        self._numbers = count(1)
        self._links: dict[int, Link] = {}
        self._waiting: dict[Link, tuple[int, asyncio.Task[None]]] = {}
        self._announced: set[str] = set(KNOWN)
        here().gauge("queue.depth", lambda: len(self._waiting), queue="relay")
        self._malformed = Noise(counter, "relay.malformed")
        self._refused = Noise(counter, "relay.refused")

    def __repr__(self) -> str:
        return f"<Redis {self._layer!r}, {len(self._waiting)} waiting>"

    async def __aenter__(self) -> Self:
        self._hub = self._layer.hub()
        await self._hub.started()
        self._box = Postbox(self._hub.mail, self._heard, self._lost, self._malformed)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tasks = [task for _, task in self._waiting.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._box.close()

    def submit(self, link: Link) -> None:
        """Find a worker for ``link``."""
        if len(self._waiting) >= self._limit:
            self._count("relay.full")
            link.failed(Busy("too many openings wait for a worker"))
            return
        number = next(self._numbers)
        self._links[number] = link
        task = asyncio.ensure_future(self._open(link, number))
        self._waiting[link] = number, task

    def withdraw(self, link: Link) -> bool:
        """The peer has left; a worker may have begun for all that is known here, so it takes its course."""
        return False

    def release(self, link: Link) -> None:
        """Nobody is interested in it any more: if its application still runs, it is cancelled."""
        self._settled(link)
        if self._links.pop(link.session, None) is not None:
            link.cancel()
        link.close()

    async def _open(self, link: Link, number: int) -> None:
        """Put the opening into its queue, and see that a worker takes it in time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._seconds
        try:
            if link.kind not in self._announced:
                await self._hub.nodes[0].call("SADD", types_key(self._hub), link.kind)
                self._announced.add(link.kind)
            await self._push(link, number, until)
            await asyncio.sleep(until - loop.time())
            self._count("relay.late")
            error: Unavailable = Busy(f"no worker had a free slot in {self._seconds:g} s")
        except Unavailable as unavailable:
            error = Busy(str(unavailable))
        except Exception as refusal:  # noqa: BLE001 - such as a broker without memory: nobody may wait for ever
            log.warning("no worker can be asked for: %s", refusal)
            error = Busy(str(refusal))
        self._waiting.pop(link, None)
        if self._links.pop(number, None) is not None:
            link.failed(error)

    async def _push(self, link: Link, number: int, until: float) -> None:
        loop = asyncio.get_running_loop()
        queue = OPENINGS + link.kind
        deadline = self._hub.node_of(queue).server_time() + until - loop.time()
        body = encode(OPEN, number, link.opening() | {"versions": VERSIONS, "until": deadline})
        while True:
            try:
                await self._hub.send(queue, {"from": self._hub.address, "body": body})
            except ChannelFull:
                if loop.time() + AGAIN >= until:
                    self._count("relay.full")
                    raise Busy(f"{queue} is full") from None
                await asyncio.sleep(AGAIN)
            else:
                return

    def _settled(self, link: Link) -> None:
        """It waits no longer."""
        number, task = self._waiting.pop(link, (0, None))
        if task is not None:
            task.cancel()
            if link.carrier is None:
                self._links.pop(number, None)

    def _heard(self, post: Post, frame: Frame) -> None:
        """A frame came from a worker."""
        kind, session, payload, size = frame
        link = self._links.get(session)
        if link is None:
            if kind in (TAKEN, SEND, ASK):
                post.post(CANCEL, session, None)  # too late
            return
        if kind == BACK and link.carrier in (None, post):
            del self._links[session]
            self._settled(link)
            link.unassigned()
            self.submit(link)
            return
        if kind == REFUSE and link.carrier is None:
            reason = str(payload.get("reason", ""))
            self._refused(f"a worker, hub {post.to}, refuses what comes from this container", reason)
            del self._links[session]
            self._settled(link)
            link.failed(Busy(reason))
            return
        if kind == TAKEN and link.carrier is None:
            if not post.version:
                post.version = int(payload.get("version", VERSIONS[0]))
                log.info(
                    "a worker, hub %s, takes openings, version %d of the protocol", post.to, post.version
                )
            link.assigned(post, session)
            self._settled(link)
        if link.carrier is post:
            if kind == END:
                del self._links[session]
            link.heard(kind, payload, size)

    def _lost(self, post: Post, reason: str) -> None:
        """A worker is gone: its sessions fail."""
        lost = [(number, link) for number, link in self._links.items() if link.carrier is post]
        if lost:
            log.warning("worker hub %s was lost with %d scopes: %s", post.to, len(lost), reason)
        for number, link in lost:
            del self._links[number]
            link.failed(Lost(f"the worker was lost: {reason}"))
