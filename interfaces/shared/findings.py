"""What ``interfaces doctor`` finds: what is so, why it matters, and how to mend it. And a host that is tried."""

import asyncio
import socket
from dataclasses import dataclass
from typing import Literal

__all__ = ["PATIENCE", "Finding", "Level", "reached", "resolved"]

Level = Literal["ok", "warning", "error"]
PATIENCE = 5.0
"""Seconds that anybody who is asked gets to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. Each text is one line, and no secret stands in it."""

    level: Level
    topic: str
    """"tls", "dns", "ports", "tokens", "broker", "limits", "python", "django", "options", or an interface's name."""
    what: str
    why: str = ""
    mend: str = ""

    def __post_init__(self) -> None:
        """Keep each text to one line."""
        for name in ("what", "why", "mend"):
            object.__setattr__(self, name, " ".join(str(getattr(self, name)).split()))


async def resolved(what: str, host: str, seconds: float = PATIENCE) -> Finding:
    """Whether ``host`` has an address; ``what`` is it, such as "--host", and begins the line."""
    try:
        found = await _addresses(host, 0, seconds)
    except (OSError, TimeoutError) as error:
        return _unknown(what, host, error, "dns", "nobody finds it by that name")
    return Finding(level="ok", topic="dns", what=f"{what}: {host} is {', '.join(found[:3])}")


async def _addresses(host: str, port: int, seconds: float) -> list[str]:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(seconds):
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _unknown(what: str, host: str, error: Exception, topic: str, why: str) -> Finding:
    reason = getattr(error, "strerror", None) or "no answer in time"
    return Finding(
        level="error", topic=topic, what=f"{what}: {host} has no address ({reason})", why=why,
        mend=f"correct the name, or ask for it: getent hosts {host}",
    )  # fmt: skip


async def reached(what: str, host: str, port: int, topic: str = "dns", seconds: float = PATIENCE) -> Finding:
    """Whether ``host`` has an address, and takes a connection on ``port``; nothing is said to it.

    ``what`` is it, such as "--email-send", and begins the line.
    """
    try:
        found = await _addresses(host, port, seconds)
    except (OSError, TimeoutError) as error:
        return _unknown(what, host, error, topic, "nothing can be sent there")
    try:
        async with asyncio.timeout(seconds):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or f"no answer in {seconds:g} s"
        return Finding(
            level="error", topic=topic, what=f"{what}: {host} port {port} takes no connection ({reason})",
            why="what is to go there waits until it does",
            mend="see whether it runs, and whether a firewall is between: providers often close port 25",
        )  # fmt: skip
    writer.transport.abort()
    return Finding(level="ok", topic=topic, what=f"{what}: {host} port {port} is there ({found[0]})")
