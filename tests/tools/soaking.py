"""Soaks that run side by side: half of their time is waiting, and each test waits for its own."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import IO

from tests.tools.loading import ROOT

__all__ = ["Run", "Soaks"]

LONGEST = 110.0
"""Seconds for one run: a test has no more."""


@dataclass
class Run:
    """One that has been started. ``output`` is a file: nobody reads while others are waited for."""

    process: subprocess.Popen[bytes]
    output: IO[bytes]

    def ended(self) -> tuple[int, str]:
        """Its exit code, and what it said."""
        code = self.process.wait(LONGEST)
        self.output.seek(0)
        return code, self.output.read().decode()

    def end(self) -> None:
        """Kill what is left of it."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Soaks(dict[str, Run]):
    """Runs by their names."""

    @classmethod
    @contextmanager
    def started(cls, tool: str, runs: Mapping[str, Sequence[str]]) -> Iterator["Soaks"]:
        """Start all ``runs``, name → arguments, of ``tools/TOOL``; in the end nothing of them is left."""
        with ExitStack() as stack:
            soaks = cls()
            for name, words in runs.items():
                output = stack.enter_context(tempfile.TemporaryFile())
                command = [sys.executable, str(ROOT / "tools" / tool), *words]
                process = subprocess.Popen(command, stdout=output, stderr=output, process_group=0)
                soaks[name] = Run(process, output)
                stack.callback(soaks[name].end)
            yield soaks
