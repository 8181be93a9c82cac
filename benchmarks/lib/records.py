"""Records of measurements, and the tables made of them.

A record is a dict: ``bench``, ``test``, ``server`` (``ours`` is the one compared with), ``round``
and either ``error`` or figures; ``base`` names another one to compare with.
The ``cost`` of a record is what ratios are made of: CPU
microseconds for each operation, or what the test names in ``unit``.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["COMPETING", "OURS", "Journal", "competing", "table"]

Record = dict[str, Any]
OURS = "ours"
COMPETING = "competing"
"""The test of layers whose result is no cost."""


class Journal:
    """Collects the records of a run and appends them to a file, if there is one."""

    def __init__(self, bench: str, path: Path | None) -> None:
        self.records: list[Record] = []
        self._bench, self._path = bench, path
        self._run = f"{time.time():.0f}-{os.getpid()}"
        self._write({"bench": bench, "run": self._run, "machine": machine()})

    def add(self, test: str, server: str, round_: int, **figures: Any) -> Record:
        """Keep one record and show that it is there."""
        record = {
            "bench": self._bench,
            "run": self._run,
            "test": test,
            "server": server,
            "round": round_,
            **figures,
        }
        self.records.append(record)
        self._write(record)
        if "error" in figures:
            said = f"not measured: {figures['error']}"
        elif "cost" in figures:
            said = f"{figures['cost']:.1f} {figures.get('unit', 'us')}"
        else:
            said = "done"
        print(f"  round {round_ + 1} {test:>12} {server:<20} {said}", flush=True)
        return record

    def _write(self, record: Record) -> None:
        if self._path:
            with self._path.open("a") as file:
                file.write(json.dumps(record) + "\n")


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cpus": str(os.cpu_count()),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "date": time.strftime("%Y-%m-%d %H:%M"),
    }


def table(records: Iterable[Record]) -> str:
    """Markdown: a row a test and server; ratios are peer/ours, above 1 where ours is cheaper."""
    cells: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if record.get("test", COMPETING) != COMPETING:
            cells.setdefault((record["test"], record["server"]), []).append(record)
    if not cells:
        return ""
    lines = [
        "| test | server | µs CPU/op | op/s | p50 ms | p99 ms | peak RSS MB | peer/ours | |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for test in dict.fromkeys(test for test, _ in cells):
        rows = [(server, found) for (t, server), found in cells.items() if t == test]
        rows.sort(key=lambda row: (row[0] != OURS, _median(row[1], "cost") or float("inf")))
        lines += [
            _row(test, server, found, cells.get((test, found[0].get("base", OURS)), []))
            for server, found in rows
        ]
    return "\n".join(lines)


def competing(records: Iterable[Record]) -> str:
    """Three receivers on one channel: each message exactly once, in order at each receiver."""
    lines = [
        "| layer | sent | received | duplicates | lost | inversions | by receiver |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    found = sorted(
        (record for record in records if record.get("test") == COMPETING),
        key=lambda record: (record["server"] != OURS, record["server"]),
    )
    for r in found:
        if "error" in r:
            lines.append(f"| {r['server']} | | | | | | {r['error']} |")
        else:
            counts = [r[key] for key in ("sent", "received", "duplicates", "lost", "inversions")]
            shares = ", ".join(map(str, r["shares"]))
            lines.append(f"| {r['server']} | {' | '.join(map(str, counts))} | {shares} |")
    return "\n".join(lines) if found else ""


def _row(test: str, server: str, found: list[Record], ours: list[Record]) -> str:
    measured = [r for r in found if "cost" in r]
    errors = sorted({r["error"].replace("|", "/").replace("\n", " ") for r in found if "error" in r})
    notes = sorted({r["note"] for r in found if r.get("note")})
    unit = next((r["unit"] for r in measured if "unit" in r), "")
    cost = _median(measured, "cost")
    figures = [
        _number(cost, 2 if cost and cost < 10 else 1) + (f" {unit}" if unit and measured else ""),
        _number(_median(measured, "rate"), 0),
        _number(_median(measured, "p50_us"), 2, 1e-3),
        _number(_median(measured, "p99_us"), 2, 1e-3),
        _number(_median(measured, "rss_mb"), 0),
        "1" if found is ours and measured else _ratio(measured, ours),
    ]
    return " | ".join([f"| {test}", server, *figures, "; ".join(notes + [e[:90] for e in errors])]) + " |"


def _ratio(peer: list[Record], ours: list[Record]) -> str:
    """Median over the rounds of one run, peer and ours measured within seconds of each other."""
    base = {(r["run"], r["round"]): r["cost"] for r in ours if r.get("cost")}
    pairs = [r["cost"] / base[key] for r in peer if (key := (r["run"], r["round"])) in base]
    return f"**{statistics.median(pairs):.2f}**" if pairs else ""


def _median(records: list[Record], key: str) -> float | None:
    values = [r[key] for r in records if r.get(key) is not None]
    return statistics.median(values) if values else None


def _number(value: float | None, digits: int, factor: float = 1) -> str:
    return "" if value is None else f"{value * factor:,.{digits}f}"
