"""A fake at a terminal, beside the app that it is for: what is typed is done, and what is to be seen is printed."""

import asyncio
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

__all__ = ["Screen", "say"]

QUIET = 0.8
"""Seconds without news, after which the next line that was piped in is read."""
LOOK = 0.1
"""Seconds between two looks."""
PATIENCE = 60.0
"""Seconds for the app to be there, and for it to end."""


@dataclass(slots=True, kw_only=True)
class Screen:
    """What is typed goes to the fake, and what is to be seen there is printed."""

    do: Callable[[str], Awaitable[str]]
    """Does a line, and gives what went wrong with it, or ""."""
    news: Callable[[], list[str]]
    """What is new to be seen."""
    there: Callable[[], Awaitable[bool]]
    """Whether the app can be told something."""
    help: str
    variables: Mapping[str, str]
    """With which an app takes the fake for the service."""
    hurry: Mapping[str, str] = field(default_factory=dict)
    """More of them, unless the environment says otherwise."""
    quiet_since: float = field(default_factory=time.monotonic)

    async def run(self, command: Sequence[str]) -> int:
        """Beside ``command``, or alone without one; the exit code."""
        showing = asyncio.ensure_future(self._show())
        try:
            return await (self._beside(command) if command else self._alone())
        finally:
            showing.cancel()
            self._look()

    async def _alone(self) -> int:
        """Do what is typed, and go on until the process is ended."""
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        for name, value in self.variables.items():
            say(f"export {name}={shlex.quote(value)}")
        typing = asyncio.ensure_future(self._typed())
        await over.wait()
        typing.cancel()
        return 0

    async def _beside(self, command: Sequence[str]) -> int:
        """Run ``command``, until it ends or there is no more to be done; its exit code."""
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**self.hurry, **os.environ, **self.variables},
            stdin=asyncio.subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for us, who end it once: a second signal would cut what is in flight
        )
        ended = asyncio.ensure_future(child.wait())
        typing = asyncio.ensure_future(self._typed(None if sys.stdin.isatty() else PATIENCE))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, typing.cancel)
        try:
            await asyncio.wait({ended, typing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            typing.cancel()
            with suppress(ProcessLookupError):
                child.terminate()
            code = await asyncio.wait_for(ended, PATIENCE)
        if typing.done() and not typing.cancelled() and isinstance(typing.exception(), TimeoutError):
            say(f"the app has not come within {PATIENCE:g} s")
            return code or 1
        return code

    async def _typed(self, patience: float | None = None) -> None:
        """Once the app is there, do line by line what is typed, until there is no more.

        TimeoutError when it has not come within ``patience`` seconds.
        """
        at_terminal = sys.stdin.isatty()
        async with asyncio.timeout(patience):
            while not await self.there():  # noqa: ASYNC110 - no event tells it
                await asyncio.sleep(LOOK)
        if at_terminal:
            say("the app is there; help tells what can be typed")
        async for line in _lines():
            if line.strip() == "help":
                say(self.help)
            elif problem := await self.do(line):
                say(problem)
            self.quiet_since = time.monotonic()
            while not at_terminal and time.monotonic() - self.quiet_since < QUIET:  # noqa: ASYNC110 - time passes
                await asyncio.sleep(LOOK)

    async def _show(self) -> None:
        """Print what is new, for ever."""
        while True:
            self._look()
            await asyncio.sleep(LOOK)

    def _look(self) -> None:
        """Print what is new."""
        for line in self.news():
            self.quiet_since = time.monotonic()
            say(line)


async def _lines() -> AsyncIterator[str]:
    """What stdin has, which is read in a thread: nothing else can wait for it and be ended."""
    loop = asyncio.get_running_loop()
    found: asyncio.Queue[str] = asyncio.Queue()

    def put(line: str) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(found.put_nowait, line)

    def read() -> None:
        left = b""
        while more := os.read(0, 65_536):  # sys.stdin has a lock, on which the interpreter would end badly
            *whole, left = (left + more).split(b"\n")
            for line in whole:
                put(line.decode("utf-8", "replace") + "\n")
        put(left.decode("utf-8", "replace"))
        put("")

    threading.Thread(target=read, daemon=True).start()
    while line := await found.get():
        yield line


def say(line: str) -> None:
    """Print it now."""
    print(line, flush=True)  # noqa: T201 - it is a command
