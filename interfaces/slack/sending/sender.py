"""The sender of a process: what is sent to the channel ``slack.send`` from anywhere, or by a :class:`Post`, goes out.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from interfaces.layers.base import Message
from interfaces.layers.dispatching import Waiting, dispatching, layer_of
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
    async with layer_of(context) as layer:
        post = Post(layer, options.api_url)
        if not options.send:
            yield post
            return
        async with Client(options.api_url, options.send_timeout) as client:
            way = SlackWay(
                client=client,
                installations=installations,
                interval=options.send_channel_interval,
                single=not options.installations,
                real=real,
            )
            store = _waiting(options).store(context, post)
            async with dispatching(outbox(options, context, way, store, layer), context, post):
                yield post


def check(options: SlackOptions, layer: Any) -> None:
    """ConfigError for what :func:`sending` would refuse; nothing is opened."""
    _waiting(options).check(layer)


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


def _waiting(options: SlackOptions) -> Waiting:
    return Waiting(channel=CHANNEL, spool=options.send_spool, redact=redacted, keep_dead=_harmless)


def _harmless(message: Mapping[str, Any]) -> bool:
    """Whether it may be kept once it is given up; a trigger or response URL is of no use then."""
    return not any(message.get(key) for key in _SECRET)


def redacted(message: Mapping[str, Any]) -> Message:
    """``message`` without what lets others act in its name."""
    return {key: REDACTED if key in _SECRET and value else value for key, value in message.items()}
