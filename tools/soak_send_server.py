"""The server that the soak of sending sends to, and the book in which it is held against what was told.

It does to each message what its dice say, and knows what it has.
"""

import asyncio
import random
from collections import Counter
from typing import Any

__all__ = ["Book", "Counting", "statuses"]


class Counting:
    """An SMTP server that does to each message what its dice say, and knows what it has."""

    def __init__(self) -> None:
        self.has: Counter[tuple[str, str]] = Counter()
        """(message, recipient) → how often."""
        self.did: Counter[str] = Counter()

    async def start(self) -> int:
        """Listen; the port."""
        self.server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**20)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(b"220 counts\r\n")
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        while line := await reader.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            if verb.upper() == "EHLO":
                writer.write(b"250-counts\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n")
            elif verb.upper() == "RCPT":
                recipients += self._recipient(rest.partition("<")[2].partition(">")[0], writer)
            elif verb.upper() == "DATA":
                if not recipients:
                    writer.write(b"554 5.5.1 nobody\r\n")
                elif not await self._content(reader, writer, recipients):
                    return
                recipients = []
            elif verb.upper() == "QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            else:
                recipients = [] if verb.upper() in ("MAIL", "RSET") else recipients
                writer.write(b"250 2.0.0 Ok\r\n")

    def _recipient(self, address: str, writer: asyncio.StreamWriter) -> list[str]:
        dice = random.random()
        if dice < 0.1:
            self.did["deferred"] += 1
            writer.write(b"451 4.7.1 later\r\n")
        elif dice < 0.13:
            self.did["refused"] += 1
            writer.write(b"550 5.1.1 nobody\r\n")
        else:
            writer.write(b"250 2.1.5 Ok\r\n")
            return [address]
        return []

    async def _content(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recipients: list[str]
    ) -> bool:
        """Take the content; whether the connection goes on."""
        writer.write(b"354 go on\r\n")
        if random.random() < 0.03:
            self.did["hung up before the end"] += 1
            return False
        content = await reader.readuntil(b"\r\n.\r\n")
        await asyncio.sleep(random.random() * 0.005)
        dice = random.random()
        if dice < 0.05:
            self.did["deferred all"] += 1
            writer.write(b"452 4.3.1 full\r\n")
            return True
        name = content.partition(b"X-Number: ")[2].partition(b"\r\n")[0].decode()
        self.has.update((name, one) for one in recipients)
        if dice < 0.08:
            self.did["hung up after the end"] += 1
            return False
        writer.write(b"250 2.0.0 taken\r\n")
        return True


class Book:
    """What was handed in, and what was told of it."""

    def __init__(self) -> None:
        self.handed: set[str] = set()
        self.results: dict[str, dict[str, Any]] = {}
        """The final ones, by message."""
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []

    def told(self, result: dict[str, Any]) -> None:
        """A result."""
        name = result["id"]
        known = self.results.get(name)
        self.counts["results"] += 1
        if known is not None and result["final"] and statuses(known) != statuses(result):
            self.faults.append(f"{name} was told {statuses(known)} and {statuses(result)}")
        if result["final"]:
            self.results[name] = result

    def check(self, has: Counter[tuple[str, str]]) -> list[str]:
        """What is wrong in the end."""
        faults = list(self.faults)
        if lost := self.handed - self.results.keys():
            faults.append(f"{len(lost)} of {len(self.handed)} have no final result: {sorted(lost)[:5]}")
        for (name, recipient), times in has.items():
            if times > 1:
                faults.append(f"{name} is there {times} times for {recipient}")
        for name, result in self.results.items():
            for recipient, status in statuses(result).items():
                self.counts[f"recipients {status}"] += 1
                times = has[name, recipient]
                if (status == "accepted" and times != 1) or (status == "failed" and times):
                    faults.append(f"{name} is {status} for {recipient}, and there {times} times")
        return faults


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """What a result says of each recipient."""
    return {one["recipient"]: one["status"] for one in result["results"]}
