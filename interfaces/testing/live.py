"""A server in a thread with a loop of its own, for tests that block."""

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

from interfaces.runner.api import Server
from interfaces.shared.asgi import Application
from interfaces.shared.bind import Address

__all__ = ["LiveServer"]

_DEFAULTS: dict[str, Any] = {"drain": 1.0}


class LiveServer:
    """``with LiveServer(app, "http", "ws", http_bind=("127.0.0.1:0",)) as server``; options as of ``Server``.

    Raises on entry what keeps it from starting.
    """

    def __init__(self, app: Application, *names: str, **options: Any) -> None:
        self._server = Server(app, *names, **_DEFAULTS | options)
        self._started = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="live server")

    @property
    def addresses(self) -> list[Address]:
        """Where it listens."""
        return self._server.addresses

    @property
    def address(self) -> Address:
        """The first of them."""
        return self.addresses[0]

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            self._error = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with self._server:
            self._started.set()
            await self._stop.wait()
