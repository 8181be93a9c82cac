#!/usr/bin/env python3
"""Slack's events under faults: none is lost, each is done once, and Slack has its answer in time.

    python tools/soak_slack.py [--events 10000] [--ways http socket] [--styles direct redis] [--kills 1] [--fault twice]

A fake Slack sends events to `interfaces serve slack`, a fifth of them again although they were acknowledged; workers
run the application, and one of them is killed with what it holds. Over Socket Mode two connections are ended by
Slack meanwhile. Exit code 1 unless each event was done exactly once, what the killed worker held came again as a later
attempt with the same key, and 99 % of the answers took less than a second. ``--fault twice`` or ``early`` breaks the
application: then the soak has to fail.
"""

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from interfaces.layers.embedded import Embedded
from interfaces.testing.slack import FakeSlack

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[1]
SCALE = 30.0
"""How much faster the fake's repeats come: after 2 s and 10 s in place of minutes."""
AT_ONCE = 64
"""Events on their way together."""
CHANNELS = 200
"""Conversations that the events are spread over."""
LATE = 45.0
"""Seconds that kept events may take."""
BAR = 1.0
"""Seconds within which 99 % are to be answered."""


class Place:
    """The processes, their folder and what was written down."""

    def __init__(self, folder: Path, url: str, slack: FakeSlack, style: str, fault: str) -> None:
        self.folder = folder
        self.database = folder / "seen.sqlite3"
        self.slack = slack
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            **os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tools'}", "SOAK_DATABASE": str(self.database),
            "SOAK_FAULT": fault,
        }  # fmt: skip
        self.layer = ["--layer", url, "--transport", style]
        with closing(sqlite3.connect(self.database)) as database:
            from soak_events_app import TABLES  # noqa: PLC0415 - a program beside this one

            database.executescript(TABLES)

    def start(self, name: str, ready: str, *words: str) -> None:
        """A process, once its log says ``ready``."""
        path = self.folder / f"{name}.log"
        with path.open("ab") as log:
            command = [sys.executable, "-m", "interfaces", *words, *self.layer]
            self.running[name] = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)
        end = time.monotonic() + 30
        while ready not in path.read_text(encoding="utf-8"):
            if self.running[name].poll() is not None or time.monotonic() > end:
                sys.exit(f"{name} does not start:\n{path.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(0.02)

    def worker(self, name: str) -> None:
        """Runs the application."""
        self.start(name, ", pid ", "worker", "--app", "soak_events_app:application")

    def container(self, way: str) -> str:
        """Serves Slack; where events are to be posted."""
        slack = self.slack
        words = [
            "serve",
            "slack",
            "--slack-api-url",
            slack.api_url,
            "--slack-bot-token",
            slack.bot_token,
            "--no-slack-send",
        ]
        if way == "socket":
            words += ["--slack-app-token", slack.app_token]
        else:
            words += ["--slack-signing-secret", slack.signing_secret, "--slack-bind", "127.0.0.1:0"]
        self.start("container", ", pid ", *words)
        if way == "socket":
            return ""
        said = (self.folder / "container.log").read_text(encoding="utf-8")
        port = said.partition("slack on 127.0.0.1:")[2].split()[0].rstrip(",;")
        return f"http://127.0.0.1:{port}/slack/events"

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
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def events(slack: FakeSlack, number: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    """So many messages, in many conversations."""
    for at in range(number):
        channel = f"C{chance.randrange(CHANNELS):04}"
        stamp = f"{1_700_000_000 + at}.{at:06}"
        yield {
            "type": "message", "channel": channel, "channel_type": "channel", "user": "U1", "team": "T1",
            "text": f"A message {at}", "ts": stamp, "event_ts": stamp,
        }  # fmt: skip


async def faults(place: Place, way: str, kills: int, total: int) -> None:
    """Kill workers with what they hold, and end connections, while events are on their way."""
    slack = place.slack
    for at in range(kills):
        await until(place, total * (at + 1) // (kills + 2))
        victim = f"worker{at}"
        while not held(place, place.running[victim].pid):  # noqa: ASYNC110 - a database cannot tell
            await asyncio.sleep(0.005)
        place.running[victim].kill()
        place.running.pop(victim).wait()
        if way == "socket":
            await slack.socket.disconnect("refresh_requested")
        await asyncio.to_thread(place.worker, f"worker{at + 2}")
        if way == "socket" and at == 0:
            slack.drop()


async def until(place: Place, number: int) -> None:
    """Wait until so many are done."""
    while place.ask("SELECT count(*) FROM done")[0][0] < number:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.05)


async def settled(place: Place, number: int) -> None:
    """Wait for what was acknowledged before its verdict, since it was late: it is taken up after a lease."""
    try:
        async with asyncio.timeout(LATE):
            await until(place, number)
    except TimeoutError:
        pass  # it is told which


def held(place: Place, pid: int) -> list[str]:
    """The keys that a worker has begun and not done."""
    rows = place.ask(f"SELECT key FROM begun WHERE pid = {pid:d} AND key NOT IN (SELECT key FROM done)")
    return [key for (key,) in rows]


async def run(folder: Path, url: str, way: str, style: str, given: argparse.Namespace) -> list[str]:
    """One way in one style; what is wrong."""
    async with FakeSlack(scale=SCALE) as slack:
        slack.faults.redeliver = 0.2
        slack.world.ack_seconds = 3.0 * SCALE
        place = Place(folder, url, slack, style, given.fault or "")
        try:
            where = await asyncio.to_thread(place.container, way)
            for name in ("worker0", "worker1"):
                await asyncio.to_thread(place.worker, name)
            if way == "socket":
                await slack.socket.connected(2)
            pids = {name: process.pid for name, process in place.running.items()}
            said = events(slack, given.events, random.Random(given.seed))
            began = time.monotonic()
            breaking = asyncio.ensure_future(faults(place, way, given.kills, given.events))
            if way == "socket":
                sent = await slack.send_events(said, at_once=AT_ONCE)
            else:
                sent = await slack.post_events(where, said, at_once=AT_ONCE)
            await breaking
            took = time.monotonic() - began
            await settled(place, given.events)
        finally:
            await asyncio.to_thread(place.end)
        return judged(place, sent, [pids[f"worker{at}"] for at in range(min(given.kills, 2))], took)


def judged(place: Place, sent: list[Any], killed: list[int], took: float) -> list[str]:
    """What is wrong, after telling what there was."""
    keys = {f"slack:{one.payload['api_app_id']}:{one.id}" for one in sent}
    done = dict(place.ask("SELECT key, times FROM done"))
    attempts: dict[str, list[tuple[int, int]]] = {}
    for key, attempt, pid in place.ask("SELECT key, attempt, pid FROM begun ORDER BY at"):
        attempts.setdefault(key, []).append((attempt, pid))
    interrupted = [
        key for key, seen in attempts.items() if any(pid in killed for _, pid in seen[:1]) and len(seen) > 1
    ]
    seconds = sorted(tried.seconds for one in sent for tried in one.tries if not tried.reason)
    p99 = seconds[int(len(seconds) * 0.99)]
    again = sum(one.tried > 1 for one in sent)
    print(
        f"{len(sent)} events in {took:.1f} s, {sum(one.tried for one in sent)} times sent, {again} of them more than "
        f"once; {len(done)} done; {len(interrupted)} were held by a killed worker and came again; answers: median "
        f"{seconds[len(seconds) // 2] * 1000:.0f} ms, 99 % {p99 * 1000:.0f} ms",
        flush=True,
    )
    found = {
        "not acknowledged": [one.id for one in sent if not one.acknowledged],
        "lost": sorted(keys - done.keys()),
        "done twice": [key for key, times in done.items() if times > 1],
        "not of Slack": sorted(done.keys() - keys),
        "came again as a first attempt": [
            key for key in interrupted if [attempt for attempt, _ in attempts[key]][1] < 2
        ],
        "nothing was held by the killed worker": ["the soak"] if killed and not interrupted else [],
        "answers that took a second": [f"p99 {p99:.2f} s"] if p99 >= BAR else [],
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
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--ways", nargs="+", choices=["http", "socket"], default=["http", "socket"])
    parser.add_argument("--styles", nargs="+", choices=["direct", "redis"], default=["direct", "redis"])
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", choices=["twice", "early"])
    given = parser.parse_args()
    wrong: list[str] = []
    for way in given.ways:
        for style in given.styles:
            with tempfile.TemporaryDirectory() as name, broker(Path(name)) as url:
                print(f"{way}, workers by {style}:", end=" ", flush=True)
                found = asyncio.run(run(Path(name), url, way, style, given))
                for line in found:
                    print(f"WRONG: {line}", flush=True)
                for path in sorted(Path(name).glob("*.log")) if found and not given.fault else ():
                    print(f"{path.stem}:", path.read_text(encoding="utf-8")[-1500:])
                wrong += found
    print("as it should be" if not wrong else "not as it should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
