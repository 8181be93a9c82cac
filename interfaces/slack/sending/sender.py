"""The sender of a process: what is sent to the channel ``slack.send`` from anywhere, or by a :class:`Post`, goes out.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.layers.base import KEPT, Message
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules
from interfaces.shared.sendings import Store
from interfaces.slack.installations.base import Installations
from interfaces.slack.options import SlackOptions
from interfaces.slack.sending.client import Client
from interfaces.slack.sending.post import Post
from interfaces.slack.sending.way import CHANNEL, SlackWay, as_said, wide

__all__ = ["CROWD", "WAITING", "check", "outbox", "redacted", "sending"]

REDACTED = "(redacted)"
WAITING = 200
"""Messages that are taken ahead of their turn: channels have one a second each."""
CROWD = 100
"""Of those, the ones that wait for one method of one workspace, so that a view is opened while many are posted."""
_SECRET = ("response_url", "trigger_id")
"""What of a message lets others act: no dead letter has it."""


@asynccontextmanager
async def sending(
    options: SlackOptions,
    context: Context,
    installations: Installations,
    real: Callable[[float], float] = as_said,
) -> AsyncIterator[Post]:
    """Send while it is entered; what is on its way gets its time at the end.

    Where ``options.send`` says no, what scopes send is put on the layer, for those who do.
    ``real``: how long seconds are that Slack says; other than that in tests alone. Raises ConfigError for what cannot
    work, Unavailable without the layer's broker.
    """
    async with AsyncExitStack() as stack:
        layer = context.layer
        if layer is None:
            layer = LocalChannelLayer()
            stack.push_async_callback(layer.close)
        post = Post(layer, options.api_url)
        if not options.send:
            yield post
            return
        client = await stack.enter_async_context(Client(options.api_url, options.send_timeout))
        way = SlackWay(
            client=client,
            installations=installations,
            interval=options.send_channel_interval,
            single=not options.installations,
            real=real,
        )
        await _begin(stack, options, context, post, way)
        yield post


def check(options: SlackOptions, layer: Any) -> None:
    """ConfigError for what :func:`sending` would refuse; nothing is opened."""
    if options.send_spool and hasattr(layer, "hub"):
        raise ConfigError("--slack-send-spool: the broker of --layer keeps what waits; leave one of both out")


def outbox(options: SlackOptions, context: Context, way: SlackWay, store: Store, layer: Any) -> Outbox:
    """What takes from ``store`` and sends, as the options say."""
    rules = Rules(
        concurrency=options.send_concurrency,
        waiting=WAITING,
        rate=options.send_rate,
        burst=way.real(1.0),
        crowd=CROWD,
        wide=wide,
        lifetime=options.send_lifetime,
        keep=options.send_keep_results,
    )
    return Outbox(way, store, layer.send, rules=rules, count=context.telemetry.count)


async def _begin(
    stack: AsyncExitStack, options: SlackOptions, context: Context, post: Post, way: SlackWay
) -> None:
    store = _store(options, context, post)
    sender = outbox(options, context, way, store, post.layer)
    await store.open()
    stack.push_async_callback(store.close)
    context.keeps.append(f"{CHANNEL}, waiting in {store.describe()}")
    running = asyncio.ensure_future(sender.run())
    running.add_done_callback(partial(_ended, context))
    context.ready(CHANNEL, True)

    async def stop() -> None:
        await sender.stop(context.drain if post.drain is None else post.drain)
        await asyncio.wait({running})

    stack.push_async_callback(stop)


def _store(options: SlackOptions, context: Context, post: Post) -> Store:
    """Where messages wait: at the layer's broker, in a spool, or in memory."""
    check(options, post.layer)
    layer = post.layer
    if not options.send_spool:
        store: Store = layer.store(CHANNEL, redacted)
        return store
    spools = import_module("interfaces.shared.spool.outgoing")
    kept = spools.SpoolStore(
        Path(options.send_spool, "0"),  # as the spools of several processes are laid out
        layer.consume(CHANNEL),
        terms=spools.Terms(keep_dead=_harmless, ordered_by=KEPT[CHANNEL]),
        count=context.telemetry.count,
    )
    post.keep = kept.put
    spool: Store = kept
    return spool


def _harmless(message: Mapping[str, Any]) -> bool:
    """Whether it may be kept once it is given up; a trigger or response URL is of no use then."""
    return not any(message.get(key) for key in _SECRET)


def _ended(context: Context, running: "asyncio.Task[None]") -> None:
    """The outbox has come to an end: as it was told to, or because nothing can be taken any more."""
    error = None if running.cancelled() else running.exception()
    if error is not None:
        context.ready(CHANNEL, False, str(error))


def redacted(message: Mapping[str, Any]) -> Message:
    """``message`` without what lets others act in its name."""
    return {key: REDACTED if key in _SECRET and value else value for key, value in message.items()}
