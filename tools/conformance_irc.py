"""Runs irctest against our gateway and our client, and holds what comes of it against the deviations that are known.

    IRCTEST_PYTHON=/path/to/venv/bin/python python tools/conformance_irc.py PATH
    … PATH --part server --only 'testPing or Kick' --jobs 4

PATH is a checkout of https://github.com/progval/irctest; ``./dev conformance irc PATH`` makes the environment that it
runs in. tools/conformance_irc.toml names the commit that this was written for, what is out of scope, and each test that
we fail, with the reason. Reports stay in ``build/conformance/irc``. Exit code: 0 when each test passes, is skipped or
is a deviation; 1 when one fails that is not listed, or passes that is listed; 2 when the run cannot start.
"""

import argparse
import os
import signal
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PARTS", "Expected", "Outcome", "Part", "expected", "judge", "main", "read_report", "table"]

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "conformance" / "irc"
LIST = Path(__file__).with_suffix(".toml")
COLUMNS = ("passed", "failed", "skipped", "deviation")
SECONDS = 1800
"""How long one part may take."""


class CannotRunError(Exception):
    """Nothing was tested; its text is one line for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Tests that are run against us as we are started so."""

    name: str
    controller: str
    """Which module irctest imports, of tests/conformance."""
    options: str = ""
    """What we are told besides."""
    only: str = ""
    """Which tests, as pytest's -k."""


