"""Several interfaces in one process: the order of start and end, and whose failure ends what."""

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest

from interfaces.runner.options import ServeOptions
from interfaces.runner.server import Serving
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.interface import Interface
from interfaces.shared.listen import Address, Listening

HERE = Address(kind="tcp", host="127.0.0.1", port=1)


class Fake(Interface[None]):
    """Notes what happens to it; ``trouble`` is what happens while it serves."""

    names = ("fake",)

    def __init__(self, notes: list[str], trouble: Exception | None = None, *, late: bool = False) -> None:
        super().__init__(None)
        self.notes, self.trouble, self.late = notes, trouble, late
        self.go = asyncio.Event()

    @asynccontextmanager
    async def serve(self, app: Any, context: Any):
        """Note entering and leaving."""
        if self.trouble and not self.late:
            raise self.trouble
        context.ready("fake", True)
        self.notes.append("entered")
        async with asyncio.TaskGroup() as group:
            failing = group.create_task(self._fail())
            yield [HERE]
            failing.cancel()
            self.notes.append(f"left, draining {context.draining}")

    async def _fail(self) -> None:
        await self.go.wait()
        if self.trouble:
            raise self.trouble


def application(notes: list[str]) -> Any:
    """Notes its lifespan."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        notes.append((await receive())["type"])
        await send({"type": "lifespan.startup.complete"})
        notes.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})

    return app


def serving(notes: list[str], *fakes: Fake, **options: Any) -> Serving:
    """A serving of these."""
    chosen = [(fake, ("fake",)) for fake in fakes]
    return Serving(application(notes), chosen, ServeOptions(**options), listening=Listening())


def test_the_application_starts_first_and_ends_last() -> None:
    """Lifespan startup, interfaces, and the reverse; addresses and readiness are there in between."""
    notes: list[str] = []

    async def run() -> None:
        async with serving(notes, Fake(notes), Fake(notes)) as running:
            assert running.addresses == [HERE, HERE]
            assert running.readiness.ok
        assert not running.readiness.ok

    asyncio.run(run())
    assert notes == ["lifespan.startup", "entered", "entered", "left, draining True", "left, draining True",
                     "lifespan.shutdown"]  # fmt: skip


def test_one_that_cannot_start_ends_all() -> None:
    """The ConfigError of the second comes out; the first is left, and the application shut down."""
    notes: list[str] = []

    async def run() -> None:
        async with serving(notes, Fake(notes), Fake(notes, ConfigError("no such port"))):
            raise AssertionError("entered")

    with pytest.raises(ConfigError, match="no such port"):
        asyncio.run(run())
    assert notes == ["lifespan.startup", "entered", "left, draining True", "lifespan.shutdown"]


@pytest.mark.parametrize("error", [ConfigError("token refused"), ApplicationError("wrong"), KeyError("bug")])
def test_one_that_fails_while_it_serves_says_why(error: Exception) -> None:
    """What a person can be told comes out of a task group as itself; a bug stays the group it is."""
    notes: list[str] = []

    async def run() -> None:
        fake = Fake(notes, error, late=True)
        async with serving(notes, fake) as running:
            fake.go.set()
            await running.failed()

    with pytest.raises(BaseExceptionGroup if isinstance(error, KeyError) else type(error)):
        asyncio.run(run())
    assert notes[-1] == "lifespan.shutdown"


def test_one_that_does_not_end_well_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Its failure is told, and hinders neither the others nor the application's shutdown."""
    notes: list[str] = []

    class Unclean(Fake):
        @asynccontextmanager
        async def serve(self, app: Any, context: Any):
            yield []
            raise KeyError("bug")

    async def run() -> None:
        async with serving(notes, Unclean(notes), Fake(notes)):
            pass

    asyncio.run(run())
    assert "fake did not end well" in caplog.text
    assert notes[-2:] == ["left, draining True", "lifespan.shutdown"]


