"""A project's layer, and the reading of several channels where a layer reads one at a time."""

import asyncio
from typing import Any

import pytest

from interfaces.django import layer as module
from interfaces.django.layer import Each, project_layer, readable
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError


class OneAtATime:
    """As Channels' own layers: ``receive`` of one channel, and no more."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[Any]] = {}
        self.readers: dict[str, int] = {}

    def queue(self, channel: str) -> asyncio.Queue[Any]:
        """What waits in a channel."""
        return self.queues.setdefault(channel, asyncio.Queue())

    async def send(self, channel: str, message: Any) -> None:
        """Put it there."""
        await self.queue(channel).put(message)

    async def receive(self, channel: str) -> Any:
        """Take it; what is no dict is raised."""
        self.readers[channel] = self.readers.get(channel, 0) + 1
        try:
            found = await self.queue(channel).get()
        finally:
            self.readers[channel] -= 1
        if isinstance(found, Exception):
            raise found
        return found


def test_a_layer_of_ours_is_read_as_it_is() -> None:
    """It takes from several channels itself; any other is read by tasks."""
    ours, other = LocalChannelLayer(), OneAtATime()
    assert readable(ours) is ours
    assert isinstance(readable(other), Each)


@pytest.mark.parametrize(("alias", "said"), [("default", "'default'"), ("mail", "'mail'")])
def test_a_project_without_a_layer_is_told(monkeypatch, alias: str, said: str) -> None:
    """One line with the alias that is missing; what there is, is given."""
    monkeypatch.setattr(module, "layer_of", lambda alias: None)
    with pytest.raises(ConfigError, match=f"CHANNEL_LAYERS has no {said}"):
        project_layer(alias)
    monkeypatch.setattr(module, "layer_of", lambda alias: alias)
    assert project_layer(alias) == alias


def test_what_comes_first_is_taken() -> None:
    """With the name of its channel; the other channel goes on being waited for, by one reader."""

    async def main() -> None:
        layer = OneAtATime()
        each = Each(layer)
        await layer.send("b", {"n": 1})
        assert await each.receive_any(["a", "b"]) == ("b", {"n": 1})
        waiting = asyncio.ensure_future(each.receive_any(["a", "b"]))
        await asyncio.sleep(0)
        await layer.send("a", {"n": 2})
        assert await waiting == ("a", {"n": 2})
        assert max(layer.readers.values()) <= 1
        await each.close()

    asyncio.run(main())


def test_channels_take_turns() -> None:
    """One that is always full does not starve the others, whatever order they are asked in."""

    async def main() -> list[str]:
        layer = OneAtATime()
        each = Each(layer)
        for number in range(20):
            await layer.send("busy", {"n": number})
        for channel in ("two", "three"):
            await layer.send(channel, {})
        names = [(await each.receive_any(["busy", "two", "three"]))[0] for _ in range(6)]
        await each.close()
        return names

    names = asyncio.run(main())
    assert {"two", "three"} <= {*names[:4]}
    assert names.count("busy") == 4


def test_what_was_received_and_not_taken_is_given_back() -> None:
    """On closing, so that another process gets it; what was waited for is waited for no longer."""

    async def main() -> None:
        layer = OneAtATime()
        each = Each(layer)
        await layer.send("a", {"n": 1})
        await layer.send("b", {"n": 2})
        name, _ = await each.receive_any(["a", "b", "c"])
        other = "b" if name == "a" else "a"
        await asyncio.sleep(0)
        await each.close()
        assert not any(layer.readers.values())
        assert layer.queue(other).qsize() == 1
        assert each.waiting == {}

    asyncio.run(main())


def test_a_reader_that_is_cancelled_loses_nothing() -> None:
    """The task that waits goes on: what it gets is there for the next who asks."""

    async def main() -> None:
        layer = OneAtATime()
        each = Each(layer)
        waiting = asyncio.ensure_future(each.receive_any(["a"]))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        await layer.send("a", {"n": 1})
        assert await each.receive_any(["a"]) == ("a", {"n": 1})

    asyncio.run(main())


def test_what_a_layer_raises_is_raised_once() -> None:
    """By whoever asks; after that the channel is read again."""

    async def main() -> None:
        layer = OneAtATime()
        each = Each(layer)
        await layer.send("a", ConnectionError("gone"))
        with pytest.raises(ConnectionError):
            await each.receive_any(["a"])
        await layer.send("a", {"n": 1})
        assert await each.receive_any(["a"]) == ("a", {"n": 1})
        await layer.send("a", ConnectionError("gone again"))
        each.waiting["a"] = asyncio.ensure_future(layer.receive("a"))
        await asyncio.sleep(0)
        await each.close()
        assert layer.queue("a").empty()

    asyncio.run(main())


def test_a_message_for_later_is_sent_later(monkeypatch) -> None:
    """After its time, by this process."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def main() -> None:
        layer = OneAtATime()
        monkeypatch.setattr(module.asyncio, "sleep", sleep)
        await Each(layer).send_later("a", {"n": 1}, 7.5)
        assert layer.queue("a").get_nowait() == {"n": 1}

    asyncio.run(main())
    assert waited == [7.5]
