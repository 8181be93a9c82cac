"""The other hubs that one hub's mail knows: both halves of each pair, who waits for it, who watches it. No I/O."""

import asyncio
import itertools
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from interfaces.layers.frames import Incoming, Outgoing
from interfaces.shared.errors import Unavailable

__all__ = ["HUB", "IDLE", "PEERS", "OnGone", "Peer", "Peers", "Requests", "guarded", "owner"]

PEERS = 4096
"""Peers that are remembered; beyond, the one that was quiet longest and is not watched is forgotten."""
IDLE = 600.0
"""Seconds of quiet after which a peer is forgotten."""
HUB = re.compile(r"[0-9a-f]{16,64}")
"""The id of a hub."""
_OWNED = re.compile(r"[^!]*\.([0-9a-f]{16,64})!")

OnGone = Callable[[str, str], None]
"""Takes (peer, reason): "gone" (its lease lapsed, or it is not subscribed), "bye" (it closed),
"gap" (frames were lost, either way)."""
NodeT = TypeVar("NodeT")
log = logging.getLogger("interfaces.layers")


def guarded(hook: Callable[..., None], *words: object) -> None:
    """Call a hook; one that raises is logged, and harms nobody else."""
    try:
        hook(*words)
    except Exception:
        log.exception("a hook of a channel layer failed")


def owner(channel: str) -> str:
    """The hub that receives ``channel``; "" when it is a queue, which any hub may take from."""
    found = _OWNED.match(channel)
    return found[1] if found else ""


class Peer(Generic[NodeT]):
    """One other hub.

    ``topic``: where it listens, at ``node``. ``say``: flags of a bare frame to send after this turn, -1 for none.
    ``unsure``: what was last published may not have reached it. ``used``: when it was last heard or posted to.
    """

    __slots__ = (
        "into",
        "name",
        "node",
        "out",
        "posted",
        "room",
        "say",
        "topic",
        "unsure",
        "used",
        "watchers",
    )

    def __init__(self, name: str, topic: bytes, node: NodeT, out: Outgoing) -> None:
        self.name = name
        self.topic = topic
        self.node = node
        self.out = out
        self.into = Incoming()
        self.watchers: dict[OnGone, None] = {}
        self.room: list[asyncio.Future[None]] = []
        self.posted: list[asyncio.Future[int]] = []
        self.say = -1
        self.unsure = False
        self.used = 0.0

    def __repr__(self) -> str:
        return f"<peer {self.name}, {self.out.sequence} out, {self.into.expected} in>"

    @property
    def held(self) -> bool:
        """Whether somebody here needs it to be remembered."""
        return bool(self.watchers or self.room or self.out.waiting)

    def wake(self, error: Exception | None = None) -> None:
        """Let those who wait for room look again, or fail."""
        waiting, self.room = self.room, []
        for future in waiting:
            if not future.done():
                future.set_exception(error) if error else future.set_result(None)

    def tell(self, reason: str) -> None:
        """Tell the watchers, who watch no more."""
        watchers, self.watchers = self.watchers, {}
        for on_gone in watchers:
            guarded(on_gone, self.name, reason)


class Peers(Generic[NodeT]):
    """In the order of last use. ``new(name, epoch)`` makes a peer, ``on_forget(peer)`` hears of evictions."""

    def __init__(
        self,
        new: Callable[[str, int], Peer[NodeT]],
        on_forget: Callable[[Peer[NodeT]], None],
        clock: Callable[[], float],
    ) -> None:
        self.most = PEERS
        self._new, self._on_forget, self._clock = new, on_forget, clock
        self._epochs = itertools.count(1)
        self._table: OrderedDict[str, Peer[NodeT]] = OrderedDict()

    def __iter__(self) -> Iterator[Peer[NodeT]]:
        return iter(list(self._table.values()))

    def __len__(self) -> int:
        return len(self._table)

    def __contains__(self, peer: Peer[NodeT]) -> bool:
        return self._table.get(peer.name) is peer

    def find(self, name: str) -> Peer[NodeT] | None:
        """The peer, if it is known."""
        return self._table.get(name)

    def use(self, name: str) -> Peer[NodeT]:
        """The peer, which begins to be known, in a new epoch, if it was not."""
        peer = self._table.get(name)
        if peer is None:
            self._make_room()
            peer = self._table[name] = self._new(name, next(self._epochs))
        else:
            self._table.move_to_end(name)
        peer.used = self._clock()
        return peer

    def remove(self, peer: Peer[NodeT]) -> None:
        """Know it no more."""
        if self._table.get(peer.name) is peer:
            del self._table[peer.name]

    def sweep(self) -> None:
        """Forget who has been quiet for IDLE seconds."""
        before = self._clock() - IDLE
        for peer in self:
            if peer.used > before:
                break
            if not peer.held:
                self._evict(peer)

    def _make_room(self) -> None:
        """Forget the quietest that nobody holds; those that are held go to the end, and may exceed ``most``."""
        for _ in range(len(self._table)):
            if len(self._table) < self.most:
                break
            peer = next(iter(self._table.values()))
            if peer.held:
                self._table.move_to_end(peer.name)
            else:
                self._evict(peer)

    def _evict(self, peer: Peer[NodeT]) -> None:
        del self._table[peer.name]
        self._on_forget(peer)


class Requests:
    """Questions to other hubs, by token."""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)
        self._open: dict[int, tuple[str, asyncio.Future[Any]]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(self, to: str) -> tuple[int, asyncio.Future[Any]]:
        """A token for a question to ``to``, and what its answer will be set on."""
        token = next(self._tokens)
        future = asyncio.get_running_loop().create_future()
        self._open[token] = (to, future)
        return token, future

    async def ask(self, to: str, post: Callable[[int], None], timeout: float) -> Any:
        """Have ``post(token)`` put the question, and wait ``timeout`` seconds for its answer, or Unavailable."""
        token, future = self.open(to)
        try:
            post(token)
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise Unavailable(f"hub {to} did not answer within {timeout} seconds") from None
        finally:
            self.drop(token)

    def drop(self, token: int) -> None:
        """Nobody waits for it any more."""
        self._open.pop(token, None)

    def answer(self, sender: str, token: object, result: object) -> None:
        """The answer, which has to come from who was asked."""
        to, future = self._open.get(token, ("", None)) if isinstance(token, int) else ("", None)
        if future is not None and to == sender and not future.done():
            future.set_result(result)

    def fail(self, error: Exception, to: str = "") -> None:
        """What was asked of ``to``, or of everybody, will not be answered."""
        for asked, future in list(self._open.values()):
            if to in ("", asked) and not future.done():
                future.set_exception(error)
