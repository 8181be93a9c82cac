"""A sender of a process: what is sent to a channel from anywhere, or by a posting, goes out by an outbox.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.layers.base import KEPT, Message
from interfaces.layers.local import LocalChannelLayer
from interfaces.layers.posting import Posting
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox
from interfaces.shared.sendings import Store

__all__ = ["Waiting", "dispatching", "ended", "layer_of"]


def _anything(_message: Mapping[str, Any]) -> bool:
    """Nothing of it is secret."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Where the messages of ``channel`` wait: at the layer's broker, in a spool, or in memory."""

    channel: str
    spool: str = ""
    """A directory, of this process alone; "" for none."""
    redact: Callable[[Mapping[str, Any]], Message] | None = None
    """Makes what a dead letter at a broker has of a message."""
    keep_dead: Callable[[Mapping[str, Any]], bool] = _anything
    """Whether a spool may keep a message that was given up."""

    def check(self, layer: Any) -> None:
        """ConfigError where two would keep the same messages; nothing is opened."""
        if self.spool and hasattr(layer, "hub"):
            flag = f"--{self.channel.partition('.')[0]}-send-spool"
            raise ConfigError(f"{flag}: the broker of --layer keeps what waits; leave one of both out")

    def store(self, context: Context, post: Posting) -> Store:
        """What an outbox takes them from; what ``post`` puts is kept there as well."""
        layer = post.layer
        self.check(layer)
        if not self.spool:
            store: Store = layer.store(self.channel, self.redact)
            return store
        spools = import_module("interfaces.shared.spool.outgoing")
        kept = spools.SpoolStore(
            Path(self.spool, "0"),  # as the spools of several processes are laid out
            layer.consume(self.channel),
            terms=spools.Terms(keep_dead=self.keep_dead, ordered_by=KEPT[self.channel]),
            count=context.telemetry.count,
        )
        post.keep = kept.put
        spool: Store = kept
        return spool


@asynccontextmanager
async def layer_of(context: Context) -> AsyncIterator[Any]:
    """The layer of the process; without one, one in memory."""
    async with AsyncExitStack() as stack:
        layer = context.layer
        if layer is None:
            layer = LocalChannelLayer()
            stack.push_async_callback(layer.close)
        yield layer


@asynccontextmanager
async def dispatching(outbox: Outbox, context: Context, post: Posting, by: str = "") -> AsyncIterator[None]:
    """Send while it is entered; on leaving, what is on its way gets ``post.drain`` seconds, else the rest.

    ``by``: which way it goes, for the line that is said at the start. Raises ConfigError where the broker keeps less
    than is asked for; Unavailable without it.
    """
    name, store = outbox.way.name, outbox.store
    async with AsyncExitStack() as stack:
        await store.open()
        stack.push_async_callback(store.close)
        context.keeps.append(f"{name}{by and f' by {by}'}, waiting in {store.describe()}")
        running = asyncio.ensure_future(outbox.run())
        running.add_done_callback(partial(ended, context, name))
        context.ready(name, True)

        async def stop() -> None:
            await outbox.stop(context.left() if post.drain is None else post.drain)
            await asyncio.wait({running})

        stack.push_async_callback(stop)
        yield


def ended(context: Context, name: str, running: "asyncio.Task[None]") -> None:
    """What takes from a store has come to an end: as it was told to, or because nothing can be taken any more."""
    error = None if running.cancelled() else running.exception()
    if error is not None:
        context.ready(name, False, str(error))
