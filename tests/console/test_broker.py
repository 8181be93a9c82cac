"""The layer's panel: queues, groups and dead letters; and a broker that is taken away."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interfaces.console.broker import Broker
from interfaces.console.panels import workers_of
from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.opening import open_layer
from interfaces.shared.errors import PeerError, Unavailable
from interfaces.shared.meter import Meters
from interfaces.testing import Recorder
from tests.console.kit import run, served


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A broker."""
    with Embedded() as server:
        yield server.url


def test_without_a_layer_there_is_nothing() -> None:
    """And nothing to take away."""

    async def check() -> None:
        broker = Broker(lambda: None)
        assert (await broker.shown(""))["queues"] == [] and not await broker.retry("x:1")
        broker.down(False)
        with pytest.raises(PeerError):
            broker.down(True)

    run(check)


def test_a_layer_in_memory() -> None:
    """Its channels with what waits in them, and its groups; nothing dies there."""

    async def check() -> None:
        layer = LocalChannelLayer()
        await layer.send("jobs", {"type": "x"})
        await layer.group_add("room", await layer.new_channel())
        broker = Broker(lambda: layer)
        found = await broker.shown("local:")
        assert {"name": "jobs", "depth": 1, "age": None} in found["queues"]
        assert found["groups"] == [{"name": "room", "members": 1}]
        assert found["counts"]["messages"] == 1 and found["layer"] == "local:" and found["dead"] == []
        assert not await broker.retry("jobs:1")
        await layer.close()

    run(check)


def test_a_broker_that_is_down() -> None:
    """All that is sent fails as Unavailable, until it is back; what was there is still there."""

    async def check() -> None:
        layer = LocalChannelLayer()
        broker = Broker(lambda: layer)
        for _ in range(2):
            broker.down(True)
        for deed in (layer.send("a", {}), layer.group_send("a", {}), layer.group_add("a", "b")):
            with pytest.raises(Unavailable, match="chaos"):
                await deed
        assert (await broker.shown(""))["down"] is True
        for _ in range(2):
            broker.down(False)
        await layer.send("a", {"type": "x"})
        assert await layer.receive("a") == {"type": "x"}
        await layer.close()

    run(check)


def test_a_broker_with_dead_letters(url: str, tmp_path: Path) -> None:
    """Queues with what waits and what has died; a dead one is put back once."""
    layer_url = f"{url}?prefix={tmp_path.name.replace('_', '-')}"

    async def check() -> None:
        layer: Any = open_layer(layer_url)
        await layer.hub().started()
        store = layer.store("email.send")
        await store.open()
        await layer.send("email.send", {"type": "email.send", "to": ["a@x.org"]})
        (held,) = await store.take(1)
        await store.dead(held, "no luck")
        await layer.group_add("room", await layer.new_channel())
        broker = Broker(lambda: layer)
        await layer.send("email.send", {"type": "email.send", "to": ["b@x.org"]})
        found = await broker.shown("redis:")
        (queue,) = found["queues"]
        assert (queue["name"], queue["dead"]) == ("email.send", 1) and 0 <= queue["age"] < 60 <= 60 * queue[
            "depth"
        ]
        (letter,) = found["dead"]
        assert (letter["channel"], letter["type"], letter["error"]) == ("email.send", "email.send", "no luck")
        assert found["groups"] == [{"name": "room", "members": 1}]
        assert json.loads(json.dumps(found)) == found
        assert not await broker.retry("email.send") and not await broker.retry("email.send:77")
        assert await broker.retry(letter["id"]) and not await broker.retry(letter["id"])
        assert (await broker.shown("redis:"))["dead"] == []
        await store.close()
        await layer.close()

    run(check)


def test_over_the_api() -> None:
    """The panel of what serves; the URL without its password; chaos takes the layer away, and gives it back."""

    async def check() -> None:
        async with served(Recorder(), layer="local:") as here:
            assert (await here.client.got("layer"))["layer"] == "local:"
            assert (await here.client.post("chaos", {"broker_down": True}))["broker_down"] is True
            assert (await here.client.got("layer"))["down"] is True
            assert (await here.client.post("chaos", {"broker_down": False}))["broker_down"] is False
            assert "error" in await here.client.post("layer/dead/email.send:1/retry", {}, 404)

    run(check)


def test_workers_are_counted() -> None:
    """Those that are connected to this container; where none can be, there is no row."""
    meters = Meters()
    assert workers_of(meters) == []
    meters.gauge("relay.workers", lambda: 2)
    assert workers_of(meters) == [{"name": "connected to this container", "count": 2}]
