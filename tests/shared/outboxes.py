"""For tests of outboxes: a way that does what it is told, a clock, and a store's contract."""

import asyncio
from collections import Counter, deque
from contextlib import asynccontextmanager

from interfaces.shared.errors import Unavailable
from interfaces.shared.outbox import Outbox, Rules
from interfaces.shared.sendings import Tried

SENT = Tried(state="sent", told={"ok": True})
LATER = Tried(state="later", told={"ok": False, "error": "busy"}, reason="busy", delay=0.0)


class Clock:
    """Unix seconds that pass when they are told to."""

    def __init__(self, now=1_000_000.0):
        self.now = now

    def __call__(self):
        return self.now


class Asked:
    """A channel that a test sends to: what a layer's ``consume`` gives."""

    def __init__(self):
        self.queue = asyncio.Queue()

    def __aiter__(self):
        return self

    async def __anext__(self):
        message = await self.queue.get()
        if isinstance(message, Exception):
            raise message
        return message


class Scripted:
    """Does in each attempt what comes next of ``deeds``: a Tried, an error, or a function of the sending."""

    name, result = "test.send", "test.result"

    def __init__(self, *deeds, commits=True):
        self.deeds, self.commits = deque(deeds), commits
        self.sendings = []

    def place(self, message):
        return message.get("place", "")

    async def attempt(self, sending):
        self.sendings.append(sending)
        deed = self.deeds.popleft() if self.deeds else SENT
        if self.commits:
            await sending.commit()
        if callable(deed):
            deed = await deed(sending)
        if isinstance(deed, BaseException):
            raise deed
        return deed

    def unknown(self, sending):
        return Tried(state="uncertain", told={"ok": False, "error": "uncertain"}, reason="uncertain")

    def given_up(self, sending, reason):
        return Tried(state="failed", told={"ok": False, "error": reason}, reason=reason)


class Watched:
    """An outbox that runs, and what it has answered and counted."""

    def __init__(self, way, store, **rules):
        self.answers, self.counts, self.away = [], Counter(), 0
        count = lambda name, by: self.counts.update({name: by})  # noqa: E731 - one line of a fake
        clock = getattr(store, "clock", None)
        more = {"clock": clock} if clock else {}
        self.outbox = Outbox(way, store, self._answer, rules=Rules(**rules), count=count, **more)
        self.store = store

    async def _answer(self, channel, result):
        if self.away:
            self.away -= 1
            raise Unavailable("no broker")
        if channel == "full":
            raise RuntimeError("it is full")
        self.answers.append((channel, result))

    async def until(self, true):
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0)

    async def answered(self, n=1):
        await self.until(lambda: len(self.answers) >= n)
        return [result for _, result in self.answers]


@asynccontextmanager
async def running(way, store, *, drain=5, **rules):
    """An outbox on an open store."""
    watched = Watched(way, store, **rules)
    await store.open()
    task = asyncio.ensure_future(watched.outbox.run())
    try:
        yield watched
    finally:
        await watched.outbox.stop(drain)
        async with asyncio.timeout(10):
            await task
        await store.close()
