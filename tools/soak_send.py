#!/usr/bin/env python3
"""Sending mail under kill -9: what was handed in is sent once, or it is said that nobody knows.

    python tools/soak_send.py [--kills N] [--spool] [--seed N] [--points A,B] [--fault repeat]     200 kills

Two senders (the interface of mail, without a listener) take ``email.send`` from a broker that keeps it, and send to a
server that defers, refuses and hangs up wherever it may, and counts what it has. One sender is killed after the other:
at random moments, and at each of POINTS; and so is the broker, with every twentieth, under load. What has no result in
the end is handed in again, under its ``dedupe_key``. With ``--spool`` one sender after the other keeps in a folder what
it hands in itself. Exit code 1 unless every message then has its final result, what is "accepted" was delivered once to
each recipient, "failed" never, "uncertain" once at most, and nothing twice. With ``--fault repeat`` senders do not
record that they begin: then the soak has to fail.
"""

import argparse
import asyncio
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from interfaces.email.interface import Email, EmailOptions
from interfaces.email.sending.sender import sending
from interfaces.layers import outgoing
from interfaces.layers.durable import Limits
from interfaces.layers.embedded import Embedded
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.outgoing import DurableStore
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared import outbox, pacing
from interfaces.shared.errors import Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.sendings import Sending
from interfaces.shared.spool.outgoing import SpoolStore

sys.path.insert(0, str(Path(__file__).resolve().parent))
from soak_durable import break_broker_of
from soak_send_server import Book, Counting

__all__ = ["POINTS", "main"]

LEASE = 1.0
STUCK = 20.0
"""Seconds without a result after which the rest counts as stuck: a broker that was killed has lost results, too."""
POINTS = [
    "taken", "read", "beginning", "begun", "content", "settling", "settled", "answered", "done", "retried", "random",
]  # fmt: skip
"""Where a sender kills itself; "random": it is killed at any moment; "content": while the message is on the wire."""
CAPACITY = 1_000_000
BACKLOG = 300
"""Messages without a result beyond which fewer are handed in."""


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


