import asyncio
import sys
from collections.abc import Iterator

import pytest

from interfaces.email.policies import greylist_store
from interfaces.email.policies.greylist import Memory, Store
from interfaces.email.policies.greylist_store import RedisStore, opened
from interfaces.layers.embedded import Embedded
from interfaces.shared.errors import ConfigError, Unavailable

NOW = 1_700_000_000.5


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A broker."""
    with Embedded() as server:
        yield server.url


async def remembered(store: Store, key: str) -> list[float | bool]:
    """What a store says of a key that is said twice, and of another."""
    return [
        await store.known(key, NOW), await store.first(key, NOW, 60), await store.first(key, NOW + 5, 60),
        await store.known(key, NOW + 5), await store.known(f"{key}x", NOW),
    ]  # fmt: skip


@pytest.mark.parametrize("where", ["memory", "broker"])
def test_what_was_first_said_stays(where: str, url: str) -> None:
    """Every store remembers when something was first said, and nothing else; a broker's is shared."""

    async def run() -> None:
        async with opened(url if where == "broker" else "") as store:
            assert await remembered(store, "a b@c.example") == [False, NOW, NOW, True, False]
        if where == "broker":
            async with opened(url) as other:
                assert await other.first("a b@c.example", NOW + 9, 60) == NOW

    asyncio.run(run())


def test_a_broker_that_is_away() -> None:
    """Whatever the broker does wrong is Unavailable."""

    async def run() -> None:
        async with opened("unix:///nowhere/broker.sock") as store:
            for asked in (store.known("a", NOW), store.first("a", NOW, 60)):
                with pytest.raises(Unavailable, match="greylisting"):
                    await asked

    asyncio.run(run())


def test_a_store_of_ones_own() -> None:
    """A name leads to a store, or to a class that makes one."""

    async def run() -> None:
        async with opened("interfaces.email.policies.greylist:Memory") as store:
            assert isinstance(store, Memory)
        for text in ("nowhere:x", "interfaces.email.policies.greylist:x", "x", "http://x"):
            with pytest.raises(ConfigError, match="--email-greylist-store"):
                async with opened(text):
                    pass

    asyncio.run(run())


def test_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis, whoever needs it is told what to install."""
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ConfigError, match=r"asgi-interfaces\[redis\]"):
        RedisStore("redis://127.0.0.1")
    assert greylist_store.PREFIX
