"""How well a broker keeps what it was given: read from its settings, and waited for after each write.

    memory          it has it
    process-crash   its append-only file has it: it may be killed
    host-crash      the disk has it (fsync): the machine may lose power
    replica         so many replicas have it too, and its own append-only file

With ``appendfsync always`` every answer means that. Else WAITAOF says when; it and WAIT hold up a connection, so they
have one of their own, with a write before that comes after all that is waited for.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from redis.exceptions import ResponseError

from interfaces.layers.node import Node
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["CLASSES", "Durability", "Facts", "Sync", "Wait", "facts_of", "wait_for"]

Durability = Literal["memory", "process-crash", "host-crash", "replica"]
CLASSES: tuple[Durability, ...] = get_args(Durability)
"""From the least to the most."""
Wait = tuple[str | int, ...]
"""A command to wait with: its name, and first how many have to confirm."""
WAIT = 1.5
"""Seconds that a sync, or replicas, may take; less than a connection may be silent."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a broker's settings say; an empty text is unknown."""

    appendonly: bool
    appendfsync: str
    policy: str
    replicas: int
    waitaof: bool

    @property
    def described(self) -> str:
        """In a few words."""
        kept = f"appendfsync {self.appendfsync or 'unknown'}" if self.appendonly else "appendonly no"
        return f"{kept}, maxmemory-policy {self.policy}, {self.replicas} replicas"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


async def facts_of(node: Node) -> Facts:
    """Ask: CONFIG GET, or INFO where that is forbidden. Unavailable without an answer."""
    info: dict[str, str] = {}
    for section in ("persistence", "memory", "replication"):
        lines = _text(await node.call("INFO", section)).splitlines()
        info.update((name, value) for name, colon, value in (line.partition(":") for line in lines) if colon)
    said: Mapping[str, str] = {}
    try:
        reply = await node.call("CONFIG", "GET", "append*")
        said = dict(zip(map(_text, reply[::2]), map(_text, reply[1::2]), strict=True))
    except ResponseError:
        pass
    try:
        known = await node.call("COMMAND", "INFO", "WAITAOF")
    except ResponseError:
        known = [None]
    return Facts(
        appendonly=info.get("aof_enabled") == "1",
        appendfsync=said.get("appendfsync", ""),
        policy=info.get("maxmemory_policy", ""),
        replicas=int(info.get("connected_slaves", 0)),
        waitaof=bool(known and known[0]),
    )


def wait_for(facts: Facts, asked: Durability, replicas: int, broker: str) -> list[Wait]:
    """The commands to wait with after a write; none when the answer is enough.

    Raises ConfigError, which says what to set, when the broker keeps less than is asked for.
    """

    def refuse(what: str) -> ConfigError:
        return ConfigError(f"{broker} keeps less than {asked!r} asks for ({facts.described}): set {what}")

    if asked == "memory":
        return []
    if not facts.appendonly:
        raise refuse("appendonly yes")
    if facts.policy not in ("noeviction", ""):
        raise refuse("maxmemory-policy noeviction")
    waits: list[Wait] = []
    if facts.appendfsync != "always" and (asked != "process-crash" or facts.appendfsync != "no"):
        # everysec may hold a write back for two seconds while the disk is busy, so an answer says nothing
        if not facts.waitaof or facts.appendfsync == "no":
            raise refuse("appendfsync always")
        waits.append(("WAITAOF", 1, 0))
    if asked == "replica":
        if facts.replicas < replicas:
            raise refuse(f"up {replicas} replicas")
        waits.append(("WAIT", replicas))
    return waits


class Sync:
    """Waits until all that was written so far is kept as ``waits`` say; who waits together shares a round."""

    def __init__(self, node: Node, key: str, waits: list[Wait]) -> None:
        self._node, self._key, self._waits = node, key, waits
        self._round: asyncio.Task[bytes] | None = None
        self._next: asyncio.Task[bytes] | None = None

    async def __call__(self, run: bytes) -> None:
        """Raises Unavailable when it is not confirmed in time: it may be kept, or not.

        ``run`` is the run of the server that the write was answered by: another one knows nothing of it.
        """
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._confirm(self._round))
            self._next.add_done_callback(lambda task: task.cancelled() or task.exception())
        if await asyncio.shield(self._next) != run:
            raise Unavailable(f"{self._node.host.name} was restarted before it confirmed")

    async def _confirm(self, before: "asyncio.Task[bytes] | None") -> bytes:
        if before is not None:
            await asyncio.wait([before])
        self._round, self._next = self._next, None  # who comes now has written after this round's write
        runs = {await self._wait(words) for words in self._waits}
        return runs.pop() if len(runs) == 1 else b""

    async def _wait(self, words: Wait) -> bytes:
        """The run that confirmed. What is sent in one turn of the loop goes over one connection."""
        node = self._node
        node.tell(None, "SET", self._key, 1)
        asked = node.call(*words, int(WAIT * 1000)), node.call("INFO", "server")
        reply, info = await asyncio.gather(*asked)
        if (reply[0] if isinstance(reply, list) else reply) < int(words[1]):
            raise Unavailable(f"{node.host.name} does not confirm {words[0]!s} {words[1]}")
        found: bytes = info.partition(b"run_id:")[2].partition(b"\r")[0]
        return found
