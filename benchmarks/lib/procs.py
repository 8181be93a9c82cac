"""Run the servers under test; account for their CPU time and memory."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

__all__ = ["NotStarted", "Server", "cpu_ns", "free_port", "run_tool", "tree"]

NOFILE = 20000


class NotStarted(Exception):  # noqa: N818 - what happened, not whose mistake
    """The server ended, or did not listen in time; the argument is the end of its log."""


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Whether someone listens on ``port``.

    Asks the kernel: a connection that only comes and goes is something that not every server gets over.
    """
    end = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in _read(Path(table)).splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[1].endswith(end):
                return True
    return False


def tree(pid: int) -> list[int]:
    """``pid`` and all its descendants."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(path).split():
            found += tree(int(child))
    return found


def cpu_ns(pids: Iterable[int]) -> int:
    """Nanoseconds that all threads of ``pids`` have spent on a CPU.

    The first field of ``schedstat`` is exact where ``/proc/PID/stat`` counts ticks. Threads
    that have ended are only in the clock of their process, so the larger of both counts.
    """
    total = 0
    for pid in pids:
        threads = sum(
            int((_read(path) or "0").split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )
        try:
            total += max(threads, time.clock_gettime_ns((~pid << 3) | 2))
        except OSError:
            total += threads
    return total


def memory_kb(pid: int, field: str) -> int:
    """``VmRSS`` or ``VmHWM`` of one process."""
    for line in _read(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1])
    return 0


def run_tool(argv: Sequence[str | Path], cpu: int | None, timeout: float) -> str:
    """What a load tool prints; RuntimeError when it fails."""
    done = subprocess.run(
        [str(a) for a in argv],
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        preexec_fn=lambda: _prepare(cpu),
    )
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-200:] or f"exit {done.returncode}")
    return done.stdout


class Server:
    """One server process with its children, bound to one CPU, in a context manager."""

    def __init__(  # noqa: PLR0913 - what a process is made of
        self,
        name: str,
        argv: Sequence[str | Path],
        port: int,
        *,
        cwd: Path,
        env: Mapping[str, str],
        cpu: int | None,
        log: Path,
        patience: float = 20,
    ) -> None:
        self.name, self.port = name, port
        self._argv = [str(a) for a in argv]
        self._cwd, self._env, self._cpu, self._log, self._patience = cwd, env, cpu, log, patience

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    self._argv,
                    cwd=self._cwd,
                    env={**os.environ, **self._env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=lambda: _prepare(self._cpu),  # noqa: PLW1509 - there are no threads
                )
            except OSError as error:
                raise NotStarted(str(error)) from None
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self) -> None:
        end = time.monotonic() + self._patience
        while self._process.poll() is None and time.monotonic() < end:
            if listens(self.port):
                time.sleep(0.3)
                return
            time.sleep(0.05)
        raise NotStarted(_read(self._log).strip()[-200:] or "did not listen")

    @property
    def pids(self) -> list[int]:
        """The process and its descendants."""
        return tree(self._process.pid)

    def cpu_ns(self) -> int:
        """CPU time so far."""
        return cpu_ns(self.pids)

    def peak_mb(self) -> float:
        """Peak memory of the biggest process (a master that shares its pages counts once)."""
        return max(memory_kb(pid, "VmHWM") for pid in self.pids) / 1024

    def rss_kb(self) -> int:
        """Memory of all processes now."""
        return sum(memory_kb(pid, "VmRSS") for pid in self.pids)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for whatever is left after three seconds."""
        pids = self.pids
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in pids[1:]:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _prepare(cpu: int | None) -> None:
    """In the child: bind it to a CPU and let it open many files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = NOFILE if hard == resource.RLIM_INFINITY else min(NOFILE, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})
