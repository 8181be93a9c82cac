"""Runs the Autobahn Testsuite against a WebSocket server and holds the server to our bars.

    PY27=/path/to/python2.7 python tools/conformance.py websocket
    PY27=… python tools/conformance.py websocket --server 'uvicorn --port {port} tests.conformance.echo:app'

The testsuite (PyPI ``autobahntestsuite``) runs on Python 2.7 alone: ``PY27`` names one that has it. The
server serves ``tests/conformance/echo.py``; a peer's command is told its port by ``{port}``. Reports stay in
``build/conformance``: ``index.html`` with the bytes of every case, and the logs of both sides.
Exit code: 0 when every bar holds, 1 when one does not, 2 when the run cannot start.
"""

import argparse
import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PARTS", "Case", "Part", "broken_bars", "main", "read_index", "table"]

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "conformance" / "websocket"
OURS = (sys.executable, "-m", "interfaces", "serve", "ws", "--app", "tests.conformance.echo:app")
COMPRESSION = (*(f"12.{number}" for number in range(1, 6)), *(f"13.{number}" for number in range(1, 8)))
GRADES = ("OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED")
GOOD = {"OK", "INFORMATIONAL"}  # three cases only inform: they have no right answer
START_SECONDS = 30


class CannotRunError(Exception):
    """Nothing was tested; its text is one line for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Cases that are run against one server, and the bars for them."""

    name: str
    runs: tuple[tuple[str, ...], ...]
    """Case patterns; each row is one run of the testsuite, with a report of its own."""
    seconds: int
    """How long one run may take."""
    cases: int
    """How many cases there are in all."""
    least_ok: int
    most_non_strict: int = 0
    flags: tuple[str, ...] = ()
    """What our own server is told besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What the testsuite says of one case; ``close`` is its word on the closing handshake."""

    id: str
    grade: str
    close: str
    report: Path

    @property
    def group(self) -> str:
        """The first number of its id."""
        return self.id.partition(".")[0]

    @property
    def order(self) -> tuple[int, ...]:
        """Its place in the testsuite."""
        return tuple(map(int, self.id.split(".")))


BASE = Part(
    name="base",
    runs=(("1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"),),
    seconds=300,
    cases=247,
    least_ok=242,
    most_non_strict=2,
)
LIMITS = Part(
    name="limits",
    runs=(("9.*",),),
    seconds=900,
    cases=54,
    least_ok=54,
    flags=("--ws-max-message", str(2**26), "--ws-max-frame", str(2**26)),
)
COMPRESSED = Part(
    name="compression",
    runs=tuple((f"{group}.*",) for group in COMPRESSION),
    seconds=900,
    cases=216,
    least_ok=216,
)
PARTS = {part.name: part for part in (BASE, LIMITS, COMPRESSED)}


def main() -> int:
    """Run what the command line asks for; the exit code."""
    args = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended then, too
    try:
        python = _testsuite()
        broken = [bar for name in args.part or PARTS for bar in _run(python, PARTS[name], args.server)]
    except CannotRunError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    for bar in broken:
        print(f"not held: {bar}")
    return 1 if broken else 0


def read_index(index: Path) -> list[Case]:
    """The cases of a report's ``index.json``; none when the server was never reached."""
    return [
        Case(
            id=name,
            grade=row["behavior"],
            close=row["behaviorClose"],
            report=index.parent / row["reportfile"],
        )
        for server in json.loads(index.read_text()).values()
        for name, row in server.items()
    ]


def table(cases: Iterable[Case]) -> str:
    """A row a group: how many cases have each grade, and how many closed badly."""
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for case in sorted(cases, key=lambda case: case.order):
        groups[case.group][case.grade] += 1
        groups[case.group]["BAD CLOSE"] += case.close not in GOOD
    columns = (*GRADES, "BAD CLOSE")
    rows = [
        ("group", *columns),
        *((name, *map(counts.__getitem__, columns)) for name, counts in groups.items()),
    ]
    return "\n".join("".join(f"{cell:>15}" for cell in row) for row in rows)


