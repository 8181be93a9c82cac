"""A serving process under a supervisor: the sockets it was given, and the line on which it tells how it does.

The supervisor speaks by signals, and by being there: when its end of the line closes, the worker drains.
"""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, Self

__all__ = ["VARIABLE", "Worker"]

VARIABLE = "_INTERFACES_WORKER"
"""Private to supervisor and worker: {"number", "inherited": {bind: [descriptors]}, "control": descriptor}."""


class Worker:
    """What a worker knows of its supervisor."""

    def __init__(self, number: int, inherited: Mapping[str, tuple[int, ...]], control: socket.socket) -> None:
        self.number = number
        self.inherited = dict(inherited)
        """The text of a bind → the descriptors opened for it."""
        self._control = control
        self._counted: dict[str, float] = {}
        self._gauged: dict[str, float] = {}
        self._rest = b""
        """Of a line that has gone in part."""
        control.setblocking(False)

    def __repr__(self) -> str:
        return f"Worker({self.number}, {self.inherited})"

    @classmethod
    def here(cls) -> Self | None:
        """What this process was started as; None when it is no worker, and when asked a second time.

        Ctrl+C at a terminal reaches the whole group; here it is ignored, the supervisor's word counts.
        """
        text = os.environ.pop(VARIABLE, "")
        if not text:
            return None
        facts = json.loads(text)
        signal.signal(signal.SIGINT, _ignored)  # not SIG_IGN, which the application's children would inherit
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        control = socket.socket(fileno=facts["control"])
        inherited = {bind: tuple(fds) for bind, fds in facts["inherited"].items()}
        for fd in (control.fileno(), *(fd for fds in inherited.values() for fd in fds)):
            os.set_inheritable(fd, False)
        return cls(facts["number"], inherited, control)

    def tell(self, ok: bool, lines: Iterable[str], **more: Any) -> None:
        """Say whether this process may be given work, and a line a part; ``more`` is for the banner."""
        self._send({"ok": ok, "lines": list(lines), **more})

    def count(self, counts: Mapping[str, float]) -> None:
        """Say what was counted since the last time: the supervisor adds up what all of its workers say."""
        new = {
            name: n - self._counted.get(name, 0) for name, n in counts.items() if n != self._counted.get(name)
        }
        if new and self._send({"counts": new}):
            self._counted = dict(counts)

    def gauge(self, gauges: Mapping[str, float]) -> None:
        """Say what is so now, if anything has changed: the supervisor adds up what those that live say."""
        if gauges != self._gauged and self._send({"gauges": dict(gauges)}):
            self._gauged = dict(gauges)

    def _send(self, facts: Mapping[str, Any]) -> bool:
        """Say it, and whether it was heard: not while the supervisor reads nothing, nor when it is gone."""
        try:
            if self._rest:
                self._rest = self._rest[self._control.send(self._rest) :]
            if self._rest:
                return False
            line = json.dumps(facts).encode() + b"\n"
            self._rest = line[self._control.send(line) :]
        except OSError:
            return False  # on_orphaned() finds out
        return True

    def on_orphaned(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once when the supervisor is gone."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            try:
                gone = not self._control.recv(4096)
            except BlockingIOError:
                return
            except OSError:
                gone = True
            if gone:
                loop.remove_reader(self._control)
                callback()

        loop.add_reader(self._control, look)


def _ignored(number: int, frame: FrameType | None) -> None:
    """Ctrl+C is the supervisor's."""
