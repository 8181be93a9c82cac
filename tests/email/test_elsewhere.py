"""interfaces.email.elsewhere: repeats that come to another container."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from interfaces.email import elsewhere as module
from interfaces.email.elsewhere import sharing
from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import ConfigError, Unavailable
from tests.email.harness import Bench, mail, scene
from tests.email.test_accepting import App, message, replies


@pytest.fixture(name="url", scope="module")
def _url():
    """A broker."""
    with Embedded() as server:
        yield server.url


class Container(Bench):
    """A bench among others: their tasks are its own business."""

    async def __aexit__(self, kind, error, trace):
        for peer in self.peers:
            peer.transport.lose()
        await self.settle()


@asynccontextmanager
async def containers(url, prefix, **options):
    """Two, with an application each, on one broker."""
    async with (
        Container(App(), dedupe="shared", **options) as one,
        Container(App(), dedupe="shared", **options) as two,
    ):
        layers = []
        for bench in (one, two):
            bench.app = bench.service.app
            bench.context.layer = RedisChannelLayer([url], prefix=prefix)
            layers.append(bench.context.layer)
        try:
            async with sharing(one.service), sharing(two.service):
                yield one, two
        finally:
            for layer in layers:
                await layer.close()


async def called(bench, number=1):
    """Wait until its application was called so often."""
    while len(bench.app.events) < number:
        await asyncio.sleep(0.001)


async def told(bench):
    """Wait until the broker has heard what there is to say, or that something runs."""
    elsewhere = bench.service.elsewhere
    while len(elsewhere.tasks) > len(elsewhere._claims):
        await asyncio.sleep(0.001)


@scene
async def test_a_verdict_that_was_not_heard_is_known_elsewhere(url):
    """The repeat gets it from the other container, whose application is not called."""
    async with containers(url, "one") as (one, two):
        one.app.words["one"] = [[{"type": "email.reject", "text": "No"}]]
        peer = await one.greeted()
        assert (await replies(peer, mail(message())))[-1] == 550
        peer.transport.lose()  # and nothing says that it has read that
        await told(one)
        other = await two.greeted()
        assert (await replies(other, mail(message())))[-1] == 550
        assert two.app.events == []


@scene
async def test_a_verdict_that_was_heard_in_the_end_is_forgotten(url):
    """The repeat has read it: the same once more is meant, wherever it comes."""
    async with containers(url, "heard") as (one, two):
        peer = await one.greeted()
        await replies(peer, mail(message()))
        peer.transport.lose()
        await told(one)
        other = await two.greeted()
        assert (await replies(other, mail(message())))[-1] == 250
        assert two.app.events == []
        await other.codes(b"NOOP\r\n")
        await told(two)
        assert (await replies(other, mail(message())))[-1] == 250
        assert len(two.app.events) == 1


@scene
async def test_a_verdict_that_was_heard_is_nobody_else_s_business(url):
    """Who sends the same once more means it, wherever."""
    async with containers(url, "two") as (one, two):
        peer, other = await one.greeted(), await two.greeted()
        await replies(peer, mail(message()))
        await peer.codes(b"NOOP\r\n")
        peer.transport.lose()
        await told(one)
        await replies(other, mail(message()))
        assert len(two.app.events) == 1


@scene
async def test_a_repeat_waits_for_what_runs_elsewhere(url):
    """Its client has gone there; the call goes on, and has one effect."""
    async with containers(url, "three") as (one, two):
        one.app.go.clear()
        peer = await one.greeted()
        await peer.send(mail(message()))
        await called(one)
        peer.transport.lose()
        while not one.service.elsewhere._claims:
            await asyncio.sleep(0.001)
        other = await two.greeted()
        await other.send(mail(message()))
        one.app.go.set()
        assert await replies(other, b"", 1) == [250]
        assert two.app.events == [] and len(one.app.events) == 1


@scene
async def test_what_was_put_off_elsewhere_runs_again(url):
    """The one that waits hears "try again", and then it is new."""
    async with containers(url, "four") as (one, two):
        one.app.words["one"] = [[{"type": "email.defer"}]]
        one.app.go.clear()
        peer = await one.greeted()
        await peer.send(mail(message()))
        await called(one)
        peer.transport.lose()
        while not one.service.elsewhere._claims:
            await asyncio.sleep(0.001)
        other = await two.greeted()
        await other.send(mail(message()))
        one.app.go.set()
        assert await replies(other, b"", 1) == [451]
        assert (await replies(other, mail(message())))[-1] == 250
        assert len(two.app.events) == 1


@scene
async def test_those_who_are_new_are_called_for(url):
    """A repeat with more recipients, or others: each of them once."""
    async with containers(url, "five") as (one, two):
        peer = await one.greeted()
        await replies(peer, mail(message(), "b@b.example"))
        peer.transport.lose()
        await told(one)
        other = await two.greeted()
        assert (await replies(other, mail(message(), "b@b.example", "c@c.example"), 5))[-1] == 250
        assert two.app.told("to") == [(["c@c.example"],)]


@scene
async def test_a_mixed_verdict_is_known_elsewhere(url):
    """SMTP has one reply: those who were accepted are not called for again by the other container."""
    async with containers(url, "six") as (one, two):
        one.app.words["one"] = [[{"type": "email.status", "index": 1, "code": 451}]]
        peer, other = await one.greeted(), await two.greeted()
        assert (await replies(peer, mail(message(), "b@b.example", "c@c.example"), 5))[-1] == 451
        await told(one)
        assert (await replies(other, mail(message(), "b@b.example", "c@c.example"), 5))[-1] == 250
        assert two.app.told("to") == [(["c@c.example"],)]


@scene
async def test_a_container_that_died_holds_nothing_up(url, monkeypatch):
    """Once its lease has lapsed, whoever waited hears "try again", and the next runs."""
    monkeypatch.setattr(module, "LEASE", 0.05)
    async with containers(url, "seven") as (one, two):
        one.app.go.clear()
        peer = await one.greeted()
        await peer.send(mail(message()))
        await called(one)
        monkeypatch.setattr(one.service.elsewhere.store, "renew", None)
        peer.transport.lose()
        while not one.service.elsewhere._claims:
            await asyncio.sleep(0.001)
        for task in one.service.elsewhere.tasks:
            task.cancel()
        other = await two.greeted()
        assert (await replies(other, mail(message())))[-1] in (250, 451)
        if not two.app.events:
            assert (await replies(other, mail(message())))[-1] == 250
        assert len(two.app.events) == 1
        one.app.go.set()


@scene
async def test_without_the_broker_a_message_is_new(url, monkeypatch):
    """It is taken, and counted; nothing that is to be told raises."""
    async with containers(url, "eight") as (one, _):

        async def away(*words, **named):
            raise Unavailable("away")

        for name in ("look", "claim", "finish"):
            monkeypatch.setattr(one.service.elsewhere.store, name, away)
        peer = await one.greeted()
        assert (await replies(peer, mail(message())))[-1] == 250
        peer.transport.lose()
        one.app.go.clear()
        other = await one.greeted()
        await other.send(mail(message("two")))
        await called(one, 2)
        other.transport.lose()
        await told(one)
        one.app.go.set()
        assert one.counted("email.unasked") == 2


@scene
async def test_it_needs_a_broker():
    """One line."""
    async with Bench(dedupe="shared") as bench:
        for layer in (None, LocalChannelLayer()):
            bench.context.layer = layer
            with pytest.raises(ConfigError, match="--layer with a broker"):
                async with sharing(bench.service):
                    pass
