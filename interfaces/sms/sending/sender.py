"""The sender of a process: what is sent to the channel ``sms.send`` from anywhere, or by a :class:`Post`, goes out.

Without a channel layer there is one in memory for it alone: then what scopes send is sent, and nobody else reaches it.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from interfaces.layers.dispatching import Waiting, dispatching, layer_of
from interfaces.layers.notes import notes_of
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Provider
from interfaces.sms.sending.client import Client
from interfaces.sms.sending.known import Known
from interfaces.sms.sending.post import Post
from interfaces.sms.sending.recipients import quiet_of
from interfaces.sms.sending.routes import Routes
from interfaces.sms.sending.suppression import Suppression, opt_outs
from interfaces.sms.sending.way import CHANNEL, SmsWay, wide
from interfaces.sms.service import Service

__all__ = ["CROWD", "WAITING", "check", "sending"]

WAITING = 200
"""Messages that are taken ahead of their turn: each of our numbers has a pace of its own."""
CROWD = 50
"""Of those, the ones that wait for one account."""
COUNTS = ("opted_out", "opted_in")
"""What is counted, behind "sms."."""


@asynccontextmanager
async def sending(
    service: Service, context: Context, providers: Sequence[tuple[str, Provider]], binds: Any
) -> AsyncIterator[Post]:
    """Send while it is entered, for the application of ``service``; what is on its way gets its time at the end.

    It stands in front of that application, too: it notes who says STOP, and gives receipts the ids of what was sent.
    Where ``options.send`` says no, what scopes send is put on the layer, for those who do. Raises ConfigError for what
    cannot work, Unavailable without the layer's broker.
    """
    options = service.options
    async with AsyncExitStack() as stack:
        layer = await stack.enter_async_context(layer_of(context))
        suppression = await _suppression(stack, service, context)
        service.notes = await notes_of(context)
        known = Known(service.notes)
        service.before += [suppression.hook, known.hook]
        routes = _routes(options) if options.send else None
        service.post = post = Post(layer, options.region, routes)
        if routes is not None:
            way = SmsWay(
                client=await stack.enter_async_context(Client(options.send_timeout)),
                routes=routes,
                providers=dict(providers),
                suppression=suppression,
                known=known,
                binds=binds,
                systems=lambda: service.systems,
                region=options.region,
                quiet=quiet_of(options.quiet_hours),
                status_url=_status_url(options),
                clock=service.clock,
            )
            await stack.enter_async_context(dispatching(_outbox(service, way, post), context, post))
        yield post


def check(options: SmsOptions, layer: Any) -> None:
    """ConfigError for what :func:`sending` would refuse; nothing is opened."""
    _routes(options)
    opt_outs(options.opt_out)
    quiet_of(options.quiet_hours)
    _waiting(options).check(layer)


def _routes(options: SmsOptions) -> Routes:
    return Routes(
        zip(options.names, options.accounts, strict=True),
        options.binds,
        options.region,
        gateway=bool(options.gateway_bind),
    )


async def _suppression(stack: AsyncExitStack, service: Service, context: Context) -> Suppression:
    for name in COUNTS:
        context.telemetry.count(f"sms.{name}", 0)
    store = opt_outs(service.options.opt_out)
    if store is not None:
        await store.open()
        stack.push_async_callback(store.close)
        context.keeps.append(f"sms opt-outs in {store.describe()}")
    return Suppression(store, service.count)


def _outbox(service: Service, way: SmsWay, post: Post) -> Outbox:
    options, context = service.options, service.context
    rules = Rules(
        concurrency=options.send_concurrency,
        waiting=WAITING,
        wide=wide,
        cost=way.cost,
        crowd=CROWD,
        lifetime=options.send_lifetime,
        keep=options.send_keep_results,
    )
    store = _waiting(options).store(context, post)
    return Outbox(way, store, post.layer.send, rules=rules, count=context.telemetry.count)


def _waiting(options: SmsOptions) -> Waiting:
    return Waiting(channel=CHANNEL, spool=options.send_spool)


def _status_url(options: SmsOptions) -> str:
    return f"{options.public_url.rstrip('/')}{options.path}/" if options.public_url else ""
