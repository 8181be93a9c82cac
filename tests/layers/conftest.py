"""Brokers for the tests: one for all that no test may hurt, and fresh ones to kill."""

import os
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import hiredis
import pytest

from interfaces.layers.embedded import Embedded


class Broker:
    """A running valkey-server. ``hosts`` for a layer, ``prefix`` for this test alone, ``command`` to look inside."""

    def __init__(self, server: Embedded, prefix: str) -> None:
        self.server = server
        self.prefix = prefix
        self._stopped = 0

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def hosts(self) -> list[str]:
        return [self.url]

    def command(self, *words: Any, timeout: float = 10) -> Any:
        """A command over a connection of its own; an error of the broker is raised."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(timeout)
            sock.connect(self.server.path)
            sock.sendall(hiredis.pack_command(words))
            reader = hiredis.Reader()
            while (reply := reader.gets()) is False:
                if not (data := sock.recv(65536)):
                    raise ConnectionError("the broker closed the connection")
                reader.feed(data)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @property
    def pid(self) -> int:
        info = self.command("INFO", "server").decode()
        return int(info.partition("process_id:")[2].split()[0])

    def pause(self) -> None:
        """SIGSTOP: connections stay, nobody answers."""
        self._stopped = self.pid
        os.kill(self._stopped, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self._stopped, signal.SIGCONT)
        self._stopped = 0

    def kill(self) -> None:
        """kill -9, and wait for the end."""
        os.kill(self.pid, signal.SIGKILL)
        self.server.join()

    def restart(self) -> None:
        """Start again on the same socket, with what the append-only file has."""
        self.server.close()
        self.server.start()

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Ended when left: it writes no more into its directory."""
        if self._stopped:
            self.go_on()
        self.server.close()
        self.server.join()


TEST_OPTIONS = {"enable-debug-command": "local", "loglevel": "warning"}


@pytest.fixture(scope="session")
def _server() -> Iterator[Embedded]:
    with Embedded(options=TEST_OPTIONS) as server:
        yield server


@pytest.fixture
def broker(_server: Embedded) -> Broker:
    """The session's broker; keys and channels of a test begin with its ``prefix``."""
    return Broker(_server, "t" + uuid.uuid4().hex[:12])


@pytest.fixture
def fresh_broker() -> Iterator[Callable[..., Broker]]:
    """Makes brokers of this test's own: append-only, always synced, restartable; more options as keywords."""
    made: list[Broker] = []
    with tempfile.TemporaryDirectory(prefix="ib-") as folder:

        def make(**options: str) -> Broker:
            directives = TEST_OPTIONS | {name.replace("_", "-"): value for name, value in options.items()}
            server = Embedded(Path(folder, str(len(made))), appendonly=True, fsync=True, options=directives)
            made.append(Broker(server, "t" + uuid.uuid4().hex[:12]))
            return made[-1].__enter__()

        yield make
        for one in made:
            one.__exit__()


def until(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for something in another process; asserts that it came."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.002)
