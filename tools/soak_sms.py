#!/usr/bin/env python3
"""Short messages under faults: none is lost, each is done once and in order, and each answer is sent once.

    python tools/soak_sms.py [--messages 100000] [--styles direct] [--kills 1] [--drops 2] [--fault twice]

A fake SMSC delivers messages of many conversations to `interfaces serve sms`, one in twenty again although taken;
workers run the application, and one of them is killed with what it holds; all binds are cut now and then; answers are
throttled. What is not acknowledged the SMSC delivers again. Exit code 1 unless each message was done exactly once, what
the killed worker held came again as a later attempt, each conversation is in order, and no answer was sent twice; one
that is missing may have been cut in the moment it was sent, which its sender tells as uncertain. ``--fault twice`` or
``early`` breaks the application: then the soak has to fail.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from interfaces.layers.embedded import Embedded
from interfaces.sms.tlvs import RECEIPTED_ID
from interfaces.testing.sms.smsc import FakeSmsc

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 64
"""Conversations that go on side by side."""
CONVERSATIONS = 500
REPEATED = 0.05
"""Share of messages that come again although they were taken."""
THROTTLE = 400
"""Submits a second that the SMSC takes."""
AGAIN = 0.2
"""Seconds until the SMSC delivers again what was not taken."""
QUIET = 60.0
"""Seconds within which answers that wait have to be sent."""


class Place:
    """The processes, their folder, and what was written down."""

    def __init__(self, folder: Path, url: str, smsc: FakeSmsc, style: str, fault: str) -> None:
        self.folder = folder
        self.smsc = smsc
        self.database = folder / "seen.sqlite3"
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        bind = {"name": "smsc", "url": smsc.url, "count": 2, "window": 50}
        self.env = {
            **os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}", "SOAK_DATABASE": str(self.database),
            "SOAK_FAULT": fault, "INTERFACES_SMS_BINDS": json.dumps([bind]),
        }  # fmt: skip
        self.layer = ["--layer", url, "--transport", style]
        with closing(sqlite3.connect(self.database)) as database:
            from soak_events_app import TABLES  # noqa: PLC0415 - a program beside this one

            database.executescript(TABLES)

    def start(self, name: str, *words: str) -> None:
        """A process, once its log says that it works."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            command = [sys.executable, "-m", "interfaces", *words, *self.layer]
            self.running[name] = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while ", pid " not in path.read_text(encoding="utf-8"):
            if self.running[name].poll() is not None or time.monotonic() > end:
                sys.exit(f"{name} does not start:\n{path.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.02)

    def worker(self, name: str) -> None:
        """Runs the application."""
        self.start(name, "worker", "--app", "soak_events_app:application")

    def ask(self, words: str) -> list[tuple[Any, ...]]:
        """Rows of what was written down."""
        with closing(sqlite3.connect(self.database, timeout=30)) as database:
            return database.execute(words).fetchall()

    def end(self) -> None:
        """End what runs."""
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        for process in self.running.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def converse(
    place: Place, which: int, numbers: range, chance: random.Random, counts: Counter[str]
) -> None:
    """One conversation: each message until it is taken, then the next."""
    for number in numbers:
        repeats = 2 if chance.random() < REPEATED else 1
        while repeats:
            counts["delivered"] += 1
            status = await place.smsc.deliver(
                f"message {number}", sender=f"+4179{which:07}", tlvs={RECEIPTED_ID: b"M%d\0" % number}
            )
            if status == 0:
                repeats -= 1
            else:
                counts["not taken"] += 1
                await asyncio.sleep(AGAIN)
        counts["taken"] += 1


async def pour(place: Place, total: int, seed: int, counts: Counter[str]) -> None:
    """All messages, of many conversations side by side."""
    each = total // CONVERSATIONS
    left = iter(range(CONVERSATIONS))

    async def work() -> None:
        for which in left:
            numbers = range(which * each, (which + 1) * each)
            await converse(place, which, numbers, random.Random(seed * 10_000 + which), counts)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work())


async def faults(place: Place, given: argparse.Namespace, counts: Counter[str]) -> None:
    """Cut binds and kill workers while messages are on their way."""
    steps = given.kills + given.drops
    for at in range(steps):
        while counts["taken"] < given.messages * (at + 1) // (steps + 1):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.02)
        if (at % 2 == 0 and counts["dropped"] < given.drops) or at >= 2 * given.kills:
            place.smsc.drop()
            counts["dropped"] += 1
            continue
        victim = next(name for name in place.running if name.startswith("worker"))
        while not await asyncio.to_thread(held, place, place.running[victim].pid):  # noqa: ASYNC110 - it cannot tell
            await asyncio.sleep(0.005)
        place.running[victim].kill()
        place.running.pop(victim).wait()
        counts["killed"] += 1
        await asyncio.to_thread(place.worker, f"worker{at + 9}")


