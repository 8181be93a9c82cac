"""A system that is bound to us, on however many connections: what it submits, and what waits to be delivered to it."""

from collections import deque
from typing import Any, Final

from interfaces.shared.delivery import Verdict
from interfaces.sms.command_status import HTTP, OK, SUBMIT_FAILED, THROTTLED
from interfaces.sms.pdus import DELIVER_SM, Pdu, Sm, write_sm
from interfaces.sms.providers.base import Outgoing, Sent
from interfaces.sms.receipt_ids import Ids
from interfaces.sms.receipts import RECEIPT, WORDS, receipt_text
from interfaces.sms.service import Service
from interfaces.sms.smpp.pace import Pace
from interfaces.sms.smpp.queue import Queue
from interfaces.sms.smpp.repeats import TTL
from interfaces.sms.smpp.taking import Taken, Taking
from interfaces.sms.smpp.talk import Talk
from interfaces.sms.smpp_reading import Coding, Message
from interfaces.sms.smpp_writing import Written, bodies
from interfaces.sms.tlvs import MESSAGE_STATE, RECEIPTED_ID
from interfaces.sms.translate import Place

__all__ = ["RECEIPTS", "WAITING", "System"]

WAITING: Final = 10_000
"""Messages that wait to be delivered to a system; further ones are to come later."""
RECEIPTS: Final = 10_000
"""Receipts that are kept for a system that takes none now; the oldest are dropped, and counted."""
SHARE: Final = 0.9


class System(Taking):
    """Who binds as ``name``."""

    def __init__(self, service: Service, name: str, loop: Any) -> None:
        place = Place(
            provider="smpp", account=name, transport="smpp", bind=name, patience=service.options.patience
        )
        super().__init__(service, place, Coding(), Ids("decimal"))
        self.name = name
        self.refuses = SUBMIT_FAILED
        self.loop = loop
        self.talks: list[Talk] = []
        self.window = service.options.gateway_window
        patience = SHARE * service.options.send_timeout
        self.queue = Queue(
            name, Pace(self.window), Ids("auto"), loop, patience, service.count, WAITING, DELIVER_SM
        )
        self.receipts: deque[bytes] = deque()
        self._pushing: set[Any] = set()
        self._reference = 0
        self._left_at = service.clock()

    # --- what it submits --------------------------------------------------------------------------

    def take(self, taken: Taken, pdu: Pdu) -> None:
        """A submit_sm or data_sm; too many without an answer are throttled."""
        if len(taken.tasks) >= self.window and not taken.draining:
            self.service.count("sms.smpp.throttled")
            taken.talk.answer(pdu, THROTTLED, b"\0")
        else:
            super().take(taken, pdu)

    def stored(self, talk: Talk, pdu: Pdu, sm: Sm, ids: list[tuple[str, int]]) -> None:
        """A part, of which others are to come: it has an id, and maybe a receipt of its own."""
        name = self.repeats.fresh()
        ids.append((name, sm.registered))
        self.reply(talk, pdu, OK, name)

    def decided(self, talk: Talk, pdu: Pdu, message: Message, name: str, verdict: Verdict) -> int:
        """Answer a submit; the verdict is what receipts say. A refusal is one where a receipt is asked for."""
        sm = message.sm
        wants = sm.registered & 3
        asked = verdict.detail.get("status")
        accepted = verdict.kind == "accept"
        by_receipt = wants in (1, 2) and not (isinstance(asked, int) and asked < HTTP)
        status = OK if accepted or by_receipt else self.status(verdict.detail)
        self.reply(talk, pdu, status, name)
        word = "DELIVRD" if accepted else "REJECTD"
        ids = [] if message.whole is None else message.whole.ids
        for one, registered in [*ids, (name, sm.registered if status == OK else 0)]:
            if registered & 3 == 1 or registered & 3 == (3 if accepted else 2):
                self._say(sm, one, word)
        ids.clear()
        return status

    def reply(self, talk: Talk, pdu: Pdu, status: int, name: str) -> None:
        """A submit_sm_resp has the message_id."""
        talk.answer(pdu, status, name.encode("latin-1") + b"\0" if status == OK else b"")

    def _say(self, sm: Sm, name: str, word: str) -> None:
        now = self.service.clock()
        state = WORDS[word]
        body = write_sm(
            Sm(
                source=sm.destination, destination=sm.source, source_ton=sm.destination_ton,
                source_npi=sm.destination_npi, destination_ton=sm.source_ton, destination_npi=sm.source_npi,
                esm_class=RECEIPT, content=receipt_text(name, word, now, now).encode(),
                tlvs={RECEIPTED_ID: name.encode("latin-1") + b"\0", MESSAGE_STATE: bytes((state,))},
            )
        )  # fmt: skip
        self._push(body)

    def _push(self, body: bytes) -> None:
        """Deliver a receipt, or keep it until somebody takes it."""
        if not self.queue.links or len(self._pushing) >= WAITING:
            if len(self.receipts) >= RECEIPTS:
                self.receipts.popleft()
                self.service.count("sms.smpp.receipts_dropped")
            self.receipts.append(body)
            return
        task = self.loop.create_task(self._pushed(body))
        self._pushing.add(task)
        task.add_done_callback(self._pushing.discard)

    async def _pushed(self, body: bytes) -> None:
        sent = await self.queue.submit([body])
        if sent.state in ("later", "uncertain"):
            self.receipts.append(body)
            if len(self.receipts) > RECEIPTS:
                self.receipts.popleft()
                self.service.count("sms.smpp.receipts_dropped")

    # --- what is delivered to it ------------------------------------------------------------------

    async def submit(self, message: Outgoing) -> Sent:
        """Deliver a message to it. ApplicationError for what has no PDU."""
        self._reference = (self._reference + 1) & 0xFF
        sent = await self.queue.submit(bodies(message, Written(), self._reference))
        if sent.state != "sent":
            return sent
        return Sent(state="sent", provider_ids=(self.repeats.fresh(),), segments=sent.segments)

    def joined(self, talk: Talk) -> None:
        """Another connection of it is bound."""
        self.talks.append(talk)
        if talk.wire.state != "transmitter":
            self.queue.joined(talk)
            self.again()

    def left(self, talk: Talk) -> None:
        """One has ended."""
        if talk in self.talks:
            self.talks.remove(talk)
        self.queue.left(talk)
        self._left_at = self.service.clock()

    def again(self) -> None:
        """Deliver the receipts that were kept."""
        for _ in range(len(self.receipts)):
            if not self.queue.links:
                return
            self._push(self.receipts.popleft())

    def sweep(self, now: float) -> None:
        """Half a second went by; ``now`` is the service's time."""
        super().sweep(now)
        self.queue.sweep(self.loop.time())
        if self.receipts and self.queue.links and not self._pushing:
            self.again()

    def idle(self, now: float) -> bool:
        """Whether nothing has to be remembered of it; ``now`` is the service's time."""
        return not self.talks and not self.receipts and not self._pushing and now - self._left_at > TTL
