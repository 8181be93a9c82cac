#!/usr/bin/env python3
"""Mail under kill -9: what was answered 250 is there, and nothing that a repeat brings is done twice.

    python tools/soak_mail.py [--way one|redis|direct] [--kills N] [--level SECONDS] [--seed N] [--fault early|twice]
                              [--ack accepted]

All three ways unless given: ``interfaces serve email`` with its application in one process (200 kills); an interface
container with two workers, through a broker or over connections of their own (100 each). Clients send over SMTP and
LMTP as an MTA does, until each recipient has its 250; they hang up wherever one can. The application writes each
message down (SQLite, an fsync a transaction) before it returns. The server, a worker and the broker are killed: at
twenty named points (soak_mail_app.py) and at random. Then all stay up for 45 seconds (--level), in which the server's
memory has to stay level.

Exit code 1, and a line for each, unless: all that was answered 250 is in the database, whole; each recipient has its
effect once, by the dedupe key; all repeats of a message have one key; messages whose clients only hung up were taken
once for each recipient; of two that are the same on purpose both came; what was deferred ran again; no message was
given up; and every way to die and to hang up was tried. ``--fault early`` answers before it writes, ``--fault twice``
does not look at the key: each has to end with 1, the proof that this can fail.

``--ack accepted``: the server answers once a message is kept, in its spool where it is one process, else in a durable
queue at the broker, and is killed at six points more, or three.
"""

import argparse
import asyncio
import itertools
import json
import random
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).resolve().parent
for place in (str(TOOLS), str(TOOLS.parent)):
    if place not in sys.path:
        sys.path.insert(0, place)

from soak_durable import break_broker_of  # noqa: E402 - found beside this file, and in the checkout
from soak_mail_app import ACCEPTED, APPLICATION, BODY, SERVER, SPOOL, TABLES, opened  # noqa: E402
from soak_mail_client import HANGS, Mail, Traffic  # noqa: E402

from interfaces.layers.durable_items import LEASE  # noqa: E402
from interfaces.layers.embedded import Embedded  # noqa: E402
from tests.process.server import Server  # noqa: E402

__all__ = ["main"]

CLIENTS = 9
VERDICT = 2.0
SLOW = 2.5
"""Seconds of a slow message: more than the verdict may take."""
SHORT = 0.5
"""Seconds of one that was answered before it is handled: what was under way at a death is begun one by one."""
CALM = 10.0
"""Seconds after a kill in which a message may still run twice: whoever waited for the dead has been told by then."""
HANDLED = 90.0
"""Seconds in which what was accepted last has to be handled: longer than the pause behind a third attempt."""
WARM = 20.0
"""Seconds of a server's life before its memory is looked at: it grows by 7 MiB in them, and then no more."""
GROWTH = 6.0
"""MiB by which the server's memory may differ between the first and the last third."""
WAYS = {"one": 200, "redis": 100, "direct": 100}


def plan_of(way: str, *, accepted: bool = False) -> list[tuple[str, str]]:
    """Who is killed, and at which point; "": at a random moment."""
    one = way == "one"
    spooled = set(() if one else BODY.values())  # workers cannot read files of the server's, so it has none
    points = (*(SPOOL if accepted and one else ()), *(ACCEPTED if accepted else ()), *SERVER, "")
    server = [("server", point) for point in points if point not in spooled]
    rest = [("server" if one else "worker", point) for point in (*APPLICATION, "")] + [("broker", "")] * (
        not one
    )
    step = len(server) / len(rest)
    order = [(at, who) for at, who in enumerate(server)] + [(at * step, who) for at, who in enumerate(rest)]
    return [who for _, who in sorted(order, key=lambda both: both[0])]


