"""A connection of SMTP or LMTP: bytes to the wire, messages to the application, verdicts back, deadlines."""

import asyncio
import secrets
import time
from typing import Any

from interfaces.email import replies as say
from interfaces.email.events_smtp import Abandoned, Begun, Ended, Event, Piece, Tls
from interfaces.email.service import Service, log, tls_of
from interfaces.email.translate import KINDS, Transaction, answer, verdict
from interfaces.email.wire_smtp import Wire
from interfaces.shared.delivery import Delivery, Verdict
from interfaces.shared.stream import FOREVER, Stream

__all__ = ["Connection"]

AHEAD, UPGRADE = 1, 2
UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such address here"})
_WORDS = dict.fromkeys(KINDS, verdict)


class Connection(Stream):
    """One client; at most one message of its waits for its verdict, and what it sent ahead waits behind that."""

    def __init__(self, service: Service, *, lmtp: bool = False) -> None:
        super().__init__(service.loop)
        self.service = service
        self.lmtp = lmtp
        self.proxied: Any = None
        self.place: Any = None
        self.wire: Any = None
        self.address: str = ""
        self.transaction: Transaction | None = None
        self.delivery: Delivery | None = None
        self._came: int = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        self.transport = transport
        service = self.service
        self.place = service.place(transport, self.proxied, "lmtp" if self.lmtp else "smtp")
        self.wire = Wire(service.name, service.limits, lmtp=self.lmtp, tls=self.place.tls is not None)
        self.wire.offer_tls = service.tls is not None and self.place.tls is None
        client = self.place.client
        self.address = client[0] if client else ""
        self.deadline = service.now + service.options.command_timeout
        if not service.joined(self, self.address):
            self.wire.stop(say.CROWDED)
        elif service.draining:
            self.wire.stop(say.DRAINING)
        self._speak()

    def connection_lost(self, error: Exception | None) -> None:
        """asyncio: it is gone. A message that is complete still gets its verdict, which is kept for its repeat."""
        super().connection_lost(error)
        self.delivery = None
        self._drop()
        self.service.left(self, self.address)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        wire, service = self.wire, self.service
        self._came += len(data)
        wire.busy = service.in_flight >= service.options.max_in_flight
        wire.feed(data)
        self._go()

    def _go(self) -> None:
        """Take what the wire has, say what it says."""
        wire = self.wire
        while (event := wire.next()) is not None:
            self._happened(event)
        self._speak()
        if self.delivery is None and not self.lost:
            if self.service.draining and self.transaction is None:
                self.drain()
            elif self.transaction is None:
                self.deadline = self.service.now + self.service.options.command_timeout
            self.release(AHEAD)
        elif wire.pending > self.service.options.max_pipelined:
            self.hold(AHEAD)

    def _speak(self) -> None:
        wire = self.wire
        if wire.out:
            said = b"".join(wire.out)
            wire.out.clear()
            self.write_now(said)
        if wire.closing:
            self.close()

    def _happened(self, event: Event) -> None:
        kind = type(event)
        if kind is Ended:
            self._add(event.content)  # type: ignore[union-attr]
            self._deliver()
        elif kind is Piece:
            self._add(event.content)  # type: ignore[union-attr]
        elif kind is Begun:
            self._begin()
        elif kind is Abandoned:
            self.service.count("email.abandoned")
            self._drop()
        elif kind is Tls:
            self._speak()
            self.hold(UPGRADE)
            self._run(self._upgrade())

    # --- a message ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        wire, service = self.wire, self.service
        self.place.helo = wire.greeting
        self._came = 0
        self.deadline = service.now + service.options.data_timeout
        self.transaction = Transaction(
            secrets.token_hex(8), self.place, wire.mail, wire.recipients, time.time()
        )

    def _add(self, piece: bytes) -> None:
        if self.transaction is not None:
            self.transaction.add(piece)
            self.service.in_flight += len(piece)

    def _drop(self) -> None:
        """No message is being received any more."""
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            self.service.in_flight -= transaction.size

    def _deliver(self) -> None:
        """The message is complete: the application's turn."""
        transaction, service = self.transaction, self.service
        self.transaction = None
        if transaction is None:
            return
        headers = transaction.headers()
        scope = transaction.scope(service.context.state, headers)
        delivery = Delivery(service.app, scope, _WORDS, lambda ended: self._decided(transaction, ended))
        self.delivery = delivery
        self.deadline = service.now + service.options.verdict_timeout
        service.sessions.add(delivery)
        delivery.start(self.loop)
        delivery.last(transaction.event(headers))

    def _decided(self, transaction: Transaction, delivery: Delivery) -> None:
        """The application has ended: tell the client, if it still waits."""
        service = self.service
        said = delivery.outcome(UNROUTED)
        service.in_flight -= transaction.size
        service.sessions.discard(delivery)
        if self.delivery is delivery:
            self.delivery = None
            self._answer(answer(said, transaction.id))
        elif self.lost:
            log.info("%s: %s, and the client had gone", transaction.id, said.kind)
        service.check_idle()

    def _answer(self, said: bytes) -> None:
        self.wire.answer(said)
        self._go()

    # --- TLS, deadlines, the end -------------------------------------------------------------------

    async def _upgrade(self) -> None:
        """TLS from here on (RFC 3207)."""
        service, context = self.service, self.service.secure()
        seconds = service.context.listening.handshake_timeout
        try:
            transport = await self.loop.start_tls(
                self.transport, self, context, server_side=True, ssl_handshake_timeout=seconds
            )
        except (OSError, asyncio.CancelledError) as error:
            log.debug("%s: no TLS: %s", self.address, error)
            self.abort()
            return
        if transport is None:
            return
        self.transport = transport
        self.place.tls = tls_of(transport)
        self.place.auth = None
        self.wire.secured()
        self._held &= ~UPGRADE
        self.deadline = service.now + service.options.command_timeout
        if service.draining:
            self.drain()

    def _run(self, steps: Any) -> None:
        task = self.loop.create_task(steps)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def sweep(self, now: float) -> None:
        """Look at the deadlines."""
        options = self.service.options
        if self.stalled(now, options.send_timeout):
            self.service.count("email.stalled")
            self.abort()
        elif now < self.deadline:
            return
        elif self.delivery is not None:
            self.service.count("email.late")
            self.delivery = None  # it runs on
            self._answer(say.LATE)
        elif self.transaction is not None and self._came >= options.min_rate * options.data_timeout:
            self._came = 0
            self.deadline = now + options.data_timeout
        else:
            self.service.count("email.timeouts")
            self._end(say.TIMEOUT)

    def drain(self) -> None:
        """The server stops: an idle client is told now, others after their message."""
        if self.delivery is None and self.transaction is None and not self._held & UPGRADE:
            self._end(say.DRAINING)

    def _end(self, said: bytes) -> None:
        self.deadline = FOREVER
        event = self.wire.stop(said)
        if event is not None:
            self._happened(event)
        self._speak()