def broken_bars(part: Part, cases: Iterable[Case]) -> list[str]:
    """What ``cases`` do not reach of the bars of ``part``, a sentence each."""
    cases = list(cases)
    grades = Counter(case.grade for case in cases)
    ok, loose, failed = (grades[name] for name in ("OK", "NON-STRICT", "FAILED"))
    unclean = sum(case.close not in GOOD for case in cases)
    bars = (
        (len(cases) == part.cases, f"{len(cases)} of {part.cases} cases ran"),
        (ok >= part.least_ok, f"{ok} OK, at least {part.least_ok} wanted"),
        (loose <= part.most_non_strict, f"{loose} NON-STRICT, at most {part.most_non_strict} wanted"),
        (failed == 0, f"{failed} FAILED, none wanted"),
        (unclean == 0, f"{unclean} closed badly, none wanted"),
    )
    return [f"{part.name}: {bar}" for held, bar in bars if not held]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("protocol", choices=["websocket"])
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--server", metavar="CMD", help="a peer's command, with {port} (default: ours)")
    return parser.parse_args()


def _testsuite() -> str:
    """The Python 2.7 of ``PY27``, once it has been seen to import the testsuite."""
    python = os.environ.get("PY27", "")
    if not python:
        raise CannotRunError("set PY27 to a Python 2.7 that has autobahntestsuite (from PyPI)")
    words = [python, "-c", "import sys; assert sys.version_info[0] == 2; import autobahntestsuite.wstest"]
    try:
        seen = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRunError(f"PY27={python} cannot be run: {error}") from None
    if seen.returncode:
        why = (seen.stderr.strip() or "no reason given").splitlines()[-1]
        raise CannotRunError(f"PY27={python} is no Python 2.7 with autobahntestsuite: {why}")
    return python


def _run(python: str, part: Part, peer: str | None) -> list[str]:
    """Run one part against a fresh server, print what came of it, and give the bars it does not hold."""
    reports = REPORTS / part.name
    shutil.rmtree(reports, ignore_errors=True)
    reports.mkdir(parents=True)
    cases: list[Case] = []
    started = time.monotonic()
    with _server(peer, part.flags, reports / "server.log") as port:
        for patterns in part.runs:
            cases += _fuzz(python, port, patterns, reports / patterns[0].rstrip(".*"), part.seconds)
            print(
                f"{part.name}: {len(cases)} of {part.cases}, {time.monotonic() - started:.0f} s", flush=True
            )
    print(table(cases))
    for case in sorted(cases, key=lambda case: case.order):
        if not {case.grade, case.close} <= GOOD:
            print(f"  {case.id}: {case.grade}, close {case.close}: {case.report.relative_to(ROOT)}")
    return broken_bars(part, cases)


def _fuzz(python: str, port: int, patterns: tuple[str, ...], outdir: Path, seconds: int) -> list[Case]:
    """One run of the testsuite; no cases when it was not done in time (its log says how far it came)."""
    outdir.mkdir()
    spec = outdir / "spec.json"
    server = {"agent": "server", "url": f"ws://127.0.0.1:{port}"}
    spec.write_text(json.dumps({"outdir": str(outdir), "servers": [server], "cases": patterns}))
    words = [python, "-u", "-m", "autobahntestsuite.wstest", "-m", "fuzzingclient", "-s", str(spec)]
    with (outdir / "wstest.log").open("wb") as log, contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(words, stdout=log, stderr=log, timeout=seconds, check=False)
    index = outdir / "index.json"
    return read_index(index) if index.exists() else []


@contextlib.contextmanager
def _server(peer: str | None, flags: tuple[str, ...], log: Path) -> Iterator[int]:
    """The port of a server that runs as long as the block; CannotRunError when it does not listen."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    ours = [*OURS, "--bind", f"127.0.0.1:{port}", *flags]
    words = shlex.split(peer.replace("{port}", str(port))) if peer else ours
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(words, cwd=ROOT, stdout=out, stderr=out, start_new_session=True)
        except OSError as error:
            raise CannotRunError(f"{words[0]}: {error}") from None
    try:
        _await_listening(process, port, log)
        yield port
    finally:
        _end(process)


def _await_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            why = (log.read_text(errors="replace").strip() or "it said nothing").splitlines()[-1]
            raise CannotRunError(f"the server ended with {process.returncode}: {why}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise CannotRunError(f"the server does not listen on port {port} after {START_SECONDS} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started: they are a process group of their own."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)


if __name__ == "__main__":
    sys.exit(main())
