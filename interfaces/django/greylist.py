"""Greylisting that remembers in Django's cache: ``--email-greylist-store interfaces.django.greylist:CacheStore``."""

import hashlib
from typing import Any

from django.core.cache import caches

from interfaces.shared.errors import Unavailable

__all__ = ["CacheStore"]


class CacheStore:
    """The cache ``alias``, shared by the processes that share that: not the local memory that is Django's default."""

    def __init__(self, alias: str = "default") -> None:
        self.cache: Any = caches[alias]

    async def first(self, key: str, now: float, keep: float) -> float:
        """When ``key`` was first said. Raises Unavailable."""
        name = _name(key)
        try:
            if await self.cache.aadd(name, now, keep):
                return now
            said = await self.cache.aget(name)
        except Exception as error:  # of whatever backend
            raise Unavailable(f"greylisting: {error}") from error
        return now if said is None else float(said)

    async def known(self, key: str, now: float) -> bool:
        """Whether ``key`` is kept. Raises Unavailable."""
        try:
            return await self.cache.aget(_name(key)) is not None
        except Exception as error:  # of whatever backend
            raise Unavailable(f"greylisting: {error}") from error


def _name(key: str) -> str:
    """What every cache takes as a key."""
    return f"interfaces-grey-{hashlib.sha256(key.encode()).hexdigest()}"
