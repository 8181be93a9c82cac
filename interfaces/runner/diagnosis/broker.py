"""The broker of a layer: reachable, of a fit version, how it keeps things, how far away it is, what time it has."""

import time
from collections.abc import AsyncIterator
from typing import Any

from redis.exceptions import ResponseError

from interfaces.layers.durability import facts_of
from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.shared.findings import Finding

__all__ = ["FAR", "SKEWED", "broker", "looked_at"]

FAR = 0.005
"""Seconds of a round trip, above which each event in another process is felt."""
SKEWED = 1.0
"""Seconds that two clocks may differ."""
FULL = 0.8
"""Of the memory that a broker may have."""
TRIES = 5
"""Round trips, of which the shortest counts."""


async def broker(layer: Any) -> AsyncIterator[Finding]:
    """What is to be said of every broker of ``layer``, which is open."""
    for node in layer.hub().nodes:
        try:
            async for finding in looked_at(node.host.name, node):
                yield finding
        except (Unavailable, ConfigError, ValueError) as error:
            yield _away(str(error))


def _away(words: str) -> Finding:
    return Finding(
        level="error", topic="broker", what=words, why="nothing starts that was given this --layer",
        mend="see whether it runs and can be reached from here (redis-cli -u URL ping), and whether user and password "
        "are right",
    )  # fmt: skip


async def looked_at(name: str, node: Any) -> AsyncIterator[Finding]:
    """What is to be said of one broker. Raises Unavailable when it does not answer."""
    took, offset = await _timed(node)
    info = await _info(node)
    valkey = info.get("valkey_version")
    kind = f"Valkey {valkey}" if valkey else f"Redis {info.get('redis_version', '?')}"
    yield Finding(level="ok", topic="broker", what=f"{name}: {kind}, {took * 1000:.1f} ms away")
    if took > FAR:
        yield Finding(
            level="warning", topic="broker", what=f"{name} is {took * 1000:.0f} ms away",
            why="each event in another process waits so long, and group sends as well",
            mend="have it in the same network as the containers, and see whether it is busy (redis-cli --latency)",
        )  # fmt: skip
    if abs(offset) > SKEWED:
        yield Finding(
            level="warning", topic="broker", what=f"{name}: its clock differs from ours by {offset:+.0f} s",
            why="deadlines of scopes and delayed messages are told by its clock, logs and signatures by ours",
            mend="have both keep time by NTP: timedatectl, chronyc tracking",
        )  # fmt: skip
    facts = await facts_of(node)
    for finding in _kept(name, facts, info):
        yield finding


async def _timed(node: Any) -> tuple[float, float]:
    """The shortest round trip, and by how many seconds its clock is before ours."""
    found = []
    for _ in range(TRIES):
        began, now = time.perf_counter(), time.time()
        seconds, micro = await node.call("TIME")
        took = time.perf_counter() - began
        found.append((took, int(seconds) + int(micro) / 1e6 - now - took / 2))
    return min(found)


async def _info(node: Any) -> dict[str, str]:
    """What INFO says; nothing where our user may not ask."""
    found: dict[str, str] = {}
    for section in ("server", "memory", "clients"):
        try:
            reply = await node.call("INFO", section)
        except ResponseError:  # a user who may not, a provider who has taken it away
            continue
        for line in (reply.decode() if isinstance(reply, bytes) else str(reply)).splitlines():
            name, colon, value = line.partition(":")
            if colon:
                found[name] = value
    return found


def _kept(name: str, facts: Any, info: dict[str, str]) -> list[Finding]:
    found = []
    if not facts.appendonly:
        found.append(Finding(
            level="warning", topic="broker", what=f"{name} keeps nothing on disk (appendonly no)",
            why="what waits to be sent, and what was acknowledged, is lost when it is restarted",
            mend="set appendonly yes, and appendfsync always or everysec, unless all of that may be lost",
        ))  # fmt: skip
    if facts.policy not in ("noeviction", ""):
        found.append(Finding(
            level="error", topic="broker",
            what=f"{name} throws keys away when it is full (maxmemory-policy {facts.policy})",
            why="queues, groups and leases vanish without a word", mend="set maxmemory-policy noeviction",
        ))  # fmt: skip
    if facts.forbidden:
        found.append(Finding(
            level="warning", topic="broker", what=f"{name} does not permit our user {' '.join(facts.forbidden)}",
            why="how well it keeps things cannot be told, nor waited for",
            mend="ACL SETUSER NAME " + " ".join(facts.forbidden),
        ))  # fmt: skip
    used, most = (int(info.get(key) or 0) for key in ("used_memory", "maxmemory"))
    if most and used > FULL * most:
        found.append(Finding(
            level="warning", topic="broker", what=f"{name} has used {used * 100 // most} % of its memory",
            why="when it is full, senders are told so, and mail and messages are put off",
            mend="see what waits (interfaces dead list), start more workers, or give it more memory",
        ))  # fmt: skip
    return found
