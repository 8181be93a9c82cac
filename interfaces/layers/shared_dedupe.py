"""Which deliveries run and which have their verdict, for all containers of a broker."""

import asyncio
import secrets
from typing import Any

import msgspec
from redis.exceptions import ResponseError

from interfaces.layers.frames import encode, opened, sealed
from interfaces.layers.hub import Hub
from interfaces.layers.pipe import Word
from interfaces.layers.scripts import Script
from interfaces.shared.delivery import Claim, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["LONGEST_LOOK", "LOOK", "SharedDedupe"]

KINDS = ("accept", "reject", "defer")
LOOK, LONGEST_LOOK = 0.02, 0.25
"""Seconds between looks for a verdict that is waited for: doubling from the first to the second."""

_CLAIM = Script("""
local value = redis.call('GET', KEYS[1])
if not value or value == 'r' .. ARGV[1] then
  redis.call('SET', KEYS[1], 'r' .. ARGV[1], 'PX', ARGV[2])
  return 'w'
end
return value
""")
_RENEW = Script("""
if redis.call('GET', KEYS[1]) ~= 'r' .. ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")
_FINISH = Script("""
local value = redis.call('GET', KEYS[1])
if value and value ~= 'r' .. ARGV[1] and value ~= 'f' .. ARGV[2] then return 0 end
if ARGV[2] == '' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], 'f' .. ARGV[2], 'PX', ARGV[3])
end
return 1
""")
"""Keys: the delivery. Arguments: token, verdict ("": none to keep), milliseconds to keep it. Answers whether it may."""

_FORGET = Script("""
if redis.call('GETRANGE', KEYS[1], 0, 0) == 'f' then redis.call('DEL', KEYS[1]) end
return 1
""")


class SharedDedupe:
    """A :class:`interfaces.shared.delivery.DedupeStore` at the brokers of a started hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rules = hub.queues.rules

    def __repr__(self) -> str:
        return f"<SharedDedupe of {self._hub!r}>"

    def _name(self, key: str) -> str:
        return f"{self._rules.prefix}:Qk:{key}"

    async def _run(self, script: Script, key: str, *words: Word) -> Any:
        try:
            return await self._hub.node_of(key).run(script, [self._name(key)], words)
        except ResponseError as error:
            raise Unavailable(f"the broker refuses: {error}") from error

    async def claim(self, key: str, *, lease: float, wait: float = 0) -> Claim:
        """As the protocol says; ``lease`` and ``wait`` are seconds."""
        loop, token, look = asyncio.get_running_loop(), secrets.token_hex(8), LOOK
        end = loop.time() + wait
        while True:
            value = await self._try(key, token, lease)
            if value == b"w":
                return Claim(key, token)
            left = end - loop.time()
            if value[:1] == b"f" or left <= 0:
                return Claim(key, verdict=self._verdict(key, value))
            await asyncio.sleep(min(look, left))
            look = min(2 * look, LONGEST_LOOK)

    async def _try(self, key: str, token: str, lease: float) -> bytes:
        try:
            value: bytes = await self._run(_CLAIM, key, token, _milliseconds(lease))
        except (asyncio.CancelledError, Unavailable):
            # it may be ours, and nobody would know until the lease lapses
            self._hub.node_of(key).tell_script(None, _FINISH, [self._name(key)], [token, b"", 1])
            raise
        return value

    def _verdict(self, key: str, value: bytes) -> Verdict | None:
        if value[:1] != b"f":
            return None
        plain = opened(self._rules.cipher, self._name(key).encode(), value[1:])
        try:
            # not into a Verdict: what its fields are is not told by a class that is compiled
            said: Any = None if plain is None else msgspec.msgpack.decode(plain)
            kind, detail = said["kind"], said["detail"]
        except (msgspec.MsgspecError, TypeError, KeyError):
            return None  # of another version, or not ours: "try again"
        return Verdict(kind, detail) if kind in KINDS and isinstance(detail, dict) else None

    async def look(self, key: str) -> Claim | None:
        """What is known of ``key``: it runs somewhere (no verdict), or has its verdict; None: nothing."""
        node, name = self._hub.node_of(key), self._name(key)
        try:
            value: bytes | None = await node.call("GET", name)
        except ResponseError as error:
            raise Unavailable(f"the broker refuses: {error}") from error
        return None if value is None else Claim(key, verdict=self._verdict(key, value))

    async def forget(self, key: str) -> None:
        """Its verdict is needed no more; what runs goes on."""
        await self._run(_FORGET, key)

    async def renew(self, claim: Claim, lease: float) -> bool:
        """As the protocol says."""
        return bool(await self._run(_RENEW, claim.key, claim.token, _milliseconds(lease)))

    async def finish(self, claim: Claim, verdict: Verdict, keep: float) -> bool:
        """As the protocol says; ``keep`` is seconds."""
        data = b""
        if verdict.final:
            data = sealed(self._rules.cipher, self._name(claim.key).encode(), encode(verdict))
        return bool(await self._run(_FINISH, claim.key, claim.token, data, _milliseconds(keep)))


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))
