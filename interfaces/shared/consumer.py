"""Consumers: an application as a class, with a handler a type of event. The names are those of Channels.

``email.receive`` goes to ``email_receive``. Handlers are coroutine functions, or plain ones, which run on
the strand of their scope and may block. An event that the class does not know is passed over. While a
handler runs no further event is asked for, except by :meth:`Consumer.call`: asking ends a delivery.
"""

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Any, ClassVar
from uuid import uuid4

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import NoRoute
from interfaces.shared.strand import Strand, current

__all__ = ["UNKNOWN", "Consumer", "StopConsumer"]

log = logging.getLogger("interfaces.consumer")

UNKNOWN: Counter[str] = Counter()
"""How often an event came that a consumer does not know: "Class type" → count, of 1000 kinds at most."""
_KINDS = 1000
_BACKLOG = 64
"""Events that may come while a handler waits for the result of a call; then no more are asked for."""


class StopConsumer(Exception):  # noqa: N818 - as Channels names it
    """Raised by a handler: the consumer is done, and that is a normal end."""


class Consumer:
    """Subclass it and add handlers; ``as_asgi()`` is the application, with one instance a scope.

    ``concurrency`` is how many events are handled at once; with more than one their order is the handlers'
    own business, and scopes of a single event must not have it. ``groups`` are joined while the scope lasts,
    when there is a layer: given to ``as_asgi(channel_layer=…)``, or found by :meth:`find_layer`.
    """

    concurrency: int = 1
    groups: Sequence[str] = ()
    channel_layer: Any = None
    channel_layer_alias: ClassVar[str] = "default"
    channel_name: str = ""
    scope: Scope

    def __init__(self, **initkwargs: Any) -> None:
        """Set attributes that the class has; TypeError for others."""
        for name, value in initkwargs.items():
            if not hasattr(type(self), name):
                raise TypeError(f"{type(self).__name__} has no attribute {name!r} to set")
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'scope', {}).get('type', 'not called')}>"

    @classmethod
    def as_asgi(cls, **initkwargs: Any) -> Application:
        """An ASGI application that makes an instance for each scope."""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await cls(**initkwargs)(scope, receive, send)

        app.__name__ = app.__qualname__ = cls.__qualname__
        app.__doc__ = cls.__doc__
        vars(app).update(consumer_class=cls, consumer_initkwargs=initkwargs)
        return app

    def find_layer(self) -> Any:
        """The channel layer for ``channel_layer_alias``, or None: to be overridden."""
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3). NoRoute for the lifespan, unless there is a handler for it."""
        if scope["type"] == "lifespan" and not hasattr(self, "lifespan_startup"):
            raise NoRoute(f"{type(self).__name__} has no lifespan")
        self.scope = scope
        self._base_send = send
        self._strand: Strand = current()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._calls: dict[str, asyncio.Future[Event]] = {}
        layer = self.channel_layer = self.channel_layer or self.find_layer()
        sources = [receive]
        if layer is not None:
            self.channel_name = await layer.new_channel()
            sources.append(lambda: layer.receive(self.channel_name))
        self._inbox = _Inbox(sources, self._answered)
        joined: list[str] = []
        try:
            for group in self.groups if layer is not None else ():
                joined.append(group)
                await layer.group_add(group, self.channel_name)
            await self._serve()
        except StopConsumer:
            pass
        finally:
            await self._inbox.close()
            self._strand.close()
            for group in joined:
                await layer.group_discard(group, self.channel_name)

    async def _serve(self) -> None:
        """Hand events to handlers, ``concurrency`` at once."""
        if self.concurrency == 1:
            while True:
                await self.dispatch(await self._inbox.get())
        room = asyncio.Semaphore(self.concurrency)
        failed = self._loop.create_future()
        running: set[asyncio.Task[None]] = set()

        def done(task: asyncio.Task[None]) -> None:
            running.discard(task)
            room.release()
            error = None if task.cancelled() else task.exception()
            if error is not None and not failed.done():
                failed.set_exception(error)

        reader = asyncio.ensure_future(self._read(room, running, done))
        try:
            await asyncio.wait({reader, failed}, return_when=asyncio.FIRST_COMPLETED)
            (failed if failed.done() else reader).result()
        finally:
            failed.cancel()
            for task in (reader, *running):
                task.cancel()
            await asyncio.gather(reader, *running, return_exceptions=True)

    async def _read(
        self,
        room: asyncio.Semaphore,
        running: set[asyncio.Task[None]],
        done: Callable[[asyncio.Task[None]], None],
    ) -> None:
        while True:
            await room.acquire()
            event = await self._inbox.get()
            task = asyncio.ensure_future(self.dispatch(event))
            running.add(task)
            task.add_done_callback(done)

    async def dispatch(self, message: Event) -> None:
        """Call the handler of the message's type; an unknown one is counted, and logged the first time."""
        kind = str(message.get("type", ""))
        handler = None if kind.startswith("_") else getattr(self, kind.replace(".", "_"), None)
        if not kind or not callable(handler) or hasattr(Consumer, kind.replace(".", "_")):
            self._unknown(kind)
        else:
            await self._handle(handler, message)

    async def _handle(self, handler: Callable[..., Any], message: Event, *more: Any) -> None:
        if iscoroutinefunction(handler):
            await handler(message, *more)
        else:
            result: Any = await self._strand.run(handler, message, *more)
            if isawaitable(result):  # a coroutine function in disguise: decorated, or compiled
                await result

    def send(self, message: Event) -> Any:
        """Send to the peer: to be awaited, except in a sync handler, where it returns when that is done."""
        return self._bridge(self._base_send(message))

    def call(self, message: Event, seconds: float = 30.0) -> Any:
        """Send, and give the ``<protocol>.result`` that answers; awaited or not as :meth:`send`.

        ``message`` gets an ``id`` when it has none. TimeoutError after ``seconds``.
        """
        return self._bridge(self._call({"id": uuid4().hex, **message}, seconds))

    async def _call(self, message: Event, seconds: float) -> Event:
        answer = self._calls[message["id"]] = self._loop.create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._base_send(message)
                return await self._inbox.until(answer)
        finally:
            del self._calls[message["id"]]

    def _answered(self, event: Event) -> bool:
        """Whether ``event`` is the result of a call, which then goes on."""
        answer = self._calls.get(event.get("id", ""))
        if answer is None or not str(event.get("type", "")).endswith(".result"):
            return False
        if not answer.done():
            answer.set_result(event)
        return True

    def _bridge(self, awaitable: Awaitable[Any]) -> Any:
        if threading.get_ident() == self._thread:
            return awaitable
        return asyncio.run_coroutine_threadsafe(_coroutine(awaitable), self._loop).result()

    def _unknown(self, kind: str) -> None:
        key = f"{type(self).__name__} {kind}"
        if key not in UNKNOWN:
            if len(UNKNOWN) >= _KINDS:
                return
            log.debug("%s knows no event %r: passed over, as all further ones", type(self).__name__, kind)
        UNKNOWN[key] += 1


