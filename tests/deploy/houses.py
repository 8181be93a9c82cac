"""The same application deployed in several ways, as plain processes: the commands are those of compose.yaml."""

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from interfaces.shared.bind import Address
from tests.deploy.files import compose
from tests.process.server import Server, until

__all__ = ["House", "command"]

PYTHON = [sys.executable, "-m", "interfaces"]
WAYS = {"redis": [], "direct": ["--relay-bind", "127.0.0.1:0"]}
"""What an interface container is told besides, for each transport."""


def command(service: str, app: str) -> list[str]:
    """The words of a service of compose.yaml, with ports that are free and the application of a test."""
    words = compose()[service]["command"]
    changed = {"0.0.0.0:8000": "127.0.0.1:0", "0.0.0.0:9000": "127.0.0.1:0", "chat.asgi:application": app}
    return [*PYTHON, *(changed.get(word, word) for word in words)]


class House:
    """``with House(directory, "redis", app, broker) as house``: "one process", or the transport between many.

    It serves when it is entered. ``server`` listens, ``workers`` run the application; ``more`` they are told besides.
    ``env`` instead of the variables by which our own applications find the layer.
    """

    def __init__(
        self,
        directory: Path,
        way: str,
        app: str,
        broker: str,
        *more: str,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = directory
        self.way = way
        self.app = app
        self.broker = broker
        self.more = more
        self.env = env
        self.workers: list[Server] = []
        self._stack = contextlib.ExitStack()
        self._number = 0

    def __repr__(self) -> str:
        return f"<House {self.way}>"

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._stack = stack
            if self.way == "one process":
                self.server = self._started(*PYTHON, "serve", "http", "ws", "--app", self.app,
                                            "--http-bind", "127.0.0.1:0", "--no-access-log")  # fmt: skip
            else:
                self.server = self._started(*command("http_ws", self.app), *WAYS[self.way])
                for _ in range(compose()["worker"]["deploy"]["replicas"]):
                    self.hire()
            until(lambda: self.server.get("/scope")[0])
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def address(self) -> Address:
        """Where it listens."""
        return Address(kind="tcp", host="127.0.0.1", port=self.server.port)

    def hire(self) -> Server:
        """A further worker, once it is ready."""
        worker = self._started(*command("worker", self.app), *self.more)
        worker.wait_for("interfaces: worker for")
        self.workers.append(worker)
        return worker

    def _started(self, *words: str) -> Server:
        self._number += 1
        folder = self.directory / f"{self.way}-{self._number}".replace(" ", "-")
        folder.mkdir()
        return self._stack.enter_context(Server(folder, command=[*words], env=self._variables()))

    def _variables(self) -> Mapping[str, str]:
        if self.env is not None or self.way == "one process":
            return self.env or {}
        layer = f"{self.broker}{'&' if '?' in self.broker else '?'}prefix={self.way}"
        return {"INTERFACES_LAYER": layer, "REDIS_URL": self.broker, "PREFIX": self.way}
