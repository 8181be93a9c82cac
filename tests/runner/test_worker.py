"""A worker's side of the line to its supervisor."""

import asyncio
import json
import os
import signal
import socket
import threading
from collections import Counter

import pytest

from interfaces.runner.worker import VARIABLE, Worker


@pytest.fixture
def line():
    """The supervisor's end, and the worker's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


@pytest.fixture
def interrupt():
    """Ctrl+C's handler, put back."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_process_that_nobody_supervises_is_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable there is none."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Worker.here() is None


@pytest.mark.usefixtures("interrupt")
def test_a_worker_finds_what_it_was_given(monkeypatch: pytest.MonkeyPatch, line) -> None:
    """Number and descriptors come in the variable, which is gone after that; none is inherited further."""
    control, given = os.dup(line[1].fileno()), os.dup(line[0].fileno())
    for fd in (control, given):
        os.set_inheritable(fd, True)
    facts = {"number": 3, "inherited": {"127.0.0.1:0": [given]}, "control": control}
    monkeypatch.setenv(VARIABLE, json.dumps(facts))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    worker = Worker.here()
    assert worker is not None and worker.number == 3
    assert worker.inherited == {"127.0.0.1:0": (given,)}
    assert not os.get_inheritable(control) and not os.get_inheritable(given)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    assert VARIABLE not in os.environ and Worker.here() is None
    signal.raise_signal(signal.SIGINT)  # Ctrl+C is the supervisor's: no KeyboardInterrupt
    worker._control.close()
    os.close(given)


def test_what_it_tells_is_a_line_of_json(line) -> None:
    """Readiness, the lines of /readyz, and what the banner needs."""
    ours, theirs = line
    Worker(1, {}, theirs).tell(True, ["http: ok"], where=["here"], loop="asyncio")
    text = ours.recv(4096)
    assert text.endswith(b"\n")
    assert json.loads(text) == {"ok": True, "lines": ["http: ok"], "where": ["here"], "loop": "asyncio"}


def test_it_tells_what_it_has_counted_since_the_last_time(line) -> None:
    """Each count once, also what is 0 so far; nothing new is no line; what nobody heard is told again."""
    ours, theirs = line
    worker = Worker(1, {}, theirs)
    for counts in ({"a": 2, "b": 0}, {"a": 2, "b": 0}, {"a": 5, "b": 0, "c": 1}):
        worker.count(counts)
    said = [json.loads(text)["counts"] for text in ours.recv(4096).splitlines()]
    assert said == [{"a": 2, "b": 0}, {"a": 3, "c": 1}]
    ours.close()
    worker.count({"a": 6})
    assert worker._counted["a"] == 5


def test_it_tells_what_is_so_now_when_that_has_changed(line) -> None:
    """The whole of it, since the supervisor adds up what it knows of each; the same again is no line."""
    ours, theirs = line
    worker = Worker(1, {}, theirs)
    for gauges in ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}, {"a": 1.0}):
        worker.gauge(gauges)
    said = [json.loads(text)["gauges"] for text in ours.recv(4096).splitlines()]
    assert said == [{"a": 1, "b": 2}, {"a": 1}]


def test_a_supervisor_that_reads_nothing_breaks_no_line(line) -> None:
    """What is told only in part is told on first; what is not told then is told later, whole."""
    ours, theirs = line
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    worker = Worker(1, {}, theirs)
    for number in range(1, 200):
        worker.count({f"counter{each}": number for each in range(100)})
    assert worker._counted["counter0"] < 199
    ours.settimeout(0.05)
    text, counts = b"", {f"counter{each}": 199 for each in range(100)}
    while worker._rest or worker._counted != counts:
        text += ours.recv(65536)
        worker.count(counts)
    text += ours.recv(1 << 20)
    found: Counter[str] = Counter()
    for one in text.splitlines():
        found.update(json.loads(one)["counts"])
    assert found == counts


def test_telling_nobody_harms_nothing(line) -> None:
    """A supervisor that was killed breaks no worker that has something to say."""
    ours, theirs = line
    ours.close()
    Worker(1, {}, theirs).tell(False, [])


def test_an_orphan_finds_out(line) -> None:
    """When the supervisor's end closes, the callback is called, and once."""
    ours, theirs = line
    before = set(threading.enumerate())
    calls: list[int] = []

    async def wait() -> None:
        done = asyncio.Event()
        Worker(1, {}, theirs).on_orphaned(lambda: (calls.append(1), done.set()))
        await asyncio.sleep(0)
        assert not calls
        ours.close()
        async with asyncio.timeout(5):
            await done.wait()
        await asyncio.sleep(0)

    asyncio.run(wait())
    assert calls == [1]
    assert set(threading.enumerate()) <= before
