"""One connection to a broker: all commands of one loop turn leave in one write, replies come back in order.

Speaks RESP2 and RESP3. A command takes its place in the queue of replies when it is given, and keeps it
whatever becomes of its caller, so a cancelled future never shifts the order. Nothing here waits or retries.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import hiredis
from redis import exceptions
from redis.asyncio.connection import DefaultParser

from interfaces.shared.errors import Unavailable

__all__ = ["Pipe", "Place", "Reply", "Word", "settle"]

Word = str | bytes | int | float
Reply = Callable[[Any], None]
"""Called with the reply, or with the exception that stands for it."""

Place = Reply | asyncio.Future[Any] | None
"""Who gets a reply: a callback, a future, or nobody."""

_NOTHING = object()
_CONFIRMED = frozenset({b"subscribe", b"unsubscribe"})
_PUSHED = _CONFIRMED | {b"message"}
_UNFIT = (exceptions.ReadOnlyError, exceptions.BusyLoadingError, exceptions.MasterDownError,
          exceptions.ConnectionError)  # fmt: skip
"""What a broker says that cannot serve us (now): a replica, one that loads, one with too many clients."""

_NOT_NOW = frozenset({"BUSY", "MISCONF", "NOREPLICAS", "OOM"})
"""How errors begin that tell of the broker's state and not of the command: a script that hangs, a full disk, too few
replicas, no memory."""


class _NotNow(Unavailable):
    """The broker refuses, and may do so no longer soon; the connection is good."""


class _Confirmation:
    """The place of a SUBSCRIBE in the queue of replies: the broker answers once a name."""

    __slots__ = ("left", "then")

    def __init__(self, then: Reply, left: int) -> None:
        self.then = then
        self.left = left


def _reply_error(text: str) -> Exception:
    """A broker's error as an exception: redis-py's class, or Unavailable when it cannot serve us (now, or at all)."""
    if text.partition(" ")[0] in _NOT_NOW:
        return _NotNow(f"the broker says: {text}")
    error: Exception = DefaultParser.parse_error(text)  # type: ignore[no-untyped-call]
    unfit = isinstance(error, _UNFIT) and not isinstance(error, exceptions.AuthenticationError)
    return Unavailable(f"the broker says: {text}") if unfit else error


def settle(future: asyncio.Future[Any], reply: Any = None) -> None:
    """Give a reply, or the exception that it is, to whoever still waits for it."""
    if not future.done():
        if isinstance(reply, Exception):
            future.set_exception(reply)
        else:
            future.set_result(reply)


class Pipe(asyncio.Protocol):
    """The protocol of a connection that is already set up (see ``dial``).

    ``on_push(list)`` gets ``[b"message", name, payload]`` and whatever else comes unasked; a pipe without
    it takes no subscriptions. ``on_lost(Unavailable)`` is called once, when the connection is gone.
    ``most_commands`` without a reply and ``most_bytes`` unwritten are the bounds: what is above them is
    refused with Unavailable; :meth:`writable` waits until there is room.
    """

    def __init__(
        self,
        name: str,
        *,
        on_push: Callable[[list[Any]], None] | None = None,
        on_lost: Callable[[Unavailable], None] | None = None,
        most_commands: int = 65_536,
        most_bytes: int = 64 << 20,
    ) -> None:
        self.name = name
        """The broker's, for errors."""
        self.heard = True
        """Set whenever bytes arrive; whoever watches the connection resets it."""
        self.lost: Unavailable | None = None
        """Why the connection is gone, once it is."""
        self.keep: object = None
        """What has to live as long as the connection."""
        self.writes = 0
        """How many writes were made."""
        self.on_push = on_push
        self.on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._closed = self._loop.create_future()
        self._most_commands, self._most_bytes = most_commands, most_bytes
        self._transport: asyncio.Transport | None = None
        self._reader = hiredis.Reader(replyError=_reply_error, notEnoughData=_NOTHING)
        self._pending: deque[Place | _Confirmation] = deque()
        self._out: list[bytes] = []
        self._unwritten = 0
        self._scheduled = self._paused = self._aborted = False
        self._waiting: list[asyncio.Future[None]] = []

    def __repr__(self) -> str:
        state = f"lost: {self.lost}" if self.lost else f"{len(self._pending)} in flight"
        return f"<Pipe {self.name}, {state}>"

    # --- commands ---------------------------------------------------------------------------------

    def call(self, *words: Word) -> asyncio.Future[Any]:
        """Send a command; its reply.

        The future raises redis-py's ResponseError when the broker refuses, Unavailable when the
        connection goes first (then nobody knows whether the command ran). Raises Unavailable at once when
        the pipe is lost or full.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        self.put(future, words)
        return future

    def tell(self, then: Reply | None, *words: Word) -> None:
        """Send a command; ``then`` is called with the reply, or with what :meth:`call` would raise later."""
        self.put(then, words)

    def confirm(self, then: Reply, command: str, names: list[bytes]) -> None:
        """SUBSCRIBE or UNSUBSCRIBE (at least one name); ``then(None)`` once all are confirmed."""
        self.put(_Confirmation(then, len(names)), (command, *names))

    def put(self, place: Place | _Confirmation, words: tuple[Word, ...]) -> None:
        """Send a command whose reply belongs to ``place``. Errors as :meth:`call`."""
        if self.lost:
            raise Unavailable(str(self.lost))
        if len(self._pending) >= self._most_commands or self._unwritten >= self._most_bytes:
            raise Unavailable(
                f"{self.name} is behind: {len(self._pending)} commands, {self._unwritten} bytes"
            )
        packed: bytes = hiredis.pack_command(words)  # type: ignore[arg-type]
        self._pending.append(place)
        self._out.append(packed)
        self._unwritten += len(packed)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write all commands of this turn at once; nothing while the transport is full."""
        self._scheduled = False
        if self._out and not self._paused and self._transport:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self._unwritten = 0
            self.writes += 1
            self._transport.write(data)

    @property
    def full(self) -> bool:
        """Whether it is better to wait: the broker does not read, or half of a bound is taken."""
        return (
            self._paused
            or self.in_flight > self._most_commands // 2
            or self._unwritten > self._most_bytes // 2
        )

    @property
    def in_flight(self) -> int:
        """How many commands have no reply yet."""
        return len(self._pending)

    async def writable(self) -> None:
        """Wait until the pipe is not ``full``; Unavailable when it is lost."""
        while self.full and not self.lost:
            room = self._loop.create_future()
            self._waiting.append(room)
            await room
        if self.lost:
            raise Unavailable(str(self.lost))

    def _wake(self) -> None:
        if self._waiting and (self.lost or not self.full):
            waiting, self._waiting = self._waiting, []
            for room in waiting:
                if not room.done():
                    room.set_result(None)

    # --- asyncio's side ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; commands given before now leave now."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        self._flush()

    def pause_writing(self) -> None:
        """The broker does not read: keep what is told."""
        self._paused = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._paused = False
        self._flush()
        self._wake()

    def data_received(self, data: bytes) -> None:
        """Give replies to those who wait, in order, and pushes to ``on_push``."""
        self.heard = True
        try:
            self._reader.feed(data)
            gets = self._reader.gets
            while not self._aborted and (reply := gets()) is not _NOTHING:
                self._dispatch(reply)
        except hiredis.ProtocolError as error:
            self.abort(f"{self.name} does not speak RESP: {error}")
        self._wake()

    def _dispatch(self, reply: Any) -> None:
        kind = type(reply)
        if kind is hiredis.PushNotification or (
            kind is list and self.on_push is not None and reply and reply[0] in _PUSHED
        ):
            self._pushed(reply)
        elif self._pending:
            self._settle(self._pending.popleft(), reply)
            if kind is Unavailable:
                self.abort(str(reply))
        else:
            self.abort(str(reply) if kind is Unavailable else f"{self.name} answered what was not asked")

    def _pushed(self, push: list[Any]) -> None:
        if push[0] in _CONFIRMED:
            place = self._pending[0] if self._pending else None
            if isinstance(place, _Confirmation):
                place.left -= 1
                if not place.left:
                    self._pending.popleft()
                    self._settle(place, None)
        elif self.on_push is not None:
            self._guarded(self.on_push, push)

    def _settle(self, place: Place | _Confirmation, reply: Any) -> None:
        if isinstance(place, asyncio.Future):
            settle(place, reply)
        elif place is not None:
            self._guarded(place.then if isinstance(place, _Confirmation) else place, reply)

    def _guarded(self, then: Reply, value: Any) -> None:
        """A callback that raises harms no other reply."""
        try:
            then(value)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs
            context = {"message": "a callback of a broker's reply failed", "exception": error}
            self._loop.call_exception_handler(context)

    def connection_lost(self, exc: Exception | None) -> None:
        """All that is in flight fails; then ``on_lost``."""
        if self.lost is None:
            self.lost = Unavailable(f"lost the connection to {self.name}: {exc or 'closed by the broker'}")
        self._out.clear()
        pending, self._pending = self._pending, deque()
        for place in pending:
            self._settle(place, Unavailable(f"{self.lost} (whether the command ran is unknown)"))
        self._wake()
        if not self._closed.done():
            self._closed.set_result(None)
            if self.on_lost:
                self._guarded(self.on_lost, self.lost)

    # --- the end ----------------------------------------------------------------------------------

    def abort(self, reason: str) -> None:
        """Drop the connection at once; ``reason`` is what those in flight are told."""
        if self.lost is None:
            self.lost = Unavailable(reason)
        self._aborted = True
        if self._transport:
            self._transport.abort()

    async def close(self, timeout: float = 1.0) -> None:
        """Write what was told, close, and wait for that, ``timeout`` seconds at most."""
        if self._transport is None or self._closed.done():
            return
        self._flush()
        self.lost = self.lost or Unavailable(f"closed the connection to {self.name}")
        self._transport.close()
        await asyncio.wait([self._closed], timeout=timeout)
        if not self._closed.done():
            self._transport.abort()
            await self._closed
