"""One screen of what a process does."""

from typing import Any

import pytest

from interfaces.cli.ops_figures import Look, Rates
from interfaces.cli.ops_screen import rows, screen, waits

STATUS: dict[str, Any] = {
    "version": "1.2", "pid": 7, "ready": True, "draining": False,
    "parts": [{"name": "http", "ok": True, "reason": ""}, {"name": "ws", "ok": True, "reason": ""}],
    "listens": ["http ws: 127.0.0.1:8000"],
}  # fmt: skip
BEFORE = """\
interfaces_scopes_total{type="http"} 10
process_cpu_seconds_total 1
"""
AFTER = """\
interfaces_connections{protocol="http"} 3
interfaces_connections{protocol="email"} 0
interfaces_scopes_running{type="http"} 2
interfaces_scopes_running{type="websocket"} 1
interfaces_scopes_total{type="http"} 30
interfaces_events_total{type="http",direction="in"} 20
interfaces_events_total{type="http",direction="out"} 40
interfaces_scopes_ended_total{type="websocket",outcome="ok"} 5
interfaces_scopes_ended_total{type="websocket",outcome="failed"} 0
interfaces_verdicts_total{type="http",outcome="5xx"} 1
interfaces_verdicts_total{type="http",outcome="2xx"} 27
interfaces_scope_duration_seconds_bucket{type="http",le="0.01"} 20
interfaces_scope_duration_seconds_bucket{type="http",le="+Inf"} 20
process_cpu_seconds_total 1.5
process_resident_memory_bytes 104857600
process_open_fds 20
process_max_fds 1024
"""


def shown(after: str = AFTER, **status: Any) -> list[str]:
    """The screen, of two looks that are two seconds apart."""
    return screen({**STATUS, **status}, Rates(Look.read(BEFORE), Look.read(after), 2.0))


def test_it_says_what_is_served_and_how_it_goes() -> None:
    """All of it on few lines."""
    assert shown() == [
        "ready · pid 7 · interfaces 1.2",
        "  ok: http, ws",
        "",
        "  http ws: 127.0.0.1:8000",
        "",
        "connections  http 3, email 0",
        "scope      running  begun/s  in/s  out/s     p50     p95  what became of it",
        "http             2     10.0  10.0   20.0  5.0 ms  9.5 ms  2xx 27  5xx 1",
        "websocket        1      0.0   0.0    0.0       –       –  ok 5",
        "",
        "process      cpu 25 %, 100 MiB, descriptors 20 of 1024, loop late by – (p95)",
    ]


def test_what_is_not_ready_says_why() -> None:
    """Each part by its reason; what is well on one line."""
    parts = [
        {"name": "http", "ok": True, "reason": ""},
        {"name": "layer", "ok": False, "reason": "the broker is gone"},
        {"name": "irc libera", "ok": False, "reason": ""},
    ]
    assert shown(ready=False, parts=parts)[:4] == [
        "NOT READY · pid 7 · interfaces 1.2",
        "  ok: http",
        "  layer: the broker is gone",
        "  irc libera: not ready",
    ]


@pytest.mark.parametrize(
    ("status", "first"),
    [({"draining": True, "ready": False}, "draining"), ({"parts": [], "ready": False}, "NOT READY")],
)
def test_its_first_word_is_its_state(status: dict[str, Any], first: str) -> None:
    """One that starts has no part yet."""
    lines = shown(**status)
    assert lines[0].startswith(first)
    assert ("  starting" in lines) == (status.get("parts") == [])


def test_what_waits_is_told_with_its_age() -> None:
    """In this process and at the broker, with what was given up; empty queues are not."""
    lines = shown(
        'interfaces_queue_depth{queue="email.send"} 12\n'
        'interfaces_queue_age_seconds{queue="email.send"} 130\n'
        'interfaces_queue_depth{queue="slack"} 0\n'
        'interfaces_layer_items{queue="sms"} 4\n'
        'interfaces_layer_oldest_seconds{queue="sms"} 2.25\n'
        'interfaces_layer_items{queue="slack"} 0\n'
        'interfaces_layer_dead{queue="slack"} 3\n'
        'interfaces_layer_items{queue="irc"} 0\n'
        'interfaces_layer_dead{queue="irc"} 0\n'
    )
    assert [line for line in lines if "queue" in line] == [
        "queue email.send: 12, the oldest for 2 min",
        "durable queue sms: 4, the oldest for 2.2 s",
        "durable queue slack: 0, 3 dead letters",
    ]
    assert "no scopes yet" in lines


def test_connections_that_are_dialled_are_told() -> None:
    """How many stand of how many; the label is the operator's."""
    lines = shown(
        'interfaces_upstream_wanted{upstream="slack socket A1"} 2\n'
        'interfaces_upstream_links{upstream="slack socket A1"} 1\n'
        'interfaces_upstream_wanted{upstream="irc libera"} 1\n'
    )
    assert "dialled      slack socket A1 1 of 2, irc libera 0 of 1" in lines


def test_workers_are_told() -> None:
    """How many live, with their pids; the slots of those that take scopes from elsewhere."""
    lines = shown(
        "interfaces_worker_slots 100\ninterfaces_worker_slots_taken 7\n"
        "interfaces_processes 2\ninterfaces_processes_wanted 3\n",
        workers=[{"number": 1, "pid": 11}, {"number": 2, "pid": 12}],
    )
    assert "slots        7 of 100 taken" in lines
    assert "workers      2 of 3 live: pid 11, 12" in lines


def test_rows_are_for_programs_too() -> None:
    """By type of scope, sorted, as numbers."""
    http, websocket = rows(Rates(Look.read(BEFORE), Look.read(AFTER), 2.0))
    assert (http["type"], http["running"], http["begun"]) == ("http", 2, 10)
    assert http["became"] == {"2xx": 27, "5xx": 1}
    assert websocket["became"] == {"ok": 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ('interfaces_scopes_running{type="http"} 0\ninterfaces_connections{protocol="http"} 0\n', ""),
        ('interfaces_connections{protocol="http"} 2\ninterfaces_connections{protocol="irc"} 1\n',
         "connections (http 2, irc 1)"),
        (AFTER, "connections (http 3) and scopes (http 2, websocket 1)"),
    ],
)  # fmt: skip
def test_a_drain_waits_for_what_is_there(text: str, said: str) -> None:
    """Connections and scopes, by what they are of."""
    assert waits(Look.read(text)) == said


@pytest.mark.parametrize(
    ("seconds", "text"), [("0.0004", "0.2 ms"), ("0.2", "100 ms"), ("3", "1.5 s"), ("300", "2 min")]
)
def test_times_are_short(seconds: str, text: str) -> None:
    """Milliseconds, seconds or minutes."""
    bucket = f'interfaces_scope_duration_seconds_bucket{{type="x",le="{seconds}"}} 2\n'
    lines = shown(f'interfaces_scopes_running{{type="x"}} 0\n{bucket}')
    assert any(f" {text} " in line for line in lines)