class House:
    """The processes of one way to run it."""

    def __init__(self, folder: Path, way: str, fault: str, *, accepted: bool = False) -> None:
        self.folder = folder
        self.way = way
        self.broker = ""
        self.accepted = accepted
        self.spool = folder / "spool" if accepted and way == "one" else None
        self.ports = [free_port() for _ in range(2)]
        self.database = folder / "mail.sqlite3"
        slow = str(SHORT if accepted else SLOW)
        self.env = {"SOAK_DATABASE": str(self.database), "SOAK_SLOW": slow, "SOAK_FAULT": fault}
        self.processes: dict[str, Server] = {}
        self._numbers = itertools.count()

    async def start(self, name: str) -> None:
        """Start one, "server" or "worker-N"; returns once it is ready."""
        app = ["--app", "soak_mail_app:application", "--app-dir", str(TOOLS)]
        layer = ["--layer", self.broker] if self.way != "one" else []
        if name == "server":
            words = ["serve", "email", "--email-bind", f"127.0.0.1:{self.ports[0]}", "--email-lmtp-bind",
                     f"127.0.0.1:{self.ports[1]}", "--email-verdict-timeout", str(VERDICT), "--no-access-log",
                     "--email-keep-verdicts", "30", *(layer or app)]  # fmt: skip
            words += ["--relay-bind", "127.0.0.1:0"] if self.way == "direct" else []
            words += ["--email-ack", "accepted"] if self.accepted else []
            words += ["--email-spool", str(self.spool)] if self.spool else []
        else:
            words = ["worker", *app, *layer]
        folder = self.folder / f"{name}-{next(self._numbers)}"
        folder.mkdir()
        command = [sys.executable, str(TOOLS / "soak_mail_app.py"), *words]
        env = {**self.env, "SOAK_ARM": str(folder / "arm")}
        process = self.processes[name] = Server(folder, command=command, env=env)
        said = r"email on " if name == "server" else "interfaces: worker for"
        await asyncio.to_thread(process.wait_for, said, 1, 60.0)

    async def kill(self, name: str, point: str) -> bool:
        """Kill it at a point or at once, and start it again; False when it did not come there."""
        process, reached = self.processes[name], True
        if point:
            process.log.with_name("arm").symlink_to(point)
            try:
                await asyncio.to_thread(process.ended, 10.0)
            except Exception:  # noqa: BLE001 - it is a TimeoutExpired: it never came there
                reached = False
        process.__exit__(None, None, None)
        await self.start(name)
        return reached

    def memory(self) -> float:
        """MiB that the server has."""
        status = Path(f"/proc/{self.processes['server'].process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def end(self) -> None:
        """Kill all."""
        for one in self.processes.values():
            one.__exit__(None, None, None)


def free_port() -> int:
    """One that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


async def handled(house: House, traffic: Traffic) -> list[str]:
    """Wait until the application has had what was accepted before it was asked; what is wrong with the rest."""
    if not house.accepted:
        return []
    until = time.monotonic() + HANDLED
    promised = {(mail.name, one) for mail in traffic.mails for one in mail.ids}
    database = opened(str(house.database))
    while promised and time.monotonic() < until:
        await asyncio.sleep(0.5)
        promised -= {*database.execute("SELECT name, recipient FROM effect")}
    database.close()
    dead = len(list(house.spool.glob("*/dead/*.letter"))) if house.spool is not None else 0
    return [f"{dead} were given up by the spool"] if dead else []


class Judge:
    """What was promised, and what is so."""

    def __init__(
        self, database: Path, traffic: Traffic, kills: list[tuple[float, float]], *, accepted: bool = False
    ) -> None:
        self.before, self.after = (CALM + LEASE, CALM + LEASE) if accepted else (CALM, 0.0)
        self.mails = traffic.mails
        self.kills = kills
        asked = opened(str(database))
        self.effects = Counter(asked.execute("SELECT name, recipient FROM effect"))
        self.runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.ids: set[str] = set()
        for run, name, to, key, verdicts, whole in asked.execute("SELECT * FROM run"):
            said = dict(zip(json.loads(to), json.loads(verdicts), strict=True))
            self.runs[name].append({"to": to, "key": key, "said": said, "whole": whole})
            self.ids.add(run)
        asked.close()
        self.figures: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def accepted(self, name: str, recipient: str) -> int:
        """How often the application has taken a message for somebody."""
        return sum(run["said"].get(recipient) == "accept" for run in self.runs[name])

    def calm(self, mail: Mail) -> bool:
        """Whether nobody was killed while it was sent, or shortly before; nor while it was handled after that."""
        return not any(
            begun < mail.ended + self.after and ended + self.before > mail.began
            for begun, ended in self.kills
        )

    def judge(self) -> None:
        """Count what does not hold."""
        copies = Counter(mail.name for mail in self.mails)
        for mail in self.mails:
            self.faults["messages were given up"] += bool(mail.left)
            self.figures[f"given up: {mail.kind}"] += bool(mail.left)
            for one in mail.ids:
                self.figures["acknowledged"] += 1
                self.faults["of them were lost"] += not self.accepted(mail.name, one)
                self.faults["of them have no effect"] += not self.effects[mail.name, one]
            if copies[mail.name] == 1 and mail.hangs and self.calm(mail):
                self.figures["hung up only"] += 1
                runs = [self.accepted(mail.name, one) for one in mail.to]
                self.faults["messages whose client only hung up were not taken once"] += {*runs} != {1}
            if mail.kind == "grey" and not mail.left:
                self.figures["deferred and run again"] += 1
                self.faults["deferred messages did not run again"] += len(self.runs[mail.name]) < 2
        self._twins(copies)
        self._keys()
        self.faults["recipients have two effects or more"] = sum(n > 1 for n in self.effects.values())

    def _twins(self, copies: Counter[str]) -> None:
        late = {mail.name for mail in self.mails if mail.late or mail.left}
        ids: dict[str, set[str]] = defaultdict(set)
        for mail in self.mails:
            if copies[mail.name] == 2 and mail.name not in late:
                ids[mail.name] |= {*mail.ids.values()}
        for name, both in ids.items():
            self.figures["sent twice on purpose"] += 1
            self.faults["messages sent twice on purpose came once"] += (
                len(both) < 2 or not both <= self.ids or len(self.runs[name]) < 2
            )

    def _keys(self) -> None:
        owners: dict[str, set[str]] = defaultdict(set)
        for name, runs in self.runs.items():
            keys: dict[str, set[str]] = defaultdict(set)
            for run in runs:
                keys[run["to"]].add(run["key"])
                owners[run["key"]].add(name)
                self.faults["messages came in pieces"] += not run["whole"]
            self.figures["repeats"] += len(runs) - 1
            self.faults["messages came with several keys"] += any(len(one) > 1 for one in keys.values())
        self.faults["keys have several messages"] = sum(len(one) > 1 for one in owners.values())


async def level(house: House, seconds: float) -> str:
    """Watch the server's memory while it only serves; "" or what is wrong."""
    if not seconds:
        return ""
    await asyncio.sleep(WARM)
    seen = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen.append(house.memory())
        await asyncio.sleep(seconds / 60)
    third = len(seen) // 3
    first, last = statistics.median(seen[:third]), statistics.median(seen[-third:])
    print(f"memory of the server: {first:.1f} MiB in the first third, {last:.1f} in the last")
    return f"memory grew by {last - first:.1f} MiB" if last - first > GROWTH else ""


async def soak(way: str, house: House, broker: Embedded | None, given: argparse.Namespace) -> list[str]:
    """Kill so often, then let it be, and look; what is wrong."""
    kills = WAYS[way] if given.kills is None else given.kills
    plan, deaths, whens = (plan_of(way, accepted=house.accepted), Counter[str](), list[tuple[float, float]]())
    choose = random.Random(given.seed)
    names = ["server"] + (["worker-0", "worker-1"] if way != "one" else [])
    for name in names:
        await house.start(name)
    traffic = Traffic(house.ports[0], house.ports[1], given.seed)
    sending = asyncio.create_task(traffic.run(CLIENTS))
    for n in range(kills):
        who, point = plan[n % len(plan)]
        await asyncio.sleep(choose.uniform(0.1, 0.6))
        begun = time.monotonic()
        if who == "broker":
            assert broker is not None
            await break_broker_of(broker)
            reached = True
        else:
            reached = await house.kill(f"worker-{n % 2}" if who == "worker" else who, point)
        whens.append((begun, time.monotonic()))
        deaths[f"{who} {point or 'random'}" if reached else f"not reached: {who} {point}"] += 1
        if n % 20 == 19:
            print(f"{n + 1} kills, {len(traffic.mails)} messages", flush=True)
    grown = await level(house, given.level)
    traffic.end()
    await sending
    given_up = await handled(house, traffic)
    judge = Judge(house.database, traffic, whens, accepted=house.accepted)
    judge.judge()
    told = {what: number for what, number in judge.figures.items() if number} | {
        "messages": len(traffic.mails),
        "tries": sum(one.tries for one in traffic.mails),
    }
    print(f"{way}:", "; ".join(f"{number} {what}" for what, number in told.items()))
    for counts in (deaths, traffic.counts):
        print(" ".join(f"{what}={number};" for what, number in sorted(counts.items())))
    wanted = {f"{who} {point or 'random'}" for who, point in plan[:kills]}
    hangs = {f"hung up: {hang}" for hang in HANGS if hang != "heard"} if kills >= 50 else set()
    return [
        *(f"{number} {what}" for what, number in judge.faults.items() if number),
        *([grown] if grown else []),
        *given_up,
        *(f"not tried: {one}" for one in sorted((wanted - deaths.keys()) | (hangs - traffic.counts.keys()))),
    ]


@contextmanager
def house_of(way: str, given: argparse.Namespace) -> Iterator[tuple[House, Embedded | None]]:
    """The processes of a way, with a broker where it needs one; killed in the end."""
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        folder = Path(name)
        keeps = given.ack == "accepted"
        broker = Embedded(folder / "broker", appendonly=keeps, fsync=keeps) if way != "one" else None
        house = House(folder, way, given.fault, accepted=keeps)
        opened(str(house.database)).executescript(TABLES)
        try:
            if broker is not None:
                broker.start()
                house.broker = broker.url
            yield house, broker
        finally:
            house.end()
            if broker is not None:
                broker.close()
                broker.join()  # it writes no more into the folder


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--way", choices=WAYS, action="append")
    parser.add_argument("--kills", type=int, default=None)
    parser.add_argument("--level", type=float, default=45.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--fault", choices=["early", "twice"], default="")
    parser.add_argument("--ack", choices=["processed", "accepted"], default="processed")
    given = parser.parse_args()
    faults = []
    for way in given.way or WAYS:
        with house_of(way, given) as (house, broker):
            faults += [f"{way}: {fault}" for fault in asyncio.run(soak(way, house, broker, given))]
    print("\n".join(faults) or "nothing that was acknowledged is lost, and nothing was done twice")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
