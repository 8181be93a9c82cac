"""A connection of SMTP or LMTP: bytes to the wire, messages to the application, verdicts back, deadlines."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from random import getrandbits
from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.deliveries import Message, Run
from interfaces.email.events_smtp import Abandoned, Auth, Begun, Ended, Event, Piece, Tls
from interfaces.email.headers import Headers
from interfaces.email.login import MECHANISMS
from interfaces.email.service import Service, log, tls_of
from interfaces.email.translate import Key, Place, Transaction, received
from interfaces.email.verdicts import MailDelivery, replies_of
from interfaces.email.wire_smtp import Wire
from interfaces.shared.asgi import Scope
from interfaces.shared.delivery import Verdict
from interfaces.shared.stream import Stream

__all__ = ["Connection"]

AHEAD: Final = 1
UPGRADE: Final = 2
PAUSE = 1.0
"""Seconds after which a login that failed is answered."""
UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such address here"})


class Connection(Stream):
    """One client; at most one message of its waits for its verdict, and what it sent ahead waits behind that."""

    place: Place
    wire: Wire

    def __init__(self, service: Service, *, lmtp: bool = False, users: bool = False) -> None:
        super().__init__(service.loop)
        self.service = service
        self.lmtp = lmtp
        self.users = users  # only who has logged in may send
        self.proxied: Any = None
        self.address: str = ""
        self.transaction: Transaction | None = None
        self.message: Message | None = None
        self.unheard: Mapping[Key, Verdict] = {}
        self._came: int = 0
        self._early: list[bytes] = []
        self._ended: bool = False
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        self.transport = transport
        service = self.service
        self.place = service.place(transport, self.proxied, "lmtp" if self.lmtp else "smtp")
        limits = service.users_only if self.users else service.limits
        self.wire = Wire(service.name, limits, lmtp=self.lmtp, tls=self.place.tls is not None)
        self.wire.offer_tls = service.tls is not None and self.place.tls is None
        self._offer_auth()
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
        if self.lost:
            return
        super().connection_lost(error)
        self._leave()
        if self.unheard:
            self.service.repeats.remember(self.unheard)
        self._drop()
        self.service.left(self, self.address)

    def eof_received(self) -> bool:
        """asyncio: it will send no more. What waits is still answered: Exim ends its side right behind QUIT.

        It may as well be gone, so a repeat of its message joins this one by now.
        """
        message = self.message
        if message is None or self.place.tls is not None:  # of TLS, asyncio cannot keep one side
            return False
        self._ended = True
        for run in message.running:
            self.service.repeats.orphan(run)
        return True

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes came."""
        wire, service = self.wire, self.service
        if self._held & UPGRADE:  # secret ones, although asyncio has not told yet that there is TLS
            self._early.append(data)
            return
        if self.unheard:  # the client has read the answer
            self.unheard = {}
        self._came += len(data)
        wire.busy = service.in_flight >= service.options.max_in_flight
        wire.feed(data)
        self._go()

    def _go(self) -> None:
        """Take what the wire has, say what it says."""
        wire = self.wire
        while (event := wire.next()) is not None:
            self._happened(event)
        said = self._speak()
        if self.message is None and not self.lost:
            if self.service.draining and self.transaction is None:
                self.drain()
            elif said and self.transaction is None:  # else a byte now and then would hold it for ever
                self.deadline = self.service.now + self.service.options.command_timeout
            if self._ended:
                self.close()
        if not wire.waiting:
            self.release(AHEAD)
        elif wire.pending > self.service.options.max_pipelined:
            self.hold(AHEAD)

    def _speak(self) -> bool:
        """Say what the wire has to say; whether that was anything."""
        wire, said = self.wire, b""
        if wire.out:
            said = b"".join(wire.out)
            wire.out.clear()
            self.write_now(said)
        if wire.closing:
            self.close()
        return said != b""

    def _happened(self, event: Event) -> None:
        if isinstance(event, Ended):
            if self._add(event.content):
                self._deliver()
            else:
                self._drop()
                self.wire.answer(say.STORAGE)
        elif isinstance(event, Piece):
            self._add(event.content)
        elif isinstance(event, Begun):
            self._begin()
        elif isinstance(event, Abandoned):
            self.service.count("email.abandoned")
            self._drop()
            self.deadline = self.service.now + self.service.options.data_timeout  # for the rest of it
        elif isinstance(event, Auth):
            self._run(self._login(event))
        elif isinstance(event, Tls):
            self._speak()
            self.hold(UPGRADE)
            self._run(self._upgrade())

    # --- a message ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        wire, service = self.wire, self.service
        mail = wire.mail
        assert mail is not None  # noqa: S101 - there is one when content begins
        self.place.helo = wire.greeting
        self._came = 0
        self.deadline = service.now + service.options.data_timeout
        name, now = getrandbits(64).to_bytes(8, "big").hex(), time.time()  # nothing is secret about it
        body = service.body(received(name, self.place, mail, now, service.name))
        service.in_flight += body.held
        self.transaction = Transaction(name, self.place, mail, wire.recipients, now, body)

    def _add(self, piece: bytes) -> bool:
        """More content; False, and it will be refused, when it cannot be kept."""
        kept = True
        if self.transaction is not None:
            body = self.transaction.body
            before = body.held
            if self.service.in_flight >= self.service.options.max_in_flight:
                self.service.press(body)
            try:
                body.add(piece)
            except OSError as error:
                log.error("%s: the message cannot be kept: %s", self.transaction.id, error)
                self.wire.spoil(say.STORAGE)
                kept = False
            self.service.in_flight += body.held - before
        return kept

    def _drop(self) -> None:
        """No message is being received any more."""
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            self.service.let_go(transaction.body)

    def _deliver(self) -> None:
        """The message is complete: the application's turn, for the recipients whose fate is not known yet."""
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        headers = transaction.headers(self.service.options.max_headers)
        if headers is None:
            self.service.let_go(transaction.body)
            self.wire.answer(say.FIELDS)
            return
        keys = transaction.keys()
        message = self.message = Message(keys, partial(self._decided, transaction))
        self.deadline = self.service.now + self.service.options.verdict_timeout
        known = self.service.repeats.known(keys)
        if not known:  # as it mostly is
            message.join(self._call(transaction, headers, keys))
            return
        new = [n for n, key in enumerate(keys) if key not in known]
        if new:
            transaction, keys = transaction.only(new), [keys[n] for n in new]
            message.join(self._call(transaction, headers, keys))
        else:
            self.service.let_go(transaction.body)
        for run in {id(one): one for one in known.values() if isinstance(one, Run)}.values():
            message.join(run)
        if said := {key: one for key, one in known.items() if isinstance(one, Verdict)}:
            self.loop.call_soon(message.take, said)

    def _call(self, transaction: Transaction, headers: Headers, keys: Sequence[Key]) -> Run:
        """Start the application."""
        service, run = self.service, Run(keys)
        delivery = _Call(service, transaction, run, transaction.scope(service.context.state, headers))
        service.sessions.add(delivery)
        delivery.start(self.loop)
        delivery.last(transaction.event(headers))
        return run

    def _decided(self, transaction: Transaction, message: Message) -> None:
        """There is a verdict for each recipient: tell the client, if it still waits."""
        if self.message is not message:
            return
        self.message = None
        replies = replies_of(message.replies, transaction.id, lmtp=self.lmtp)
        if replies[0].startswith(b"4") and not self.lmtp:  # the client repeats all: what is final is done
            self.service.repeats.remember(message.verdicts)
        else:
            self.unheard = message.verdicts
        self.wire.decide(replies)
        self._go()

    def _answer(self, said: bytes) -> None:
        self.wire.answer(said)
        self._go()

    def _leave(self) -> None:
        """Nobody waits for the message any more; the application goes on."""
        message, self.message = self.message, None
        if message is not None:
            for run in message.leave():
                self.service.repeats.orphan(run)

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
            self.connection_lost(None)  # asyncio tells that to nobody when a handshake fails
            return
        if transport is None or self.lost:
            return
        self.transport = transport
        self.place.tls = tls_of(transport)
        self.place.auth = None
        self.wire.secured()
        self._offer_auth()
        self._held &= ~UPGRADE
        self.deadline = service.now + service.options.command_timeout
        if service.draining:
            self.drain()
        early, self._early = self._early, []
        for data in early:
            self.data_received(data)

    def _offer_auth(self) -> None:
        service, secure = self.service, self.wire.secure
        if service.accounts is not None and not self.lmtp and (secure or service.options.auth_unencrypted):
            self.wire.mechanisms = MECHANISMS

    async def _login(self, event: Auth) -> None:
        """Somebody says who they are; whoever is wrong has to wait before the next try."""
        service = self.service
        if service.accounts is None:
            return
        said = await service.accounts.answer(event.user, event.password)
        if said == say.AUTH_OK:
            self.place.auth = {"user": event.user, "mechanism": event.mechanism}
        else:
            service.count("email.logins_failed")
            await asyncio.sleep(PAUSE)
        if not self.lost:
            self._answer(said)

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
        elif self.message is not None:
            self.service.count("email.late")
            self._leave()
            self._answer(say.LATE)
        elif self.transaction is not None and self._came >= options.min_rate * options.data_timeout:
            self._came = 0
            self.deadline = now + options.data_timeout
        elif self.wire.closing:  # it does not even take our last words
            self.service.count("email.stalled")
            self.abort()
        else:
            self.service.count("email.timeouts")
            self._end(say.TIMEOUT)

    def drain(self) -> None:
        """The server stops: an idle client is told now, others after their message."""
        if self.message is None and self.transaction is None and not self._held & UPGRADE:
            self._end(say.DRAINING)

    def _end(self, said: bytes) -> None:
        event = self.wire.stop(said)
        if event is not None:
            self._happened(event)
        self._speak()
        self.deadline = self.service.now + self.service.options.send_timeout


class _Call(MailDelivery):
    """The call of the application for a message, for the recipients of ``run``."""

    def __init__(self, service: Service, transaction: Transaction, run: Run, scope: Scope) -> None:
        super().__init__(service.app, scope, None)
        self.service = service
        self.transaction: Transaction | None = transaction
        self.run = run

    def end(self) -> None:
        """The application is done with the message."""
        super().end()
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            service = self.service
            service.let_go(transaction.body)
            service.sessions.discard(self)
            self.run.decided(self.outcomes(UNROUTED))
            if service.idle is not None:
                service.check_idle()
