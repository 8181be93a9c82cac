"""The fake Slack at a terminal: ``python -m interfaces.testing.slack interfaces serve slack --app bot:application``.

It serves the fake, runs the command with its tokens in the environment, does what is typed (``help`` tells how), and
prints what people would see. It ends with the command, and when there is no more to be read. Without a command it
prints the variables for one in another terminal, and serves until it is ended.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from interfaces.testing.fakes.screen import Screen
from interfaces.testing.slack import terminal
from interfaces.testing.slack.fake import FakeSlack
from interfaces.testing.slack.terminal import Terminal

__all__ = ["main"]

HURRY = {"INTERFACES_SLACK_SEND_CHANNEL_INTERVAL": "0", "INTERFACES_SLACK_SEND_RATE": "0"}
"""Nobody waits for the pace that Slack asks for, unless the environment says so."""


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
        typed = Terminal(slack, events_url=events_url)

        async def there() -> bool:
            return bool(await slack.handshake(events_url) if events_url else slack.socket.links)

        screen = Screen(
            do=typed.do, news=typed.news, there=there, variables=variables(slack, events_url), hurry=HURRY,
            help=str(terminal.__doc__).partition("::\n\n")[2].rstrip(),
        )  # fmt: skip
        return await screen.run(command)


def variables(slack: FakeSlack, events_url: str) -> dict[str, str]:
    """With which ``interfaces serve slack`` takes the fake for Slack."""
    found = {"API_URL": slack.api_url, "BOT_TOKEN": slack.bot_token}
    if events_url:
        found["SIGNING_SECRET"] = slack.signing_secret
    else:
        found["APP_TOKEN"] = slack.app_token
    return {f"INTERFACES_SLACK_{name}": value for name, value in found.items()}


if __name__ == "__main__":
    sys.exit(main())
