"""What an idle connection costs, of each kind: memory of server and kernel, CPU time to begin, and of pings and sweeps.

    python benchmarks/capacity.py [--count 9000] [--kinds http,websocket] [--rest 45] [--json FILE]

One server process with its defaults, but for limits that would refuse so many from one address; clients are in this
process, on loopback. A client has a socket in the same kernel, so half of what the kernel needs is counted. WebSockets
are asked every 20 s whether they live (its default), IRC clients too here (its default is 120 s).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent / "lib")

from idle import KINDS, Crowd, Kind, Memory, kernel_kb  # noqa: E402
from procs import Server, free_port  # noqa: E402

APPS = Path(__file__).resolve().parent / "apps"
MILLION = 1_000_000


def main() -> None:
    """Measure each kind; print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=9000, help="connections of each kind")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which of them")
    parser.add_argument(
        "--rest", type=float, default=45.0, metavar="S", help="seconds in which CPU is measured"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="append a line for each kind")
    parser.add_argument("--ours", default=f"{sys.executable} -m interfaces", help="the command of the server")
    args = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(
        "| connections | KB in the server | KB in the kernel | µs to begin | µs a second | 1,000,000 of them |"
    )
    print("|---|--:|--:|--:|--:|---|")
    for name in args.kinds.split(","):
        with tempfile.TemporaryDirectory(prefix="interfaces-") as folder:
            found = measured(KINDS[name], args.count, args.rest, args.ours.split(), Path(folder))
        print(row(name, found), flush=True)
        if args.json:
            with args.json.open("a") as file:
                print(json.dumps({"kind": name, **vars(found)}), file=file)


def measured(kind: Kind, count: int, rest: float, command: list[str], folder: Path) -> Memory:
    """Start a server, open the connections, and look at it before and after."""
    port, cert = free_port(), folder / "cert.pem"
    if kind.tls:
        certificate(cert)
    words = [word.format(port=port, cert=cert) for word in kind.words]
    argv = [*command, *words, "--app", kind.app, "--no-access-log"]
    env = {"PYTHONPATH": str(APPS)}
    with Server("ours", argv, port, cwd=APPS, env=env, cpu=None, log=folder / "log") as server:
        crowd = Crowd(kind, port)
        try:
            crowd.grow(100)  # what is made once is there then
            crowd.rest(2.0)
            alone = spent(server, crowd, rest / 4)
            memory, kernel, before = server.rss_kb(), kernel_kb(), server.cpu_ns()
            crowd.grow(count + 100)
            begin = (server.cpu_ns() - before) / 1000 / count
            crowd.rest(2.0)
            server_kb, kernel_each = (server.rss_kb() - memory) / count, (kernel_kb() - kernel) / count / 2
            cpu = (spent(server, crowd, rest) - alone) / count
        finally:
            crowd.close()
    return Memory(count, server_kb, kernel_each, cpu, begin)


def spent(server: Server, crowd: Crowd, seconds: float) -> float:
    """Microseconds of CPU time a second while nothing is asked of the server."""
    before, start = server.cpu_ns(), time.monotonic()
    crowd.rest(seconds)
    return (server.cpu_ns() - before) / 1000 / (time.monotonic() - start)


def certificate(path: Path) -> None:
    """One for the name a, with its key."""
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-subj", "/CN=a", "-keyout", f"{path}.key", "-out", f"{path}.crt"]
    subprocess.run(words, check=True, capture_output=True)
    path.write_bytes(Path(f"{path}.key").read_bytes() + Path(f"{path}.crt").read_bytes())


def row(name: str, found: Memory) -> str:
    """A line of the table."""
    server, kernel, cores = found.of(MILLION)
    told = f"{server:.1f} GiB, kernel {kernel:.1f} GiB, {cores:.2f} cores"
    figures = f"{found.server_kb:.1f} | {found.kernel_kb:.1f} | {found.begin_us:.0f} | {found.cpu_us:.2f}"
    return f"| {found.count:,} {name} | {figures} | {told} |"


if __name__ == "__main__":
    main()
