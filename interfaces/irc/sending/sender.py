"""The sender of a process: what is sent to the channel ``irc.send`` from anywhere goes out by the networks it is in.

Without a channel layer there is one in memory for it alone: then what scopes send to other networks is sent, and nobody
else reaches it. Where only one container is in a network, only that takes what is sent there, as far as can be known.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from interfaces.irc.client import Networks
from interfaces.irc.options_client import ClientOptions
from interfaces.irc.sending.way import AGAIN, CHANNEL, IrcWay, checked
from interfaces.layers.base import Message
from interfaces.layers.dispatching import Waiting, dispatching, layer_of
from interfaces.layers.posting import Posting
from interfaces.shared.asgi import Event
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules

__all__ = ["AT_ONCE", "CROWD", "WAITING", "Post", "check", "sending"]

WAITING: Final = 200
"""Messages that are taken ahead of their turn."""
CROWD: Final = 100
"""Of those, the ones that wait for one network."""
AT_ONCE: Final = 20
"""Messages that are on their way to one network: they wait there for their turn."""


class Post(Posting):
    """``await post(message)`` puts what a scope says to another network on its way; made for one process."""

    def __init__(self, layer: Any) -> None:
        super().__init__(layer, CHANNEL, "irc.result", _checked)

    def unheard(self, name: Any, said: str) -> Event:
        """A result that says that nobody knows."""
        return {**super().unheard(name, said), "status": "uncertain"}


async def _checked(message: Message) -> None:
    checked(message)


class _Ours(Outbox):
    """Takes nothing while all networks are another container's."""

    ours: Callable[[], bool]

    async def _take(self) -> bool:
        while not self.ours() and not self._stopping.is_set():
            try:
                async with asyncio.timeout(AGAIN):
                    await self._stopping.wait()
            except TimeoutError:
                pass
        return await super()._take()


@asynccontextmanager
async def sending(options: ClientOptions, context: Context, networks: Networks) -> AsyncIterator[Post]:
    """Send while it is entered; what is on its way gets its time at the end.

    Where ``options.send`` says no, what scopes send is put on the layer, for those who do. Raises ConfigError for what
    cannot work, Unavailable without the layer's broker.
    """
    async with layer_of(context) as layer:
        post = networks.post = Post(layer)
        try:
            if not options.send:
                yield post
                return
            store = _waiting(options).store(context, post)
            rules = Rules(
                concurrency=options.send_concurrency,
                waiting=WAITING,
                at_once=AT_ONCE,
                crowd=CROWD,
                wide=str,
                lifetime=options.send_lifetime,
                keep=options.send_keep_results,
            )
            way = IrcWay(networks=networks)
            outbox = _Ours(way, store, layer.send, rules=rules, count=context.telemetry.count)
            outbox.ours = networks.ours
            async with dispatching(outbox, context, post):
                yield post
        finally:
            networks.post = None


def check(options: ClientOptions, layer: Any) -> None:
    """ConfigError for what :func:`sending` would refuse; nothing is opened."""
    _waiting(options).check(layer)


def _waiting(options: ClientOptions) -> Waiting:
    return Waiting(channel=CHANNEL, spool=options.send_spool)
