"""The sender of a process: what is sent to the channel ``email.send`` from anywhere, or by a :class:`Post`, goes out.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
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
from interfaces.layers.dispatching import Waiting, dispatching, layer_of
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules

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
        layer = await stack.enter_async_context(layer_of(context))
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
        _waiting(options).check(layer)


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
    store = _waiting(options).store(context, post)
    rules = Rules(
        concurrency=options.send_concurrency,
        rate=options.send_rate,
        at_once=options.send_per_domain,
        waiting=WAITING if options.send_per_domain else 0,
        lifetime=options.send_lifetime,
        keep=options.send_keep_results,
    )
    outbox = Outbox(way, store, post.layer.send, rules=rules, count=context.telemetry.count)
    await stack.enter_async_context(dispatching(outbox, context, post, shown(options.send)))
    if store.durable:  # else who is told 250 could not be sure that the report leaves
        post.reports = Reports(post.keep, options.name, time.time)


def _waiting(options: EmailOptions) -> Waiting:
    """Where messages wait."""
    redact = options.send_redact
    return Waiting(
        channel=CHANNEL,
        spool=options.send_spool,
        redact=redacted if redact else None,
        keep_dead=lambda _message: not redact,
    )


def _transport(options: EmailOptions) -> Transport:
    """What the URL names."""
    return transport(options.send, host=options.name)


def redacted(message: Mapping[str, Any]) -> Message:
    """``message`` without its content: who sent it to whom, and when, is left."""
    return {key: REDACTED if key in _CONTENT and value else value for key, value in message.items()}
