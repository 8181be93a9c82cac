"""``interfaces drain``: whom it asks to end, what it waits for, and its exit code."""

import os
import subprocess
import sys

import pytest

from interfaces.cli import drain as module
from tests.cli.conftest import Cli
from tests.cli.ops_server import FakeOps, free, served

PATIENT = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("there", flush=True)
signal.pause()
"""
DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("there", flush=True)
sys.stdin.read()
"""


def program(text: str) -> "subprocess.Popen[str]":
    """A process that is up."""
    started = subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None and started.stdout.readline() == "there\n"
    return started


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow one another at once."""
    monkeypatch.setattr(module, "LOOK", 0.0)


def test_it_asks_the_port_and_says_what_it_waits_for(cli: Cli) -> None:
    """Until the port is gone, which is the last to go; what has not changed is not said again."""
    fake = FakeOps()
    one, none = (
        {'interfaces_scopes_running{type="http"}': 1.0},
        {'interfaces_scopes_running{type="http"}': 0.0},
    )

    def asked() -> None:
        fake.gauges = one if fake.asked < 3 else none
        if fake.asked == 5:
            fake.end()

    fake.on_asked = asked
    with served(fake) as where:
        result = cli("drain", "--ops", where)
    assert (result.code, result.err, fake.stopped) == (0, "", 1)
    assert result.out.splitlines() == [
        f"draining process {os.getpid()}",
        "waiting for scopes (http 1)",
        "waiting for the end of the process",
        "ended",
    ]


def test_what_does_not_end_in_time_is_1(cli: Cli) -> None:
    """It goes on draining, and that is said."""
    with served(FakeOps()) as where:
        result = cli("drain", "--ops", where, "--timeout", "0.05")
    assert result.code == 1
    assert result.out.endswith("it has not ended after 0.05 s, and goes on draining\n")


def test_a_port_that_others_reach_does_not_drain(cli: Cli) -> None:
    """The operator is told what does."""
    fake = FakeOps()
    with served(fake, "0.0.0.0:0") as where:
        result = cli("drain", "--ops", where)
    assert (result.code, fake.stopped) == (2, 0)
    assert "loopback address or a unix socket" in result.err and "--pid" in result.err


def test_nobody_there_is_1(cli: Cli) -> None:
    """There is nothing to drain, or it cannot be seen."""
    result = cli("drain", "--ops", free())
    assert (result.code, result.out) == (1, "")
    assert "no operations port answers" in result.err


@pytest.mark.parametrize("descriptors", [True, False])
def test_a_process_is_told_by_signal(cli: Cli, monkeypatch: pytest.MonkeyPatch, descriptors: bool) -> None:
    """SIGTERM, once; its end is waited for, with a descriptor of it where the system has those."""
    started = program(PATIENT)
    if not descriptors:
        monkeypatch.delattr(os, "pidfd_open", raising=False)
        monkeypatch.setattr(module, "_there", lambda pid: started.poll() is None)
    result = cli("drain", "--pid", str(started.pid))
    assert (result.code, result.err) == (0, "")
    assert result.out == f"draining process {started.pid}: waiting for its end\nended\n"
    assert started.wait(5) == 0
    started.communicate()


def test_a_process_that_does_not_end_is_1(cli: Cli) -> None:
    """After the time that was given."""
    started = program(DEAF)
    result = cli("drain", "--pid", str(started.pid), "--timeout", "0.05")
    assert result.code == 1 and "it has not ended after 0.05 s" in result.out
    assert started.poll() is None
    started.communicate()


def test_no_such_process_is_2(cli: Cli) -> None:
    """One that has ended already is none."""
    started = program(PATIENT)
    started.terminate()
    started.communicate()
    result = cli("drain", "--pid", str(started.pid))
    assert (result.code, result.err) == (2, f"interfaces: --pid {started.pid}: there is no such process\n")
    assert not module._there(started.pid) and module._there(os.getpid())


def test_another_users_process_is_2(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in one line."""

    def kill(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(module.os, "kill", kill)
    result = cli("drain", "--pid", str(os.getpid()))
    assert (result.code, result.err) == (2, f"interfaces: --pid {os.getpid()}: this user may not end it\n")


@pytest.mark.parametrize(
    "arguments", [("--pid", "0"), ("--pid", "-1"), ("--pid", "1", "--ops", ":9000"), ("--ops", "fd:3")]
)
def test_what_makes_no_sense_is_2(cli: Cli, arguments: tuple[str, ...]) -> None:
    """0 and negative numbers are groups of processes, which nobody means."""
    assert cli("drain", *arguments).code == 2
