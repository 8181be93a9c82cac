"""SMPP, side by side with smpplib: what a message costs the process that is bound to an SMSC.

python smpp.py --ours 'CMD with {port}, {mode}, {count} and {pending}'

The command binds to the SMSC on 127.0.0.1:{port}. {mode} submit: it submits {count} messages, {pending} at once, and
has a receipt for each; deliver: it takes {count} messages and answers each, {pending} of which come at once. It prints
one line of JSON: cost (its own CPU in µs a message), seen (receipts or messages that it had), rss_mb.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE / "lib")

from kit import APPS, LOAD, ROOT, Kit, parser  # noqa: E402
from procs import free_port, listens  # noqa: E402
from records import OURS, Journal, table  # noqa: E402

WINDOW = 1000
"""Deliveries of the SMSC that have no response yet, where the client does not need more of them to wait."""
PATIENCE = 300.0


@dataclass(frozen=True)
class Test:
    """So many messages, so many of them at once."""

    mode: str
    count: int = 20_000
    pending: int = WINDOW


TESTS = {
    "submit": Test("submit"),
    "submit-100k": Test("submit", 100_000, 100_000),
    "deliver": Test("deliver"),
    "deliver-100k": Test("deliver", 100_000, 100_000),
}
PEERS = {"smpplib": "python {peers}/smpplib_client.py {port} {mode} {count} {pending}"}


def main() -> None:
    """Every round asks all clients, test by test, one after the other."""
    p = parser(__doc__)
    default = f"{sys.executable} {ROOT}/peers/smpp_ours.py {{port}} {{mode}} {{count}} {{pending}}"
    p.add_argument("--ours", default=default, metavar="CMD", help="our client")
    p.add_argument("--tests", default=",".join(TESTS), help=f"of {','.join(TESTS)}")
    p.add_argument("--peers", default=",".join(PEERS), help=f"of {','.join(PEERS)}")
    args = p.parse_args()
    tests = [name for name in args.tests.split(",") if name]
    names = [OURS, *(name for name in args.peers.split(",") if name)]
    for name in {*tests} - {*TESTS} | {*names[1:]} - {*PEERS}:
        p.error(f"no test or peer {name}")
    kit, journal = Kit.of(args), Journal("smpp", args.json)
    for round_ in range(args.rounds):
        turn = round_ % len(names)
        for test in tests:
            for name in names[turn:] + names[:turn]:
                try:
                    figures = measure(kit, args.ours if name == OURS else PEERS[name], TESTS[test])
                except (RuntimeError, ValueError, OSError, subprocess.TimeoutExpired) as error:
                    figures = {"error": str(error)}
                journal.add(test, name, round_, **figures)
    print("\n" + table(journal.records))


def measure(kit: Kit, text: str, test: Test) -> dict[str, Any]:
    """The figures of one client in one test; nothing of it is missing, and nothing was refused."""
    port = free_port()
    words = [sys.executable, LOAD / "smppload.py", port, test.mode, test.count, test.pending]
    smsc = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + 10
        while not listens(port):
            if smsc.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the SMSC did not start")
            time.sleep(0.05)
        command = kit.command(
            text, port=port, mode=test.mode, count=test.count, pending=test.pending, peers=ROOT / "peers"
        )
        found = client(kit, command)
        told = json.loads(smsc.communicate(timeout=30)[0])
    finally:
        smsc.kill()
        smsc.wait()
    if "error" in told or told["n"] != test.count or told["bad"] or found["seen"] != test.count:
        raise RuntimeError(f"the SMSC says {told}, the client {found}")
    return {
        "cost": found["cost"],
        "rate": test.count / told["secs"],
        "n": test.count,
        "rss_mb": found["rss_mb"],
    }


def client(kit: Kit, words: list[str]) -> dict[str, Any]:
    """What the client prints; it has a CPU of its own."""

    def alone() -> None:
        if kit.server_cpu is not None:
            os.sched_setaffinity(0, {kit.server_cpu})

    done = subprocess.run(
        words, cwd=APPS, env={**os.environ, **kit.env(words[0])}, capture_output=True, text=True, timeout=PATIENCE,
        check=False, preexec_fn=alone,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-300:])
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    main()
