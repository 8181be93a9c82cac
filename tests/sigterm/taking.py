"""A process that takes things under load, is told to stop, and is asked what it has done."""

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

from tests.process.server import Server

APP = "tests.sigterm.app:application"
DRAIN = 8
"""Seconds that --drain says: far more than what is in flight takes."""


class Taking(Server):
    """``with Taking(tmp_path, "serve", "email", …) as server``; ``server.done`` is what its application has done."""

    def __init__(
        self, directory: Path, *words: str, env: dict[str, str] | None = None, drain: float = DRAIN
    ) -> None:
        directory.mkdir(exist_ok=True)
        self.store = directory.parent / f"{directory.name}.store"
        command = [sys.executable, "-m", "interfaces", *words]
        if "--app" not in words and "--layer" not in words:
            command += ["--app", APP]
        if words[0] == "serve":
            command += ["--no-access-log"]
        super().__init__(directory, command=[*command, "--drain", str(drain)],
                         env={"STORE": str(self.store), **(env or {})})  # fmt: skip
        self._told = 0.0

    @property
    def done(self) -> list[str]:
        """What the application has done, in the order in which it was."""
        return self.store.read_text(encoding="utf-8").split("\n")[:-1] if self.store.exists() else []

    @property
    def begun(self) -> bool:
        """Whether the application has begun with something, which it tells where BEGUN is in its environment."""
        return self.store.with_suffix(".begun").exists()

    async def listens(self, name: str) -> int:
        """The port on which ``name`` is served, when it is."""
        pattern = rf"{name} on [^\n]*?127\.0\.0\.1:(\d+)"
        return int((await asyncio.to_thread(self.wait_for, pattern))[1])

    def tell(self) -> None:
        """SIGTERM."""
        self._told = time.monotonic()
        self.signal(signal.SIGTERM)

    async def stopped(self) -> None:
        """Wait for its end: with 0, within --drain, nothing cut and nothing raised."""
        assert await asyncio.to_thread(self.ended) == 0, self.said
        assert time.monotonic() - self._told < DRAIN
        assert self.said.count("interfaces: stopped") == 1
        assert "Traceback" not in self.said and " cut " not in self.said, self.said


async def until(condition: Any, seconds: float = 20.0) -> None:
    """Wait for ``condition()``."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def refused(port: int) -> bool:
    """Whether nobody listens there any more."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    writer.close()
    return False
