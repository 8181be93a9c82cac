"""Slack's events, side by side with Bolt.

python slack.py --ours 'CMD with {port}, {api} and {secret}'

The command must give every event that is posted to http://127.0.0.1:{port}/slack/events to the application
``slackapp:app`` of the folder ``apps``, which is its working directory and in its PYTHONPATH. {api} is the Web API
of a Slack that has one workspace, {secret} the secret that its posts are signed with.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
sys.path[0] = str(HERE / "lib")
sys.path.insert(1, str(HERE / "load"))

from kit import APPS, LOAD, ROOT, Kit, parser  # noqa: E402
from procs import NotStarted, Server, free_port, run_tool  # noqa: E402
from records import OURS, Journal, table  # noqa: E402
from slack_api import web_api  # noqa: E402
from slackload import Connection, asked, signed  # noqa: E402

PATH = "/slack/events"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PREPARED = 15_000
"""Events that are ready for each second of a measurement."""
PATIENCE = 10.0
"""Seconds within which the application has to have what was acknowledged."""


@dataclass(frozen=True)
class Test:
    """So many connections, with one event in flight on each."""

    conns: int = 32


TESTS = {"event-c1": Test(1), "event": Test()}
PEERS = {
    "bolt": "python {peers}/bolt_server.py asyncio {port} {api} {secret}",
    "bolt-uvloop": "python {peers}/bolt_server.py uvloop {port} {api} {secret}",
}


def main() -> None:
    """Every round starts all servers, then asks them test by test, one after the other."""
    p = parser(__doc__)
    p.add_argument("--ours", required=True, metavar="CMD", help="our server")
    p.add_argument("--tests", default=",".join(TESTS), help=f"of {','.join(TESTS)}")
    p.add_argument("--peers", default=",".join(PEERS), help=f"of {','.join(PEERS)}")
    args = p.parse_args()
    tests = [name for name in args.tests.split(",") if name]
    names = [OURS, *(name for name in args.peers.split(",") if name)]
    for name in {*tests} - {*TESTS} | {*names[1:]} - {*PEERS}:
        p.error(f"no test or peer {name}")
    kit, journal = Kit.of(args), Journal("slack", args.json)
    with web_api() as api:
        for round_ in range(args.rounds):
            turn = round_ % len(names)
            with ExitStack() as stack:
                running = []
                for name in names[turn:] + names[:turn]:
                    try:
                        running.append(stack.enter_context(server_of(kit, name, args.ours, api)))
                    except NotStarted as error:
                        for test in tests:
                            journal.add(test, name, round_, error=f"not started: {error}")
                play(kit, journal, running, tests, round_, args.dur)
    print("\n" + table(journal.records))


def play(
    kit: Kit, journal: Journal, running: list[Server], tests: list[str], round_: int, secs: float
) -> None:
    """One round of all tests."""
    warm: set[str] = set()
    for test in tests:
        for server in running:
            try:
                if server.name not in warm:
                    check(server)
                    load(kit, server, TESTS["event"], 1.0)
                figures = measure(kit, server, TESTS[test], secs)
            except (RuntimeError, ValueError, OSError, subprocess.TimeoutExpired) as error:
                figures = {"error": str(error)}
            warm.add(server.name)
            journal.add(test, server.name, round_, **figures)


def server_of(kit: Kit, name: str, ours: str, api: str) -> Server:
    """One that is not yet started."""
    port = free_port()
    text = ours if name == OURS else PEERS[name]
    words = kit.command(text, port=port, api=api, secret=SECRET, peers=ROOT / "peers")
    return Server(
        name, words, port, cwd=APPS, env=kit.env(words[0]), cpu=kit.server_cpu, log=kit.log(f"slack-{name}")
    )


def measure(kit: Kit, server: Server, test: Test, secs: float) -> dict[str, Any]:
    """The figures of one server in one test; every event has come to the application."""
    known, before = seen(server), server.cpu_ns()
    found = load(kit, server, test, secs)
    until = time.monotonic() + PATIENCE
    while (come := seen(server) - known) != found["n"]:
        if time.monotonic() > until:
            raise RuntimeError(f"the application had {come} of {found['n']} events")
    spent = (server.cpu_ns() - before) / 1e9
    return {
        "cost": spent / found["n"] * 1e6,
        "rate": found["n"] / found["secs"],
        "n": found["n"],
        "p50_us": found["p50_us"],
        "p99_us": found["p99_us"],
        "rss_mb": server.peak_mb(),
        "share": spent / found["secs"],
    }


def load(kit: Kit, server: Server, test: Test, secs: float) -> dict[str, float]:
    """Run the load tool; it fails on the first answer that is not 200."""
    count = int(PREPARED * secs)
    words = [sys.executable, LOAD / "slackload.py", server.port, PATH, SECRET, secs, count, test.conns]
    found: dict[str, float] = json.loads(run_tool([str(word) for word in words], kit.load_cpu, secs + 60))
    return found


def check(server: Server) -> None:
    """RuntimeError unless what is not signed is refused."""
    now, body = int(time.time()), b'{"type":"url_verification","challenge":"yes"}'
    for signature, status in ((signed("another", body, now), 401), (signed(SECRET, body, now), 200)):
        with Connection(server.port) as connection:
            found, said = connection.ask(asked(PATH, body, signature, now))
        if found != status:
            raise RuntimeError(f"answered {found} {said!r} in place of {status}")


def seen(server: Server) -> int:
    """How many events the application has had, as a slash command tells."""
    form = {
        "command": "/seen", "text": "", "team_id": "T0BENCH01", "channel_id": "C0CHANNEL00", "user_id": "U0MEMBER1",
        "api_app_id": "A0BENCH01", "trigger_id": f"1.{time.time_ns()}", "token": "one-that-is-not-used",
        "response_url": "http://127.0.0.1:9/",
    }  # fmt: skip
    now, body = int(time.time()), urlencode(form).encode()
    request = asked(PATH, body, signed(SECRET, body, now), now, "application/x-www-form-urlencoded")
    with Connection(server.port) as connection:
        status, said = connection.ask(request)
    if status != 200:
        raise RuntimeError(f"the command was answered {status} {said!r}")
    text = said.decode()
    return int(json.loads(text)["text"] if text.startswith("{") else text)


if __name__ == "__main__":
    main()
