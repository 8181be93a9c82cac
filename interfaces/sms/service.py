"""What all ways of receiving share: a message or receipt becomes a call, and its verdict what the provider is told."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from interfaces.layers.notes import Notes
from interfaces.shared.asgi import Application, Event
from interfaces.shared.delivery import DedupeStore, Verdict
from interfaces.shared.errors import ApplicationError, Unavailable
from interfaces.shared.intake import Intake, Rules, Turns
from interfaces.shared.interface import Context
from interfaces.shared.parcel import Parcel
from interfaces.shared.reception import KEPT, Reception
from interfaces.sms.answering import Answering
from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Inbound, Receipt, Reply
from interfaces.sms.translate import Place, translated
from interfaces.sms.words import POSTED, WORDS

__all__ = ["Service", "log"]

log = logging.getLogger("interfaces.sms")

LEASE = 10.0
"""Seconds after which a call counts as dead whose process says no more of it, and what is kept of it is taken up."""
COUNTS = ("messages", "receipts", "keywords", "refused", "replied")
"""What is counted, behind "sms." and beside what an intake counts."""
Before = Callable[[Event, str], Awaitable[None]]
"""Of an event and the name of the account that it came by."""
UNROUTED = Verdict("reject", {"status": 404, "text": "No such number here"})


class Service:
    """Gives what comes to ``app``. ``clock`` gives Unix seconds."""

    def __init__(
        self,
        app: Application,
        options: SmsOptions,
        context: Context,
        stores: tuple[DedupeStore, Turns],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.context = context
        self.clock = clock
        self.post: Any = None
        """Puts on its way what applications send, where there is a sender."""
        self.notes: Notes | None = None
        """Remember whose answers are sent, where there is a sender."""
        self.systems: Any = None
        """Delivers to systems that are bound to us, where some may bind: see ``smpp.gateway``."""
        self.before: list[Before] = []
        """Is told of each message and receipt before the application: opt-outs, the ids of what was sent."""
        rules = Rules(
            keep=options.keep, lease=LEASE, most=options.at_once + options.waiting, words=WORDS, posted=POSTED,
            unrouted=UNROUTED,
        )  # fmt: skip
        self.intake = Intake(app, "sms", rules, *stores, context.telemetry.count)
        self.reception = Reception(
            self.intake,
            accepted=options.ack == "accepted",
            patience=options.patience,
            keep_after=options.keep_after,
        )
        self.intake.posts = self._way
        for name in COUNTS:
            context.telemetry.count(f"sms.{name}", 0)

    def __repr__(self) -> str:
        return f"<Service of short messages, {self.intake!r}>"

    def count(self, name: str) -> None:
        """Count something."""
        self.context.telemetry.count(name)

    async def take(self, found: Inbound | Receipt, place: Place) -> tuple[Verdict | None, list[Reply]]:
        """The verdict on a message or receipt, and what is to stand in the answer; None: too late, and never again.

        Raises Unavailable when it cannot even be noted: it is to come again.
        """
        parcel = translated(found, place, self.clock(), self.options.region)
        event = parcel.event
        self.count("sms.messages" if isinstance(found, Inbound) else "sms.receipts")
        if event.get("keyword"):
            self.count("sms.keywords")
        for hook in self.before:
            await hook(event, place.account)
        parcel.scope["state"] = dict(self.context.state)
        answering = Answering(event, place.account, self.post, open=place.replies)
        parcel = parcel.posting(answering)
        verdict = await self.reception.take(parcel, repeated=place.repeats, patience=place.patience)
        return verdict, await self._answered(answering, verdict)

    async def _answered(self, answering: Answering, verdict: Verdict | None) -> list[Reply]:
        """What stands in the answer; where that carries nothing it is sent.

        So is what the call of a kept message has said: if that dies it is called again, and says it once more.
        """
        kind = "" if verdict is None else verdict.kind
        if kind == "accept" and verdict is not KEPT and not await self._was_sent(answering):
            if answering.replies:
                self.count("sms.replied")
            return answering.closed()
        if kind == "reject":
            self.count("sms.refused")
        try:
            if kind == "defer" and answering.open and self.notes is not None:
                await self.notes.put(_sent(answering), "1", self.options.keep)
            await answering.spilled()
        except (ApplicationError, Unavailable) as error:
            # to a name, or where nobody sends, or keeps: its verdict stands
            log.warning("an answer cannot be sent: %s", error)
        return []

    async def _was_sent(self, answering: Answering) -> bool:
        """Whether its answers were sent when it came before, here or elsewhere: they are known by their keys."""
        if not answering.replies or self.notes is None:
            return False
        try:
            return await self.notes.get(_sent(answering)) is not None
        except Unavailable:
            return False  # nor could it be sent

    def _way(self, parcel: Parcel) -> Any:
        """By which way it is answered: one that was kept has no answer of its provider's any more."""
        return parcel.post or Answering(parcel.event, parcel.scope["account"], self.post, open=False)


def _sent(answering: Answering) -> str:
    """The note that answers to this event are sent."""
    return f"sms:answered:{answering.event['dedupe_key']}"