def arm(point: str, store: type) -> None:
    """Die there."""
    methods: dict[str, tuple[Any, str, bool]] = {
        "taken": (store, "take", False),
        "read": (store, "read", False),
        "beginning": (store, "begin", True),
        "begun": (store, "begin", False),
        "settling": (store, "settle", True),
        "settled": (store, "settle", False),
        "answered": (outbox.Outbox, "_answer", False),
        "done": (store, "done", False),
        "retried": (store, "retry", False),
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
    """Send until killed; a ``url`` that is a path is a spool, where this process hands in as well."""
    outgoing.Limits = partial(Limits, lease=LEASE)  # type: ignore[misc,assignment]  # a sender that died is missed soon
    outbox.back_off = lambda attempt: min(0.05 * attempt, 0.5)  # type: ignore[assignment]
    pacing.FIRST, pacing.LONGEST = 0.05, 0.5  # what a spool has found begun is begun again soon
    if fault == "repeat":
        Sending.commit = forget  # type: ignore[method-assign]
    arm(point, SpoolStore if url.startswith("/") else DurableStore)
    if url.startswith("/"):
        await work_alone(url, port, last=not point)
        return
    layer = RedisChannelLayer([url], prefix="soak", channel_capacity={"*": CAPACITY})
    await layer.hub().started()
    options = EmailOptions(bind=(), hostname="soak.example", send=way_to(port))
    async with Email(options).serve(nowhere, Context(names=("email",), layer=layer, drain=5.0)):
        os.write(1, b"ready\n")
        await asyncio.Event().wait()


def way_to(port: str) -> str:
    """The transport."""
    return f"smtp://127.0.0.1:{port}?tls=off&timeout=10"


class Told(LocalChannelLayer):
    """Tells the parent of each result as it is said: what waits in the memory of a process dies with it."""

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Results to the parent."""
        if channel == "results":
            tell("result", message)
        else:
            await super().send(channel, message)


async def work_alone(folder: str, port: str, *, last: bool) -> None:
    """Hand in, unless it is the last, and send, all in this process; the parent is told."""
    layer = Told(capacity=CAPACITY, expiry=3600)
    options = EmailOptions(bind=(), hostname="soak.example", send=way_to(port), send_spool=folder)
    async with sending(options, Context(names=("email",), layer=layer, drain=5.0)) as post:
        os.write(1, b"ready\n")
        while last:
            await asyncio.Event().wait()
        while True:
            name = secrets.token_hex(6)
            for _ in range(1 + (name[0] == "0")):
                await post.keep(message_of(name, "results"))
                tell("put", name)
            await asyncio.sleep(0.01)


def tell(what: str, of: object) -> None:
    """One line to the parent, in one write: it stays when we are killed."""
    os.write(1, f"{what} {json.dumps(of)}\n".encode())


# --- the parent ------------------------------------------------------------------------------------


async def hand_in(layer: RedisChannelLayer, channel: str, book: Book, ended: asyncio.Event) -> None:
    """Send to the channel until the end; one of ten twice, with one key."""
    number = 0
    while not ended.is_set():
        number += 1
        for _ in range(1 + (number % 10 == 0)):
            await put(layer, channel, book, f"m{number}")
        await asyncio.sleep(0.01 if len(book.handed) - len(book.results) < BACKLOG else 0.2)


def message_of(name: str, channel: str) -> dict[str, Any]:
    """The message of that name, always the same."""
    dice = random.Random(name)
    return {
        "type": "email.send", "id": name, "reply_channel": channel, "dedupe_key": name,
        "from_address": "soak@example.org", "subject": f"number {name}", "text": "x" * dice.randrange(2000),
        "to": [f"{letter}@example.net" for letter in "abc"[: dice.randint(1, 3)]],
        "headers": {"X-Number": name}, "auto_submitted": "auto-generated",
    }  # fmt: skip


async def put(layer: RedisChannelLayer, channel: str, book: Book, name: str) -> None:
    """Send one; while nobody knows whether it is there, again."""
    while True:
        try:
            await layer.send("email.send", message_of(name, channel))
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


async def ready(process: asyncio.subprocess.Process) -> None:
    """Wait until it sends."""
    assert process.stdout is not None
    await asyncio.wait_for(process.stdout.readline(), 60)


async def killed(process: asyncio.subprocess.Process, point: str, book: Book) -> None:
    """Wait until it has killed itself, or do it."""
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
        await ready(processes[0])
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


async def soak_alone(names: list[str], fault: str, folder: str) -> int:
    """The same with a spool, one sender after the other."""
    book, counting = Book(), Counting()
    port = await counting.start()
    for name in [*names, ""]:
        process = await sender(folder, port, name, fault)
        await ready(process)
        reading = asyncio.create_task(read(process, book))
        if name:
            await killed(process, name, book)
        else:
            await settled(book)
            process.kill()
            await process.wait()
        await reading
    return report(book, counting, book.check(counting.has))


async def read(process: asyncio.subprocess.Process, book: Book) -> None:
    """What it tells."""
    assert process.stdout is not None
    async for line in process.stdout:
        what, _, said = line.decode().partition(" ")
        if what == "put":
            book.handed.add(json.loads(said))
        elif what == "result":
            book.told(json.loads(said))


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
    parser.add_argument("--spool", action="store_true", help="a spool in place of the broker")
    parser.add_argument("--fault", choices=["repeat"], default="")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(*given.work))
        return 0
    random.seed(given.seed)
    points = given.points.split(",")
    names = [points[number % len(points)] for number in range(given.kills)]
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        if given.spool:
            return asyncio.run(soak_alone(names, given.fault, folder))
        with Embedded(Path(folder, "broker"), fsync=True) as server:
            return asyncio.run(soak(names, given.fault, server))


if __name__ == "__main__":
    sys.exit(main())
