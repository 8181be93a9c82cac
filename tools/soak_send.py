#!/usr/bin/env python3
"""Sending mail under kill -9: what was handed in is sent once, or it is said that nobody knows.

    python tools/soak_send.py [--kills N] [--seed N] [--points A,B] [--fault repeat]     200 kills unless given

Two senders (the interface of mail, without a listener) take ``email.send`` from a broker that keeps it, and send to a
server that defers, refuses and hangs up wherever it may, and counts what it has. One sender is killed after the
other: at random moments, and at each of POINTS. Exit code 1 unless every message has its final result, what is
"accepted" was delivered once to each recipient, "failed" never, "uncertain" once at most, and nothing twice. With
``--fault repeat`` senders do not record that they begin: then the soak has to fail.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from interfaces.email.interface import Email, EmailOptions
from interfaces.layers import outgoing
from interfaces.layers.durable import Limits
from interfaces.layers.embedded import Embedded
from interfaces.layers.outgoing import DurableStore
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared import outbox
from interfaces.shared.errors import Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.sendings import Sending

sys.path.insert(0, str(Path(__file__).resolve().parent))
from soak_durable import break_broker_of

__all__ = ["POINTS", "main"]

LEASE = 1.0
STUCK = 20.0
"""Seconds without a result after which the rest counts as stuck: a broker that was killed has lost results, too."""
POINTS = [
    "taken", "read", "beginning", "begun", "content", "settling", "settled", "answered", "done", "retried", "random",
]  # fmt: skip
"""Where a sender kills itself; "random": it is killed at any moment; "content": while the message is on the wire."""
CAPACITY = 1_000_000


def die() -> NoReturn:
    """Kill -9, by our own hand: the moment is exact."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


# --- a sender --------------------------------------------------------------------------------------


def dying(owner: Any, name: str, *, before: bool) -> None:
    """Make a method the point at which the process dies, once it has lived for a while."""
    real, after = getattr(owner, name), time.monotonic() + random.random() * 0.3

    async def method(self: Any, *words: Any, **named: Any) -> Any:
        due = time.monotonic() > after
        if before and due:
            die()
        given = await real(self, *words, **named)
        if due:
            die()
        return given

    setattr(owner, name, method)


def dying_with_content() -> None:
    """Die a moment after an attempt has become irrevocable."""
    real, after = Sending.commit, time.monotonic() + random.random() * 0.3

    async def commit(self: Sending) -> None:
        await real(self)
        if time.monotonic() > after:
            asyncio.get_running_loop().call_later(random.random() * 0.004, die)

    Sending.commit = commit  # type: ignore[method-assign]  # the point of it


def arm(point: str) -> None:
    """Die there."""
    methods: dict[str, tuple[Any, str, bool]] = {
        "taken": (DurableStore, "take", False),
        "read": (DurableStore, "read", False),
        "beginning": (DurableStore, "begin", True),
        "begun": (DurableStore, "begin", False),
        "settling": (DurableStore, "settle", True),
        "settled": (DurableStore, "settle", False),
        "answered": (outbox.Outbox, "_answer", False),
        "done": (DurableStore, "done", False),
        "retried": (DurableStore, "retry", False),
    }
    if point in methods:
        owner, name, before = methods[point]
        dying(owner, name, before=before)
    elif point == "content":
        dying_with_content()


async def nowhere(_scope: Any, _receive: Any, _send: Any) -> None:
    """No application is called."""


async def forget(_sending: Sending) -> None:
    """The fault: that it begins is not recorded."""


async def work(url: str, port: str, point: str, fault: str) -> None:
    """Send until killed."""
    outgoing.Limits = partial(Limits, lease=LEASE)  # type: ignore[misc,assignment]  # a sender that died is missed soon
    outbox.back_off = lambda attempt: min(0.05 * attempt, 0.5)  # type: ignore[assignment]
    if fault == "repeat":
        Sending.commit = forget  # type: ignore[method-assign]
    arm(point)
    layer = RedisChannelLayer([url], prefix="soak", channel_capacity={"*": CAPACITY})
    await layer.hub().started()
    options = EmailOptions(
        bind=(), hostname="soak.example", send=f"smtp://127.0.0.1:{port}?tls=off&timeout=10"
    )
    async with Email(options).serve(nowhere, Context(names=("email",), layer=layer, drain=5.0)):
        os.write(1, b"ready\n")
        await asyncio.Event().wait()


# --- the server that counts ------------------------------------------------------------------------


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


# --- the parent ------------------------------------------------------------------------------------


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


async def hand_in(layer: RedisChannelLayer, channel: str, book: Book, ended: asyncio.Event) -> None:
    """Send to the channel until the end; one of ten twice, with one key."""
    number = 0
    while not ended.is_set():
        number += 1
        for _ in range(1 + (number % 10 == 0)):
            await put(layer, channel, book, f"m{number}")
        await asyncio.sleep(0.01)


