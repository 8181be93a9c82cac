"""A fake SMSC for tests: it is bound to, takes submits, gives receipts, delivers; with faults on demand.

``async with FakeSmsc() as smsc`` listens on a free port; ``smsc.url`` is the ``url`` of a bind. What it does when it is
asked is in ``faults``; time is the loop's.
"""

import asyncio
import logging
from collections import Counter, deque
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Final, Self

from interfaces.shared.interface import Context
from interfaces.shared.listen import Listening
from interfaces.shared.serving import Serving
from interfaces.sms import command_status as say
from interfaces.sms.pdus import (
    CANCEL_SM,
    DATA_SM,
    DELIVER_SM,
    SUBMIT_SM,
    Pdu,
    Sm,
    read,
    read_sm,
    write,
    write_sm,
)
from interfaces.sms.receipts import RECEIPT, receipt_text
from interfaces.sms.smpp.talk import Talk
from interfaces.sms.tlvs import MESSAGE_STATE, RECEIPTED_ID
from interfaces.sms.ton_npi import number_of
from interfaces.sms.wire_smpp import BINDS

__all__ = ["FakeSmsc", "SmscFaults", "SmscLink"]

log = logging.getLogger("interfaces.testing")
LATE: Final = 0.01
"""Seconds after which a receipt comes."""


@dataclass(slots=True)
class SmscFaults:
    """What goes wrong; each number counts down."""

    bind: int = 0
    """The status of every bind."""
    statuses: deque[int] = field(default_factory=deque)
    """Of the next submits, one each; 0: it is taken."""
    silent: int = 0
    """Submits that get no response."""
    drop: int = 0
    """Submits after which the connection is cut, before they are answered; they are taken."""
    rate: int = 0
    """Submits a second that it takes of all; others are throttled. 0: any."""
    early: bool = False
    """Whether a receipt comes before the response."""
    garbage: int = 0
    """Responses in front of which one stands that answers nothing, and one of a command that nobody knows."""
    receipts: str = "hex"
    """How ids are spelled in receipts: hex, as in responses, or decimal."""
    by_tlv: bool = False
    """Whether receipts have parameters and no text."""
    no_links: bool = False
    """Whether enquire_link gets no answer."""


class SmscLink(Talk):
    """A connection of somebody who is bound to the fake."""

    def __init__(self, smsc: "FakeSmsc") -> None:
        super().__init__(smsc.serving, smsc=True, quiet=smsc.quiet, timeout=smsc.timeout)
        self.smsc = smsc
        self.system_id = ""

    def _take(self, pdu: Pdu) -> None:
        self.smsc.counts[pdu.command] += 1
        if self.smsc.faults.no_links and pdu.command == 0x15:
            return
        super()._take(pdu)

    def asked(self, pdu: Pdu) -> None:
        """Whatever it wants."""
        smsc = self.smsc
        if pdu.command in BINDS:
            fields, _ = read(pdu.command, pdu.body)
            status = smsc.faults.bind
            if not status and (fields["system_id"].decode(), fields["password"].decode()) != (
                smsc.system_id,
                smsc.password,
            ):
                status = say.BAD_PASSWORD
            self.answer(pdu, status, b"" if status else b"fake\0")
            if not status:
                self.system_id = fields["system_id"].decode()
                self.wire.state = BINDS[pdu.command]
                smsc.links.append(self)
                smsc.changed()
        elif pdu.command == CANCEL_SM:
            fields, _ = read(pdu.command, pdu.body)
            smsc.cancelled.append(fields["message_id"].decode())
            self.answer(pdu, 0)
        elif pdu.command in (SUBMIT_SM, DATA_SM):
            smsc.submit(self, pdu)
        else:
            self.answer(pdu, say.SYSTEM_ERROR)

    def gone(self) -> None:
        """It has ended."""
        if self in self.smsc.links:
            self.smsc.links.remove(self)
        self.smsc.changed()


