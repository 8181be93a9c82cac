"""Frames between two processes over pub/sub: what one turn of the loop posts to a hub leaves in one PUBLISH.

What can go wrong is never silent. A frame that is missing is a gap, which both sides learn of: the receiver counts
it and says so in its next frame. A sender whose PUBLISH failed or reached nobody says later where it stands, and a
hub whose subscriber was away asks everybody it knows; so loss at the tail shows too. A peer that does not consume
stops its senders at the window. A peer is gone when it says goodbye, its lease lapses, or it stays unsubscribed. Who
watches a peer is told of the first of these, once.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from interfaces.layers.base import ChannelFull
from interfaces.layers.frames import (
    BYE,
    DONE,
    SYNC,
    WINDOW,
    Cipher,
    Frame,
    FrameError,
    Item,
    Outgoing,
    decode,
    encode,
    opened,
    sealed,
)
from interfaces.layers.leases import BEAT, Leases
from interfaces.layers.node import Node
from interfaces.layers.peers import HUB, OnGone, Peer, Peers, Requests, guarded
from interfaces.shared.errors import PeerGone, Unavailable
from interfaces.shared.noise import Noise

__all__ = ["CONFIRM", "FREE", "JOIN", "LEAVE", "MEMBERS", "MESSAGE", "Handler", "Mail"]

MESSAGE, JOIN, LEAVE, CONFIRM, MEMBERS = 0, 1, 2, 3, 7
FREE = 16
"""Kinds of items. 0: [channel, message]; 1 to 15 are of groups and requests, and take no credit; then anybody's."""
ASSEMBLY = 67108864
"""Bytes of large items that are being put together, of all senders."""
LOCAL = 65536
"""Items that a hub may have posted to itself in one turn of the loop; beyond, ChannelFull."""

Handler = Callable[[str, Any, int], None]
"""Takes (sender, item, size); whoever consumes the item calls ``Mail.consumed(sender, size)`` then, once."""
Posted = Sequence[asyncio.Future[int]]


