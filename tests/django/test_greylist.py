"""Greylisting in Django's cache."""

import asyncio
import uuid

import pytest
from django.core.cache.backends.locmem import LocMemCache

from interfaces.django import greylist
from interfaces.django.greylist import CacheStore
from interfaces.email.policies.greylist_store import opened
from interfaces.shared.errors import Unavailable

NOW = 1_700_000_000.5


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of each test's own, whatever a project has."""
    monkeypatch.setattr(greylist, "caches", {"default": LocMemCache(uuid.uuid4().hex, {})})


def test_what_was_first_said_stays() -> None:
    """The cache remembers when something was first said, whatever characters a key has."""

    async def run() -> None:
        async with opened("interfaces.django.greylist:CacheStore") as store:
            for key in ("a b@c.example", "\u00e4" * 300):
                assert not await store.known(key, NOW)
                assert await store.first(key, NOW, 60) == NOW
                assert await store.first(key, NOW + 5, 60) == NOW
                assert await store.known(key, NOW + 5)

    asyncio.run(run())


def test_a_cache_that_is_away() -> None:
    """Whatever a backend raises is Unavailable."""

    class Away:
        async def aget(self, *_: object) -> None:
            raise OSError("nobody there")

        aadd = aget

    async def run() -> None:
        store = CacheStore()
        store.cache = Away()
        for asked in (store.first("a", NOW, 60), store.known("a", NOW)):
            with pytest.raises(Unavailable, match="nobody there"):
                await asked

    asyncio.run(run())


def test_a_cache_that_forgets_between() -> None:
    """What was there a moment ago and is gone counts as said for the first time."""

    class Forgetful:
        async def aadd(self, *_: object) -> bool:
            return False

        async def aget(self, *_: object) -> None:
            return None

    store = CacheStore()
    store.cache = Forgetful()
    assert asyncio.run(store.first("a", NOW, 60)) == NOW
