"""Receiving mail, side by side with other SMTP servers.

python smtp.py --ours 'CMD with {port}'

The command must take every message through the application ``mail:app`` of the folder ``apps``,
which is its working directory and in its PYTHONPATH, on 127.0.0.1:{port}.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent / "lib")

from kit import APPS, ROOT, Kit, parser  # noqa: E402
from procs import NotStarted, Server, free_port, run_tool  # noqa: E402
from records import OURS, Journal, table  # noqa: E402


@dataclass(frozen=True)
class Test:
    """One case of ``smtpload``, or of postfix's ``smtp-source`` where ``mode`` is "source"."""

    mode: str
    size: int = 1024
    conns: int = 32
    keep: bool = True
    window: int = 1


TESTS = {
    "lock1k-c1": Test("lock", conns=1),
    "lock1k": Test("lock"),
    "lock100k": Test("lock", 102400),
    "new1k": Test("lock", keep=False),
    "pipe1k": Test("pipe"),
    "pipe100k": Test("pipe", 102400),
    "bdat1k": Test("bdat"),
    "bdat100k": Test("bdat", 102400),
    "bdat1k-w8": Test("bdat", conns=1, window=8),
    "source1k": Test("source"),
}
DEFAULT_TESTS = "lock1k-c1,lock1k,lock100k,new1k,pipe1k,bdat1k"
PEERS = {
    "aiosmtpd": "python {peers}/aiosmtpd_server.py asyncio {port}",
    "aiosmtpd-uvloop": "python {peers}/aiosmtpd_server.py uvloop {port}",
    "smtp-server": "node {peers}/smtp_server.js {port}",
    "smtp-sink": "{sink} -u nobody 127.0.0.1:{port} 1024",
}


def main() -> None:
    """Every round starts all servers, then asks them test by test, one after the other."""
    p = parser(__doc__)
    p.add_argument("--ours", required=True, metavar="CMD", help="our server")
    p.add_argument("--tests", default=DEFAULT_TESTS, help=f"of {','.join(TESTS)}")
    p.add_argument("--peers", default=",".join(PEERS), help=f"of {','.join(PEERS)}")
    args = p.parse_args()
    tests = [name for name in args.tests.split(",") if name]
    names = [OURS, *(name for name in args.peers.split(",") if name)]
    for name in {*tests} - {*TESTS} | {*names[1:]} - {*PEERS}:
        p.error(f"no test or peer {name}")
    kit, journal = Kit.of(args), Journal("smtp", args.json)
    for round_ in range(args.rounds):
        turn = round_ % len(names)
        with ExitStack() as stack:
            running = []
            for name in names[turn:] + names[:turn]:
                port = free_port()
                words = kit.command(
                    args.ours if name == OURS else PEERS[name],
                    port=port,
                    peers=ROOT / "peers",
                    sink=kit.unpacked("usr/sbin/smtp-sink"),
                )
                server = Server(
                    name, words, port, cwd=APPS, env=kit.env(words[0]), cpu=kit.server_cpu, log=kit.log(name)
                )
                try:
                    running.append(stack.enter_context(server))
                except NotStarted as error:
                    for test in tests:
                        journal.add(test, name, round_, error=f"not started: {error}")
            warm: set[str] = set()
            for test in tests:
                for server in running:
                    try:
                        if server.name not in warm:
                            load(kit, server, TESTS["lock1k"], 0.5)
                        figures = measure(kit, server, TESTS[test], args.dur)
                    except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                        figures = {"error": str(error)}
                    warm.add(server.name)
                    journal.add(test, server.name, round_, **figures)
    print("\n" + table(journal.records))


def measure(kit: Kit, server: Server, test: Test, secs: float) -> dict[str, Any]:
    """The figures of one server in one test."""
    if test.mode == "bdat" and "CHUNKING" not in offered(server.port):
        raise RuntimeError("offers no CHUNKING")
    before = server.cpu_ns()
    seen = load(kit, server, test, secs)
    spent = (server.cpu_ns() - before) / 1e9
    if not seen["n"]:
        raise RuntimeError("took nothing")
    return {
        "cost": spent / seen["n"] * 1e6,
        "rate": seen["n"] / seen["secs"],
        "n": seen["n"],
        "p50_us": seen.get("p50_us"),
        "p99_us": seen.get("p99_us"),
        "rss_mb": server.peak_mb(),
        "share": spent / seen["secs"],
    }


def load(kit: Kit, server: Server, test: Test, secs: float) -> dict[str, float]:
    """Run the load tool; it fails on the first reply that is not as it should be."""
    if test.mode == "source":
        return source(kit, server, test)
    words = [
        kit.workdir / "smtpload",
        "-p",
        server.port,
        "-M",
        test.mode,
        "-s",
        test.conns,
        "-l",
        test.size,
        "-t",
        secs,
        "-k",
        0 if test.keep else 1,
        "-w",
        test.window,
    ]
    found: dict[str, float] = json.loads(run_tool([str(w) for w in words], kit.load_cpu, secs + 30))
    return found


def source(kit: Kit, server: Server, test: Test, count: int = 3000) -> dict[str, float]:
    """Another tool for the lock-step, as a check on ours; it sends a number of messages."""
    program = kit.unpacked("usr/sbin/smtp-source")
    words = [
        "env",
        f"LD_LIBRARY_PATH={kit.env(program)['LD_LIBRARY_PATH']}",
        "bash",
        "-c",
        'start=$EPOCHREALTIME; "$@" && echo "$start $EPOCHREALTIME"',
        "-",
        program,
        "-d",
        "-s",
        test.conns,
        "-l",
        test.size,
        "-m",
        count,
        "-f",
        "foo@example.com",
        "-t",
        "bar@example.com",
        f"127.0.0.1:{server.port}",
    ]
    start, end = run_tool([str(w) for w in words], kit.load_cpu, 60).split()[-2:]
    return {"n": count, "secs": float(end) - float(start)}


def offered(port: int) -> str:
    """What the server answers to EHLO."""
    with socket.create_connection(("127.0.0.1", port), 5) as conn, conn.makefile("rb") as lines:
        lines.readline()
        conn.sendall(b"EHLO check\r\n")
        said = ""
        while not re.match(r"\d{3} ", line := lines.readline().decode(errors="replace")):
            if not line:
                break
            said += line
        conn.sendall(b"QUIT\r\n")
        lines.readline()
        return (said + line).upper()


if __name__ == "__main__":
    main()
