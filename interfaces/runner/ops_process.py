"""What the system says of this process; nan for what it does not say."""

import resource
import sys
import time
from collections.abc import Callable, Mapping
from math import nan
from pathlib import Path

from interfaces.shared.strand import pool

__all__ = ["GAUGES", "cpu", "memory", "open_fds"]

_STARTED = time.time()
_PAGE = resource.getpagesize()


def cpu() -> float:
    """Seconds of processor time."""
    return time.process_time()


def memory() -> float:
    """Bytes in memory; where there is no /proc, the most that there were."""
    try:
        return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def open_fds() -> float:
    """Descriptors that are open."""
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return sum(1 for _ in Path(folder).iterdir()) - 1  # the one that it is read by
        except OSError:
            continue
    return nan


def _max_fds() -> float:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return nan if soft == resource.RLIM_INFINITY else soft


GAUGES: Mapping[str, Callable[[], float]] = {
    "process.resident_memory": memory,
    "process.open_fds": open_fds,
    "process.max_fds": _max_fds,
    "process.start_time": lambda: _STARTED,
    "threads": lambda: pool().threads,
    "threads.busy": lambda: pool().busy,
    "threads.waiting": lambda: pool().waiting,
    "processes": lambda: 1,
}
