"""One holder among containers: a lease at the broker, with a fencing token that never goes back.

Who holds it renews it, counting from the moment in which it began to ask: so on its own clock it has lost the lease
before the broker gives it to another one, also when the broker cannot be asked any more, or this process was stopped.
The token is the broker's clock at the least, so that it grows even if the broker has lost its keys.
"""

import asyncio
import logging
import secrets
from typing import Any

from redis.exceptions import ResponseError

from interfaces.layers.scripts import Script
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["LEASE", "LOOK", "Leader"]

log = logging.getLogger("interfaces.layers")

LEASE = 8.0
"""Seconds after which another one may have it, when the holder says no more of it."""
SAFE = 0.75
"""The part of a lease that its holder relies on: clocks do not run alike, and what it has begun needs a moment."""
LOOK = 0.4
"""Seconds between looks of who waits for it."""
LINGER = 3600.0
"""Seconds that the last token is remembered."""

_CLAIM = Script("""
local held = redis.call('GET', KEYS[1])
if held then
  local fence = string.match(held, '^' .. ARGV[1] .. ':(%d+)$')
  if not fence then return 0 end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(fence)
end
local t = redis.call('TIME')
local fence = math.max(t[1] * 1000 + math.floor(t[2] / 1000), (tonumber(redis.call('GET', KEYS[2])) or 0) + 1)
local said = string.format('%.0f', fence)
redis.call('SET', KEYS[2], said, 'PX', ARGV[3])
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. said, 'PX', ARGV[2])
return fence
""")
"""Keys: the lease, the last token. Arguments: who asks, milliseconds of lease and memory. Answers the token, or 0."""
_RENEW = Script("""
local held = redis.call('GET', KEYS[1])
if not held or not string.match(held, '^' .. ARGV[1] .. ':') then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
""")
_GIVE_BACK = Script("""
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^' .. ARGV[1] .. ':') then return redis.call('DEL', KEYS[1]) end
return 0
""")


class Leader:
    """The wish to hold ``name`` for all event loops of ``layer``'s broker; used in one event loop.

    ConfigError for a layer that containers do not share.
    """

    def __init__(self, layer: Any, name: str, *, lease: float = LEASE) -> None:
        if not hasattr(layer, "hub"):
            raise ConfigError(f"one holder of {name} among containers needs a --layer with a broker")
        self.name = name
        self.lease = lease
        self.fence = 0
        """The token of the time for which it is, or was last, held: greater than those of all holders before."""
        self._layer = layer
        self._who = secrets.token_hex(8)
        self._until = float("-inf")
        self._gone = asyncio.Event()
        self._gone.set()
        self._renewing: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def __repr__(self) -> str:
        return f"<Leader of {self.name}: {'not held' if self._gone.is_set() else 'held'}>"

    @property
    def held(self) -> bool:
        """Whether it is ours, by our own clock."""
        return not self._gone.is_set() and asyncio.get_running_loop().time() < self._until

    async def won(self) -> int:
        """Wait until it is ours: the fencing token. A broker that cannot be reached is waited for, too."""
        away = False
        while not self.held:
            began = asyncio.get_running_loop().time()
            try:
                fence = int(await self._ask(_CLAIM, self.lease * 1000, LINGER * 1000) or 0)
                away = False
            except Unavailable as error:
                fence = 0
                if not away:
                    log.warning("who holds %s cannot be asked: %s", self.name, error)
                away = True
            if fence:
                self._take(fence, began)
            else:
                await asyncio.sleep(LOOK)
        return self.fence

    async def lost(self) -> None:
        """Wait until it is not ours any more."""
        await self._gone.wait()

    async def give_back(self) -> None:
        """Let the next have it; also while it is asked for. What the broker does not hear lapses."""
        self._lose()
        try:
            await self._ask(_GIVE_BACK)
        except (Unavailable, ConfigError) as error:
            log.warning("%s is free only when its lease has lapsed: %s", self.name, error)

    def _take(self, fence: int, began: float) -> None:
        loop = asyncio.get_running_loop()
        self.fence = fence
        self._until = began + self.lease * SAFE
        if self._until <= loop.time():
            return  # the answer took too long to rely on
        self._gone.clear()
        self._watch()
        if self._renewing is None or self._renewing.done():
            self._renewing = loop.create_task(self._renew())

    def _watch(self) -> None:
        """Lose it when our own clock says so, whatever is waited for."""
        if self._deadline is not None:
            self._deadline.cancel()
        late = "its lease could not be renewed in time"
        self._deadline = asyncio.get_running_loop().call_at(self._until, self._lapse, late)

    def _lapse(self, reason: str) -> None:
        log.warning("%s is lost: %s", self.name, reason)
        self._lose()

    def _lose(self) -> None:
        self._until = float("-inf")
        self._gone.set()
        if self._deadline is not None:
            self._deadline.cancel()
        if self._renewing is not None:
            self._renewing.cancel()
            self._renewing = None

    async def _renew(self) -> None:
        """Say again and again that it is ours, until another one has it, or it is lost."""
        pause = self.lease / 4
        while True:
            await asyncio.sleep(pause)
            began = asyncio.get_running_loop().time()
            try:
                ours = await self._ask(_RENEW, self.lease * 1000)
            except Unavailable:
                pause = min(LOOK, self.lease / 20)
                continue
            pause = self.lease / 4
            if not ours:
                self._lapse("another one may have it")
                return
            self._until = began + self.lease * SAFE
            self._watch()

    async def _ask(self, script: Script, *seconds: float) -> Any:
        """Run ``script`` at the broker of the name. Unavailable."""
        hub = self._layer.hub()
        await hub.started()
        prefix = hub.settings.prefix
        keys = [f"{prefix}:L:{self.name}", f"{prefix}:Lf:{self.name}"]
        try:
            return await hub.node_of(self.name).run(
                script, keys, [self._who, *(str(int(one)) for one in seconds)]
            )
        except ResponseError as error:
            raise Unavailable(f"the broker refuses: {error}") from error
