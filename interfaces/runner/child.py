"""A worker process, seen from its supervisor."""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess  # nosec B404 - starts ourselves again
import sys
from collections.abc import Callable, Mapping
from typing import Any

from interfaces.runner.worker import VARIABLE
from interfaces.shared.errors import ConfigError

__all__ = ["Child", "command", "ending"]

log = logging.getLogger("interfaces.runner")

MANAGER = frozenset(
    {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}
)
"""What a service manager says to the supervisor alone."""


def command() -> list[str]:
    """The words that start this program again. ConfigError where it is no program, but a prompt."""
    if not getattr(sys.modules["__main__"], "__file__", None):
        raise ConfigError("several workers, and --reload, need a program that can be started again: "
                          "a file, a module or the command interfaces")  # fmt: skip
    return [sys.executable, *sys.orig_argv[1:]]


def ending(code: int) -> str:
    """How a process ended, in words; ``code`` as subprocess has it, a signal negative."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _uncounted(counts: Mapping[str, float]) -> None:
    """Where nobody adds up."""


class Child:
    """Starts a process at once, with ``inherited`` sockets; OSError when the system cannot.

    Whoever gets SIGCHLD calls :meth:`poll`. ``on_change`` is called when it says how it does, and at its end;
    ``on_counts`` with what it has counted since the last time.
    """

    def __init__(
        self,
        number: int,
        inherited: Mapping[str, tuple[int, ...]],
        on_change: Callable[["Child"], None],
        on_counts: Callable[[Mapping[str, float]], None] = _uncounted,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.number = number
        self.began = self._loop.time()
        self._up: asyncio.Future[bool] = self._loop.create_future()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self.ok = False
        """Whether it may be given work."""
        self.lines: list[str] = ["starting"]
        self.gauges: dict[str, float] = {}
        """What it said last of what is so now."""
        self.told = False
        """Whether it was asked to end."""
        self.banner: tuple[list[str], str] = ([], "")
        """What listens where, and the loop's name; there when it is up."""
        self._on_change = on_change
        self._on_counts = on_counts
        self._buffer = b""
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            try:
                self._process = _start(number, inherited, theirs)
            except OSError:
                self._control.close()
                raise
        self._loop.add_reader(self._control, self._read)

    def __repr__(self) -> str:
        return f"worker {self.number} (pid {self.pid})"

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def was_up(self) -> bool:
        """Whether it ever was ready."""
        return self._up.done() and self._up.result()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return not self._ended.done()

    async def up(self) -> bool:
        """Wait until it is ready, or False: it ended before that."""
        await asyncio.wait({self._up})
        return self._up.result()

    async def ended(self) -> int:
        """Wait for its exit code, which is negative after a signal."""
        await asyncio.wait({self._ended})
        return self._ended.result()

    def poll(self) -> None:
        """Look whether the process has ended."""
        code = self._process.poll()
        if code is None or self._ended.done():
            return
        while self._read():
            pass  # all that it has said
        self._loop.remove_reader(self._control)
        self._control.close()
        self.ok, self.lines, self.gauges = False, [ending(code)], {}
        self._ended.set_result(code)
        if not self._up.done():
            self._up.set_result(False)
        self._on_change(self)

    def drain(self) -> None:
        """Ask it to finish what it does, and end; once, since it takes a second signal for impatience."""
        if self.alive and not self.told:
            self._process.terminate()
        self.told = True

    def kill(self) -> None:
        """End it now."""
        self.told = True
        if self.alive:
            self._process.kill()

    async def end(self, seconds: float) -> int:
        """Drain it, and kill it after ``seconds``; the exit code."""
        self.drain()
        await asyncio.wait({self._ended}, timeout=seconds)
        if self.alive:
            log.warning("%r was not done after %g s and is killed", self, seconds)
            self.kill()
        return await self.ended()

    def _read(self) -> bool:
        """Take what the worker says, if there is any; that it fell silent is for :meth:`poll` to explain."""
        try:
            data = self._control.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._control)
            return False
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._told(json.loads(line))
        return True

    def _told(self, facts: dict[str, Any]) -> None:
        if "counts" in facts:
            self._on_counts(facts["counts"])
            return
        if "gauges" in facts:
            self.gauges = facts["gauges"]
            return
        self.ok, self.lines = facts["ok"], facts["lines"]
        if "where" in facts and not self._up.done():
            self.banner = (facts["where"], facts["loop"])
            self._up.set_result(True)
        self._on_change(self)


def _start(
    number: int, inherited: Mapping[str, tuple[int, ...]], control: socket.socket
) -> subprocess.Popen[bytes]:
    facts = {"number": number, "inherited": inherited, "control": control.fileno()}
    environ = {name: value for name, value in os.environ.items() if name not in MANAGER}
    environ[VARIABLE] = json.dumps(facts)
    # Until the worker has its own handler, Ctrl+C would end it with a traceback.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        fds = {control.fileno(), *(fd for each in inherited.values() for fd in each)}
        return subprocess.Popen(command(), env=environ, pass_fds=sorted(fds))  # noqa: S603 - our own words
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
