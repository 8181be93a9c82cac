"""Binds to SMSCs: connections that stand, and what is submitted by them. Each is an upstream of its own."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from random import randrange
from typing import Any, Final

from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.interface import Context
from interfaces.shared.serving import Serving
from interfaces.shared.upstream import Patience, Upstream, kept
from interfaces.shared.upstream_scope import Telling
from interfaces.sms.accounts import Bind
from interfaces.sms.command_status import OK, TEMPORARY, status_name
from interfaces.sms.pdus import CANCEL_SM, write
from interfaces.sms.providers.base import Outgoing, Sent
from interfaces.sms.receipt_ids import Ids
from interfaces.sms.service import Service
from interfaces.sms.smpp.address import Target, name_of, target_of
from interfaces.sms.smpp.link import Esme, dialled
from interfaces.sms.smpp.pace import Pace
from interfaces.sms.smpp.queue import Queue
from interfaces.sms.smpp.taking import COUNTS, Taking
from interfaces.sms.smpp_reading import Coding
from interfaces.sms.smpp_writing import Written, bodies
from interfaces.sms.translate import Place

__all__ = ["PATIENCE", "Binds", "binds"]

log = logging.getLogger("interfaces.sms")
PATIENCE: Final = Patience(first=1.0, longest=60.0, good=10.0, opening=30.0, closing=3.0)
SHARE: Final = 0.9
"""Of ``send_timeout``, that a message may wait for its turn in a bind."""


class _Clock(Serving):
    """Sweeps the connections of all binds, and their queues."""

    def __init__(self, context: Context, ends: "list[_End]") -> None:
        super().__init__(context, asyncio.get_running_loop(), log)
        self.ends = ends

    def ticked(self) -> None:
        """Half a second went by."""
        now = self.loop.time()
        for one in self.ends:
            one.queue.sweep(now)
            one.taking.sweep(one.taking.service.clock())


class _End:
    """What one bind is here."""

    def __init__(self, service: Service, bind: Bind) -> None:
        self.bind = bind
        self.name = name_of(bind)
        self.target: Target = target_of(bind)
        loop, options = asyncio.get_running_loop(), service.options
        ids = Ids(bind.hex_ids)
        place = Place(
            provider="smpp", account=self.name, transport="smpp", bind=self.name,
            client=(self.target.host, self.target.port), patience=min(options.patience, bind.response_timeout),
        )  # fmt: skip
        coding = Coding(bind.default_coding, bind.packed)
        self.taking = Taking(service, place, coding, ids)
        pace = Pace(bind.window, bind.rate)
        self.queue = Queue(self.name, pace, ids, loop, SHARE * options.send_timeout, service.count)
        self.taking.flying = lambda: self.queue.flying
        self.how = Written(coding=coding, source_ton=bind.source_ton, source_npi=bind.source_npi)
        self.reference = randrange(256)  # noqa: S311 - tells texts apart

    def parts(self, message: Outgoing) -> list[bytes]:
        """The bodies of its submit_sm. ApplicationError."""
        self.reference = (self.reference + 1) & 0xFF
        return bodies(message, self.how, self.reference)


class Binds:
    """Submits by binds; given by :func:`binds`."""

    def __init__(self, ends: "list[_End]") -> None:
        self._ends = {one.name: one for one in ends}
        self.names: list[str] = [one.name for one in ends if one.bind.kind != "receiver"]
        """Those that send."""

    def __repr__(self) -> str:
        return f"<Binds {', '.join(self._ends)}>"

    def standing(self, name: str) -> int:
        """How many connections of it take messages now."""
        return len(self._ends[name].queue.links)

    async def submit(self, name: str, message: Outgoing) -> Sent:
        """Submit ``message`` by the bind ``name``, and wait for the responses. ApplicationError for what has no PDU."""
        end = self._ends[name]
        return await end.queue.submit(end.parts(message))

    async def cancel(self, name: str, provider_id: str) -> Sent:
        """Have the SMSC not deliver what it holds under this id."""
        end = self._ends[name]
        if not end.queue.links:
            return Sent(state="later", error=f"{name} is not bound", wide=True)
        try:
            fields = {"message_id": provider_id.encode("latin-1")}
            response = await end.queue.links[0].request(CANCEL_SM, write(CANCEL_SM, fields))
        except (ApplicationError, UnicodeEncodeError):
            return Sent(state="failed", error=f"{provider_id!r} is no id of an SMSC")
        except Unavailable as error:
            return Sent(state="uncertain", error=str(error))
        if response.status == OK:
            return Sent(state="sent", provider_ids=(provider_id,))
        return Sent(
            state="later" if response.status in TEMPORARY else "failed", error=status_name(response.status)
        )


@asynccontextmanager
async def binds(service: Service, context: Context) -> AsyncIterator[Binds]:
    """Keep all binds of the options; on leaving, answer what runs, for ``context.drain`` seconds, and unbind.

    Entered when each has tried once. ConfigError, then or later, when an SMSC refuses who we are.
    """
    for name in COUNTS:
        context.telemetry.count(f"sms.smpp.{name}", 0)
    ends = [_End(service, one) for one in service.options.binds]
    context.keeps.append("sms smpp: parts of a long message are kept in memory until the last has come")
    clock = _Clock(context, ends)
    clock.tick()
    try:
        async with kept(*(_upstream(service, context, clock, one) for one in ends)):
            yield Binds(ends)
    finally:
        clock.stop()


def _upstream(service: Service, context: Context, clock: Serving, end: _End) -> Upstream:
    scope: dict[str, Any] = {
        "protocol": "sms", "path": f"sms/{end.name}", "name": end.name, "state": dict(context.state)
    }  # fmt: skip
    make = partial(Esme, clock, end.bind, end.queue, end.taking)
    return Upstream(
        "sms.smpp",
        partial(dialled, end.target, make),
        context,
        label=f"smpp {end.name}",
        wanted=end.bind.count,
        patience=PATIENCE,
        tell=Telling(service.intake.app, scope, service.count),
    )
