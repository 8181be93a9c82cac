"""What the system says of this process."""

import os
from math import isnan
from pathlib import Path

import pytest

from interfaces.runner import ops_process
from interfaces.shared.metrics import METRICS


def test_processor_time_goes_up() -> None:
    """By what is computed."""
    before = ops_process.cpu()
    sum(range(100_000))
    assert ops_process.cpu() > before > 0


def test_a_descriptor_more_is_one_more() -> None:
    """The one that it is counted by is not among them."""
    before = ops_process.open_fds()
    fd = os.open("/dev/null", os.O_RDONLY)
    try:
        assert ops_process.open_fds() == before + 1
    finally:
        os.close(fd)


def test_without_proc_it_says_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """The most memory that there was; of descriptors nothing."""

    def none(self: Path, *args: object) -> None:
        raise OSError

    here = ops_process.memory()
    monkeypatch.setattr(Path, "read_bytes", none)
    monkeypatch.setattr(Path, "iterdir", none)
    assert ops_process.memory() > here / 10
    assert isnan(ops_process.open_fds())


@pytest.mark.parametrize("name", list(ops_process.GAUGES))
def test_each_is_in_the_table_and_a_number(name: str) -> None:
    """A gauge, of something that is there."""
    assert METRICS[name].kind == "gauge"
    assert ops_process.GAUGES[name]() >= 0
