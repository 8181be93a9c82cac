"""HTTP/1.1, HTTP/2 and WebSocket side by side with other ASGI servers.

python http.py --ours 'CMD with {port}' [--ours-tls 'CMD with {port} {cert} {key}']

The command must serve ``app:app`` of the folder ``apps``, which is its working directory and in
its PYTHONPATH, on 127.0.0.1:{port}.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent / "lib")  # this file is not the stdlib's http

import http_load  # noqa: E402
import http_peers  # noqa: E402
from kit import APPS, Kit, parser  # noqa: E402
from procs import NotStarted, Server, free_port  # noqa: E402
from records import OURS, Journal, table  # noqa: E402

DEFAULT_TESTS = "hello,browser,10k,post10k,stream,django,ws32,ws8k,wsidle"
DEFAULT_PEERS = "uvicorn,granian,hypercorn,daphne"


def main() -> None:
    """Every round starts all servers, then asks them test by test, one after the other."""
    p = parser(__doc__)
    p.add_argument("--ours", required=True, metavar="CMD", help="our server")
    p.add_argument("--ours-tls", metavar="CMD", help="our server with TLS and ALPN")
    p.add_argument("--tests", default=DEFAULT_TESTS, help=f"of {','.join(http_load.TESTS)}")
    p.add_argument("--peers", default=DEFAULT_PEERS, help=f"of {','.join(http_peers.PEERS)}")
    args = p.parse_args()
    tests = [name for name in args.tests.split(",") if name]
    servers = [OURS, *(name for name in args.peers.split(",") if name)]
    for name in {*tests} - {*http_load.TESTS} | {*servers[1:]} - {*http_peers.PEERS}:
        p.error(f"no test or peer {name}")
    run = Run(args)
    for round_ in range(args.rounds):
        turn = round_ % len(servers)
        for tls in (False, True):
            asked = [name for name in tests if http_load.TESTS[name].tls == tls]
            if asked:
                play(run, round_, asked, servers[turn:] + servers[:turn], tls)
    print("\n" + table(run.journal.records))


def play(run: Run, round_: int, tests: list[str], names: list[str], tls: bool) -> None:
    """One round of the tests with or without TLS."""
    loads = [name for name in tests if http_load.TESTS[name].tool != "idle"]
    with ExitStack() as stack:
        warm: set[str] = set()
        running = [s for name in names if loads and (s := run.start(stack, name, tls, round_, loads))]
        for test in loads:
            for server in running:
                run.record(test, server, round_, partial(measure, run, test, server, server.name in warm))
                warm.add(server.name)
    for test in (name for name in tests if name not in loads):
        for name in names:
            with ExitStack() as stack:  # a fresh one: what was freed before would hide the cost
                if fresh := run.start(stack, name, tls, round_, [test]):
                    run.record(test, fresh, round_, partial(idle, fresh))


class Run:
    """The kit, the options and the journal of one run."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.kit, self.args, self.journal = Kit.of(args), args, Journal("http", args.json)

    def start(self, stack: ExitStack, name: str, tls: bool, round_: int, tests: list[str]) -> Server | None:
        """Start a server within ``stack``; None where it has no TLS, or does not start."""
        kit, port = self.kit, free_port()
        if name == OURS:
            text = self.args.ours_tls if tls else self.args.ours
            words = kit.command(text, port=port, cert=kit.cert, key=kit.key) if text else None
        else:
            words = http_peers.command(kit, name, tls, port)
        if words is None:
            return None
        server = Server(name, words, port, cwd=APPS, env=kit.env(), cpu=kit.server_cpu, log=kit.log(name))
        try:
            return stack.enter_context(server)
        except NotStarted as error:
            for test in tests:
                self.journal.add(test, name, round_, error=f"not started: {error}")
            return None

    def record(self, test: str, server: Server, round_: int, figures: Callable[[], dict[str, Any]]) -> None:
        """Journal what ``figures`` gives, or why it does not."""
        try:
            found = figures()
        except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
            found = {"error": str(error)}
        self.journal.add(test, server.name, round_, **found)


def idle(server: Server) -> dict[str, Any]:
    """Memory of a server with idle WebSockets."""
    return {"cost": http_load.idle_kb(server), "unit": "KB/conn", "rss_mb": server.peak_mb()}


def measure(run: Run, test: str, server: Server, warm: bool) -> dict[str, Any]:
    """The figures of one server in one test."""
    kit, asked, secs = run.kit, http_load.TESTS[test], run.args.dur
    http_load.check(kit, server, asked)
    if not warm:
        http_load.run(kit, server, asked, 1)
    before = server.cpu_ns()
    seen = http_load.run(kit, server, asked, secs)
    spent = (server.cpu_ns() - before) / 1e9
    if not seen.n:
        raise RuntimeError("no answers")
    return {
        "cost": spent / seen.n * 1e6,
        "rate": seen.n / seen.secs,
        "n": seen.n,
        "p50_us": seen.p50_us,
        "p99_us": seen.p99_us,
        "rss_mb": server.peak_mb(),
        "share": spent / seen.secs,
        "note": seen.note,
    }


if __name__ == "__main__":
    main()
