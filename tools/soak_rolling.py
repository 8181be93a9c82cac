#!/usr/bin/env python3
"""Restarts workers, one after the other, under open WebSockets and steady traffic, and counts what is lost.

    python tools/soak_rolling.py [SOCKETS] [--style event|session] [--transport redis|direct] [--drain SECONDS]

500 sockets, both styles and both transports unless told. The processes are those of deploy/compose.yaml: an interface
container, two workers, and a private broker. Event style: rooms of five, each message has to reach all of its room
exactly once, no socket may close, and each session has to count as if nothing had happened. Session style:
sockets may be closed with 1012, spread over time, and come back; every message is answered or its socket was closed so,
and every request beside them is answered. Exit code 1 when one of these does not hold.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from interfaces.layers.embedded import Embedded  # noqa: E402 - found in the checkout, installed or not
from tests.deploy.houses import House  # noqa: E402
from tests.process.load import Load  # noqa: E402

__all__ = ["Report", "main", "roll"]

APPS = {"event": "tests.process.remote_events:application", "session": "tests.process.remote_app:application"}
ROOM = 5
PAUSE = 1.0
"""Seconds between the answer to a socket's message and its next one."""
PATIENCE = 30.0
"""Seconds after which what has not come is lost."""
SPREAD = 0.25
"""Part of a drain over which a worker's sockets have to be spread at least, for there to be no rush."""
REQUESTS = 4
"""Clients that send requests beside the sockets, in session style."""
UPGRADE = (
    "GET {} HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass
class Report:
    """What was counted: said, heard, lost, doubled, closed, moved; ``wrong`` has a sentence for each broken promise."""

    counts: Counter[str] = field(default_factory=Counter)
    moved: list[float] = field(default_factory=list)
    """When sockets were closed with 1012."""
    wrong: list[str] = field(default_factory=list)

    def hold(self, true: bool, sentence: str) -> None:
        """Note what is not as promised."""
        if not true:
            self.wrong.append(sentence)


class Socket:
    """A WebSocket that says numbered messages, one at a time, and remembers all it hears."""

    def __init__(self, port: int, path: str, name: str, report: Report) -> None:
        self.port = port
        self.path = path
        self.name = name
        self.report = report
        self.said = 0
        self.heard: Counter[str] = Counter()
        self.code = 0
        """With which it was closed; 1006: it ended without."""
        self._awaited: dict[str, asyncio.Future[str]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Connect and shake hands, once the connection before has ended."""
        if self._reading is not None:
            await self._reading
        self.code = 0
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writer.write(UPGRADE.format(self.path).encode())
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE)
        if b" 101 " not in head:
            raise ConnectionError(f"the handshake was answered with {head[:12]!r}")
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                first, size = await self._reader.readexactly(2)
                payload = await self._reader.readexactly(size)
                if first == 0x88:
                    self._frame(0x88, payload[:2])
                    self.code = int.from_bytes(payload[:2], "big")
                elif first == 0x89:
                    self._frame(0x8A, payload)
                elif first == 0x81:
                    self._hear(payload.decode())
        except (OSError, asyncio.IncompleteReadError):
            self.code = self.code or 1006
        finally:
            self._writer.close()
            for waiting in self._awaited.values():
                waiting.cancel()

    def _hear(self, text: str) -> None:
        """``count text pid`` in event style, the text alone in session style."""
        count, _, rest = text.rpartition(" ")[0].partition(" ") if " " in text else ("", "", text)
        self.heard[rest] += 1
        waiting = self._awaited.pop(rest, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(count)

    def _frame(self, first: int, payload: bytes) -> None:
        self._writer.write(bytes((first, 0x80 | len(payload))) + bytes(4) + payload)

    async def say(self) -> None:
        """One message; returns when its answer is there, or will not come."""
        self.said += 1
        text = f"{self.name}.{self.said}"
        answer = self._awaited[text] = asyncio.get_running_loop().create_future()
        self._frame(0x81, text.encode())
        self.report.counts["said"] += 1
        try:
            count = await asyncio.wait_for(answer, PATIENCE)
        except TimeoutError:
            self.report.counts["unanswered"] += 1
        except asyncio.CancelledError:
            if not self.code:
                raise
            self.report.counts["under way when moved" if self.code == 1012 else "lost in a close"] += 1
        else:
            self.report.counts["answered"] += 1
            if count and int(count) != self.said:
                self.report.counts["miscounted"] += 1
        finally:
            self._awaited.pop(text, None)

    async def talk(self, stop: asyncio.Event, number: int, every: int) -> None:
        """Say something now and then until ``stop``; come back when moved."""
        await asyncio.sleep(PAUSE * number / every)
        while not stop.is_set():
            if self.code:
                self.report.counts[f"closed with {self.code}"] += 1
                if self.code != 1012:
                    return
                self.report.moved.append(time.monotonic())
                try:
                    await self.open()
                except (OSError, asyncio.IncompleteReadError) as error:
                    self.report.counts[f"not let in again: {error}"] += 1
                    return
            await self.say()
            await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        """Leave."""
        if self._reading is not None and not self.code:
            self._writer.close()
            await self._reading


async def restarted(house: House, report: Report, drain: float) -> None:
    """Stop each worker by SIGTERM and start another, one after the other."""
    for worker in list(house.workers):
        report.moved.clear()
        worker.signal(signal.SIGTERM)
        code = await asyncio.to_thread(worker.ended, drain + PATIENCE)
        report.hold(code == 0, f"a worker ended with {code}")
        if len(report.moved) >= ROOM:
            over = max(report.moved) - min(report.moved)
            report.hold(over >= drain * SPREAD, f"{len(report.moved)} sockets were moved within {over:.1f} s")
            report.counts["moved over ms"] = int(over * 1000)
        await asyncio.to_thread(house.hire)
        await asyncio.sleep(2 * PAUSE)


async def roll(house: House, style: str, number: int, drain: float) -> Report:
    """Open ``number`` sockets, restart all workers meanwhile, and count."""
    report = Report()
    port, stop = house.server.port, asyncio.Event()
    paths = ["/" if style == "session" else f"/{at // ROOM}" for at in range(number)]
    sockets = [Socket(port, path, f"s{at}", report) for at, path in enumerate(paths)]
    for at in range(0, number, 50):
        await asyncio.gather(*(socket.open() for socket in sockets[at : at + 50]))
    load = Load(port, REQUESTS if style == "session" else 0)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        for at, socket in enumerate(sockets):
            group.create_task(socket.talk(stop, at, number))
        await asyncio.sleep(2 * PAUSE)
        await restarted(house, report, drain)
        stop.set()
        load.stop = True
    if style == "event":
        await _counted(sockets, report)
    for socket in sockets:
        await socket.close()
    _judged(report, load, style)
    return report


async def _counted(sockets: list[Socket], report: Report) -> None:
    """Whether each member of a room has heard each message of it exactly once."""
    deadline = time.monotonic() + PATIENCE
    for at in range(0, len(sockets), ROOM):
        room = sockets[at : at + ROOM]
        said = {f"{one.name}.{number}" for one in room for number in range(1, one.said + 1)}
        for one in room:
            # what is waited for comes from other processes
            while said - one.heard.keys() and time.monotonic() < deadline and not one.code:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            report.counts["heard"] += one.heard.total()
            report.counts["lost"] += len(said - one.heard.keys())
            report.counts["doubled"] += one.heard.total() - len(one.heard)


def _judged(report: Report, load: Load, style: str) -> None:
    counts = report.counts
    allowed = {"said", "answered", "heard", "moved over ms", "requests"}
    allowed |= {"under way when moved", "closed with 1012"} if style == "session" else set()
    for name, count in counts.items():
        report.hold(name in allowed or count == 0, f"{count} {name}")
    report.hold(counts["answered"] > 0, "nothing was answered")
    if style == "session":
        counts["requests"] = load.counts["sent"]
        report.hold(counts["closed with 1012"] > 0, "no socket was moved")
        report.hold(load.counts["sent"] == load.counts["answered"] > 0, f"requests: {dict(load.counts)}")


def main() -> int:
    """0, or 1 when something was lost."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sockets", nargs="?", type=int, default=500)
    parser.add_argument("--style", choices=APPS, action="append")
    parser.add_argument("--transport", choices=("redis", "direct"), action="append")
    parser.add_argument("--drain", type=float, default=30.0)
    args = parser.parse_args()
    wrong = 0
    for transport in args.transport or ("redis", "direct"):
        for style in args.style or APPS:
            with Embedded() as broker, tempfile.TemporaryDirectory(prefix="interfaces-") as folder:
                house = House(Path(folder), transport, APPS[style], broker.url, f"--drain={args.drain}")
                with house:
                    report = asyncio.run(roll(house, style, args.sockets, args.drain))
                print(f"{style} style, {transport}: {dict(report.counts)}", flush=True)
                for sentence in report.wrong:
                    print(f"soak: {sentence}", file=sys.stderr)
                if report.wrong:
                    print(*(one.said for one in (house.server, *house.workers)), sep="---\n", file=sys.stderr)
            wrong += len(report.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
