#!/usr/bin/env python3
"""Durable queues under kill -9: what was put is done, and nothing is lost.

    python tools/soak_durable.py [--kills N] [--seed N]     200 kills unless given

Two workers take from two queues; one is killed after the other: at random moments, and at chosen ones (once the
broker has given items and before the worker knows, between take and done, once done has left and before it is
answered). Every tenth is stopped (SIGSTOP) for longer than its lease instead, and every twentieth kill is the
broker's, under load. Exit code 1 unless all that ``put`` returned for was begun, and settled in the end; all attempts
of an item counted on with the same dedupe key; those of a conversation ran one after another; and the
numbers of items in and out are the same.
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
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from redis import Redis

from interfaces.layers.durable import DurableQueues, Item, Limits, Terms
from interfaces.layers.embedded import Embedded
from interfaces.layers.redis import RedisChannelLayer
from interfaces.shared.errors import Unavailable

__all__ = ["break_broker_of", "main"]

QUEUES = ["soak.one", "soak.two"]
LEASE = 1.0
STUCK = 30.0
"""Seconds without an item done after which the rest counts as stuck."""
AT_ONCE = 16
LIMITS = Limits(lease=LEASE, attempts=1_000)
POINTS = ["", "given", "taken", "settled", ""]
"""Where a worker kills itself, or "": it is killed at a random moment."""


def die() -> NoReturn:
    """Kill -9, by our own hand: the moment is exact."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


# --- a worker --------------------------------------------------------------------------------------


class DyingQueues(DurableQueues):
    """Queues whose process dies at a point, once it has lived for a while."""

    point = ""
    after = 0.0

    def _due(self, point: str) -> bool:
        return point == self.point and time.monotonic() > self.after

    async def _item(self, *fields: Any) -> Item | None:
        if self._due("given"):
            die()  # the broker says that it is ours, and we do not know it yet
        return await super()._item(*fields)

    async def _settle(self, item: Item, verb: str, *more: Any) -> bool:
        if self._due("taken"):
            die()
        work = asyncio.ensure_future(super()._settle(item, verb, *more))
        if self._due("settled"):
            await asyncio.sleep(0)
            await asyncio.sleep(0)  # it is on the socket, or nearly
            die()
        return await work


def tell(*words: object) -> None:
    """One line to the parent, in one write: it stays when we are killed."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


async def handle(queues: DurableQueues, item: Item) -> None:
    """Work a little; one of eight is tried again."""
    began = time.monotonic()
    tell("begin", item.id, item.attempt, item.dedupe_key)
    await asyncio.sleep(random.random() * 0.01)
    ended = time.monotonic()
    try:
        again = random.random() < 1 / 8
        ours = await (queues.retry(item, 0.02) if again else queues.done(item))
    except Unavailable:
        tell("unknown", item.id)
    else:
        what = ("retry" if again else "done") if ours else "late"
        tell(what, item.id, began, ended, item.conversation or "")


async def work(url: str, point: str) -> None:
    """Take and handle until killed."""
    layer = RedisChannelLayer([url], prefix="soak")
    queues = DyingQueues(layer.hub(), durability="host-crash", limits=LIMITS)
    await queues.open()
    queues.point, queues.after = point, time.monotonic() + random.random() * 0.2
    tell("ready")
    while True:
        await asyncio.gather(*(handle(queues, item) for item in await queues.take(QUEUES, AT_ONCE)))


# --- the parent ------------------------------------------------------------------------------------


class Worker:
    """A process that works, and what it told."""

    def __init__(self, book: "Book") -> None:
        self.book = book
        self.ready = asyncio.Event()

    async def start(self, url: str, point: str) -> "Worker":
        """Begin; :attr:`ready` once it takes."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--work", url, point, stdout=asyncio.subprocess.PIPE
        )
        self.reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            what, *words = line.decode().split()
            if what == "ready":
                self.ready.set()
            else:
                self.book.told(what, *words)

    async def end(self) -> None:
        """Kill it, if it has not done so itself."""
        if self.process.returncode is None:
            try:
                self.process.kill()
            except ProcessLookupError:
                pass
        await self.process.wait()
        await self.reading


class Book:
    """What went in and what came out."""

    def __init__(self) -> None:
        self.put: set[str] = set()
        self.attempts: dict[str, list[int]] = {}
        self.unsure: set[str] = set()
        """Of which a put has failed: it may have come, and be done, before it was put again."""
        self.done: Counter[str] = Counter()
        self.turns: dict[str, list[tuple[float, float]]] = {}
        """When those of a conversation ran whose verdict was taken."""
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def told(self, what: str, name: str, *more: str) -> None:
        """A worker's line."""
        self.counts[what] += 1
        self.done[name] += what == "done"
        if what == "begin":
            attempt, key = more
            self.attempts.setdefault(name, []).append(int(attempt))
            if key != f"key-{name}":
                self.wrong.append(f"{name} came with the dedupe key {key}")
        elif what in {"done", "retry"} and len(more) == 3:
            self.turns.setdefault(more[2], []).append((float(more[0]), float(more[1])))

    def overlaps(self) -> int:
        """How often two of one conversation ran side by side."""
        turns = [sorted(turns) for turns in self.turns.values()]
        return sum(first[1] > second[0] for one in turns for first, second in pairwise(one))

    def faults(self, left: int, dead: int) -> list[str]:
        """What is wrong in the end."""
        never = self.put - self.attempts.keys()
        sure = {name: numbers for name, numbers in self.attempts.items() if name not in self.unsure}
        repeated = [name for name, numbers in sure.items() if len({*numbers}) < len(numbers)]
        twice = [name for name, times in self.done.items() if times > 1 and name in sure]
        faults = list(self.wrong)
        if overlaps := self.overlaps():
            faults.append(f"{overlaps} of a conversation ran side by side")
        if never:
            faults.append(f"{len(never)} of {len(self.put)} were lost")
        if repeated:
            faults.append(f"{len(repeated)} had an attempt twice")
        if twice:
            faults.append(f"{len(twice)} were done twice")
        if left or dead:
            faults.append(f"{left} items and {dead} dead letters are left")
        if strange := self.attempts.keys() - self.put:
            faults.append(f"{len(strange)} came that were not put")
        return faults


