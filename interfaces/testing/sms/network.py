"""The network behind the fake: phones, what reaches them, and what is posted of it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from interfaces.testing.fakes.clock import Clock
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.sms.faults import SmsFaults
from interfaces.testing.sms.phone import Phone
from interfaces.testing.sms.posting import Poster
from interfaces.testing.sms.records import Delivery, Message

__all__ = ["Network"]

Told = asyncio.Task[None]
ENDS = frozenset({"delivered", "undelivered", "failed", "rejected", "expired", "read"})
"""Statuses after which there is no earlier one."""


class Network:
    """Phones by their numbers; ``deliveries`` has all that was posted and ``sent`` all that was handed over.

    ``webhook``: where texts are posted, and receipts that have no address of their own; "": nowhere, and then the app
    hears nothing.
    """

    def __init__(self, secret: str, clock: Clock, numbers: tuple[str, ...]) -> None:
        self.clock = clock
        self.numbers = numbers
        self.faults = SmsFaults()
        self.poster = Poster(secret, clock, self.faults)
        self.webhook = ""
        self.phones: dict[str, Phone] = {}
        self.deliveries: list[Delivery] = []
        self.sent: dict[str, Message] = {}
        """By the fake's id, oldest first."""
        self.stored: dict[str, tuple[bytes, str]] = {}
        """Media: URL → content and its type."""
        self._ids: Counter[str] = Counter()
        self._running: set[Told] = set()
        self._scheduled: set[Told] = set()

    @property
    def ours(self) -> str:
        """The app's first number."""
        return self.numbers[0]

    def id(self, kind: str) -> str:
        """The next id of this kind: FM00000001 of a message to a phone, IM00000001 of one from it."""
        self._ids[kind] += 1
        return f"{kind}{self._ids[kind]:08}"

    def phone(self, number: str) -> Phone:
        """The phone of this number; a new one when there is none yet."""
        return self.phones.setdefault(number, Phone(number, self))

    def media_of(self, url: str) -> dict[str, Any]:
        """Type and size of what is stored at ``url``; nothing for an address elsewhere."""
        if url not in self.stored:
            return {"content_type": "", "size": None}
        content, kind = self.stored[url]
        return {"content_type": kind, "size": len(content)}

    # --- what phones text -------------------------------------------------------------------------

    async def post_text(
        self, phone: Phone, row: dict[str, Any], *, retries: bool = True, forged: Forged | None = None
    ) -> Delivery:
        """Post a text, and show what stands in the answer."""
        delivery = Delivery(kind="message", id=row["id"], payload=row)
        await self._post(delivery, self.webhook, retries=retries, forged=forged)
        answer = delivery.answer if delivery.acknowledged and isinstance(delivery.answer, dict) else {}
        for one in answer.get("replies", []):
            message = Message(
                id=self.id("FM"), sender=row["to"], recipient=phone.number, text=one.get("text", ""),
                media=tuple(one.get("media", ())), at=self.clock.time(), answer=True,
            )  # fmt: skip
            self.hand_over(message)
        return delivery

    # --- what is sent to them ---------------------------------------------------------------------

    def hand_over(self, message: Message) -> Told | None:
        """Take a message to a phone: now, and what is given ends when that is told; or when it is scheduled."""
        self.sent[message.id] = message
        if message.schedule_at > self.clock.time():
            message.state = "scheduled"
            self._run(self._later(message), self._scheduled)
            return None
        return self.carry(message)

    def carry(self, message: Message) -> Told:
        """Bring it to the phone, and tell what becomes of it."""
        phone = self.phone(message.recipient)
        if phone.reachable:
            return self._run(self._carried(message, phone), self._running)
        phone.waiting.append(message)
        message.state = "waiting"
        return self._run(self._told(message, ["sent"]), self._running)

    async def settled(self, timeout: float = 10.0) -> None:
        """Wait until all that was handed over is where it goes, and told; what is scheduled or waits does not count."""
        async with asyncio.timeout(timeout):
            while self._running:
                await asyncio.wait(self._running)

    async def close(self) -> None:
        """End what runs."""
        tasks = [*self._running, *self._scheduled]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _later(self, message: Message) -> None:
        await self.clock.sleep(message.schedule_at - self.clock.time())
        if message.state == "scheduled":
            message.state = "queued"
            self.carry(message)

    async def _carried(self, message: Message, phone: Phone) -> None:
        told = "sent" in message.told
        message.state = "queued"
        over = message.validity and self.clock.time() > message.at + message.validity
        fate = ["expired"] if over else [one for one in phone.fate if not (told and one == "sent")]
        if fate and fate[-1] in ("delivered", "read"):
            message.state = fate[-1]
            phone.show(message)
        await self._told(message, fate)

    async def _told(self, message: Message, fate: list[str]) -> None:
        """Post the receipts."""
        if not message.receipts:
            if message.state != "waiting" and fate:
                message.state = fate[-1].partition(":")[0]
            return
        if self.faults.lot(self.faults.disorder):
            fate.reverse()
        for status in fate:
            await self.post_receipt(message, status)

    async def post_receipt(self, message: Message, status: str) -> Delivery:
        """Post a receipt; status as in :attr:`Phone.fate`."""
        word, _, code = status.partition(":")
        if message.state != "waiting" and (word in ENDS or message.state not in ENDS):
            message.state = word
        row = {
            "id": message.id,
            "reference": message.reference,
            "from": message.sender,
            "to": message.recipient,
            "status": word,
            "error_code": code,
            "error_text": f"error {code}" if code else "",
            "at": self.clock.time(),
        }
        message.told.append(word)
        delivery = Delivery(kind="receipt", id=message.id, payload=row)
        return await self._post(delivery, message.status_url or self.webhook)

    async def _post(self, delivery: Delivery, url: str, **how: Any) -> Delivery:
        self.deliveries.append(delivery)
        return await self.poster.deliver(delivery, url, **how) if url else delivery

    def _run(self, work: Coroutine[Any, Any, None], where: set[Told]) -> Told:
        task = asyncio.get_running_loop().create_task(work)
        where.add(task)
        task.add_done_callback(where.discard)
        return task
