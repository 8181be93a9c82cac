"""One screen of what a process does, for ``interfaces status`` and ``interfaces top``. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

from interfaces.cli.ops_figures import Look, Rates

__all__ = ["rows", "screen", "waits"]

Row = dict[str, Any]
SCOPES = "interfaces_scopes_running"
HEAD = ("scope", "running", "begun/s", "in/s", "out/s", "p50", "p95", "what became of it")


def screen(status: Mapping[str, Any], rates: Rates) -> list[str]:
    """The lines: ready or not and why, what listens, connections, scopes, queues, workers, the process."""
    lines = [_title(status), *_parts(status)]
    if status.get("listens"):
        lines += ["", *(f"  {line}" for line in status["listens"])]
    lines += ["", *_connections(rates.after), *_table(rows(rates))]
    lines += _queues(rates.after)
    lines += ["", *_workers(status, rates.after), _process(rates)]
    return lines


def rows(rates: Rates) -> list[Row]:
    """A row for each type of scope, by name."""
    after, found = rates.after, []
    for kind in sorted(after.by(SCOPES, "type")):
        became = after.by("interfaces_verdicts_total", "outcome", type=kind)
        if not became:
            became = after.by("interfaces_scopes_ended_total", "outcome", type=kind)
        found.append(
            {
                "type": kind,
                "running": after.total(SCOPES, type=kind),
                "begun": rates.rate("interfaces_scopes_total", type=kind),
                "in": rates.rate("interfaces_events_total", type=kind, direction="in"),
                "out": rates.rate("interfaces_events_total", type=kind, direction="out"),
                "p50": rates.quantile(0.5, "interfaces_scope_duration_seconds", type=kind),
                "p95": rates.quantile(0.95, "interfaces_scope_duration_seconds", type=kind),
                "became": {how: number for how, number in sorted(became.items()) if number},
            }
        )
    return found


def waits(look: Look) -> str:
    """What a drain still waits for, in words; "" for nothing."""
    said = []
    for what, name, label in (
        ("connections", "interfaces_connections", "protocol"),
        ("scopes", SCOPES, "type"),
    ):
        there = {kind: number for kind, number in look.by(name, label).items() if number > 0}
        if there:
            said.append(f"{what} ({_listed(there)})")
    return " and ".join(said)


def _title(status: Mapping[str, Any]) -> str:
    state = "draining" if status["draining"] else "ready" if status["ready"] else "NOT READY"
    return f"{state} · pid {status['pid']} · interfaces {status['version']}"


def _parts(status: Mapping[str, Any]) -> Iterator[str]:
    """Each part that is to be ready, with the reason where it is not."""
    parts = status["parts"]
    if not parts:
        yield "  starting"
    well = [part["name"] for part in parts if part["ok"]]
    if well:
        yield f"  ok: {', '.join(well)}"
    for part in parts:
        if not part["ok"]:
            yield f"  {part['name']}: {part['reason'] or 'not ready'}"


def _connections(look: Look) -> Iterator[str]:
    there = look.by("interfaces_connections", "protocol")
    if there:
        yield f"connections  {_listed(there)}"
    wanted = look.by("interfaces_upstream_wanted", "upstream")
    stand = look.by("interfaces_upstream_links", "upstream")
    if wanted:
        text = ", ".join(f"{name} {stand.get(name, 0):g} of {number:g}" for name, number in wanted.items())
        yield f"dialled      {text}"


def _table(found: Sequence[Row]) -> Iterator[str]:
    if not found:
        yield "no scopes yet"
        return
    cells = [HEAD, *(_cells(row) for row in found)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(HEAD) - 1)]
    for row in cells:
        first, *others = (text.rjust(width) for text, width in zip(row[1:-1], widths[1:], strict=True))
        yield "  ".join([row[0].ljust(widths[0]), first, *others, row[-1]]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    became = "  ".join(f"{how} {number:g}" for how, number in row["became"].items())
    rates = (f"{row[name]:.1f}" for name in ("begun", "in", "out"))
    return (row["type"], f"{row['running']:g}", *rates, _time(row["p50"]), _time(row["p95"]), became)


def _queues(look: Look) -> Iterator[str]:
    """What waits; the empty ones are not told."""
    ages = look.by("interfaces_queue_age_seconds", "queue")
    old = look.by("interfaces_layer_oldest_seconds", "queue")
    dead = look.by("interfaces_layer_dead", "queue")
    for name, number in look.by("interfaces_queue_depth", "queue").items():
        if number:
            yield f"queue {name}: {number:g}{_since(ages.get(name, 0.0))}"
    for name, number in look.by("interfaces_layer_items", "queue").items():
        if number or dead.get(name):
            letters = f", {dead[name]:g} dead letters" if dead.get(name) else ""
            yield f"durable queue {name}: {number:g}{_since(old.get(name, 0.0))}{letters}"


def _since(seconds: float) -> str:
    return f", the oldest for {_time(seconds)}" if seconds else ""


def _workers(status: Mapping[str, Any], look: Look) -> Iterator[str]:
    slots = look.total("interfaces_worker_slots")
    if slots:
        yield f"slots        {look.total('interfaces_worker_slots_taken'):g} of {slots:g} taken"
    workers = status.get("workers")
    if workers:
        wanted = look.total("interfaces_processes_wanted")
        pids = ", ".join(str(worker["pid"]) for worker in workers)
        yield f"workers      {look.total('interfaces_processes'):g} of {wanted:g} live: pid {pids}"


def _process(rates: Rates) -> str:
    look = rates.after
    cpu = 100 * rates.rate("process_cpu_seconds_total")
    memory = look.total("process_resident_memory_bytes") / 2**20
    late = _time(rates.quantile(0.95, "interfaces_loop_lag_seconds"))
    fds = f"{look.total('process_open_fds'):g} of {look.total('process_max_fds'):g}"
    return f"process      cpu {cpu:.0f} %, {memory:.0f} MiB, descriptors {fds}, loop late by {late} (p95)"


def _listed(numbers: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {number:g}" for name, number in numbers.items())


def _time(seconds: float) -> str:
    if isnan(seconds):
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
