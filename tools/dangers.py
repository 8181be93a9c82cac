#!/usr/bin/env python3
"""Calls that are known to be dangerous, by bandit, less those that say why they are not.

    python tools/dangers.py [PATH ...]      interfaces, unless told

Each finding needs a reason where it stands, in the words that ruff has for the same rule: ``# noqa: S311 - reason``, or
``# ruff: noqa: S101 - reason`` for a file. Where ruff does not see it: ``# nosec B404 - reason``. A ``nosec`` that
nothing needs any more is a finding too. Exit code 1 when there is one.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

__all__ = ["findings", "main", "reasons", "unexplained"]

ROOT = Path(__file__).resolve().parent.parent
FILE = re.compile(r"^# ruff: noqa: (?P<rules>[A-Z0-9, ]+) - \S", re.MULTILINE)
LINE = re.compile(r"# (?:noqa: (?P<ruff>[A-Z0-9, ]+)|nosec (?P<bandit>[B0-9, ]+)) - \S")


def reasons(text: str) -> set[str]:
    """The rules, as bandit calls them, that ``text`` gives a reason for."""
    found = [found["ruff"] or found["bandit"] for found in LINE.finditer(text)]
    return {f"B{rule[1:]}" for rules in found for rule in re.findall(r"[SB]\d{3}", rules)}


def unexplained(found: Iterable[dict[str, Any]], texts: dict[str, str]) -> Iterator[str]:
    """A line for each finding without a reason, and for each ``nosec`` without a finding."""
    used: set[tuple[str, int]] = set()
    for one in found:
        name, rule = str(Path(one["filename"])), one["test_id"]
        lines = texts[name].splitlines()
        span = range(min(one["line_range"]), max(one["line_range"]) + 1)
        mine = [number for number in span if rule in reasons(lines[number - 1])]
        used.update((name, number) for number in mine)
        if not mine and rule[1:] not in re.findall(r"S(\d{3})", " ".join(FILE.findall(texts[name]))):
            yield f"{name}:{one['line_number']}: {rule} {one['issue_text']}"
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), 1):
            if "# nosec" in line and (name, number) not in used:
                yield f"{name}:{number}: a nosec that nothing needs, or without rule and reason"


def findings(paths: Sequence[str]) -> list[dict[str, Any]]:
    """What bandit finds in these, whatever is said there."""
    command = [
        sys.executable,
        "-m",
        "bandit",
        "--quiet",
        "--ignore-nosec",
        "--format=json",
        "--recursive",
        *paths,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    if report["errors"]:
        raise SystemExit(f"bandit: {report['errors']}")
    found: list[dict[str, Any]] = report["results"]
    return found


def main() -> int:
    """0, or 1 when something has no reason."""
    paths = sys.argv[1:] or ["interfaces"]
    found = findings(paths)
    files = {
        file
        for path in paths
        for file in ([ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py"))
    }
    texts = {str(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in sorted(files)}
    wrong = [*unexplained(found, texts)]
    print("\n".join([*wrong, f"{len(found)} findings, {len(wrong)} without a reason"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
