"""Soaks that run side by side: half of their time is waiting, and each test waits for its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from tests.tools.loading import ROOT

__all__ = ["Soaks"]

AT_ONCE = 2
"""Runs of one file; several files are run at once, and what a loaded machine does late is no defect."""
LONGEST = 110.0
"""Seconds for one run: a test has no more."""


class Soaks:
    """Runs by their names; the tests ask for them in the order in which they are started."""

    def __init__(self, runs: dict[str, "Future[tuple[int, str]]"]) -> None:
        self._runs = runs

    def __contains__(self, name: str) -> bool:
        return name in self._runs

    def ended(self, name: str) -> tuple[int, str]:
        """The exit code of that run, and what it said."""
        return self._runs[name].result()

    @classmethod
    @contextmanager
    def started(cls, tool: str, runs: Mapping[str, Sequence[str]]) -> Iterator["Soaks"]:
        """Run ``tools/TOOL`` with the arguments of each name; in the end nothing of it is left."""
        processes: list[subprocess.Popen[str]] = []

        def run(words: Sequence[str]) -> tuple[int, str]:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "tools" / tool), *words],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0,
            )  # fmt: skip
            processes.append(process)
            try:
                said, _ = process.communicate(timeout=LONGEST)
                return process.returncode, said
            finally:
                _end(process)
                processes.remove(process)

        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            yield cls({name: pool.submit(run, words) for name, words in runs.items()})
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes.copy():  # each leaves it when it has ended
                _end(process)
            pool.shutdown()


def _end(process: subprocess.Popen[str]) -> None:
    """Kill it with all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
