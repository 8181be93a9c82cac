"""What outlives one call: repeats and turns at a broker, and events that are kept there or in a spool."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.layers import receiving
from interfaces.layers.conversations import Conversations
from interfaces.layers.dedupe import LocalDedupe
from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.layers.shared_dedupe import SharedDedupe
from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.spool.outgoing import SpoolStore
from interfaces.slack.options import SlackOptions
from interfaces.slack.posted import Posted
from interfaces.slack.service import ACK, WITHHELD, Service
from tests.http_ws.harness import scene
from tests.slack.harness import NOW, SECRET, Installed, message

Handle = Callable[[dict[str, Any], Send], Awaitable[None]]


@pytest.fixture(scope="module")
def durable() -> Iterator[str]:
    """A broker that keeps what it has."""
    with Embedded(appendonly=True) as server:
        yield server.url


@pytest.fixture(scope="module")
def forgetful() -> Iterator[str]:
    """One that keeps nothing."""
    with Embedded() as server:
        yield server.url


class Container:
    """A service with its stores, in a context of its own."""

    def __init__(self, handle: Handle, layer: Any = None, **options: Any) -> None:
        self.seen: list[dict[str, Any]] = []
        self.handle = handle
        self.options = SlackOptions(**{"signing_secret": (SECRET,), "bot_token": "xoxb-1", **options})
        self.context = Context(names=("slack",), layer=layer, drain=5.0)
        self.news = asyncio.Event()

    async def app(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """The application."""
        event = await receive()
        self.seen.append(dict(event))
        self.news.set()
        await self.handle(self.seen[-1], send)

    async def open(self) -> Service:
        """The service; enter ``kept(service)`` for what is kept."""
        known = await receiving.stores(self.options.keeping, self.context)
        return Service(self.app, self.options, self.context, Installed(), known, lambda: NOW)


def kept(service: Service) -> Any:
    """What is kept is given to the application while it is entered."""
    return receiving.keeping(service.reception, service.options.keeping, service.context)


async def nothing(_event: dict[str, Any], _send: Send) -> None:
    """Takes everything."""


def posted(name: str = "Ev1") -> Posted:
    """A message."""
    return Posted(kind="event", payload=message(name))


def layer(url: str, prefix: str) -> RedisChannelLayer:
    """A layer whose keys no other test has."""
    return RedisChannelLayer(hosts=[url], prefix=prefix)


@scene
async def test_without_a_broker_it_is_of_this_process() -> None:
    """Repeats and turns in memory."""
    dedupe, turns = await receiving.stores(
        SlackOptions(signing_secret=("s",), bot_token="xoxb-1").keeping, Context()
    )
    assert isinstance(dedupe, LocalDedupe)
    assert isinstance(turns, Conversations)
    assert turns.store is None


def test_containers_of_a_broker_know_each_others_repeats(durable: str, tmp_path: Path) -> None:
    """What one has had its verdict for the other does not call again."""

    @scene
    async def main() -> None:
        first, second = (Container(nothing, layer(durable, tmp_path.name)) for _ in range(2))
        one, other = await first.open(), await second.open()
        assert isinstance(one.intake.dedupe, SharedDedupe)
        assert await one.take(posted(), "http") is ACK
        assert await other.take(posted(), "socket") is ACK
        assert (len(first.seen), len(second.seen)) == (1, 0)
        for container in (first, second):
            await container.context.layer.close()

    main()


def test_an_accepted_event_is_kept_and_given_by_any_container(durable: str, tmp_path: Path) -> None:
    """The one that took it is gone; the other has its application called."""

    @scene
    async def main() -> None:
        first = Container(nothing, layer(durable, tmp_path.name), ack="accepted")
        service = await first.open()
        async with kept(service):
            assert any("slack accepted into" in line for line in first.context.keeps)
            service.reception.keeper.leave()  # it gives nothing to its own
            await asyncio.sleep(0)
            assert await service.take(posted(), "http") is ACK
        second = Container(nothing, layer(durable, tmp_path.name), ack="accepted")
        async with kept(await second.open()):
            await second.news.wait()
        assert [event["dedupe_key"] for event in first.seen + second.seen] == ["slack:A1:Ev1"]
        for container in (first, second):
            await container.context.layer.close()

    main()


def test_a_slow_event_is_acknowledged_where_a_broker_keeps_it(durable: str, tmp_path: Path) -> None:
    """Not withheld, and not run twice: its call ends well before it is taken up."""
    go_on = asyncio.Event()

    async def slow(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    @scene
    async def main() -> None:
        container = Container(slow, layer(durable, tmp_path.name), ack_deadline=0.2)
        service = await container.open()
        async with kept(service):
            assert await service.take(posted(), "http") is ACK
            go_on.set()
            await service.reception.drain(5)
        assert len(container.seen) == 1
        await container.context.layer.close()

    main()


def test_a_broker_that_keeps_nothing_is_refused_where_it_has_to_keep(forgetful: str, tmp_path: Path) -> None:
    """With --slack-ack accepted in one line; else slow events are withheld, as without a broker."""
    go_on = asyncio.Event()

    async def slow(_event: dict[str, Any], _send: Send) -> None:
        await go_on.wait()

    @scene
    async def main() -> None:
        strict = Container(nothing, layer(forgetful, tmp_path.name), ack="accepted")
        with pytest.raises(ConfigError, match=r"--slack-ack accepted: .*--slack-spool DIR"):
            async with kept(await strict.open()):
                pass
        lenient = Container(slow, layer(forgetful, tmp_path.name), ack_deadline=0.2)
        service = await lenient.open()
        async with kept(service):
            assert service.reception.keeper is None
            assert await service.take(posted(), "http") is WITHHELD
            go_on.set()
            await service.reception.drain(5)
        for container in (strict, lenient):
            await container.context.layer.close()

    main()


def test_a_spool_keeps_what_the_next_process_gives_to_its_application(tmp_path: Path) -> None:
    """Without a broker, on this machine: what was not finished comes again, and says so."""

    async def stuck(_event: dict[str, Any], _send: Send) -> None:
        await asyncio.Event().wait()

    @scene
    async def main() -> None:
        first = Container(stuck, ack="accepted", spool=str(tmp_path))
        first.context.drain = 0.05
        service = await first.open()
        async with kept(service):
            assert await service.take(posted(), "http") is ACK
            await first.news.wait()
            await service.reception.drain(0.05)
        second = Container(nothing, ack="accepted", spool=str(tmp_path))
        async with kept(await second.open()):
            await second.news.wait()
        assert [event["dedupe_key"] for event in second.seen] == ["slack:A1:Ev1"]

    main()


@scene
async def test_nothing_to_keep_it_in_is_told() -> None:
    """--slack-ack accepted needs something durable."""
    container = Container(nothing, ack="accepted", spool="x")
    object.__setattr__(container.options, "spool", "")
    with pytest.raises(ConfigError, match="needs --slack-spool DIR, to keep"):
        async with kept(await container.open()):
            pass


@scene
async def test_nothing_is_kept_where_nothing_is_asked_for() -> None:
    """In one process each event is answered after its call."""
    service = await Container(nothing).open()
    async with kept(service):
        assert service.reception.keeper is None


def test_what_takes_up_no_more_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that gives nothing any more is told, by name and with the reason; what comes is kept all the same."""

    async def gone(_store: Any, _n: int) -> list[Any]:
        raise Unavailable("the disk is gone")

    monkeypatch.setattr(SpoolStore, "take", gone)
    told: list[tuple[str, bool, str]] = []

    @scene
    async def main() -> None:
        container = Container(nothing, ack="accepted", spool=str(tmp_path))
        container.context.on_ready = lambda *said: told.append(said)
        service = await container.open()
        async with kept(service):
            while not told:
                await asyncio.sleep(0)
            assert await service.take(posted(), "http") is ACK

    main()
    assert told == [("slack.accepted", False, "the disk is gone")]
