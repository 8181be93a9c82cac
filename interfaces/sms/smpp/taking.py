"""What a peer sends us: read, put together, given to the application, and answered with its verdict."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import PeerError, Unavailable
from interfaces.shared.noise import Noise
from interfaces.sms.command_status import APPLICATION_REFUSES, APPLICATION_WAITS, OK, refusal
from interfaces.sms.parts import Parts, Whole, part_of
from interfaces.sms.pdus import Pdu, Sm, read_sm
from interfaces.sms.providers.base import Inbound, Receipt
from interfaces.sms.receipt_ids import Ids
from interfaces.sms.receipts import is_receipt, receipt_of
from interfaces.sms.service import Service
from interfaces.sms.smpp.repeats import Repeats, Unsure
from interfaces.sms.smpp.talk import Talk
from interfaces.sms.smpp_reading import Coding, Message, inbound, read_message, text_of
from interfaces.sms.translate import Place

__all__ = ["COUNTS", "Taken", "Taking"]

log = logging.getLogger("interfaces.sms")
COUNTS: Final = (
    "deferred",
    "faults",
    "nacks",
    "parts_given_up",
    "receipts_unread",
    "repeats",
    "throttled",
    "unanswered",
)
"""What is counted, behind "sms.smpp."."""


EARLY: Final = 0.3
"""Seconds that a receipt waits for the response that it is about."""


def _none() -> int:
    return 0


class Taken:
    """What one connection has in flight."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.unsure = Unsure()
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.draining = False
        self._number = 0

    def __repr__(self) -> str:
        return f"<Taken {len(self.tasks)} in flight of {self.talk!r}>"

    def number(self) -> int:
        """Of the next that is taken; the peer's own may come twice."""
        self._number += 1
        return self._number

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and answer what runs."""
        self.draining = True
        if self.tasks:
            await asyncio.wait(self.tasks.values(), timeout=seconds)


class Taking:
    """Gives what comes by the connections of one bind to ``service``.

    ``refuses``: what is answered to what the application refuses without a status of SMPP.
    """

    def __init__(self, service: Service, place: Place, coding: Coding, ids: Ids) -> None:
        self.service = service
        self.place = place
        self.coding = coding
        self.ids = ids
        self.parts = Parts()
        self.repeats = Repeats()
        self.most = service.options.waiting
        self.refuses: int = APPLICATION_REFUSES
        self.in_flight: int = 0
        self.flying: Callable[[], int] = _none
        """How many of ours are on their way, where the same bind submits."""
        self._faults = Noise(service.count, "sms.smpp.faults", log.name)
        self._unread = Noise(service.count, "sms.smpp.receipts_unread", log.name)

    def __repr__(self) -> str:
        return f"<Taking {self.place.account}, {self.in_flight} in flight>"

    def take(self, taken: Taken, pdu: Pdu) -> None:
        """A deliver_sm, submit_sm or data_sm."""
        talk = taken.talk
        if taken.draining or self.in_flight >= self.most:
            self._defer(talk, pdu)
            return
        try:
            sm = read_sm(pdu.command, pdu.body)
            found = self._receipt(sm) if is_receipt(sm) else self._message(sm)
        except PeerError as error:
            self._faults(f"{self.place.account}: a PDU that is refused", error)
            talk.answer(pdu, error.answer if isinstance(error.answer, int) else APPLICATION_WAITS, b"\0")
            return
        if found is None:
            self.reply(talk, pdu, OK, "")
        elif isinstance(found, Whole):
            if found.done:
                self.reply(talk, pdu, found.status, found.name)
            else:
                self.stored(talk, pdu, sm, found.ids)
        else:
            self.in_flight += 1
            number = taken.number()
            work = (
                self._tell(taken, number, pdu, found)
                if isinstance(found, Receipt)
                else self._give(taken, number, pdu, found)
            )
            taken.tasks[number] = talk.loop.create_task(work)

    def gone(self, taken: Taken) -> None:
        """A connection has ended: what it has no answer for comes again, by another one."""
        now = taken.talk.loop.time()
        for name, key in taken.unsure.left(now):
            self.repeats.expect(name, key, now)

    def sweep(self, now: float) -> None:
        """Give up messages whose parts do not come."""
        parts, before = self.parts, self.parts.given_up
        parts.expire(now)
        if parts.given_up > before:
            self.service.context.telemetry.count("sms.smpp.parts_given_up", parts.given_up - before)

    # --- what it is -------------------------------------------------------------------------------

    def _receipt(self, sm: Sm) -> Receipt | None:
        text = text_of(sm, [part_of(sm)], self.coding)
        found = receipt_of(sm, text, self.ids.meant)
        if found is None:
            self._unread(f"{self.place.account}: a receipt that nobody can read", text)
        return found

    def _message(self, sm: Sm) -> Message | Whole:
        before = self.parts.given_up
        found = read_message(sm, self.parts, self.service.clock())
        if self.parts.given_up > before:
            self.service.context.telemetry.count("sms.smpp.parts_given_up", self.parts.given_up - before)
        return found

    # --- giving it --------------------------------------------------------------------------------

    async def _tell(self, taken: Taken, number: int, pdu: Pdu, receipt: Receipt) -> None:
        """A receipt."""
        talk = taken.talk
        try:
            if not self.ids.knows(receipt.provider_id):
                receipt = await self._early(receipt)
            verdict = await self._verdict(receipt)
            if verdict is None or verdict.kind == "defer":
                self._defer(talk, pdu)
            else:  # what the application says of a receipt, nobody has to know
                self.reply(talk, pdu, OK, "")
        finally:
            self.in_flight -= 1
            del taken.tasks[number]

    async def _early(self, receipt: Receipt) -> Receipt:
        """Some SMSCs send a receipt before the response that says its id: wait for that a moment."""
        for _ in range(4):
            if self.ids.how == "auto":
                receipt = replace(receipt, provider_id=self.ids.meant(receipt.provider_id))
            if self.ids.knows(receipt.provider_id) or not self.flying():
                break
            await asyncio.sleep(EARLY / 3)
        return receipt

    async def _give(self, taken: Taken, number: int, pdu: Pdu, message: Message) -> None:
        """A message."""
        talk, now = taken.talk, taken.talk.loop.time()
        key = message.key_of_text
        name, again = self._named(taken, message, key, now)
        try:
            verdict = await self._verdict(inbound(message, name, self.coding, duplicate=again))
            if verdict is None or verdict.kind == "defer":
                self._defer(talk, pdu)
                if not message.known:
                    self.repeats.expect(name, key, now)
            else:
                status = self.decided(talk, pdu, message, name, verdict)
                if message.whole is not None and message.key is not None:
                    self.parts.finished(message.key, message.whole, status)
        finally:
            self.in_flight -= 1
            del taken.tasks[number]
            if not talk.lost and not message.known:
                taken.unsure.answered(name, talk.loop.time())

    def _named(self, taken: Taken, message: Message, key: tuple[bytes, ...], now: float) -> tuple[str, bool]:
        """Its name, and whether it has come before."""
        if message.known:
            return message.known, False
        whole, again = message.whole, False
        name = whole.name if whole is not None else ""
        if not name:
            name, again = self.repeats.name(key, now)
            if again:
                self.service.count("sms.smpp.repeats")
            if whole is not None:
                whole.name = name
        taken.unsure.came(name, key)
        return name, again

    async def _verdict(self, found: Inbound | Receipt) -> Verdict | None:
        try:
            verdict, _ = await self.service.take(found, self.place)
        except Unavailable as error:
            log.warning("%s: what came by SMPP is to come again: %s", self.place.account, error)
            return None
        except Exception:
            log.exception("%s: what came by SMPP is to come again", self.place.account)
            return None
        return verdict

    # --- answering --------------------------------------------------------------------------------

    def _defer(self, talk: Talk, pdu: Pdu) -> None:
        self.service.count("sms.smpp.deferred")
        talk.answer(pdu, APPLICATION_WAITS, b"\0")

    def stored(self, talk: Talk, pdu: Pdu, sm: Sm, ids: list[tuple[str, int]]) -> None:
        """Answer a part, of which others are to come."""
        self.reply(talk, pdu, OK, "")

    def decided(self, talk: Talk, pdu: Pdu, message: Message, name: str, verdict: Verdict) -> int:
        """Answer with what the application has decided for good; the status."""
        status = OK if verdict.kind == "accept" else self.status(verdict.detail)
        self.reply(talk, pdu, status, name)
        return status

    def status(self, detail: Any) -> int:
        """Of a message that is refused."""
        return refusal(detail.get("status"), self.refuses)

    def reply(self, talk: Talk, pdu: Pdu, status: int, name: str) -> None:
        """Answer it; a deliver_sm_resp has an empty message_id."""
        talk.answer(pdu, status, b"\0")