class Mail:
    """One hub's mail, within one event loop.

    ``node_of(hub)``: the broker on which that hub listens. ``prefix``: of all names there. ``address``: this hub's
    id, 16 to 64 hex digits, random by default. ``window``: bytes on the way to one peer, the same for all.
    """

    def __init__(
        self,
        node_of: Callable[[str], Node],
        prefix: str,
        *,
        address: str = "",
        window: int = WINDOW,
        cipher: Cipher | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = address or secrets.token_hex(8)
        self.handlers: dict[int, Handler] = {CONFIRM: self._confirmed}
        """By kind; items of a kind that has none are dropped and counted (``layer.unknown_kind``)."""
        self.on_gap: list[Callable[[str, int], None]] = []
        """Are told (sender, frames) of frames that did not reach us."""
        self.on_beat: list[Callable[[], None]] = []
        """Are called every BEAT seconds."""
        self.count: Callable[[str, int], None] = lambda _name, _by: None
        self.node = node_of(self.address)
        self.prefix, self.cipher, self.clock = prefix, cipher, clock
        self.topic = self._topic(self.address)
        """Where this hub listens; whoever owns the node gives what comes there to :meth:`feed`."""
        self._node_of, self._window = node_of, window
        self._peers: Peers[Node] = Peers(self._new_peer, partial(self._publish_bare, flags=DONE), clock)
        self._leases = Leases(prefix, self.address, clock, self._lapsed)
        self._nodes: dict[Node, None] = {}
        self._due: dict[Peer[Node], None] = {}
        self._local: list[Item] = []
        self._requests = Requests()
        self._failed = Noise(lambda name: self.count(name, 1), "layer.failed", "interfaces.layers", clock)
        self._scheduled = self._closed = False
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Mail {self.address}, {len(self._peers)} peers>"

    def _topic(self, hub: str) -> bytes:
        return f"{self.prefix}:p:{hub}".encode()

    @property
    def peers(self) -> list[str]:
        """The hubs that are known."""
        return [peer.name for peer in self._peers]

    # --- life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen, and say that this hub lives. Unavailable when there is no broker."""
        self._loop = asyncio.get_running_loop()
        await self._know(self.node).subscribe(self.topic)
        self._leases.renew(self.node)
        self._timer = self._loop.call_later(BEAT, self.beat)

    async def close(self) -> None:
        """Say goodbye to every peer, so that who watches us knows at once."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._flush()
        closed = Unavailable("this hub was closed")
        for peer in self._peers:
            self._publish_bare(peer, BYE)
            self._peers.remove(peer)
            peer.wake(closed)
        self._requests.fail(closed)
        self._leases.end(self.node)
        await self.node.unsubscribe(self.topic)

    def _know(self, node: Node) -> Node:
        if node not in self._nodes:
            self._nodes[node] = None
            node.on_state.append(partial(self._state, node))
        return node

    def _state(self, node: Node, up: bool, _reason: str) -> None:
        """A broker went or came: what was on its way is in doubt."""
        if self._closed:
            return
        if not up:
            self._leases.went(node)
            self.count("layer.interrupted", 1)
            return
        self._leases.came(node)
        if node is self.node:
            self._leases.renew(node)
        for peer in self._peers:
            if node is self.node:  # we may have missed something
                self._say(peer, SYNC)
            elif peer.node is node and peer.unsure:
                self._say(peer)

    # --- out --------------------------------------------------------------------------------------

    def post(self, to: str, kind: int, item: object) -> None:
        """Have ``item`` given to the handler of ``kind`` at the hub ``to``, after this turn of the loop.

        Raises ChannelFull when as much as the window is on the way, unless ``kind`` takes no credit; TypeError and
        ValueError for what cannot be sent. Whether it left: :meth:`sent`. To ``address`` the item itself is given.
        """
        if to == self.address:
            if len(self._local) >= LOCAL:
                raise ChannelFull(f"{LOCAL} items wait for this hub itself")
            self._local.append(Item(kind, item, 0))
            self._schedule()
            return
        if self._closed:
            raise Unavailable("this hub was closed")
        data = encode(item)
        size = len(data) if kind == MESSAGE or kind >= FREE else 0
        peer = self._peers.use(to)
        if size and not peer.out.fits(size):
            self._ask(peer, size)
            self.count("layer.no_credit", 1)
            raise ChannelFull(f"hub {to} has not consumed what was sent to it")
        peer.out.put(kind, data, size)
        self._due[peer] = None
        self._schedule()

    async def sent(self, to: str) -> int:
        """Wait until the broker has what was posted to ``to`` in this turn; how many got it (0: nobody listened).

        Raises Unavailable when the broker is lost meanwhile. 1 when nothing is to be sent.
        """
        peer = self._peers.find(to)
        if peer is None or not peer.out.waiting:
            return 1
        future: asyncio.Future[int] = self._loop.create_future()
        peer.posted.append(future)
        return await future

    async def room(self, to: str, size: int = 1) -> None:
        """Wait until ``size`` bytes may be posted to ``to``. PeerGone when it goes meanwhile."""
        if to == self.address:
            return
        while not (peer := self._peers.use(to)).out.fits(size):
            self._ask(peer, size)
            peer.room.append(self._loop.create_future())
            await peer.room[-1]

    def _ask(self, peer: Peer[Node], size: int) -> None:
        """Have it say what it consumes: of what is less than half the window it would not."""
        if size > self._window // 2 and not peer.out.asked:
            peer.out.asked = True
            self._say(peer, SYNC)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _say(self, peer: Peer[Node], flags: int = 0) -> None:
        """Send a bare frame after this turn, if nothing else tells the same."""
        peer.say = max(peer.say, 0) | flags
        self._due[peer] = None
        self._schedule()

    def _flush(self) -> None:
        self._scheduled = False
        due, self._due = self._due, {}
        for peer in due:
            waiting, peer.posted = peer.posted, []
            items = len(peer.out.waiting)
            frames = list(peer.out.frames(*peer.into.report())) if items else []
            for frame in frames:
                last = frame is frames[-1]
                self._publish(peer, frame, items if last else 0, waiting if last else ())
            if peer.say > 0 or (peer.say == 0 and not frames):
                self._publish_bare(peer, peer.say)
            peer.say = -1
        local, self._local = self._local, []
        for item in local:
            self._give(self.address, item)

    def _publish_bare(self, peer: Peer[Node], flags: int = 0) -> None:
        self._publish(peer, peer.out.bare(flags, *peer.into.report()))

    def _publish(self, peer: Peer[Node], frame: bytes, items: int = 0, waiting: Posted = ()) -> None:
        then = partial(self._published, peer, items, waiting)
        peer.node.tell(then, "PUBLISH", peer.topic, sealed(self.cipher, peer.topic, frame))

    def _published(self, peer: Peer[Node], items: int, waiting: Posted, reply: Any) -> None:
        """What the broker says: to how many, or why not."""
        failed = isinstance(reply, Exception)
        peer.unsure = failed or not reply
        for future in waiting:
            if not future.done():
                future.set_exception(Unavailable(str(reply))) if failed else future.set_result(reply)
        if failed:
            self.count("layer.unsent", 1)
        elif not reply and not self._closed:
            if items:
                self.count("layer.undeliverable", items)
                peer.tell("gap")
            if peer in self._peers:
                self._leases.check(peer.node, {peer.name: peer.topic})

    # --- in ---------------------------------------------------------------------------------------

    def feed(self, payload: bytes) -> None:
        """What came under ``topic``; never raises."""
        plain = opened(self.cipher, self.topic, payload)
        if plain is None:
            self.count("layer.unsealed", 1)
            return
        try:
            frame = decode(plain)
        except FrameError as error:
            self.count(f"layer.frame_{error.reason}", 1)
            return
        if not self._closed and frame.sender != self.address and HUB.fullmatch(frame.sender):
            self._arrived(self._peers.use(frame.sender), frame)

    def _arrived(self, peer: Peer[Node], frame: Frame) -> None:
        gap, items = self._checked_in(peer, frame)
        news = peer.out.told(frame.heard, frame.consumed, frame.missed)
        if peer.room:
            peer.wake()
        for item in items:
            self._give(peer.name, item)
        if gap or news:
            self._gap(peer, gap, news)
        if frame.flags & SYNC or peer.into.owes(self._window):
            self._say(peer)
        if frame.flags & BYE:
            self._lose(peer, "bye")
        elif frame.flags & DONE:
            self._forget(peer)

    def _checked_in(self, peer: Peer[Node], frame: Frame) -> tuple[int, list[Item]]:
        into = peer.into
        gap, items = into.feed(frame)
        if into.partial and sum(other.into.partial for other in self._peers) > ASSEMBLY:
            into.abandon()
            gap += 1
        if into.late:
            self.count("layer.late", into.late)
            into.late = 0
        return gap, items

    def _give(self, sender: str, item: Item) -> None:
        handler = self.handlers.get(item.kind)
        if handler is None:
            self.count("layer.unknown_kind", 1)
            self.consumed(sender, item.size)
            return
        try:
            handler(sender, item.item, item.size)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's item makes of a handler
            self.consumed(sender, item.size)
            what = f"hub {sender} sent what cannot be handled (kind {item.kind}): {type(error).__name__}"
            self._failed(what, error)

    def consumed(self, sender: str, size: int) -> None:
        """An item of ``sender`` has been consumed: its credit goes back."""
        if size and (peer := self._peers.find(sender)):
            peer.into.consume(size)
            if peer.into.owes(self._window):
                self._say(peer)

    def _gap(self, peer: Peer[Node], gap: int, there: int) -> None:
        """Frames were lost: ``gap`` to us, ``there`` of ours."""
        if gap:
            self.count("layer.gap", gap)
            self._say(peer)
            for hook in self.on_gap:
                guarded(hook, peer.name, gap)
        if there:
            self.count("layer.gap_there", there)
        peer.tell("gap")

    # --- who is there -----------------------------------------------------------------------------

    def watch(self, peer: str, on_gone: OnGone) -> None:
        """Have ``on_gone(peer, reason)`` called, once, when the peer is gone or frames of the pair were lost."""
        self._peers.use(peer).watchers[on_gone] = None

    def unwatch(self, peer: str, on_gone: OnGone) -> None:
        """Watch it no more."""
        if known := self._peers.find(peer):
            known.watchers.pop(on_gone, None)

    def _new_peer(self, name: str, epoch: int) -> Peer[Node]:
        node = self._know(self._node_of(name))
        return Peer(name, self._topic(name), node, Outgoing(self.address, epoch, self._window))

    def _forget(self, peer: Peer[Node]) -> None:
        """It has forgotten us."""
        self._peers.remove(peer)
        peer.wake()
        if peer.watchers:
            self._peers.use(peer.name).watchers = peer.watchers

    def _lose(self, peer: Peer[Node], reason: str) -> None:
        """It is gone."""
        self._peers.remove(peer)
        error = PeerGone(f"hub {peer.name} is gone")
        peer.wake(error)
        self._requests.fail(error, peer.name)
        peer.tell(reason)

    def beat(self) -> None:
        """Every BEAT seconds: renew the lease, look after the peers that are watched or in doubt."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(BEAT, self.beat)
        if self._leases.lapsed:
            self.count("layer.stopped", 1)
            for peer in self._peers:
                self._say(peer, SYNC)
        self._leases.renew(self.node)
        for peer in self._peers:
            peer.out.asked = False  # that may have been lost: whoever waits asks again
            peer.wake()
            if peer.unsure:
                self._say(peer)
        held = [peer for peer in self._peers if peer.unsure or peer.watchers]
        for node in self._nodes:
            self._leases.check(node, {peer.name: peer.topic for peer in held if peer.node is node})
        self._peers.sweep()
        for hook in self.on_beat:
            guarded(hook)

    def _lapsed(self, hub: str) -> None:
        if (peer := self._peers.find(hub)) and not self._closed:
            self._lose(peer, "gone")

    async def request(self, to: str, kind: int, item: object, timeout: float) -> Any:
        """Ask the hub ``to``; its answer.

        The handler of ``kind`` there gets [token, item] and answers with :meth:`confirm`. PeerGone when it is gone,
        Unavailable when it does not answer for ``timeout`` seconds.
        """
        return await self._requests.ask(to, lambda token: self.post(to, kind, [token, item]), timeout)

    def confirm(self, to: str, token: object, result: object) -> None:
        """Answer a request."""
        self.post(to, CONFIRM, [token, result])

    def _confirmed(self, sender: str, item: Any, _size: int) -> None:
        self._requests.answer(sender, *item)
