"""Limits of files against connections, and what Python there is."""

import resource

import pytest

from interfaces.http_ws.interface import HttpWs
from interfaces.http_ws.options import HttpWsOptions
from interfaces.runner.diagnosis import machine
from interfaces.runner.diagnosis.machine import limits, python
from interfaces.runner.options import ServeOptions


@pytest.mark.parametrize(
    ("soft", "level"), [(1024, "warning"), (1_000_000, "ok"), (resource.RLIM_INFINITY, "ok")]
)
def test_connections_need_descriptors(monkeypatch, soft, level):
    """All that the options allow, the threads, and some more; the mend says the number."""
    monkeypatch.setattr(machine.resource, "getrlimit", lambda which: (soft, 4096))
    served = HttpWs(HttpWsOptions(max_connections=5000))
    (finding,) = limits(ServeOptions(threads=44), [served])
    assert finding.level == level
    assert "5300" in finding.what
    assert level == "ok" or "ulimit -n 5300 (at most 4096 without root)" in finding.mend


def test_a_loop_that_could_be_faster(monkeypatch):
    """Only where it is wanted and not there."""
    real = machine.find_spec
    assert [one.level for one in python(ServeOptions())] == ["ok"]
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name == "uvloop" else real(name))
    assert [one.level for one in python(ServeOptions())] == ["ok", "warning"]
    assert [one.level for one in python(ServeOptions(loop="asyncio"))] == ["ok"]


def test_a_part_that_was_not_compiled(monkeypatch):
    """It masks WebSockets; nothing is said where the package is not there at all."""
    real = machine.find_spec
    lacking = {"websockets.speedups"}
    monkeypatch.setattr(machine, "find_spec", lambda name: None if name in lacking else real(name))
    (_, finding) = python(ServeOptions())
    assert (finding.level, "compiled part" in finding.what) == ("warning", True)
    lacking.add("websockets")
    assert len(list(python(ServeOptions()))) == 1


def test_whether_modules_are_compiled_is_said():
    """By what the import system would load."""
    (finding,) = python(ServeOptions())
    assert finding.what.endswith(("compiled modules", "plain modules"))
