#!/usr/bin/env python3
"""The Django inbox under kill -9: every delivery has its effect once, and what the effect says leaves.

    python tools/soak_inbox.py [--kills N] [--seed N] [--database sqlite|postgresql] [--without-inbox]

200 kills and SQLite (WAL) unless given. Deliveries are put into durable queues of a real broker, one of five twice, as
by a provider that repeats itself. Two workers take them, and run a consumer with ``interfaces.django.inbox.once``;
its effect is a row, a sum and a message in the outbox, whose relay runs beside it. One worker is killed after the
other: in the effect's transaction, between its commit and done(), after done(), between a message of the outbox and
its row, at random moments, and after a stop (SIGSTOP, in the transaction) for longer than the lease, while the other
has the same delivery. Exit code 1 unless the effects are what was put, none twice and none lost, all the sums fit, all
messages have left, deliveries came again (else the inbox was not tried), and workers have died in each of these ways.

``--without-inbox`` runs the same without ``once``, which has to end with 1: the proof that this can fail.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from interfaces.layers.durable import DurableQueues, Limits  # noqa: E402 - found in the checkout, installed or not
from interfaces.layers.embedded import Embedded  # noqa: E402
from interfaces.layers.redis import RedisChannelLayer  # noqa: E402
from tests.django import postgres  # noqa: E402

__all__ = ["main"]

PREFIX = "soak"
QUEUES = ["soak.one", "soak.two"]
TOLD = "soak.told"
LEASE = 1.0
LIMITS = Limits(lease=LEASE, attempts=1_000)
AT_ONCE = 8
APPS = ["django.contrib.contenttypes", "django.contrib.auth", "interfaces.django"]
ACCOUNTS = 20
BACKLOG = 300
"""Deliveries that may wait before no more are put."""
STUCK = 30.0
"""Seconds without progress after which the rest counts as lost."""
POINTS = ["inside", "committed", "done", "sending", "", "stop"]
"""Where a worker kills itself; "": it is killed at a random moment; "stop": it is stopped first."""


# --- the database ----------------------------------------------------------------------------------


@contextmanager
def database_of(kind: str, folder: str) -> Iterator[dict[str, Any]]:
    """An entry of DATABASES, of a file in ``folder`` or a server of our own."""
    if kind == "sqlite":
        options = {"init_command": "PRAGMA journal_mode=WAL", "timeout": 1.0}
        yield {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/soak.sqlite3", "OPTIONS": options}
        return
    programs = postgres.binaries()
    if programs is None:
        sys.exit("soak: PostgreSQL is not installed")
    with postgres.running(programs) as place:
        yield {
            "ENGINE": "django.db.backends.postgresql", "HOST": place, "USER": "postgres", "NAME": "postgres",
            "CONN_MAX_AGE": None,
        }  # fmt: skip


def set_up(database: dict[str, Any]) -> None:
    """Django with this database, and no more than our models need."""
    settings.configure(DATABASES={"default": database}, INSTALLED_APPS=APPS, USE_TZ=True)
    django.setup()


def make_tables() -> None:
    """Ours and those of the effect, in which nothing but the inbox keeps a name from coming twice."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE soak_effect (name varchar(100))")
        cursor.execute("CREATE TABLE soak_account (id integer PRIMARY KEY, total integer)")
        cursor.executemany("INSERT INTO soak_account VALUES (%s, 0)", [[n] for n in range(ACCOUNTS)])


