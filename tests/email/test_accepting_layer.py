"""interfaces.email.accepting_layer: accepted messages in a durable queue at a broker."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from interfaces.email.accepted import accepting
from interfaces.email.accepting_layer import CARRIED, QUEUE
from interfaces.layers.dead import DeadLetters
from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError
from tests.email.harness import Bench, mail, scene
from tests.email.test_accepting import App, message, replies


@pytest.fixture(name="url", scope="module")
def _url():
    """A broker that keeps things."""
    with TemporaryDirectory(prefix="ib-") as folder:
        server = Embedded(Path(folder), appendonly=True, fsync=True)
        server.start()
        yield server.url
        server.close()
        server.join()


@asynccontextmanager
async def house(url, app, prefix, **options):
    """A bench whose messages are kept at the broker."""
    async with Bench(app, ack="accepted", **options) as bench:
        layer = bench.context.layer = RedisChannelLayer([url], prefix=prefix)
        try:
            async with accepting(bench.service):
                bench.queues = bench.service.accepting.store.queues
                yield bench
        finally:
            await layer.close()


async def empty(bench):
    """Wait until the queue has nothing."""
    while await bench.queues.length(QUEUE):
        await asyncio.sleep(0.001)


@scene
async def test_a_message_is_answered_once_the_broker_has_it(url):
    """As well as it says at the start; the application hears of it then."""
    app = App()
    app.go.clear()
    async with house(url, app, "one") as bench:
        assert "process-crash" in bench.context.keeps[0]
        peer = await bench.greeted()
        assert await replies(peer, mail(message())) == [250, 250, 354, 250]
        assert await bench.queues.length(QUEUE) == 1
        app.go.set()
        await empty(bench)
        (event,) = app.events
        assert (event["attempt"], event["body"][-8:]) == (1, b"\r\nText\r\n")


@scene
async def test_another_container_takes_it_over(url):
    """What one was stopped with is given back, and is the same there."""
    first, second = App(), App()
    first.go.clear()
    async with house(url, first, "two") as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message()))
        while not first.events:
            await asyncio.sleep(0.001)
        for session in list(bench.service.sessions):
            bench.service.accepting.leave()
            session.cancel()
    async with house(url, second, "two") as bench:
        await empty(bench)
    for key in ("id", "dedupe_keys", "received_at", "attempt", "headers"):
        assert first.events[0][key] == second.events[0][key]


@scene
async def test_try_again_is_for_those_alone_it_was_said_of(url, monkeypatch):
    """With the attempts counted on, through one that was for fewer recipients."""
    monkeypatch.setattr("interfaces.email.accepting.back_off", lambda attempt: 0.0)
    app = App()
    app.words["one"] = [
        [{"type": "email.status", "index": 1, "code": 451}],
        [{"type": "email.defer"}],
        [{"type": "email.accept"}],
    ]
    async with house(url, app, "three") as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message(), "b@b.example", "c@c.example"), 5)
        await empty(bench)
    both = ["b@b.example", "c@c.example"]
    assert app.told("attempt", "to") == [(1, both), (2, both[1:]), (3, both[1:])]


@scene
async def test_what_is_refused_is_a_dead_letter(url):
    """All of it, or a part, with the reason."""
    app = App()
    app.words["all"] = [[{"type": "email.reject", "text": "No such list"}]]
    app.words["some"] = [[{"type": "email.status", "index": 0, "code": 550}]]
    async with house(url, app, "four") as bench:
        peer = await bench.greeted()
        await replies(peer, mail(message("all")))
        await replies(peer, mail(message("some"), "b@b.example", "c@c.example"), 5)
        await empty(bench)
        letters = DeadLetters(bench.context.layer.hub())
        while len(page := await letters.page(QUEUE)) < 2:
            await asyncio.sleep(0.001)
        reasons = sorted(letter.reason for letter in page)
        assert reasons[0] == "550 5.7.1 No such list" and reasons[1].startswith("b@b.example: 550")


@scene
async def test_a_message_is_as_large_as_a_broker_takes(url):
    """EHLO says so, and what is larger is refused as it always is; nothing is in a file."""
    app = App()
    async with house(url, app, "five", spool_above=65_536, max_size=50_000_000) as bench:
        assert bench.service.limits.max_size == CARRIED == bench.service.users_only.max_size
        peer = await bench.greeted()
        assert await peer.codes(f"MAIL FROM:<a@a.example> SIZE={CARRIED + 1}\r\n".encode()) == [552]
        text = message() + (b"y" * 70 + b"\r\n") * 5_000
        await replies(peer, mail(text))
        await empty(bench)
        (event,) = app.events
        assert event["body_ref"] is None and event["body"].endswith(text)


@scene
async def test_a_queue_that_is_full(url):
    """The client tries again."""
    app = App()
    app.go.clear()
    async with house(url, app, "six", accepted_messages=1) as bench:
        peer = await bench.greeted()
        assert (await replies(peer, mail(message())))[-1] == 250
        assert (await replies(peer, mail(message("two"))))[-1] == 452
        app.go.set()
        await empty(bench)


@scene
async def test_layers_that_keep_nothing():
    """One line that says what to do: no broker, or one that forgets."""
    async with Bench(App(), ack="accepted") as bench:
        bench.context.layer = LocalChannelLayer()
        with pytest.raises(ConfigError, match="--email-spool DIR"):
            async with accepting(bench.service):
                pass
    with Embedded() as server, pytest.raises(ConfigError, match=r"appendonly yes; or name --email-spool DIR"):
        async with house(server.url, App(), "seven"):
            pass