def test_readiness_falls_before_the_delay() -> None:
    """During drain_delay the interfaces still serve, while readiness and their context say that it ends."""
    notes: list[str] = []

    async def run() -> None:
        running = serving(notes, Fake(notes), drain_delay=0.05)
        await running.__aenter__()
        running.readiness.on_change = lambda: notes.append(f"ready {running.readiness.ok}")
        await running.__aexit__(None, None, None)

    asyncio.run(run())
    assert notes == ["lifespan.startup", "entered", "ready False", "left, draining True", "lifespan.shutdown"]


def test_a_supervised_one_leaves_the_delay_and_the_operations_port_to_its_supervisor() -> None:
    """Neither is there in a worker."""
    options = ServeOptions(drain_delay=60, ops_bind="127.0.0.1:0")

    async def run() -> Serving:
        notes: list[str] = []
        made = Serving(application(notes), [(Fake(notes), ("fake",))], options, listening=Listening(),
                       supervised=True)  # fmt: skip
        async with asyncio.timeout(5), made as running:
            return running

    assert asyncio.run(run()).ops == []


class Door(Interface[None]):
    """Serves under a name; keeps what it was given. ``wants`` paths of HTTP."""

    def __init__(self, name: str, *wants: str) -> None:
        super().__init__(None)
        self.names, self.wants = (name,), wants

    @property
    def paths(self) -> tuple[str, ...]:
        return self.wants

    @asynccontextmanager
    async def serve(self, app: Any, context: Any):
        """Nothing is opened."""
        self.app, self.mounts = app, context.mounts
        yield []


@pytest.mark.parametrize(
    ("doors", "mounted"),
    [
        ([Door("http"), Door("mail", "/mail")], True),
        ([Door("mail", "/mail"), Door("http")], True),
        ([Door("mail", "/mail"), Door("ws")], False),
        ([Door("http"), Door("mail")], False),
    ],
)
def test_paths_stand_in_front_of_the_application_where_http_is_served(
    doors: list[Door], mounted: bool
) -> None:
    """In whatever order they start; where nobody wants any, or there is no HTTP, nothing is in between."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise NotImplementedError

    async def run() -> None:
        chosen = [(door, door.names) for door in doors]
        async with Serving(app, chosen, ServeOptions(), listening=Listening()):
            for door in doors:
                assert (door.mounts is not None) == mounted
                assert (door.app is door.mounts) == (mounted and door.names == ("http",))
                assert door.app is app or door.names == ("http",)

    asyncio.run(run())


def test_told_to_stop_while_one_starts_nobody_waits_for_it() -> None:
    """One that hangs in its start is cancelled; those that serve are left in order, and the application is told."""
    notes: list[str] = []

    class Hanging(Fake):
        @asynccontextmanager
        async def serve(self, app: Any, context: Any):
            try:
                self.notes.append("starting")
                await self.go.wait()
                yield []
            finally:
                self.notes.append("given up")

    async def run() -> None:
        starting = asyncio.ensure_future(serving(notes, Fake(notes), Hanging(notes)).__aenter__())
        while "starting" not in notes:
            await asyncio.sleep(0)
        starting.cancel()
        await asyncio.wait_for(asyncio.wait({starting}), 10)
        assert starting.cancelled()

    asyncio.run(run())
    assert notes[2:] == ["starting", "given up", "left, draining True", "lifespan.shutdown"]


def test_told_to_stop_as_one_cannot_start_it_says_why() -> None:
    """The mistake is told, though the signal comes in the same turn of the loop."""

    class Mistaken(Fake):
        @asynccontextmanager
        async def serve(self, app: Any, context: Any):
            starting.cancel()
            raise ConfigError("no such key")
            yield []

    async def run() -> None:
        nonlocal starting
        starting = asyncio.ensure_future(serving([], Mistaken([])).__aenter__())
        await asyncio.wait({starting})
        with pytest.raises(ConfigError, match="no such key"):
            starting.result()

    starting: asyncio.Future[Any]
    asyncio.run(run())