def ask(query: str) -> list[tuple[Any, ...]]:
    """The rows of the answer."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


UNSENT = "SELECT count(*) FROM interfaces_outbox WHERE sent_at IS NULL"


# --- the parent ------------------------------------------------------------------------------------


class Book:
    """What went in and what came out."""

    def __init__(self) -> None:
        self.put: set[str] = set()
        self.copied: set[str] = set()
        """Of which two were put, with one dedupe key."""
        self.heard: Counter[str] = Counter()
        """Messages of the outbox."""
        self.counts: Counter[str] = Counter()
        self.deaths: Counter[str] = Counter()

    def faults(self, left: int, *, inbox: bool) -> list[str]:
        """What is wrong in the end; this reads the database."""
        effects = Counter(name for (name,) in ask("SELECT name FROM soak_effect"))
        twice = {name for name, times in effects.items() if times > 1}
        ((sums,),) = ask("SELECT sum(total) FROM soak_account")
        ((rows,),) = ask("SELECT count(*) FROM interfaces_inbox WHERE done")
        ((unsent,),) = ask(UNSENT)
        numbers = {
            "were lost": len(self.put - effects.keys()),
            "effects of what was never put": len(effects.keys() - self.put),
            "have two effects or more": len(twice),
            "of these were put once": len(twice - self.copied),
            "effects more than the sums say": effects.total() - sums,
            "rows of the inbox too few": len(self.put) - rows if inbox else 0,
            "items and dead letters are left": left,
            "messages of the outbox were not sent": unsent,
            "messages of the outbox were not heard": len(self.put - self.heard.keys()),
        }
        print(
            f"{len(self.put)} put ({len(self.copied)} twice), {effects.total()} effects, {len(twice)} twice"
        )
        faults = [f"{number} {what}" for what, number in numbers.items() if number]
        if inbox and not self.counts["repeat"]:
            faults.append("no delivery came again after a death: the inbox was not tried")
        return [*faults, *(f"nobody died: {name(point)}" for point in POINTS if not self.deaths[point])]

    def report(self, faults: list[str]) -> int:
        """Tell the numbers; the exit code."""
        again = sum(times > 1 for times in self.heard.values())
        print(f"{self.counts['repeat']} were done already when they came again after a death", end=", ")
        print(f"{self.counts['copy']} when their copy came; {self.counts['busy']} were told to come again")
        print(f"{len(self.heard)} messages of the outbox heard, {again} of them more than once")
        kills = {name(point): self.deaths[point] for point in POINTS}
        print(f"{sum(kills.values())} kills:", " ".join(f"{point}={n};" for point, n in kills.items()))
        print(" ".join(f"{what}={count};" for what, count in sorted(self.counts.items())))
        print("\n".join(faults) or "every effect is there once")
        return 1 if faults else 0


def name(point: str) -> str:
    """In the report."""
    return point or "random"


class Worker:
    """A process that works, and what it told."""

    def __init__(self, book: Book, point: str) -> None:
        self.book = book
        self.point = point
        self.ready = asyncio.Event()
        self.stopped = asyncio.Event()

    async def start(self, url: str, *words: str) -> "Worker":
        """Begin; :attr:`ready` once it takes."""
        program = Path(__file__).with_name("soak_inbox_worker.py")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, program, url, self.point, *words, stdout=asyncio.subprocess.PIPE
        )
        self.reading = asyncio.create_task(self._read())
        return self

    async def _read(self) -> None:
        assert self.process.stdout is not None
        events = {b"ready\n": self.ready, b"stopped\n": self.stopped}
        async for line in self.process.stdout:
            if line in events:
                events[line].set()
            else:
                self.book.counts[line.decode().strip()] += 1

    async def end(self) -> None:
        """Kill it, if it has not done so itself."""
        if self.process.returncode is None:
            try:
                self.process.kill()
            except ProcessLookupError:
                pass
        await self.process.wait()
        await self.reading

    async def die(self) -> None:
        """Let it die at its point, or stop it for a while and kill it, or kill it."""
        await asyncio.wait_for(self.ready.wait(), 60)
        try:
            if self.point == "stop":
                await asyncio.wait_for(self.stopped.wait(), 10)
                await asyncio.sleep(2 * LEASE)
                self.process.send_signal(signal.SIGCONT)
                await asyncio.sleep(LEASE / 2)
            elif self.point:
                await asyncio.wait_for(self.process.wait(), 10)
            else:
                await asyncio.sleep(random.random() * 0.2)
        except TimeoutError:
            self.book.counts[f"not reached: {self.point}"] += 1
        else:
            self.book.deaths[self.point] += 1
        await self.end()
        if self.process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"a worker ended by itself, with {self.process.returncode}")


async def produce(queues: DurableQueues, book: Book, ended: asyncio.Event) -> None:
    """Put deliveries until the end."""
    task = asyncio.current_task()
    assert task is not None
    number = 0
    while not ended.is_set():
        number += 1
        name, copied = f"{task.get_name()}-{number}", number % 5 == 0
        message = {"name": name, "account": number % ACCOUNTS, "copied": copied}
        for copy in range(1 + copied):
            queue = QUEUES[(number + copy) % 2]
            await queues.put(queue, message, id=f"{name}/{copy}", dedupe_key=f"key-{name}")
        book.put.add(name)
        book.copied |= {name} if copied else set()
        await asyncio.sleep(0.01)
        # what is waited for happens in other processes
        while number % 10 == 0 and not ended.is_set() and await waiting(queues) > BACKLOG:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def listen(layer: RedisChannelLayer, book: Book) -> None:
    """Hear what leaves the outbox."""
    while True:
        message = await layer.receive(TOLD)
        if message["dedupe_key"] != f"told-{message['name']}":
            book.counts["a message of the outbox with another key"] += 1
        book.heard[message["name"]] += 1


async def waiting(queues: DurableQueues) -> int:
    """Items in the queues: waiting, held and delayed."""
    return sum([await queues.length(queue) for queue in QUEUES])


async def drained(queues: DurableQueues, book: Book) -> int:
    """Wait until all is done and heard; what is left of the items once nothing has moved for STUCK seconds."""
    seen: tuple[int, ...] = ()
    since = time.monotonic()
    while time.monotonic() < since + STUCK:
        ((unsent,),) = await asyncio.to_thread(ask, UNSENT)
        left = await waiting(queues)
        now = left, unsent, len(book.put - book.heard.keys())
        if not any(now):
            return 0
        if now != seen:
            seen, since = now, time.monotonic()
        await asyncio.sleep(0.1)
    return seen[0]


async def soak(kills: int, book: Book, server: Embedded, *words: str) -> int:
    """Kill so often, then wait for the rest to be done; what is left."""
    ended = asyncio.Event()
    layer = RedisChannelLayer([server.url], prefix=PREFIX, capacity=100_000)
    queues = DurableQueues(layer.hub(), durability="host-crash", limits=LIMITS)
    await queues.open()
    listening = asyncio.create_task(listen(layer, book))
    producers = [asyncio.create_task(produce(queues, book, ended), name=f"p{n}") for n in range(3)]
    points = [POINTS[n % len(POINTS)] for n in range(kills + 2)]
    workers = [await Worker(book, points[n]).start(server.url, *words) for n in range(2)]
    for n in range(kills):
        await workers.pop(0).die()
        workers.append(await Worker(book, points[n + 2]).start(server.url, *words))
        if n % 20 == 19:
            print(f"{n + 1} kills: {len(book.put)} put, {dict(book.counts)}", flush=True)
    ended.set()
    await asyncio.gather(*producers)
    for worker in workers:
        await worker.end()
    last = await Worker(book, "").start(server.url, *words)
    left = await drained(queues, book)
    await last.end()
    left += sum([await layer.hub().nodes[0].call("XLEN", f"{PREFIX}:Qx:{queue}") for queue in QUEUES])
    listening.cancel()
    await queues.close()
    await layer.close()
    return left


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="the Django inbox under kill -9")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--without-inbox", action="store_true", help="do without once: this has to fail")
    given = parser.parse_args()
    random.seed(given.seed)
    book = Book()
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as folder,
        database_of(given.database, folder) as database,
        Embedded(Path(folder, "broker"), fsync=True) as server,
    ):
        set_up(database)
        make_tables()
        words = [json.dumps(database), *(["--without-inbox"] if given.without_inbox else [])]
        left = asyncio.run(soak(given.kills, book, server, *words))
        faults = book.faults(left, inbox=not given.without_inbox)
        connection.close()
        return book.report(faults)


if __name__ == "__main__":
    sys.exit(main())