async def produce(queues: DurableQueues, book: Book, ended: asyncio.Event) -> None:
    """Put items until the end; one whose fate is unknown is put again under its id."""
    number = 0
    while not ended.is_set():
        number += 1
        name = f"{id_of_task()}-{number}"
        conversation = f"c{number % 20}" if number % 2 else None
        terms = Terms(not_before=time.time() + 0.05) if number % 10 == 0 else Terms()
        while True:
            try:
                await queues.put(
                    QUEUES[number % 2], {"n": number}, id=name, dedupe_key=f"key-{name}", conversation=conversation,
                    terms=terms,
                )  # fmt: skip
                break
            except Unavailable:
                book.counts["put: unavailable"] += 1
                book.unsure.add(name)
                await asyncio.sleep(0.05)
        book.put.add(name)
        await asyncio.sleep(0.004)


def id_of_task() -> str:
    """A name for what the current producer puts."""
    task = asyncio.current_task()
    return task.get_name() if task else ""


async def break_broker(server: Embedded, book: Book) -> None:
    """As below, and count it."""
    await break_broker_of(server)
    book.counts["kills: broker"] += 1


async def break_broker_of(server: Embedded) -> None:
    """Kill -9, and start again with what the append-only file has."""
    pid = await asyncio.to_thread(broker_pid, server.url)
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(server.join)
    server.close()
    await asyncio.to_thread(server.start)


def broker_pid(url: str) -> int:
    """The process of the broker."""
    with Redis.from_url(url) as client:
        info: Any = client.info("server")
        return int(info["process_id"])


async def hurt(worker: Worker, point: str, book: Book) -> None:
    """Stop a worker for a while, or let it die at its point, or kill it."""
    await asyncio.wait_for(worker.ready.wait(), 30)
    if point == "stop":
        worker.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2 * LEASE)
        worker.process.send_signal(signal.SIGCONT)
        book.counts["stops"] += 1
        await asyncio.sleep(LEASE / 2)
    elif point:
        try:
            await asyncio.wait_for(worker.process.wait(), 10)
        except TimeoutError:
            book.counts[f"not reached: {point}"] += 1
    else:
        await asyncio.sleep(random.random() * 0.2)
    await worker.end()
    book.counts[f"kills: {point or 'random'}"] += 1


async def soak(kills: int, server: Embedded) -> int:
    """Kill so often, then wait for the rest to be done, and look."""
    book, ended = Book(), asyncio.Event()
    layer = RedisChannelLayer([server.url], prefix="soak")
    queues = DurableQueues(layer.hub(), durability="host-crash", limits=LIMITS)
    await queues.open()
    producers = [asyncio.create_task(produce(queues, book, ended), name=f"p{n}") for n in range(3)]
    points = ["stop" if n % 10 == 9 else POINTS[n % len(POINTS)] for n in range(kills + 2)]
    workers = [(await Worker(book).start(server.url, points[n]), points[n]) for n in range(2)]
    for n in range(kills):
        worker, point = workers.pop(0)
        breaking = break_broker(server, book) if n % 20 == 5 else nothing()
        await asyncio.gather(hurt(worker, point, book), breaking)
        following = points[n + 2]
        workers.append((await Worker(book).start(server.url, following), following))
        if n % 20 == 19:
            print(f"{n + 1} kills: {len(book.put)} put, {dict(book.counts)}", flush=True)
    ended.set()
    await asyncio.gather(*producers)
    for worker, _ in workers:
        await worker.end()
    last = await Worker(book).start(server.url, "")
    left = await drained(queues)
    await last.end()
    dead = sum([await layer.hub().nodes[0].call("XLEN", f"soak:Qx:{queue}") for queue in QUEUES])
    await queues.close()
    await layer.close()
    return report(book, book.faults(left, dead))


async def nothing() -> None:
    """No broker is killed this time."""


async def drained(queues: DurableQueues) -> int:
    """Wait until the queues are empty; what is left once nothing has been done for STUCK seconds."""
    least, since = sys.maxsize, time.monotonic()
    while time.monotonic() < since + STUCK:
        left = sum([await queues.length(queue) for queue in QUEUES])
        if not left:
            return 0
        if left < least:
            least, since = left, time.monotonic()
        await asyncio.sleep(0.1)
    return least


def report(book: Book, faults: list[str]) -> int:
    """Tell the numbers; the exit code."""
    repeats = sum(len(numbers) > 1 for numbers in book.attempts.values())
    turns = sum(map(len, book.turns.values()))
    print(f"{len(book.put)} put, {len(book.attempts)} begun, {repeats} of them more than once, {turns} turns")
    print(" ".join(f"{name}={count};" for name, count in sorted(book.counts.items())))
    print("\n".join(faults) or "nothing was lost")
    return 1 if faults else 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="durable queues under kill -9")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(*given.work))
        return 0
    random.seed(given.seed)
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        Embedded(Path(folder, "broker"), fsync=True) as server,
    ):
        return asyncio.run(soak(given.kills, server))


if __name__ == "__main__":
    sys.exit(main())
