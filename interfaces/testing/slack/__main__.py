"""The fake Slack at a terminal: ``python -m interfaces.testing.slack interfaces serve slack --app bot:application``.

It serves the fake, runs the command with its tokens in the environment, does what is typed (``help`` tells how), and
prints what people would see. It ends with the command, and when there is no more to be read. Without a command it
prints the variables for one in another terminal, and serves until it is ended.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from interfaces.testing.slack import terminal
from interfaces.testing.slack.fake import FakeSlack
from interfaces.testing.slack.terminal import Terminal

__all__ = ["main"]

QUIET = 0.8
"""Seconds without news, after which the next line that was piped in is read."""
HURRY = {"INTERFACES_SLACK_SEND_CHANNEL_INTERVAL": "0", "INTERFACES_SLACK_SEND_RATE": "0"}
"""Nobody waits for the pace that Slack asks for, unless the environment says so."""
LOOK = 0.1
"""Seconds between two looks."""
PATIENCE = 60.0
"""Seconds for the app to be there, and for it to end."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is the command's."""
    parser = argparse.ArgumentParser(
        "python -m interfaces.testing.slack", description="A fake Slack at a terminal, for one app."
    )
    parser.add_argument("--port", type=int, default=0, help="of the fake; a free one unless given")
    parser.add_argument("--events", default="", metavar="URL", help="post to it, in place of Socket Mode")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run, with its arguments")
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(serve(given.port, given.events, given.command))
    except KeyboardInterrupt:
        return 0


async def serve(port: int, events_url: str, command: list[str]) -> int:
    """Serve the fake on ``port``, and do what is read; the exit code."""
    async with FakeSlack(port=port) as slack:
        screen = Screen(slack, events_url)
        showing = asyncio.ensure_future(screen.show())
        try:
            return await (screen.beside(command) if command else screen.alone())
        finally:
            showing.cancel()
            screen.look()


class Screen:
    """What is typed goes to the fake, and what is to be seen there is printed."""

    def __init__(self, slack: FakeSlack, events_url: str) -> None:
        self.slack = slack
        self.events_url = events_url
        self.terminal = Terminal(slack, events_url=events_url)
        self.quiet_since = time.monotonic()

    @property
    def variables(self) -> dict[str, str]:
        """With which ``interfaces serve slack`` takes the fake for Slack."""
        found = {"API_URL": self.slack.api_url, "BOT_TOKEN": self.slack.bot_token}
        if self.events_url:
            found["SIGNING_SECRET"] = self.slack.signing_secret
        else:
            found["APP_TOKEN"] = self.slack.app_token
        return {f"INTERFACES_SLACK_{name}": value for name, value in found.items()}

    async def alone(self) -> int:
        """Do what is typed, and go on until the process is ended."""
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
        for name, value in self.variables.items():
            say(f"export {name}={value}")
        typing = asyncio.ensure_future(self.typed())
        await over.wait()
        typing.cancel()
        return 0

    async def beside(self, command: list[str]) -> int:
        """Run ``command``, until it ends or there is no more to be done; its exit code."""
        child = await asyncio.create_subprocess_exec(
            *command,
            env={**HURRY, **os.environ, **self.variables},
            stdin=asyncio.subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for us, who end it once: a second signal would cut what is in flight
        )
        ended = asyncio.ensure_future(child.wait())
        typing = asyncio.ensure_future(self.typed(None if sys.stdin.isatty() else PATIENCE))
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

    async def typed(self, patience: float | None = None) -> None:
        """Once the app is there, do line by line what is typed, until there is no more.

        TimeoutError when it has not come within ``patience`` seconds.
        """
        at_terminal = sys.stdin.isatty()
        async with asyncio.timeout(patience):
            await self._there()
        if at_terminal:
            say("the app is there; help tells what can be typed")
        async for line in _lines():
            if line.strip() == "help":
                say(str(terminal.__doc__).partition("::\n\n")[2].rstrip())
            elif problem := await self.terminal.do(line):
                say(problem)
            self.quiet_since = time.monotonic()
            while not at_terminal and time.monotonic() - self.quiet_since < QUIET:  # noqa: ASYNC110 - time passes
                await asyncio.sleep(LOOK)

    async def _there(self) -> None:
        slack, url = self.slack, self.events_url
        while not (await slack.handshake(url) if url else slack.socket.links):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(LOOK)

    async def show(self) -> None:
        """Print what is new, for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK)

    def look(self) -> None:
        """Print what is new."""
        for line in self.terminal.news():
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


if __name__ == "__main__":
    sys.exit(main())
