"""How well a broker keeps what it was given: read from its settings, and waited for after each write.

    memory          it has it
    process-crash   its append-only file has it: it may be killed
    host-crash      the disk has it (fsync): the machine may lose power
    replica         so many replicas have it too, and its own append-only file

With ``appendfsync always`` every answer means that. Else WAITAOF says when; it and WAIT hold up a connection, so they
have one of their own, with a write before that comes after all that is waited for.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from redis.exceptions import NoPermissionError, ResponseError

from interfaces.layers.node import Node
from interfaces.layers.settings import Settings
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["CLASSES", "Durability", "Facts", "Keeping", "Sync", "Wait", "answer", "facts_of", "wait_for"]

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
    forbidden: tuple[str, ...] = ()
    """What our user may not do, in the words of ACL SETUSER."""

    @property
    def described(self) -> str:
        """In a few words."""
        kept = f"appendfsync {self.appendfsync or 'unknown'}" if self.appendonly else "appendonly no"
        return f"{kept}, maxmemory-policy {self.policy or 'unknown'}, {_replicas(self.replicas)}"


def _replicas(number: int) -> str:
    return f"{number} replica{'s' * (number != 1)}"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


async def facts_of(node: Node) -> Facts:
    """Ask the broker. What it does not know, or our user may not ask, is unknown; Unavailable without an answer."""
    forbidden: list[str] = []

    async def ask(permission: str, *words: str | int) -> Any:
        try:
            return await node.call(*words)
        except NoPermissionError:
            forbidden.append(permission)
        except ResponseError:
            pass  # a provider may have taken the command away, a server be too old for it
        return None

    info: dict[str, str] = {}
    for section in ("persistence", "memory", "replication"):
        lines = _text(await ask("+info", "INFO", section) or "").splitlines()
        info.update((name, value) for name, colon, value in (line.partition(":") for line in lines) if colon)
    reply = await ask("+config|get", "CONFIG", "GET", "append*") or []
    said = dict(zip(map(_text, reply[::2]), map(_text, reply[1::2]), strict=True))
    waitaof = await ask("+waitaof", "WAITAOF", 0, 0, 0)  # answers at once
    await ask("+wait", "WAIT", 0, 0)
    return Facts(
        appendonly=info.get("aof_enabled") == "1",
        appendfsync=said.get("appendfsync", ""),
        policy=info.get("maxmemory_policy", ""),
        replicas=int(info.get("connected_slaves", 0)),
        waitaof=waitaof is not None,
        forbidden=tuple(dict.fromkeys(forbidden)),
    )


def wait_for(facts: Facts, asked: Durability, replicas: int, broker: str) -> list[Wait]:
    """The commands to wait with after a write; none when the answer is enough.

    Raises ConfigError, which says what to set or to permit, when the broker keeps less than is asked for.
    """
    if asked == "memory":
        return []
    # everysec may hold a write back for two seconds while the disk is busy, so an answer says nothing
    enough = facts.appendfsync == "always" or (asked == "process-crash" and facts.appendfsync == "no")
    waits: list[Wait] = [] if enough else [("WAITAOF", 1, 0)]
    if asked == "replica":
        waits.append(("WAIT", replicas))
    needed = ["+info", "+config|get", *(f"+{words[0]!s}".lower() for words in waits)]
    if lacking := [one for one in facts.forbidden if one in needed]:
        raise ConfigError(
            f"{broker} does not permit our user what {asked!r} needs: give it {' '.join(lacking)}"
        )
    if short := _short_of(facts, waits):
        raise ConfigError(f"{broker} keeps less than {asked!r} asks for ({facts.described}): set {short}")
    return waits


def _short_of(facts: Facts, waits: list[Wait]) -> str:
    """What to set, for these waits to say that something is kept; "" when they do."""
    commands = {words[0]: words[1] for words in waits}
    if not facts.appendonly:
        return "appendonly yes"
    if facts.policy not in ("noeviction", ""):
        return "maxmemory-policy noeviction"
    if "WAITAOF" in commands and (not facts.waitaof or facts.appendfsync == "no"):
        return "appendfsync always"
    if facts.replicas < (wanted := int(commands.get("WAIT", 0))):
        return f"up {_replicas(wanted)}"
    return ""


async def answer(reply: Awaitable[Any]) -> Any:
    """The answer; a broker that refuses to write (full, read-only, loading) is Unavailable."""
    try:
        return await reply
    except ResponseError as error:
        raise Unavailable(f"the broker refuses: {error}") from error


class Keeping:
    """How each broker keeps things, as far as it has said, and the waiting for that.

    ``replicas`` is how many "replica" means; ``key`` is written before each wait.
    """

    def __init__(self, settings: Settings, replicas: int, key: str) -> None:
        self._settings, self._replicas, self._key = settings, replicas, key
        self._watched: set[Node] = set()
        self._facts: dict[Node, asyncio.Task[Facts]] = {}
        self._kept: dict[tuple[Node, Durability], str] = {}
        """What a broker was found to keep, and why."""
        self._syncs: dict[tuple[Node, str], Sync] = {}
        self._sides: dict[Node, Node] = {}

    async def close(self) -> None:
        """Close what was opened for the waiting."""
        await asyncio.gather(*(side.close() for side in self._sides.values()))

    async def waits(self, node: Node, asked: Durability) -> list[Wait]:
        """What to wait with after a write to ``node``; "memory" asks the broker nothing.

        Raises ConfigError, which says what to set, when it keeps less than is asked for; Unavailable when it has kept
        that before, as a replica may come back, and without an answer. The next call then asks again.
        """
        if asked == "memory":
            return []
        if node not in self._watched:
            self._watched.add(node)
            node.on_state.append(partial(self._on_state, node))
        asking = self._facts.get(node)
        if asking is None:
            asking = self._facts[node] = asyncio.create_task(facts_of(node))
            asking.add_done_callback(partial(self._asked, node))
        facts = await answer(asyncio.shield(asking))
        try:
            waits = wait_for(facts, asked, self._replicas, node.host.name)
        except ConfigError as error:
            if self._facts.get(node) is asking:
                self.forget(node)
            if (node, asked) in self._kept:
                raise Unavailable(str(error)) from None
            raise
        then = " and ".join(f"{words[0]} {words[1]}" for words in waits)
        self._kept[node, asked] = (
            f"{facts.described}; {f'waits for {then}' if then else 'its answer is enough'}"
        )
        return waits

    def _on_state(self, node: Node, _up: bool, _reason: str) -> None:
        self.forget(node)  # it may come back as another one

    def _asked(self, node: Node, asking: asyncio.Task[Facts]) -> None:
        failed = asking.cancelled() or asking.exception() is not None
        if (failed or not node.up) and self._facts.get(node) is asking:
            self.forget(node)

    def forget(self, node: Node) -> None:
        """Ask again the next time: the broker may be another one by then, or keep things differently."""
        self._facts.pop(node, None)

    async def confirm(self, node: Node, waits: list[Wait], run: bytes) -> None:
        """Wait until what the run ``run`` of the broker was told is kept; Unavailable when nobody knows."""
        key = node, str(waits)
        if key not in self._syncs:
            side = self._sides.get(node)
            if side is None:
                side = self._sides[node] = Node(self._settings, node.host)
                await side.start()
            self._syncs[key] = Sync(side, self._key, waits)
        try:
            await answer(self._syncs[key](run))
        except Unavailable:
            self.forget(node)
            raise

    def describe(self, asked: Durability) -> str:
        """Why the brokers are thought to keep things as asked."""
        if asked == "memory":
            return "a broker that ends may lose it"
        told = [f"{node.host.name}: {why}" for (node, kept), why in self._kept.items() if kept == asked]
        return " / ".join(told) or "not connected"


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
        number = reply[0] if isinstance(reply, list) else reply
        if number < int(words[1]):
            who = "replicas have" if words[0] == "WAIT" else "append-only files have"
            raise Unavailable(f"{node.host.name}: {number} of {words[1]} {who} confirmed within {WAIT:g} s")
        found: bytes = info.partition(b"run_id:")[2].partition(b"\r")[0]
        return found
