"""What is said at the gateway from anywhere: the channel ``irc.deliver``, and ``irc.send`` for the gateway's network.

Whichever container takes a message has it heard in all of them. ``irc.send`` is kept until it is said, and its result
told; where this process is on networks too, their sender takes all of that channel, and has :func:`gateway_say` say
what is for the gateway.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from interfaces.irc.gateway.service import Gateway, log
from interfaces.irc.gateway.words_talk import delivered, sent
from interfaces.irc.outcome import UNKNOWN, Outcome, told
from interfaces.layers.dispatching import Waiting, dispatching, ended
from interfaces.layers.posting import Posting
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.interface import Context
from interfaces.shared.outbox import Outbox, Rules
from interfaces.shared.sendings import Sending, Tried

__all__ = ["DELIVER", "HANDED", "SEND", "GatewayWay", "gateway_say", "outside"]

DELIVER: Final = "irc.deliver"
SEND: Final = "irc.send"
FAILED: Final = "irc.deliver.failed"
"""Counts what cannot be delivered."""
HANDED: Final = 20
"""Containers, of other networks than it names, that a message for one may come to."""
AGAIN: Final = 1.0
"""Seconds after which another container may take what is for a network that is not ours."""
_SPOKEN: Final = ("irc.send", "irc.action")


def gateway_say(gateway: Gateway, message: Mapping[str, Any]) -> Outcome:
    """Say an ``irc.send`` or ``irc.action`` of anywhere; what became of it, which is known at once."""
    try:
        if message.get("type") not in _SPOKEN:
            raise ApplicationError(f"{message.get('type')}: the channel {SEND} takes {' and '.join(_SPOKEN)}")
        return sent(gateway, dict(message))
    except KeyError as missing:
        return Outcome("failed", f"{message.get('type')} needs {missing}")
    except (ApplicationError, AttributeError, TypeError, ValueError) as refused:
        return Outcome("failed", str(refused))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayWay:
    """The :class:`interfaces.shared.sendings.Way` of a process that has a gateway, and is on no network."""

    gateway: Gateway
    name: str = SEND
    result: str = "irc.result"

    def place(self, message: Event) -> str:
        """The network."""
        return str(message.get("network") or "")

    async def attempt(self, sending: Sending) -> Tried:
        """Say it; what is for another network is for another process."""
        network = sending.message.get("network")
        if network and network != self.gateway.options.network:
            return Tried(state="later", told=dict(sending.earlier), delay=AGAIN, quiet=True)
        await sending.commit()
        return _tried(gateway_say(self.gateway, sending.message))

    def unknown(self, sending: Sending) -> Tried:
        """What was begun and may have been said is uncertain."""
        return _tried(Outcome("uncertain", UNKNOWN))

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """It has failed."""
        network = sending.message.get("network")
        if network and network != self.gateway.options.network:
            reason = f"nobody is on the network {network}"
        return _tried(Outcome("failed", str(sending.earlier.get("error") or reason)))


def _tried(came: Outcome) -> Tried:
    state: Any = came.status  # never deferred: what is said at a gateway is said at once
    return Tried(state=state, told=told(came), reason=came.error)


@asynccontextmanager
async def outside(gateway: Gateway, context: Context) -> AsyncIterator[None]:
    """Take what is sent to the gateway from anywhere while it is entered; without a layer there is nothing."""
    if context.layer is None:
        yield
        return
    options = gateway.options
    context.telemetry.count(FAILED, 0)
    async with AsyncExitStack() as stack:
        if options.send and not options.client:
            post = Posting(context.layer, SEND, "irc.result", _anything)
            store = Waiting(channel=SEND, spool=options.send_spool).store(context, post)
            rules = Rules(
                concurrency=options.send_concurrency,
                lifetime=options.send_lifetime,
                keep=options.send_keep_results,
            )
            way = GatewayWay(gateway=gateway)
            outbox = Outbox(way, store, context.layer.send, rules=rules, count=context.telemetry.count)
            await stack.enter_async_context(dispatching(outbox, context, post))
        taking = asyncio.ensure_future(_take(gateway, context))
        taking.add_done_callback(partial(ended, context, DELIVER))
        context.ready(DELIVER, True)
        stack.push_async_callback(_end, taking)
        yield


async def _anything(_message: Mapping[str, Any]) -> None:
    """A gateway's scopes say what they say at once."""


async def _end(taking: "asyncio.Task[None]") -> None:
    taking.cancel()
    await asyncio.wait({taking})


async def _take(gateway: Gateway, context: Context) -> None:
    """Deliver what comes, one after the other."""
    async for message in context.outgoing(DELIVER):
        try:
            await _taken(gateway, context, message)
        except (ApplicationError, AttributeError, LookupError, TypeError, ValueError) as error:
            gateway.count(FAILED)
            log.error("%s: cannot be delivered: %s", DELIVER, error if str(error) else repr(error))


async def _taken(gateway: Gateway, context: Context, message: Event) -> None:
    network, handed = message.get("network"), message.pop("handed", 0)
    if network and network != gateway.options.network:
        if handed >= HANDED:
            raise ApplicationError(f"there is no gateway called {network}")
        await context.layer.send_later(DELIVER, {**message, "handed": handed + 1}, AGAIN)
        return
    delivered(gateway, message)