class FakeSmsc:
    """Takes what is submitted into ``submitted``. ``tls``: a :class:`interfaces.shared.tls.TlsFiles`."""

    def __init__(self, *, tls: Any = None, quiet: float = 30.0, timeout: float = 10.0) -> None:
        self.system_id, self.password = "me", "secret"
        self.quiet, self.timeout = quiet, timeout
        self.faults = SmscFaults()
        self.links: list[SmscLink] = []
        self.submitted: list[Sm] = []
        self.cancelled: list[str] = []
        self.counts: Counter[int] = Counter()
        """PDUs that came, by their command."""
        self.answers: list[int] = []
        """What was said to what it delivered."""
        self.context = Context(listening=Listening(tls=tls) if tls is not None else Listening())
        self.tls = tls is not None
        self.port = 0
        self._ids = count(0xABCD01)
        self._waiters: list[asyncio.Future[None]] = []
        self._second, self._went = 0.0, 0
        self._stack = AsyncExitStack()

    def __repr__(self) -> str:
        return f"<FakeSmsc on {self.port}, {len(self.links)} bound, {len(self.submitted)} submitted>"

    @property
    def url(self) -> str:
        """Of a bind to it."""
        scheme, host = ("smpps", "localhost") if self.tls else ("smpp", "127.0.0.1")
        return f"{scheme}://{self.system_id}:{self.password}@{host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def listen(self, port: int = 0) -> None:
        """Begin; again after :meth:`stop`, on the same port if that is given."""
        self.serving = Serving(self.context, asyncio.get_running_loop(), log)
        self.serving.tick()
        alpn = () if self.tls else None
        listeners = self.context.listening.open(
            partial(SmscLink, self), [f"127.0.0.1:{port}"], 2775, alpn=alpn
        )
        opened = await self._stack.enter_async_context(listeners)
        self.port = opened.addresses[0].port

    async def stop(self) -> None:
        """Cut all connections, and listen no more."""
        for link in list(self.serving.connections):
            link.abort()
        await self.serving.drained(1)
        self.serving.stop()
        await self._stack.aclose()

    def changed(self) -> None:
        """Wake who waits."""
        waiters, self._waiters = self._waiters, []
        for one in waiters:
            if not one.done():
                one.set_result(None)

    async def until(self, done: Any, seconds: float = 5.0) -> None:
        """Wait until ``done()``; TimeoutError."""
        async with asyncio.timeout(seconds):
            while not done():
                future = asyncio.get_running_loop().create_future()
                self._waiters.append(future)
                await future

    async def bound(self, number: int = 1) -> None:
        """Wait until so many connections are bound."""
        await self.until(lambda: len(self.links) >= number)

    def drop(self) -> None:
        """Cut all connections."""
        for link in list(self.links):
            link.abort()

    # --- what is submitted ------------------------------------------------------------------------

    def submit(self, link: SmscLink, pdu: Pdu) -> None:
        """Take it, or do what ``faults`` say."""
        faults = self.faults
        status = faults.statuses.popleft() if faults.statuses else self._over(link.loop.time())
        if status:
            link.answer(pdu, status)
            return
        sm = read_sm(pdu.command, pdu.body)
        self.submitted.append(sm)
        self.changed()
        name = f"{next(self._ids):X}"
        if faults.drop:
            faults.drop -= 1
            if not faults.drop:
                link.abort()
            return
        if faults.silent:
            faults.silent -= 1
            return
        if sm.registered and faults.early:
            self.receipt(sm, name)
        if faults.garbage:
            faults.garbage -= 1
            link.write(
                bytes.fromhex("00000010 80000004 00000000 7ffffffe 00000010 80000777 00000000 00000001")
            )
        link.answer(pdu, 0, name.encode() + b"\0")
        if sm.registered and not faults.early:
            link.loop.call_later(LATE, self.receipt, sm, name)

    def _over(self, now: float) -> int:
        """Whether it is one too many of this second."""
        if not self.faults.rate:
            return 0
        if now - self._second >= 1:
            self._second, self._went = now, 0
        self._went += 1
        return say.THROTTLED if self._went > self.faults.rate else 0

    def receipt(self, sm: Sm, name: str, word: str = "DELIVRD", state: int = 2) -> None:
        """Give a receipt for ``sm`` to somebody who is bound to receive."""
        now = self.serving.loop.time()
        spelled = str(int(name, 16)) if self.faults.receipts == "decimal" else name
        receipt = Sm(
            source=sm.destination, destination=sm.source, source_ton=sm.destination_ton,
            destination_ton=sm.source_ton, esm_class=RECEIPT,
        )  # fmt: skip
        if self.faults.by_tlv:
            receipt.tlvs = {RECEIPTED_ID: spelled.encode() + b"\0", MESSAGE_STATE: bytes((state,))}
        else:
            receipt.content = receipt_text(spelled, word, now, now).encode()
        self.send(write_sm(receipt))

    # --- what it delivers -------------------------------------------------------------------------

    def send(self, body: bytes, command: int = DELIVER_SM) -> "asyncio.Future[Pdu | None]":
        """Send a deliver_sm to the first that is bound to receive; its response, None: there was none."""
        future: asyncio.Future[Pdu | None] = self.serving.loop.create_future()

        def answered(pdu: Pdu | None) -> None:
            if pdu is not None:
                self.answers.append(pdu.status)
            if not future.done():
                future.set_result(pdu)
            self.changed()

        link = next((one for one in self.links if one.wire.state != "transmitter"), None)
        if link is None:
            answered(None)
        else:
            link.ask(command, body, answered)
        return future

    async def deliver(
        self, text: str = "hi", sender: str = "+41790000001", to: str = "+41445556677", **more: Any
    ) -> int:
        """Deliver a text, with what else is said of its PDU; the status of the answer, -1: there was none."""
        source, destination = number_of(sender), number_of(to)
        assert source is not None and destination is not None  # noqa: S101, PT018 - a test's own
        given = {"content": text.encode("latin-1"), **more}
        sm = Sm(
            source=source.address, source_ton=source.ton, source_npi=source.npi, destination=destination.address,
            destination_ton=destination.ton, destination_npi=destination.npi, **given,
        )  # fmt: skip
        found = await self.send(write_sm(sm))
        return -1 if found is None else found.status

    async def ask(self, command: int, fields: dict[str, Any] | None = None) -> Pdu:
        """Ask the first that is bound."""
        return await self.links[0].request(command, write(command, fields or {}))
