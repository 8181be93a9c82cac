#!/usr/bin/env python3
"""The channel layer over real brokers, for longer than a test may take: load, waiting, deaths, outages, bad networks.

    python tools/soak_layer.py [SECONDS] [CASE ...]     600 seconds unless given; every case is played once at least

The cases are those of tests/layers/faults.py and outages.py, as large as a machine bears; each asserts what must
hold and counts what went in and what came out. CASE is a word of a case's name. Exit code 1 when one fails.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from interfaces.layers.embedded import Embedded  # noqa: E402 - the path comes first
from tests.layers import faults, outages  # noqa: E402
from tests.layers.conftest import TEST_OPTIONS, Broker  # noqa: E402

__all__ = ["main"]

PATIENCE = 600.0
Case = Callable[..., Any]
CASES: list[tuple[str, Case, dict[str, Any]]] = [
    ("three receivers", faults.receivers, {"messages": 12_000}),
    ("one shard", faults.specific, {"channels": 400}),
    ("two shards", faults.specific, {"channels": 400, "shards": 2}),
    ("four shards", faults.specific, {"channels": 400, "shards": 4}),
    ("at once", faults.at_once, {"sends": 1000}),
    ("idle", faults.idle, {"seconds": 70.0}),
    ("all sizes", faults.large_and_small, {"messages": 1000}),
    ("cancelled", faults.cancelled, {"messages": 5000}),
    ("short waits", faults.short_waits, {"messages": 2500}),
    ("killed receivers", faults.killed, {"kills": 10, "each": 2000, "expiry": 30}),
    ("stopped receiver", faults.stopped, {"messages": 3000, "seconds": 6.0}),
    ("attacked", faults.attacked, {"rounds": 20, "each": 1000}),
    ("attacked, all live", faults.attacked, {"rounds": 20, "each": 1000, "deeds": "stop cut restart"}),
    ("stopped inbox", faults.stopped_inbox, {"messages": 20_000}),
    ("slow inbox", faults.slow_inbox, {"messages": 5000, "capacity": 100}),
    ("cut subscriptions", outages.cut_off, {"messages": 10_000, "cuts": 10}),
    ("killed broker", outages.broker_killed, {"restarts": 20}),
    ("broker soon back", outages.broker_killed, {"restarts": 7, "timeout": 2.0, "away": 0.3}),
    ("groups, restarted", outages.restarted, {"restarts": 10}),
    ("stopped broker", outages.paused, {"seconds": 15.0, "timeout": 2.0}),
    ("refusing broker", faults.not_now, {"seconds": 5.0}),
    ("slow network", outages.bad_network, {"messages": 200, "delay": 0.2}),
    ("sliced bytes", outages.bad_network, {"messages": 200, "delay": 0.0, "size": 1, "chunk": 500}),
    ("half-open", outages.half_open, {"messages": 1000}),
    ("joins", outages.joins, {"times": 300}),
    ("threads", outages.threads, {"calls": 10_000}),
    ("strangers", outages.strangers, {"rounds": 200}),
    ("large", outages.large, {"times": 10}),
    ("memory", outages.memory, {"channels": 100_000, "groups": 10_000}),
]


def play(case: Case, sizes: dict[str, Any]) -> dict[str, Any]:
    """One case on brokers of its own; what it counted."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-"))
        brokers = []
        for n in range(sizes.get("shards", 1)):
            server = Embedded(Path(folder, str(n)), appendonly=True, fsync=True, options=TEST_OPTIONS)
            brokers.append(Broker(stack.enter_context(server), "soak"))
        scene = faults.Scene(brokers[0], folder, [broker.url for broker in brokers])
        sizes = {name: value for name, value in sizes.items() if name != "shards"}
        found: dict[str, Any] = asyncio.run(asyncio.wait_for(case(scene, **sizes), PATIENCE))
        return found


def main() -> int:
    """0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seconds", nargs="?", type=float, default=600.0)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="words of the cases to play; all by default")
    wanted = parser.parse_args()
    if unknown := [word for word in wanted.cases if not any(word in case[0] for case in CASES)]:
        parser.error(
            f"no case is called {', '.join(unknown)}: there are {', '.join(case[0] for case in CASES)}"
        )
    cases = [case for case in CASES if not wanted.cases or any(word in case[0] for word in wanted.cases)]
    end, turn, failed = time.monotonic() + wanted.seconds, 0, 0
    while turn < len(cases) or time.monotonic() < end:
        name, case, sizes = cases[turn % len(cases)]
        turn, begun = turn + 1, time.monotonic()
        try:
            said = json.dumps(play(case, sizes))
        except Exception:  # noqa: BLE001 - the others are played all the same
            failed, said = failed + 1, "FAILED\n" + traceback.format_exc()
        print(f"{name:18} {time.monotonic() - begun:6.1f} s  {said}", flush=True)
    print(f"{turn} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
