"""Where greylisting remembers, when several processes do: a Redis or Valkey, or what an operator has made."""

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

from interfaces.email.policies.greylist import Memory, Store
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["RedisStore", "opened"]

PREFIX = "interfaces:"
TIMEOUT = 2.0
"""Seconds for the broker to answer: a client waits for it."""


class RedisStore:
    """A store at a broker (Redis 7.0, Valkey 7.2 and later), a key with its time to live for each. ConfigError."""

    def __init__(self, url: str) -> None:
        try:
            redis: Any = importlib.import_module("redis.asyncio")
        except ImportError as error:
            raise ConfigError(
                "--email-greylist-store needs redis: pip install 'asgi-interfaces[redis]'"
            ) from error
        self._failures: Any = importlib.import_module("redis.exceptions").RedisError
        try:
            self._redis = redis.Redis.from_url(url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        except ValueError as error:
            raise ConfigError(f"--email-greylist-store: {error}") from error

    async def first(self, key: str, now: float, keep: float) -> float:
        """When ``key`` was first said. Raises Unavailable."""
        try:
            said = await self._redis.set(PREFIX + key, repr(now), nx=True, get=True, ex=ceil(keep))
        except (self._failures, OSError) as error:
            raise Unavailable(f"greylisting: {error}") from error
        return now if said is None else float(said)

    async def known(self, key: str, now: float) -> bool:
        """Whether ``key`` is kept. Raises Unavailable."""
        try:
            return bool(await self._redis.exists(PREFIX + key))
        except (self._failures, OSError) as error:
            raise Unavailable(f"greylisting: {error}") from error

    async def close(self) -> None:
        """End the connections."""
        await self._redis.aclose()


@asynccontextmanager
async def opened(text: str) -> AsyncIterator[Store]:
    """The store that ``text`` names: a URL, ``module:attribute`` of a store or of what makes one, memory for ""."""
    if not text:
        yield Memory()
    elif "://" in text:
        store = RedisStore(text)
        try:
            yield store
        finally:
            await store.close()
    else:
        yield _named(text)


def _named(text: str) -> Store:
    module, _, attribute = text.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"--email-greylist-store {text}: {error}; write redis://host, or module:attribute"
        ) from error
    store: Store = found() if isinstance(found, type) else found
    return store