async def put(layer: RedisChannelLayer, channel: str, book: Book, name: str) -> None:
    """Send one; while nobody knows whether it is there, again."""
    dice = random.Random(name)
    message = {
        "type": "email.send", "id": name, "reply_channel": channel, "dedupe_key": name,
        "from_address": "soak@example.org", "subject": f"number {name}", "text": "x" * dice.randrange(2000),
        "to": [f"{letter}@example.net" for letter in "abc"[: dice.randint(1, 3)]],
        "headers": {"X-Number": name}, "auto_submitted": "auto-generated",
    }  # fmt: skip
    while True:
        try:
            await layer.send("email.send", message)
            break
        except Unavailable:
            book.counts["sends: unavailable"] += 1
            await asyncio.sleep(0.05)
    book.counts["sends"] += 1
    book.handed.add(name)


async def sender(url: str, port: int, point: str, fault: str) -> asyncio.subprocess.Process:
    """Start one."""
    words = ["--work", url, str(port), point, fault]
    return await asyncio.create_subprocess_exec(
        sys.executable, __file__, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )


async def killed(process: asyncio.subprocess.Process, point: str, book: Book) -> None:
    """Wait until it has killed itself, or do it."""
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 60)
    try:
        await asyncio.wait_for(process.wait(), random.random() if point == "random" else 20)
    except TimeoutError:
        if point != "random":
            book.counts[f"not reached: {point}"] += 1
        process.kill()
        await process.wait()
    book.counts[f"kills: {point}"] += 1


async def soak(names: list[str], fault: str, server: Embedded) -> int:
    """Kill a sender at each of the points, then wait for the rest to be sent, and look."""
    book, counting, ended = Book(), Counting(), asyncio.Event()
    port = await counting.start()
    layer = RedisChannelLayer([server.url], prefix="soak", channel_capacity={"*": CAPACITY})
    channel = await layer.new_channel()

    async def listen() -> None:
        while True:
            book.told(await layer.receive(channel))

    tasks = [asyncio.create_task(listen()), asyncio.create_task(hand_in(layer, channel, book, ended))]
    processes = [await sender(server.url, port, names[0], fault)]
    for number, name in enumerate(names):
        processes.append(await sender(server.url, port, [*names, ""][number + 1], fault))
        breaking = break_broker(server, book) if number % 20 == 9 else nothing()
        await asyncio.gather(killed(processes.pop(0), name, book), breaking)
        if number % 20 == 19:
            print(f"{number + 1} kills: {len(book.handed)} handed in, {len(book.results)} ended", flush=True)
    ended.set()
    await tasks[1]
    last = [await sender(server.url, port, "", fault)]
    await settled(book)
    lost = book.handed - book.results.keys()
    book.counts["asked again"] = len(lost)
    for name in sorted(lost):
        await put(layer, channel, book, name)
    await settled(book)
    for process in (*processes, *last):
        if process.returncode is None:
            process.kill()
        await process.wait()
    tasks[0].cancel()
    await layer.close()
    return report(book, counting, book.check(counting.has))


async def break_broker(server: Embedded, book: Book) -> None:
    """Kill it, and count it."""
    await break_broker_of(server)
    book.counts["kills: broker"] += 1


async def nothing() -> None:
    """No broker is killed this time."""


async def settled(book: Book) -> None:
    """Wait until everything has its final result, or nothing has come for STUCK seconds."""
    most, since = 0, time.monotonic()
    while time.monotonic() < since + STUCK and book.handed - book.results.keys():
        if len(book.results) > most:
            most, since = len(book.results), time.monotonic()
        await asyncio.sleep(0.1)


def report(book: Book, counting: Counting, faults: list[str]) -> int:
    """Tell the numbers; the exit code."""
    print(
        f"{len(book.handed)} messages, {sum(counting.has.values())} deliveries to {len(counting.has)} recipients"
    )
    for counts in (book.counts, counting.did):
        print(" ".join(f"{name}={count};" for name, count in sorted(counts.items())))
    print("\n".join(faults[:20]) or "nothing was lost, and nothing is there twice")
    return 1 if faults else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="sending mail under kill -9")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--points", default=",".join(POINTS), help="where they kill themselves, in turn")
    parser.add_argument("--fault", choices=["repeat"], default="")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(*given.work))
        return 0
    random.seed(given.seed)
    points = given.points.split(",")
    names = [points[number % len(points)] for number in range(given.kills)]
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        Embedded(Path(folder, "broker"), fsync=True) as server,
    ):
        return asyncio.run(soak(names, given.fault, server))


if __name__ == "__main__":
    sys.exit(main())
