"""The sender of a process: what is sent to the channel ``email.send`` from anywhere, or by a :class:`Post`, goes out.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from interfaces.email.options import EmailOptions
from interfaces.email.sending.outgoing import Outgoing, Transport
from interfaces.email.sending.post import Post
from interfaces.email.sending.reports import Reports
from interfaces.email.sending.returns import Returns, return_path, signed
from interfaces.email.sending.signing import signer
from interfaces.email.sending.transports.opening import redacted as shown
from interfaces.email.sending.transports.opening import transport
from interfaces.email.sending.way import CHANNEL, MailWay
from interfaces.layers.base import Message
from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules
from interfaces.shared.sendings import Store

__all__ = ["check", "redacted", "sending"]

REDACTED = "(redacted)"
WAITING = 100
"""Messages that are taken ahead of their turn, where each domain has a pace of its own."""
_CONTENT = ("subject", "text", "html", "raw", "attachments", "headers")
"""What of a message is not told once it is given up, where it is to be redacted."""


@asynccontextmanager
async def sending(options: EmailOptions, context: Context) -> AsyncIterator[Post]:
    """Send while it is entered, where ``options.send`` names a way; what is on its way gets its time at the end.

    Raises ConfigError for what cannot work, Unavailable without the layer's broker.
    """
    async with AsyncExitStack() as stack:
        layer = context.layer
        if layer is None:
            layer = LocalChannelLayer()
            stack.push_async_callback(layer.close)
        post = Post(layer, options.name, options.send_max_size)
        path = return_path(options.bounce_key, options.bounce_domain or options.name)
        post.returns = Returns(path, time.time) if path is not None else None
        if options.send:
            await _begin(stack, options, context, post, signed(path, time.time))
        yield post


def check(options: EmailOptions, layer: Any) -> None:
    """ConfigError for what :func:`sending` would refuse; nothing is opened."""
    return_path(options.bounce_key, options.bounce_domain or options.name)
    if options.send:
        _transport(options)
        signer(options.send_dkim)
        _check_spool(options, layer)


def _check_spool(options: EmailOptions, layer: Any) -> None:
    if options.send_spool and hasattr(layer, "hub"):
        raise ConfigError("--email-send-spool: the broker of --layer keeps what waits; leave one of both out")


async def _begin(
    stack: AsyncExitStack,
    options: EmailOptions,
    context: Context,
    post: Post,
    put_on: Callable[[Outgoing], Outgoing] | None,
) -> None:
    out = _transport(options)
    stack.push_async_callback(out.close)
    way = MailWay(
        transport=out,
        host=options.name,
        max_size=options.send_max_size,
        sign=signer(options.send_dkim),
        return_path=put_on,
        by_domain=options.send_per_domain > 0,
    )
    store = _store(options, context, post)
    rules = Rules(
        concurrency=options.send_concurrency,
        rate=options.send_rate,
        at_once=options.send_per_domain,
        waiting=WAITING if options.send_per_domain else 0,
        lifetime=options.send_lifetime,
        keep=options.send_keep_results,
    )
    outbox = Outbox(way, store, post.layer.send, rules=rules, count=context.telemetry.count)
    await store.open()
    stack.push_async_callback(store.close)
    if store.durable:  # else who is told 250 could not be sure that the report leaves
        post.reports = Reports(post.keep, options.name, time.time)
    context.keeps.append(f"{CHANNEL} by {shown(options.send)}, waiting in {store.describe()}")
    running = asyncio.ensure_future(outbox.run())
    running.add_done_callback(partial(_ended, context))
    context.ready(CHANNEL, True)

    async def stop() -> None:
        await outbox.stop(context.drain if post.drain is None else post.drain)
        await asyncio.wait({running})

    stack.push_async_callback(stop)


def _store(options: EmailOptions, context: Context, post: Post) -> Store:
    """Where messages wait: at the layer's broker, in a spool, or in memory."""
    layer = post.layer
    if not options.send_spool:
        store: Store = layer.store(CHANNEL, redacted if options.send_redact else None)
        return store
    _check_spool(options, layer)
    spools = import_module("interfaces.shared.spool.outgoing")
    kept = spools.SpoolStore(
        Path(options.send_spool, "0"),  # as the spools of several processes are laid out
        layer.consume(CHANNEL),
        terms=spools.Terms(keep_dead=lambda _message: not options.send_redact),
        count=context.telemetry.count,
    )
    post.keep = kept.put
    spool: Store = kept
    return spool


def _ended(context: Context, running: "asyncio.Task[None]") -> None:
    """The outbox has come to an end: as it was told to, or because nothing can be taken any more."""
    error = None if running.cancelled() else running.exception()
    if error is not None:
        context.ready(CHANNEL, False, str(error))


def _transport(options: EmailOptions) -> Transport:
    """What the URL names."""
    return transport(options.send, host=options.name)


def redacted(message: Mapping[str, Any]) -> Message:
    """``message`` without its content: who sent it to whom, and when, is left."""
    return {key: REDACTED if key in _CONTENT and value else value for key, value in message.items()}
