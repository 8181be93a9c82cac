"""One broker, for one event loop: commands, scripts and subscriptions over two connections that are kept.

Down means that one of the two is missing. Commands go on while only the subscriber is; without a connection
they wait, in order, ``timeout`` seconds at most. What was subscribed is subscribed again before the node is
up, and whoever reads must know by ``on_state`` that messages were missed meanwhile.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from redis import exceptions

from interfaces.layers.dial import Fence, Line, check_server
from interfaces.layers.pipe import Pipe, Place, Reply, Word, settle
from interfaces.layers.scripts import Script
from interfaces.layers.settings import Host, Settings
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["Node", "Script"]

_RANDOM = random.Random()  # noqa: S311 - of our own: others seed theirs


class Node:
    """One broker. Everything but the constructor is used within one event loop.

    ``clock`` counts seconds and never goes back, ``jitter()`` is a number from 0 to 1. A hook or callback that
    raises is reported to the loop's exception handler and harms nobody else.
    """

    def __init__(
        self,
        settings: Settings,
        host: Host,
        *,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self.host = host
        self.on_message: Callable[[bytes, bytes], None] = lambda _name, _payload: None
        """Gets (name, payload) of everything published to a subscribed name."""
        self.on_state: list[Callable[[bool, str], None]] = []
        """Called with (up, reason) whenever ``up`` changes."""
        self.up = False
        """Whether both connections stand and every subscription is confirmed."""
        self._settings, self._clock = settings, clock
        self._commands = Line(settings, host, partial(self._pipe, None), self._greet, jitter=jitter)
        self._commands.protocol = 2  # replies have one shape; redis-py's RESP3 is the subscriber's
        pipe = partial(self._pipe, self._pushed)
        self._subscriber = Line(settings, host, pipe, self._resubscribe, jitter=jitter)
        for line in (self._commands, self._subscriber):
            line.on_up, line.on_down, line.on_refused = self._line_up, self._line_down, self._refuse
        self._offset = time.time() - clock()
        self._fence = Fence()
        self._loaded: set[str] = set()
        self._names: dict[bytes, None] = {}
        self._turn: list[tuple[str, list[bytes], asyncio.Future[None]]] = []
        self._unsubscribed: list[asyncio.Future[None]] = []
        self._held: deque[tuple[float, Place, tuple[Word, ...]]] = deque()
        self._refused: ConfigError | None = None
        self._closed = False
        self._became_up = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Node {self.host.name}, {'up' if self.up else 'down: ' + self.reason}>"

    # --- life -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect; :meth:`ready` waits for it."""
        self._loop = asyncio.get_running_loop()
        self._commands.start()
        self._subscriber.start()
        self._timer = self._loop.call_later(self._settings.clock_interval, self._keep_time)

    async def close(self) -> None:
        """Write what was told, and end both connections. What waits fails with Unavailable."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        await asyncio.gather(self._commands.close(), self._subscriber.close())
        self._set_up("closed")
        self._expire(all_of_it=True)
        for done in self._unsubscribed:
            settle(done, self._why())
        self._became_up.set()

    async def ready(self, timeout: float) -> None:
        """Wait until the node is up.

        Raises ConfigError when the broker is one that we refuse or that refuses us, else Unavailable after
        ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._became_up.wait()
        except TimeoutError:
            raise Unavailable(f"{self.host.name}: {self.reason}") from None
        if not self.up:
            raise self._why()

    @property
    def timeout(self) -> float:
        """Seconds that a command waits for a lost connection to come back."""
        return self._settings.timeout

    @property
    def reason(self) -> str:
        """Why the node is down; "" when it is up."""
        missing = [line.reason for line in (self._commands, self._subscriber) if not line.pipe]
        return missing[0] if missing else ""

    def server_time(self) -> float:
        """The broker's clock now, Unix seconds; our own until it was asked."""
        return self._clock() + self._offset

    def _why(self) -> Exception:
        reason = "closed" if self._closed else self.reason
        return self._refused or Unavailable(f"{self.host.name}: {reason}")

    def _refuse(self, error: ConfigError) -> None:
        self._refused = error
        self._expire(all_of_it=True)
        self._became_up.set()

    def _line_up(self, pipe: Pipe) -> None:
        if pipe is self._commands.pipe:
            held, self._held = self._held, deque()
            for _, place, words in held:
                self._put(place, words)
        else:
            waiting, self._unsubscribed = self._unsubscribed, []
            for done in waiting:
                settle(done)
        if self._commands.pipe and self._subscriber.pipe:
            self._set_up("")

    def _line_down(self, reason: str) -> None:
        if not self._commands.pipe:
            self._loaded.clear()  # the next broker may be another one
        self._set_up(reason)

    def _set_up(self, reason: str) -> None:
        up = not reason
        if up == self.up:
            return
        self.up = up
        (self._became_up.set if up else self._became_up.clear)()
        for hook in self.on_state:
            try:
                hook(up, reason or "connected")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is theirs
                context = {"message": "a hook of a broker's state failed", "exception": error}
                self._loop.call_exception_handler(context)

    # --- commands ---------------------------------------------------------------------------------

    def call(self, *words: Word) -> asyncio.Future[Any]:
        """Send a command; its reply, in RESP2's shape.

        The future raises redis-py's ResponseError when the broker refuses, Unavailable when there is no
        connection for ``timeout`` seconds, or when it goes before the reply (then nobody knows whether the
        command ran), ConfigError when the broker was refused.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        self._put(future, words)
        return future

    def tell(self, then: Reply | None, *words: Word) -> None:
        """As :meth:`call`, with a callback for the reply or the exception; never raises."""
        self._put(then, words)

    def _put(self, place: Place, words: tuple[Word, ...]) -> None:
        pipe = self._commands.pipe
        try:
            if pipe is not None:
                pipe.put(place, words)
            else:
                self._hold(place, words)
        except (Unavailable, ConfigError) as error:
            self._fail(place, error)

    def _fail(self, place: Place, error: Exception) -> None:
        if isinstance(place, asyncio.Future):
            settle(place, error)
        elif place is not None:
            self._loop.call_soon(place, error)

    async def writable(self) -> None:
        """Wait until there is room for more commands; Unavailable when the connection is lost."""
        if pipe := self._commands.pipe:
            await pipe.writable()

    def run(self, script: Script, keys: Sequence[Word], args: Sequence[Word]) -> asyncio.Future[Any]:
        """Run a script; its reply. Errors as :meth:`call`."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self.tell_script(partial(settle, future), script, keys, args)
        return future

    def tell_script(
        self, then: Reply | None, script: Script, keys: Sequence[Word], args: Sequence[Word]
    ) -> None:
        """As :meth:`run`, with a callback.

        A connection's first use of a script loads it just before, so that scripts run in the order in which
        they were told; should the broker have forgotten it since (SCRIPT FLUSH), its text is sent once.
        """
        if script.sha not in self._loaded:
            self._loaded.add(script.sha)
            self.tell(None, "SCRIPT", "LOAD", script.text)

        def again(reply: Any) -> None:
            if isinstance(reply, exceptions.NoScriptError):
                self._loaded.discard(script.sha)
                self.tell(then, "EVAL", script.text, len(keys), *keys, *args)
            elif then is not None:
                then(reply)

        self.tell(again, "EVALSHA", script.sha, len(keys), *keys, *args)

    def _hold(self, place: Place, words: tuple[Word, ...]) -> None:
        """Keep a command for the next connection."""
        if self._closed or self._refused:
            raise self._why()
        if len(self._held) >= self._settings.commands_in_flight:
            raise Unavailable(f"{self.host.name}: {self.reason}, and {len(self._held)} commands wait for it")
        timeout = self._settings.timeout
        if not self._held:
            self._loop.call_later(timeout, self._expire)
        self._held.append((self._loop.time() + timeout, place, words))

    def _expire(self, *, all_of_it: bool = False) -> None:
        """Refuse what has waited long enough."""
        while self._held and (all_of_it or self._held[0][0] <= self._loop.time()):
            self._fail(self._held.popleft()[1], self._why())
        if self._held:
            self._loop.call_at(self._held[0][0], self._expire)

    # --- subscriptions ----------------------------------------------------------------------------

    async def subscribe(self, *names: str | bytes) -> None:
        """Have what is published to ``names`` given to ``on_message``, from now on and after every loss.

        Returns once the broker has confirmed. Raises Unavailable, and forgets the names, when that takes more
        than ``timeout`` seconds, ResponseError when it refuses. Who is cancelled leaves the names subscribed.
        """
        wanted = [_bytes(name) for name in names]
        new = [name for name in wanted if name not in self._names]
        self._names.update(dict.fromkeys(wanted))
        try:
            await self._ask("SUBSCRIBE", wanted)
        except (Unavailable, exceptions.ResponseError):
            self._forget(new)
            raise

    async def unsubscribe(self, *names: str | bytes) -> None:
        """The opposite; returns once the broker has confirmed, at once while there is no connection."""
        gone = [_bytes(name) for name in names]
        for name in gone:
            self._names.pop(name, None)
        if self._subscriber.pipe:
            try:
                await self._ask("UNSUBSCRIBE", gone)
            except Unavailable:
                pass  # the next connection will not have them

    async def _ask(self, command: str, names: list[bytes]) -> None:
        if not names:
            return
        if self._closed or self._refused:
            raise self._why()
        done = self._queue(command, names)
        try:
            async with asyncio.timeout(self._settings.timeout):
                await done
        except TimeoutError:
            raise Unavailable(f"{self.host.name} does not confirm a subscription {self.reason}") from None

    def _queue(self, command: str, names: list[bytes]) -> asyncio.Future[None]:
        done: asyncio.Future[None] = self._loop.create_future()
        if not self._turn:
            self._loop.call_soon(self._flush)
        self._turn.append((command, names, done))
        return done

    def _forget(self, names: list[bytes]) -> None:
        """Undo a subscription that was not confirmed in time; the broker may still have it."""
        for name in names:
            self._names.pop(name, None)
        if names and self._subscriber.pipe and not self._closed:
            # nobody waits for this one
            self._queue("UNSUBSCRIBE", names).add_done_callback(
                lambda done: done.cancelled() or done.exception()
            )

    def _flush(self) -> None:
        """Send what was asked in this turn: one command for neighbours of one kind."""
        turn, self._turn = self._turn, []
        while turn:
            command, size = turn[0][0], 0
            while size < len(turn) and turn[size][0] == command:
                size += 1
            run, turn = turn[:size], turn[size:]
            self._send(command, [name for _, names, _ in run for name in names], [one[2] for one in run])

    def _send(self, command: str, names: list[bytes], waiting: list[asyncio.Future[None]]) -> None:
        batch = self._settings.subscribe_batch
        for start in range(0, len(names), batch):
            last = start + batch >= len(names)
            self._confirm(command, names[start : start + batch], waiting if last else [])

    def _confirm(self, command: str, names: list[bytes], waiting: list[asyncio.Future[None]]) -> None:
        def then(reply: Any) -> None:
            if isinstance(reply, Unavailable) and not self._closed:
                self._unsubscribed.extend(waiting)  # the next connection subscribes all names
            else:
                for done in waiting:
                    settle(done, reply)

        if pipe := self._subscriber.pipe:
            try:
                pipe.confirm(then, command, names)
            except Unavailable as error:
                then(error)
        else:
            self._unsubscribed.extend(waiting)

    async def _resubscribe(self, pipe: Pipe) -> None:
        """Subscribe every name, also those that come meanwhile; nothing is up before."""
        done: set[bytes] = set()
        size = self._settings.subscribe_batch
        while todo := [name for name in self._names if name not in done]:
            for start in range(0, len(todo), size):
                confirmed: asyncio.Future[None] = self._loop.create_future()
                pipe.confirm(partial(settle, confirmed), "SUBSCRIBE", todo[start : start + size])
                async with asyncio.timeout(self._settings.connect_timeout):
                    await confirmed
            done.update(todo)
        if gone := [name for name in done if name not in self._names]:
            pipe.confirm(lambda _reply: None, "UNSUBSCRIBE", gone)

    def _pushed(self, push: list[Any]) -> None:
        if push[0] == b"message":
            self.on_message(push[1], push[2])

    # --- connections ------------------------------------------------------------------------------

    def _pipe(self, on_push: Callable[[list[Any]], None] | None) -> Pipe:
        most = self._settings
        return Pipe(
            self.host.name,
            on_push=on_push,
            most_commands=most.commands_in_flight,
            most_bytes=most.bytes_in_flight,
        )

    async def _greet(self, pipe: Pipe) -> None:
        """Refuse what we cannot work with, and set the clock."""
        started = self._clock()
        async with asyncio.timeout(self._settings.connect_timeout):
            # HELLO is allowed to every user, INFO is not. PING is what a broker refuses while it loads its data.
            calls = [pipe.call(*words.split()) for words in ("HELLO", "TIME", "PING", "CLIENT INFO")]
            hello, told, pong, client = await asyncio.gather(*calls, return_exceptions=True)
        check_server(self.host.name, hello)
        for reply in (told, pong):
            if isinstance(reply, Exception):
                raise reply
        self._set_clock(started, told)
        self._fence.close_former(pipe, client)

    def _keep_time(self) -> None:
        """Ask the broker for its time, now and then."""
        if pipe := self._commands.pipe:
            pipe.tell(partial(self._set_clock, self._clock()), "TIME")
        self._timer = self._loop.call_later(self._settings.clock_interval, self._keep_time)

    def _set_clock(self, asked: float, told: Any) -> None:
        """The broker read its clock between ``asked`` and now: believe that, and no more."""
        if not isinstance(told, Exception):
            time = int(told[0]) + int(told[1]) / 1_000_000
            least, most = time - self._clock(), time - asked
            if not least <= self._offset <= most:
                self._offset = (least + most) / 2


def _bytes(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name
