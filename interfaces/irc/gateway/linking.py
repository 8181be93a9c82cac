"""Several containers serve one network: what is done in one is told to the others, over the channel layer.

Each container is in the group of its network. What its users do in one turn of the loop is one message to the group;
what is said to a channel is one, whoever is in it, and what is said to a nick goes to its container alone. The rules
by which all agree, whatever is lost, are in :mod:`linked_rules`, :mod:`linked_own` and :mod:`linked_peers`.

Without the broker users go on here, and those of other containers leave as in a netsplit; once it is back, all of it
is told again.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from secrets import token_hex
from typing import Any, Final

from interfaces.irc.gateway.linked_acts import Limits
from interfaces.irc.gateway.linked_own import SAYINGS, Known, Own
from interfaces.irc.gateway.linked_peers import MALFORMED, Peers
from interfaces.irc.gateway.linked_shown import Shown
from interfaces.irc.gateway.relaying import split
from interfaces.irc.gateway.roster import User
from interfaces.irc.gateway.saying import Message
from interfaces.irc.gateway.service import Gateway, log
from interfaces.layers.base import MAX_NAME_LENGTH, ChannelFull, Layer
from interfaces.layers.dispatching import ended
from interfaces.shared.errors import Unavailable
from interfaces.shared.interface import Context

__all__ = ["BEAT", "LOOKED", "READY", "TICK", "VERSION", "Link", "group_name", "linked"]

VERSION: Final = 1
READY: Final = "irc link"
"""What ``/readyz`` calls it."""
TYPE: Final = "irc.link"
PREFIX: Final = "irc-link"
TICK: Final = 1.0
"""Seconds between two looks at who is silent, and what was not told."""
BEAT: Final = 10.0
"""Seconds between two beats."""
LOOKED: Final = 500
"""Users and channels that one such look is at."""
HELD: Final = 10_000
"""Messages of other containers that wait while this one is busy."""
BURST: Final = 20
"""Messages of those that tell all which are told at once."""
PAUSE: Final = 0.1
"""Seconds until the next of them, so that they are not too many at once for who hears them."""
GOODBYE: Final = 2.0
"""Seconds to tell the last of it."""
SLICE: Final = 0.01
"""Seconds of the work for one message after which others may run."""
_OTHERWISE: Final = re.compile(r"[^a-zA-Z0-9\-_.]")
_WAITING: Final = re.compile(rf"{PREFIX}\.")
COUNTS: Final = ("lost", "malformed", "refused", "resync", "split", "full", "version")


def group_name(network: str) -> str:
    """The group of a network, as a name that a layer takes."""
    name = f"interfaces.irc.{_OTHERWISE.sub('_', network)}"
    if name.endswith(f".{network}") and len(name) < MAX_NAME_LENGTH:
        return name
    return f"{name[: MAX_NAME_LENGTH - 20]}.{sha256(network.encode(errors='replace')).hexdigest()[:12]}"


class Link:
    """One container's; :meth:`open` before, :meth:`close` after. ``name``: its id, random unless given."""

    def __init__(
        self, gateway: Gateway, context: Context, name: str = "", limits: Limits | None = None
    ) -> None:
        self.gateway = gateway
        self.context = context
        self.layer: Layer = context.layer
        self.name = name or token_hex(6)
        self.group = group_name(gateway.options.network)
        self.channel = ""
        self.up = False
        self.known = Known(self.name, gateway.roster)
        self.own = Own(self.known, lambda by: self.count("irc.link.lost", by))
        limits = limits or Limits(nick=gateway.options.nick_length)
        self.peers = Peers(self.known, self.own, Shown(gateway), limits, self.count)
        self.peers.malformed = self._malformed
        self._channels: dict[str, str] = {}
        self._direct: dict[str, list[list[Any]]] = {}
        self._rows: Any = None
        self._burst = 0
        self._reason = ""
        """Why the others cannot be told."""
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._timer: Any = None
        self._loop: Any = gateway.loop
        self._ticked: float = self._loop.time()
        self._beat_at: float = self._ticked
        self._beat_due = self._deaf = False
        self._told: set[str] = set()
        for what in COUNTS:
            self.count(f"irc.link.{what}", 0)

    def __repr__(self) -> str:
        return f"<Link {self.name} of {self.group}: {'up' if self.up else 'down'}, {len(self.peers.peers)} others>"

    def count(self, name: str, by: int = 1) -> None:
        """Count something that is rare."""
        self.context.telemetry.count(name, by)

    # --- what happens here --------------------------------------------------------------------------

    def tell(self, what: str, user: User | None, said: Mapping[str, Any]) -> None:
        """One of ours, or our server, did something; what others did is told by them."""
        if not self._deaf:
            self.own.tell(what, user, said)
            self.wake()

    def relay(self, message: Message) -> None:
        """Have the members of a channel, or a user, in other containers hear it."""
        if not self.peers.peers:
            return
        roster, words = self.gateway.roster, [*message]
        words[5] = dict(message.tags)
        if split(message.target)[1]:
            room = roster.room(split(message.target)[1])
            if room is None or any(user.home for user in room.members):
                self.own.say(words)
                self.wake()
            return
        user = roster.present(message.target)
        channel = self._channels.get(user.home) if user is not None else None
        if channel is None:
            return
        if self.own.muted or sum(map(len, self._direct.values())) >= SAYINGS:
            self.count("irc.link.lost")
            return
        self._direct.setdefault(channel, []).append(["say", words])
        self.wake()

    def wake(self) -> None:
        """There is something to be told; without the broker that is tried once a second."""
        if self.up:
            self._wake.set()

    # --- life ---------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Join the others; goes on trying where that cannot be."""
        self.own.muted = True
        capacities = self.layer.channel_capacity
        if all(pattern is not _WAITING for pattern, _ in capacities):
            capacities.append((_WAITING, HELD))
        self.layer.on_loss.append(self._lost)
        try:
            await self._join()
        except Unavailable as error:
            self._down(str(error))
        self._begin(self._telling())
        self._timer = self._loop.call_later(TICK, self._tick)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        task.add_done_callback(partial(ended, self.context, READY))
        self._tasks.append(task)

    async def close(self) -> None:
        """Tell the last of it, and leave."""
        self._timer.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        self.layer.on_loss.remove(self._lost)
        if not self.up:
            return
        try:
            async with asyncio.timeout(GOODBYE):
                while (message := self.own.take()) is not None:
                    await self._send(None, message)
                await self._send(None, {"kind": "bye"})
                await self.layer.group_discard(self.group, self.channel)
        except (TimeoutError, Unavailable) as error:
            log.warning("%r could not say good-bye: %s", self, error or "it took too long")

    async def _join(self) -> None:
        """Be in the group, and ask for all that the others have."""
        if not self.channel:
            self.channel = await self.layer.new_channel(PREFIX)
            self._begin(self._hearing())
        await self.layer.group_add(self.group, self.channel)
        self.own.muted = False
        self.own.drop()  # the others may have missed something
        await self._send(None, {"kind": "ask", "of": []})
        self.up = self._beat_due = True
        self.peers.asked = bool(self.peers.peers)
        self._wake.set()
        self._reason = ""
        self.context.ready(READY, True)

    def _lost(self, reason: str) -> None:
        """The layer: its broker is gone. It may say so in any thread."""
        self._loop.call_soon_threadsafe(self._down, reason)

    def _down(self, reason: str) -> None:
        if self.up or not self._reason:
            log.warning("%r: the other containers cannot be told: %s", self, reason)
        if self._reason != reason:
            self.context.ready(READY, False, reason)
        self._reason = reason
        self.up, self.own.muted = False, True
        self.own.drop()
        self.count("irc.link.lost", sum(map(len, self._direct.values())))
        self._direct.clear()
        self._rows = None

    def _tick(self) -> None:
        self._timer = self._loop.call_later(TICK, self._tick)
        self.tick(self._loop.time())

    def tick(self, now: float) -> None:
        """A second went by: who is silent is split off; what is due is told."""
        late = now - self._ticked - TICK
        self._ticked = now
        self._burst = 0
        if late > TICK:  # this process was stopped: nobody is to blame for that
            for peer in self.peers.peers.values():
                peer.heard += late
        self.peers.tick(now)
        self._leave()
        for name in [name for name in self._channels if name not in self.peers.peers]:
            del self._channels[name]
        self.own.look(LOOKED)
        if now - self._beat_at >= BEAT:
            self._beat_at, self._beat_due = now, True
        self._wake.set()

    # --- messages -----------------------------------------------------------------------------------

    async def _telling(self) -> None:
        """Tell what there is to be told, one message after the other."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if not self.up:
                    await self._join()
                while (found := self._next()) is not None:
                    if found[1]["kind"] == "beat":
                        await self.layer.group_add(self.group, self.channel)  # who is not renewed falls out
                    await self._send(*found)
            except Unavailable as error:
                self._down(str(error))

    def _next(self) -> tuple[str | None, dict[str, Any]] | None:
        """The next message, and its channel where it is not to all."""
        if not self.up:
            return None
        if (acts := self.own.take()) is not None:
            return None, acts
        if self._direct:
            channel = next(iter(self._direct))
            return channel, {"kind": "acts", "n": 0, "acts": self._direct.pop(channel)}
        peers = self.peers
        if peers.asks:
            asks, peers.asks = sorted(peers.asks), set()
            return None, {"kind": "ask", "of": asks}
        if self._beat_due:
            self._beat_due = False
            return None, self.own.beat(peers.seen, peers.busy)
        rows = self._portion()
        return None if rows is None else (None, rows)

    def _portion(self) -> dict[str, Any] | None:
        """The next of those that tell all, where somebody has asked; not too many at once."""
        if self.peers.asked and self._rows is None:
            self.peers.asked, self._rows = False, self.own.portions()
        if self._rows is None or self._burst >= BURST:
            return None
        rows: dict[str, Any] | None = next(self._rows, None)
        if rows is None:
            self._rows = None
            return self._portion() if self.peers.asked else None
        self._burst += 1
        if self._burst == BURST:
            self._loop.call_later(PAUSE, self._rested)
        return rows

    def _rested(self) -> None:
        self._burst = 0
        self.wake()

    async def _send(self, channel: str | None, body: Mapping[str, Any]) -> None:
        message = {"type": TYPE, "v": VERSION, "from": self.name, "channel": self.channel, **body}
        try:
            await self._put(channel, message)
        except (TypeError, ValueError):  # a text of the application that is none on a wire
            try:
                await self._put(channel, _clean(message))
            except (TypeError, ValueError) as error:
                self._malformed(self.name, error)

    async def _put(self, channel: str | None, message: dict[str, Any]) -> None:
        if channel is None:
            await self.layer.group_send(self.group, message)
            return
        try:
            await self.layer.send(channel, message)
        except ChannelFull:
            self.count("irc.link.lost", len(message["acts"]))

    async def _hearing(self) -> None:
        """Hear the others."""
        time = self._loop.time
        async for message in self.layer.consume(self.channel):
            until = time() + SLICE
            for _ in self.hear(message):
                if time() >= until:
                    await asyncio.sleep(0)
                    until = time() + SLICE

    def hear(self, message: Mapping[str, Any]) -> Iterator[None]:
        """A message of somebody, done in pieces; what is not understood is counted, and once told."""
        sender, version = message.get("from"), message.get("v")
        if message.get("type") != TYPE or not isinstance(sender, str) or sender == self.name:
            return
        if version != VERSION:
            self._say_once(
                "version", f"container {sender} speaks version {version} of the link, and is not heard"
            )
            return
        yield from self._deafly(self.peers.hearing(sender, message, self._ticked), sender)
        if sender in self.peers.peers and isinstance(message.get("channel"), str):
            self._channels[sender] = message["channel"]
        if self.own.waiting or self.peers.asks or self.peers.asked:
            self.wake()
        self._leave()

    def _leave(self) -> None:
        """Have those quit whose containers are gone."""
        until = self._loop.time() + SLICE
        for _ in self._deafly(self.peers.leaving()):
            if self._loop.time() >= until:
                self._loop.call_soon(self._leave)
                return

    def _deafly(self, work: Iterator[None], sender: str = "") -> Iterator[None]:
        """What is done by ``work`` was done by others: it is told by them."""
        while True:
            self._deaf = True
            try:
                next(work)
            except StopIteration:
                return
            except MALFORMED as error:
                self._malformed(sender, error)
                return
            finally:
                self._deaf = False
            yield

    def _malformed(self, sender: str, error: Exception) -> None:
        self._say_once("malformed", f"container {sender} says what cannot be: {error!r}")

    def _say_once(self, what: str, said: str) -> None:
        self.count(f"irc.link.{what}")
        if what not in self._told:
            self._told.add(what)
            log.warning("%r: %s", self, said)


def _clean(value: Any) -> Any:
    """What a wire takes: of surrogates "?"."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


@asynccontextmanager
async def linked(gateway: Gateway, context: Context) -> AsyncIterator[Link | None]:
    """Be one of the containers of the gateway's network while it is entered; without a layer, do nothing."""
    if context.layer is None:
        yield None
        return
    link = Link(gateway, context)
    await link.open()
    gateway.link = link
    try:
        yield link
    finally:
        gateway.link = None
        await link.close()