PARTS = {
    part.name: part
    for part in (
        Part(name="server", controller="irc_controller"),
        Part(name="utf8", controller="irc_controller", options="--irc-utf8-only", only="Utf8TestCase"),
        Part(name="client", controller="irc_client_controller"),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known before the run."""

    commit: str
    """Of irctest, for which the list was written."""
    scope: Mapping[str, str]
    """Files and classes of tests that are out of scope, and why."""
    marks: Mapping[str, str]
    """Marks of tests that are."""
    deviations: Mapping[str, str]
    """Tests that fail, and why; without a parameter in brackets all of its parameters do."""

    def why(self, name: str) -> str | None:
        """Why the test of this name is expected to fail."""
        return self.deviations.get(name) or self.deviations.get(name.partition("[")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one test."""

    name: str
    """"server_tests.kick.KickTestCase::testKick[…]"."""
    result: str
    """passed, failed or skipped."""
    text: str = ""
    """Why, in a line."""

    @property
    def file(self) -> str:
        """The module that it stands in."""
        return self.name.partition("::")[0].rpartition(".")[0]


def main() -> int:
    """Run what the command line asks for; the exit code."""
    args = _arguments()
    try:
        python = _python()
        found = expected(LIST)
        _told_of_commit(args.path, found.commit)
        outcomes = [one for name in args.part or PARTS for one in _run(python, PARTS[name], args, found)]
    except CannotRunError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2
    print(table(outcomes, found))
    broken = judge(outcomes, found, whole=not args.only and not args.part)
    for line in broken:
        print(line)
    return 1 if broken else 0


def expected(path: Path) -> Expected:
    """The list, read."""
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return Expected(
        commit=read["commit"], scope=read["scope"], marks=read["marks"], deviations=read["deviations"]
    )


def read_report(report: Path) -> list[Outcome]:
    """The tests of a junit.xml."""
    found = []
    for case in ET.parse(report).getroot().iter("testcase"):
        name = f"{case.get('classname', '').removeprefix('irctest.')}::{case.get('name')}"
        result, text = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                result, text = "failed", child.get("message") or child.tag
            elif child.tag == "skipped" and result == "passed":
                result, text = "skipped", child.get("message") or ""
        found.append(Outcome(name=name, result=result, text=" ".join(text.split())))
    return _once(found)


def _once(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """A test that has failed and could not be cleaned up after is there twice: it has failed once."""
    found: dict[str, Outcome] = {}
    for one in outcomes:
        if one.name not in found or one.result == "failed":
            found[one.name] = one
    return [*found.values()]


def table(outcomes: Iterable[Outcome], found: Expected) -> str:
    """A row a file, and the sum: how many tests passed, failed, were skipped, are deviations."""
    files: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for one in outcomes:
        known = one.result == "failed" and found.why(one.name) is not None
        files[one.file]["deviation" if known else one.result] += 1
    files["all"] = sum(files.values(), Counter())
    rows = [("file", *COLUMNS), *((name, *map(count.__getitem__, COLUMNS)) for name, count in files.items())]
    return "\n".join(f"{name:40}" + "".join(f"{cell:>11}" for cell in cells) for name, *cells in rows)


def judge(outcomes: Iterable[Outcome], found: Expected, *, whole: bool) -> list[str]:
    """What does not agree with the list, a line each. ``whole``: all were run, so that each row has to fit a test."""
    broken, met = [], set()
    for one in outcomes:
        why = found.why(one.name)
        met |= {one.name, one.name.partition("[")[0]}
        if one.result == "failed" and why is None:
            broken.append(f"failed: {one.name}: {one.text[:300]}")
        elif one.result != "failed" and why is not None:
            broken.append(f"{one.result}, and listed as failing: {one.name}")
    if whole:
        broken += [f"listed, and no test: {name}" for name in found.deviations if name not in met]
    return broken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("path", type=Path, help="a checkout of irctest")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; may be repeated")
    parser.add_argument("--only", metavar="EXPR", help="only tests of these names, as pytest's -k")
    parser.add_argument("--jobs", default="2", metavar="N", help="tests at a time (default: 2)")
    return parser.parse_args()


def _python() -> str:
    python = os.environ.get("IRCTEST_PYTHON", "")
    if not python:
        raise CannotRunError(
            "set IRCTEST_PYTHON to a Python that has what irctest needs: ./dev conformance irc PATH does"
        )
    return python


def _told_of_commit(path: Path, commit: str) -> None:
    """Tell when the checkout is of another commit. CannotRunError for what is no checkout."""
    if not (path / "irctest" / "server_tests").is_dir():
        raise CannotRunError(f"{path} is no checkout of https://github.com/progval/irctest")
    words = ["git", "-C", str(path), "rev-parse", "HEAD"]
    here = subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    if here != commit:
        print(f"conformance: {path} is at {here or 'no commit'}, the list is for {commit}", file=sys.stderr)


def _run(python: str, part: Part, args: argparse.Namespace, found: Expected) -> list[Outcome]:
    """Run one part; its log and report stay."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    report, log = REPORTS / f"{part.name}.xml", REPORTS / f"{part.name}.log"
    report.unlink(missing_ok=True)
    words = [python, "-m", "pytest", *_words(part, args, found), f"--junitxml={report}"]
    scratch = REPORTS / "tmp"  # others may run it, too: it remembers its ports there
    scratch.mkdir(exist_ok=True)
    environ = {
        **os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT / "tests" / "conformance"),
        "PYTHONDONTWRITEBYTECODE": "1", "INTERFACES_PYTHON": sys.executable, "INTERFACES_ROOT": str(ROOT),
        "INTERFACES_IRCTEST": part.options,
    }  # fmt: skip
    with log.open("wb") as out:
        running = subprocess.Popen(
            words, cwd=args.path, env=environ, stdout=out, stderr=out, start_new_session=True
        )
        try:
            running.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise CannotRunError(f"{part.name}: not done after {SECONDS} s: {log}") from None
        finally:  # a test that is given up leaves its servers behind
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.wait()
    if not report.exists():
        why = (log.read_text(errors="replace").strip() or "it said nothing").splitlines()[-1]
        raise CannotRunError(f"{part.name}: irctest did not run: {why} ({log})")
    return read_report(report)


def _words(part: Part, args: argparse.Namespace, found: Expected) -> list[str]:
    """What pytest is told: which tests, against what."""
    only = " and ".join(f"({one})" for one in (part.only, args.only) if one)
    return [
        "-p", "no:cacheprovider", "-q", "--timeout", "30", "-n", args.jobs, "--controller", part.controller,
        "-m", " and ".join(f"not {mark}" for mark in found.marks),
        *(f"--deselect=irctest/{name}" for name in found.scope), *(["-k", only] if only else []),
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
