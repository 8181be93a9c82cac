"""Links that are none, and an upstream of them; seconds pass at once in :func:`tests.runner.virtual.run`."""

import asyncio
from contextlib import asynccontextmanager

from interfaces.shared.interface import Context
from interfaces.shared.upstream import Patience, Upstream

PATIENCE = Patience(first=1, longest=8, good=10, opening=30, closing=2, jitter=lambda: 1.0)


class FakeLink:
    """Stands until it is told to end; notes what happens to it in ``story``."""

    def __init__(self, name, story, *, busy=0.0):
        self.name = name
        self.story = story
        self.busy = busy
        self.ask = None
        self._end = asyncio.get_running_loop().create_future()

    async def run(self, replace):
        self.ask = replace
        try:
            await asyncio.shield(self._end)
        finally:
            self.story.append(f"{self.name} over")

    def end(self, error=None):
        """The other side ends it."""
        if self._end.done():
            return
        if error is None:
            self._end.set_result(None)
        else:
            self._end.set_exception(error)

    async def drain(self, seconds):
        self.story.append(f"{self.name} drains")
        await asyncio.sleep(self.busy)
        self.story.append(f"{self.name} drained")

    async def close(self):
        if f"{self.name} closed" not in self.story:
            self.story.append(f"{self.name} closed")
        self.end()


class Place:
    """Where is dialled: ``answers`` are what the next attempts meet (an error, or seconds to wait), then links."""

    def __init__(self, *answers, **more):
        self.answers = list(answers)
        self.more = more
        self.links = []
        self.dialled = []
        self.story = []
        self.told = []
        """What readiness was told."""
        self.context = Context(on_ready=lambda *said: self.told.append(said), drain=5.0)

    async def connect(self):
        self.dialled.append(round(asyncio.get_running_loop().time(), 3))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            await asyncio.sleep(answer)
        link = FakeLink("abcdefghij"[len(self.links)], self.story, **self.more)
        self.links.append(link)
        return link

    def upstream(self, **more):
        """One that dials here."""
        return Upstream("test.link", self.connect, self.context, **{"patience": PATIENCE, **more})

    @property
    def counts(self):
        """What was counted, without noughts, behind "test.link."."""
        counts = self.context.telemetry.counts
        return {name.removeprefix("test.link."): number for name, number in counts.items() if number}


class FakeLease:
    """Is won and lost as a test says."""

    def __init__(self):
        self.mine, self.gone = asyncio.Event(), asyncio.Event()
        self.story = None

    async def won(self):
        await self.mine.wait()
        self.gone.clear()
        return 1

    async def lost(self):
        await self.gone.wait()

    def take_away(self):
        self.mine.clear()
        self.gone.set()

    async def give_back(self):
        self.story.append("given back")


class Heard:
    """An application that wants to know; ``types`` is what it heard."""

    def __init__(self):
        self.events = []

    async def __call__(self, scope, receive, send):
        self.scope = scope
        while True:
            self.events.append(await receive())

    @property
    def types(self):
        return [event["type"].removeprefix("upstream.") for event in self.events]


@asynccontextmanager
async def running(upstream):
    """Run it beside, without the rest of ``kept``."""
    task = asyncio.ensure_future(upstream.run())
    try:
        await asyncio.wait(
            {task, asyncio.ensure_future(upstream.tried.wait())}, return_when="FIRST_COMPLETED"
        )
        yield task
    finally:
        task.cancel()
        await upstream.drain(upstream.context.drain)


async def passes(seconds):
    """So much time passes, and what is due is done."""
    await asyncio.sleep(seconds)
    for _ in range(5):
        await asyncio.sleep(0)