def held(place: Place, pid: int) -> list[Any]:
    """What a worker has begun and not done."""
    return place.ask(f"SELECT key FROM begun WHERE pid = {pid:d} AND key NOT IN (SELECT key FROM done)")


async def run(folder: Path, url: str, style: str, given: argparse.Namespace) -> list[str]:
    """One style; what is wrong."""
    counts: Counter[str] = Counter()
    async with FakeSmsc() as smsc:
        smsc.faults.rate = THROTTLE
        place = Place(folder, url, smsc, style, given.fault or "")
        try:
            await asyncio.to_thread(place.start, "container", "serve", "sms")
            for name in ("worker0", "worker1"):
                await asyncio.to_thread(place.worker, name)
            await smsc.bound(2)
            pids = [place.running[name].pid for name in ("worker0", "worker1")]
            began = time.monotonic()
            breaking = asyncio.ensure_future(faults(place, given, counts))
            await pour(place, given.messages, given.seed, counts)
            await breaking
            took = time.monotonic() - began
            await answered(place, given.messages)
        finally:
            await asyncio.to_thread(place.end)
        return judged(place, counts, pids[: given.kills], took, given)


async def answered(place: Place, total: int) -> None:
    """Wait until the answers that wait are sent."""
    wanted, end = total // 10, time.monotonic() + QUIET
    before = -1
    while len(place.smsc.submitted) < wanted and time.monotonic() < end:
        await asyncio.sleep(1)
        if len(place.smsc.submitted) != before:
            end = time.monotonic() + QUIET / 4
        before = len(place.smsc.submitted)


def judged(
    place: Place, counts: Counter[str], killed: list[int], took: float, given: argparse.Namespace
) -> list[str]:
    """What is wrong, after telling what there was."""
    done = dict(place.ask("SELECT key, times FROM done"))
    began = place.ask("SELECT key, attempt, pid, conversation, number FROM begun ORDER BY rowid")
    numbers = {number for _, _, _, _, number in began}
    attempts: dict[str, list[tuple[int, int]]] = {}
    order: dict[str, list[int]] = {}
    for key, attempt, pid, conversation, number in began:
        if key not in attempts:
            order.setdefault(conversation, []).append(number)
        attempts.setdefault(key, []).append((attempt, pid))
    held_ones = [key for key, seen in attempts.items() if seen[0][1] in killed and len(seen) > 1]
    texts = Counter(sm.content.decode() for sm in place.smsc.submitted)
    missing = given.messages // 10 - len(texts)
    print(
        f"{counts['taken']} messages in {took:.0f} s, {counts['delivered']} times delivered, {counts['not taken']} "
        f"times not taken, {counts['dropped']} times all binds cut, {counts['killed']} workers killed; {len(done)} "
        f"done; {len(held_ones)} came again from a killed worker; {len(texts)} answers, {missing} not sent",
        flush=True,
    )
    found = {
        "lost": sorted({*range(given.messages)} - numbers),
        "begun and not done": sorted(attempts.keys() - done.keys()),
        "done twice": [key for key, times in done.items() if times > 1],
        "came again as a first attempt": [
            key for key in held_ones if [attempt for attempt, _ in attempts[key]][1] < 2
        ],
        "nothing was held by the killed worker": ["the soak"] if killed and not held_ones else [],
        "out of order": [name for name, seen in order.items() if seen != sorted(seen)],
        "answered twice": [text for text, times in texts.items() if times > 1],
        "too many answers missing": [str(missing)] if missing > 60 * (counts["dropped"] + 1) else [],
    }
    return [f"{what}: {len(which)}, such as {which[:3]}" for what, which in found.items() if which]


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A private one that keeps what it has."""
    path = folder / "broker"
    path.mkdir(mode=0o700)
    with Embedded(path, appendonly=True) as server:
        yield server.url


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--styles", nargs="+", choices=["direct", "redis"], default=["direct"])
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--drops", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=["twice", "early"])
    given = parser.parse_args()
    given.messages -= given.messages % CONVERSATIONS
    wrong: list[str] = []
    for style in given.styles:
        with tempfile.TemporaryDirectory() as name, broker(Path(name)) as url:
            print(f"workers by {style}:", end=" ", flush=True)
            found = asyncio.run(run(Path(name), url, style, given))
            for line in found:
                print(f"WRONG: {line}", flush=True)
            for path in sorted(Path(name).glob("*.log")) if found and not given.fault else ():
                print(f"{path.stem}:", path.read_text(encoding="utf-8")[-1500:])
            wrong += found
    print("as it should be" if not wrong else "not as it should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
