"""Phones at a terminal: ``python -m interfaces.testing.sms interfaces serve sms --app desk:application``.

It serves the fake provider, runs the command with an account at it in the environment, texts what is typed (``help``
tells how), and prints what phones receive. It ends with the command, and when there is no more to be read. Without a
command it prints the variable for one in another terminal, and serves until it is ended.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

import aiohttp

from interfaces.testing.fakes.screen import Screen
from interfaces.testing.sms import terminal
from interfaces.testing.sms.fake import FakeSms
from interfaces.testing.sms.terminal import Terminal

__all__ = ["main"]

WEBHOOK = "http://127.0.0.1:8001/sms/fake"
"""Where ``interfaces serve sms`` takes what is posted, unless it is told otherwise."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code is the command's."""
    parser = argparse.ArgumentParser(
        "python -m interfaces.testing.sms",
        description="A fake provider of short messages, with phones, for one app.",
    )
    parser.add_argument("--port", type=int, default=0, help="of the fake; a free one unless given")
    parser.add_argument(
        "--webhook", default=WEBHOOK, metavar="URL", help=f"where the app is; {WEBHOOK} unless given"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help="what to run, with its arguments")
    given = parser.parse_args(arguments)
    try:
        return asyncio.run(serve(given.port, given.webhook, given.command))
    except KeyboardInterrupt:
        return 0


async def serve(port: int, webhook: str, command: list[str]) -> int:
    """Serve the fake on ``port``, and do what is read; the exit code."""
    async with FakeSms(port=port) as sms:
        sms.webhook = webhook
        typed = Terminal(sms)
        screen = Screen(
            do=typed.do, news=typed.news, there=lambda: there(webhook), variables=sms.variables,
            help=str(terminal.__doc__).partition("::\n\n")[2].rstrip(),
        )  # fmt: skip
        return await screen.run(command)


async def there(webhook: str) -> bool:
    """Whether the app refuses what is not signed: so that it is there, and takes what is."""
    try:
        async with aiohttp.ClientSession() as session, session.post(webhook, json={}) as answer:
            return answer.status == 403
    except aiohttp.ClientError:
        return False


if __name__ == "__main__":
    sys.exit(main())