async def _coroutine(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class _Inbox:
    """Events from several sources, each asked for one at a time and only when somebody wants an event."""

    def __init__(
        self, sources: Sequence[Callable[[], Awaitable[Event]]], taken: Callable[[Event], bool]
    ) -> None:
        self._sources = sources
        self._taken = taken
        self._asked: dict[asyncio.Task[Event], Callable[[], Awaitable[Event]]] = {}
        self._backlog: deque[Event] = deque()
        self._turn = asyncio.Lock()

    async def get(self) -> Event:
        """The next event that is no answer."""
        while not self._backlog:
            async with self._turn:
                if not self._backlog:
                    await self._pull()
        return self._backlog.popleft()

    async def until(self, answer: asyncio.Future[Event]) -> Event:
        """Take events in until ``answer`` is there; those that are none wait for :meth:`get`."""
        while not answer.done():
            if len(self._backlog) >= _BACKLOG:
                return await answer
            async with self._turn:
                if not answer.done():
                    await self._pull()
        return answer.result()

    async def _pull(self) -> None:
        if len(self._sources) == 1:
            self._put(await self._sources[0]())
            return
        for source in self._sources:
            if source not in self._asked.values():
                self._asked[asyncio.ensure_future(_coroutine(source()))] = source
        done, _ = await asyncio.wait(self._asked, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            del self._asked[task]
            self._put(task.result())

    def _put(self, event: Event) -> None:
        if not self._taken(event):
            self._backlog.append(event)

    async def close(self) -> None:
        """Ask no more."""
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)
