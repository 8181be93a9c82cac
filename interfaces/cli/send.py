"""``interfaces send``: a message to a channel of the layer, from a shell."""

import asyncio
import json
import sys
from math import inf
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import click

from interfaces.cli.console_client import ConsoleClient
from interfaces.layers.base import KEPT, ChannelFull
from interfaces.layers.opening import open_layer
from interfaces.shared.errors import ConfigError, Unavailable

__all__ = ["send"]


def _message(text: str) -> dict[str, Any]:
    """The message that ``text`` is; "-": what comes from the standard input."""
    try:
        found = json.loads(sys.stdin.read() if text == "-" else text)
    except ValueError as error:
        raise click.UsageError(f"MESSAGE is no JSON: {error}") from None
    except RecursionError:
        raise click.UsageError("MESSAGE is JSON too deep to read") from None
    if not isinstance(found, dict):
        raise click.UsageError('MESSAGE is a JSON object, such as {"to": "you@example.net"}')
    return found


async def _sent(url: str, channel: str, message: dict[str, Any], wait: float) -> int:
    layer: Any = open_layer(url)
    try:
        if not hasattr(layer, "hub"):
            raise ConfigError(f"--layer {url}: nobody else hears what is sent there; name a broker")
        await layer.hub().started()
        if wait:
            message = {"id": uuid4().hex, **message, "reply_channel": await layer.new_channel("send")}
        await layer.send(channel, message)
        return await _heard(layer, message["reply_channel"], wait) if wait else 0
    finally:
        await layer.close()


async def _heard(layer: Any, channel: str, wait: float) -> int:
    """Tell the results until the final one; 0 when all is well."""
    try:
        async with asyncio.timeout(wait):
            while True:
                result = await layer.receive(channel)
                click.echo(json.dumps(result, default=str))
                if result.get("final", True):
                    return 0 if result.get("ok", True) else 1
    except TimeoutError:
        click.echo(f"interfaces: no result within {wait:g} s; the message waits, or is on its way", err=True)
        return 1


def _played(address: str, protocol: str, said: dict[str, Any]) -> int:
    """Have a simulator of the console do something, and tell what came of it; 0 when it could."""
    try:
        with ConsoleClient(address) as console:
            status, found = console.ask(f"/api/simulate/{quote(protocol)}", post=said)
    except Unavailable as error:
        click.echo(f"interfaces: {error}", err=True)
        return 1
    click.echo(json.dumps(found))
    return 0 if status == 200 else 1


@click.command("send")
@click.argument("channel")
@click.argument("message")
@click.option(
    "--layer", metavar="URL", envvar="INTERFACES_LAYER",
    help="the broker: redis://HOST, rediss://, unix:// or embedded:, or several with commas (or INTERFACES_LAYER)",
)  # fmt: skip
@click.option(
    "--console", metavar="HOST:PORT",
    help="play a peer of the process with this console instead: CHANNEL is email, sms, slack, irc, ws or http",
)  # fmt: skip
@click.option("--wait", metavar="SECONDS", type=float, default=0.0, help="wait for its result, and print it")
def send(channel: str, message: str, layer: str | None, console: str | None, wait: float) -> int:
    """Send MESSAGE, a JSON object or - for the standard input, to CHANNEL: email.send, slack.send and so on."""
    if console:
        return _played(console, channel, _message(message))
    if not layer:
        raise click.UsageError("say where the broker is: --layer URL, or --console HOST:PORT to play a peer")
    if not 0.0 <= wait < inf:
        raise click.UsageError(f"--wait {wait:g}: say seconds, 0 or more")
    content = _message(message)
    if channel in KEPT:
        content = {"type": channel, **content}
    try:
        return asyncio.run(_sent(layer, channel, content, wait))
    except (TypeError, ValueError) as error:
        raise click.UsageError(f"{channel}: {error}") from None
    except (ChannelFull, Unavailable) as error:
        click.echo(f"interfaces: {channel}: {error}", err=True)
        return 1
