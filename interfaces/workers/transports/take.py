"""The worker's side of the broker's transport: takes openings from the queues while it has free slots."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Any, Self

from interfaces.shared.errors import PeerError
from interfaces.shared.noise import Noise, Trouble
from interfaces.workers.transports.base import Taken
from interfaces.workers.transports.post import Post, Postbox
from interfaces.workers.transports.redis import KNOWN, OPENINGS, types_key
from interfaces.workers.wire import Frame, Unlike, agreed, decode

__all__ = ["Taker"]

log = logging.getLogger("interfaces.workers")

PULLERS = 8
"""Openings that are asked for at once."""
LOOK = 2.0
"""Seconds between two looks for types of scopes, and until a broker is asked again."""


class Taker:
    """``on_opening`` is called for each opening, while there are free slots.

    Entering raises Unavailable and ConfigError.
    """

    def __init__(
        self,
        layer: Any,
        counter: Callable[[str], None],
        *,
        only: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self.on_opening: Callable[[Taken], None] = Taken.give_back
        self._layer = layer
        self._count = counter
        self._only, self._exclude = only, exclude
        self._free = self._asking = 0
        self._room = asyncio.Event()
        self._names: tuple[str, ...] = ()
        self._tasks: list[asyncio.Task[None]] = []
        self._taken: dict[tuple[str, int], Taken] = {}
        self._trouble = Trouble("no openings for now")
        self._malformed = Noise(counter, "relay.malformed")
        self._refused = Noise(counter, "relay.refused")

    def __repr__(self) -> str:
        return f"<Taker from {len(self._names)} queues, {self._free} free>"

    async def __aenter__(self) -> Self:
        self._hub = self._layer.hub()
        await self._hub.started()
        self._box = Postbox(self._hub.mail, self._heard, self._lost, self._malformed)
        self._name(KNOWN)
        calls = [self._look(), *(self._pull() for _ in range(PULLERS))]
        self._tasks = [asyncio.ensure_future(call) for call in calls]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.drain(0)
        self._box.close()

    def free(self, slots: int) -> None:
        """How many openings may come now."""
        self._free = slots
        if slots > self._asking:
            self._room.set()

    def _ask(self, by: int) -> None:
        """A slot is kept for what is asked for, or not any more."""
        self._asking += by
        self.free(self._free)

    async def drain(self, seconds: float) -> None:
        """Let nothing more come."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _name(self, kinds: frozenset[str]) -> None:
        """Take from the queues of these types, as far as they are wanted."""
        names = [
            OPENINGS + kind
            for kind in sorted(kinds)
            if (not self._only or any(fnmatchcase(kind, glob) for glob in self._only))
            and not any(fnmatchcase(kind, glob) for glob in self._exclude)
        ]
        self._names = tuple(names)

    async def _look(self) -> None:
        """Learn of further types of scopes."""
        while True:
            try:
                found = await self._hub.nodes[0].call("SMEMBERS", types_key(self._hub))
            except Exception as error:  # noqa: BLE001 - whatever a broker says, it may say something else later
                log.debug("no further types of scopes can be found: %s", error)
            else:
                self._name(KNOWN | {name.decode("ascii", "replace") for name in found})
            await asyncio.sleep(LOOK)

    async def _pull(self) -> None:
        """Take one opening after the other."""
        while True:
            while self._free <= self._asking:
                await self._room.wait()
                self._room.clear()
            if not self._names:
                await asyncio.sleep(LOOK)
                continue
            self._ask(1)
            message = None
            try:
                async with asyncio.timeout(LOOK):  # then by other names, perhaps
                    _, message = await self._hub.receive(self._names, ahead=False)
            except TimeoutError:
                self._trouble(None)  # the broker was there, and had nothing
            except Exception as error:  # noqa: BLE001 - as above
                self._trouble(error)
                await asyncio.sleep(LOOK)
            finally:
                self._ask(-1)
            if message is not None:
                self._trouble(None)
                self._arrived(message)

    def _arrived(self, message: Any) -> None:
        """Something came out of a queue: an opening, unless a stranger has put it there."""
        try:
            _, session, opening, _ = decode(message["body"])
            if opening["until"] < self._hub.nodes[0].server_time():
                self._count("relay.expired")
                return
            versions, sender = opening["versions"], message["from"]
            if not isinstance(sender, str):
                raise PeerError("nobody sent it")
            post = self._box.to(sender)
            taken = Taken(session, post, opening)
            if self._common(taken, post, versions):
                self._opened(taken, (sender, session))
        except Exception as error:
            log.debug("an opening that is none", exc_info=error)
            self._malformed("an opening that is none", error)

    def _common(self, taken: Taken, post: Post, versions: Any) -> bool:
        """Whether both sides have a version in common; if not, the other side is told."""
        try:
            taken.version = agreed(versions)
        except Unlike as error:
            self._refused(f"what comes from the container with hub {post.to} is refused", error)
            taken.refuse(str(error))
            return False
        if not post.version:
            post.version = taken.version
            log.info("openings come from hub %s, version %d of the protocol", post.to, post.version)
        return True

    def _opened(self, taken: Taken, key: tuple[str, int]) -> None:
        if self._free <= 0:  # another source was quicker
            taken.give_back()
            return
        self._taken[key] = taken
        taken.on_closed = lambda _: self._closed(key)
        try:
            self.on_opening(taken)
        except PeerError:
            self._taken.pop(key, None)
            raise

    def _closed(self, key: tuple[str, int]) -> None:
        self._taken.pop(key, None)

    def _heard(self, post: Post, frame: Frame) -> None:
        kind, session, payload, size = frame
        taken = self._taken.get((post.to, session))
        if taken is not None:
            taken.heard(kind, payload, size)

    def _lost(self, post: Post, reason: str) -> None:
        """A container is gone, and all that came from it has lost its client."""
        for key in [key for key in self._taken if key[0] == post.to]:
            self._taken.pop(key).lost()
