"""A connection of SMTP or LMTP: bytes to the wire, messages to the application, verdicts back, deadlines."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from random import getrandbits
from typing import Any, Final

from interfaces.email import replies as say
from interfaces.email.answers import answer, code_of, mixed, replies_of
from interfaces.email.calls import ask, bounced, call
from interfaces.email.deliveries import Message, Run
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.events_smtp import Abandoned, Auth, Begun, Ended, Event, KeyWanted, Piece, Rcpt, Tls
from interfaces.email.headers import Headers
from interfaces.email.received import received
from interfaces.email.secure import UPGRADE, Client
from interfaces.email.service import Service
from interfaces.email.streams import Flow
from interfaces.email.translate import Key, Transaction
from interfaces.email.xclient import XClient
from interfaces.shared.delivery import ACCEPTED, Verdict

__all__ = ["Connection"]

AHEAD: Final = 1
FLOW: Final = 4
"""Reasons not to read: a verdict is due, the application is slow; UPGRADE is 2, UNREAD 8."""


class Connection(Client):
    """One client; at most one message of its waits for its verdict, and what it sent ahead waits behind that."""

    def __init__(self, service: Service, *, lmtp: bool = False, users: bool = False) -> None:
        super().__init__(service, lmtp=lmtp, users=users)
        self.transaction: Transaction | None = None
        self.flow: Flow | None = None
        self.message: Message | None = None
        self.unheard: Mapping[Key, Verdict] = {}
        self._asking: object = None  # what RCPT's answer waits for
        self._next: tuple[Mail | None, str] = (None, "")  # the id of a message that is only asked about yet
        self._came: int = 0
        self._ended: bool = False

    def connection_made(self, transport: Any) -> None:
        """asyncio: a client is there."""
        self.transport = transport
        service = self.service
        self._begin_with(transport)
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
        if (message is None and self._asking is None) or self.place.tls is not None:
            return False  # of TLS, asyncio cannot keep one side
        self._ended = True
        if message is not None:
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
            service.repeats.heard(self.unheard)
            self.unheard = {}
        self._came += len(data)
        wire.busy = service.full
        wire.feed(data)
        self._go()

    def _go(self) -> None:
        """Take what the wire has, say what it says."""
        wire = self.wire
        while (event := wire.next()) is not None:
            self._happened(event)
        said = self._speak()
        if self.message is None and self._asking is None and not self.lost:
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
                self.wire.answer(self.wire.fault)
        elif isinstance(event, Piece):
            self._add(event.content)
        elif isinstance(event, Begun):
            self._begin()
        elif isinstance(event, Abandoned):
            self.service.count("email.abandoned")
            self._drop()
            self.deadline = self.service.now + self.service.options.data_timeout  # for the rest of it
        elif isinstance(event, Rcpt):
            self._asking = token = object()
            self.deadline = self.service.now + self.service.options.recipient_timeout
            mail = self.wire.mail
            assert mail is not None  # noqa: S101 - RCPT follows MAIL
            self._run(self._ask(mail, event.recipient, token))
        elif isinstance(event, Auth):
            self._run(self._login(event))
        elif isinstance(event, KeyWanted):
            self._run(self._key(event.user))
        elif isinstance(event, XClient):
            self._behind(event)
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
        name, now = self._name(mail), time.time()
        body = service.body(received(name, self.place, mail, now, service.name))
        service.in_flight += body.held
        self.transaction = Transaction(name, self.place, mail, wire.recipients, now, body)
        if service.options.stream:
            self.flow = Flow(service, self.transaction, self._room)

    def _name(self, mail: Mail) -> str:
        """The id of the message of ``mail``: that by which it was asked about, if it was."""
        asked, name = self._next
        return (
            name if asked is mail else getrandbits(64).to_bytes(8, "big").hex()  # nosec B311 - a name, no secret
        )  # nothing is secret about it

    async def _ask(self, mail: Mail, recipient: Recipient, token: object) -> None:
        """Whether there is such a recipient, which the client is told."""
        self.place.helo = self.wire.greeting
        name = self._name(mail)
        self._next = mail, name
        said = await ask(self.service, self.place, mail, recipient, name)
        if self._asking is token and not self.lost:
            self._asking = None
            self._answer(say.RECIPIENT_OK if said is ACCEPTED else answer(said, say.RECIPIENT))

    def _add(self, piece: bytes) -> bool:
        """More content; False, and it will be refused, when it cannot be kept."""
        said = self.service.add(self.transaction.body, piece) if self.transaction is not None else b""
        if self.flow is not None and piece and not said:
            said = self.flow.add(piece)
            if self.flow.full:
                self.hold(FLOW)
        if said:
            self.wire.spoil(said)
        return not said

    def _room(self) -> None:
        """The application has taken what waited."""
        self.release(FLOW)

    def _drop(self) -> None:
        """No message is being received any more."""
        flow, self.flow = self.flow, None
        if flow is not None:
            flow.stop(int(self.wire.fault[:3] or 421))
            self.release(FLOW)
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            self.service.let_go(transaction.body)

    def _deliver(self) -> None:
        """The message is complete: the application's turn, for the recipients whose fate is not known yet."""
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return
        flow, self.flow = self.flow, None
        headers = transaction.headers(self.service.options.max_headers) if flow is None else flow.whole()
        if headers is None:
            self.service.let_go(transaction.body)
            self.wire.answer(say.FIELDS)
            return
        keys = transaction.keys()
        message = self.message = Message(keys, partial(self._decided, transaction))
        self.deadline = self.service.now + self.service.options.verdict_timeout
        known = self.service.repeats.known(keys)
        if known:
            self._again(transaction, headers, flow, known)
        else:
            message.join(self._called(transaction, headers, flow, range(len(keys))))

    def _called(
        self, transaction: Transaction, headers: Headers, flow: Flow | None, places: Sequence[int]
    ) -> Run:
        """Call the application for the recipients at these ``places``."""
        if len(places) != len(transaction.recipients):
            transaction = transaction.only(places)
        keys = self.message.keys if self.message is not None else ()
        keys = keys if len(places) == len(keys) else [keys[place] for place in places]
        if flow is None:
            return call(self.service, transaction, headers, keys)
        return flow.finish(keys, places)

    def _again(
        self,
        transaction: Transaction,
        headers: Headers,
        flow: Flow | None,
        known: Mapping[Key, Run | Verdict],
    ) -> None:
        """A message comes again: call the application for those whose fate is not known, wait for who is called."""
        message = self.message
        assert message is not None  # noqa: S101 - it has just been made
        new = [place for place, key in enumerate(message.keys) if key not in known]
        said = {key: one for key, one in known.items() if isinstance(one, Verdict)}
        if new:
            message.join(self._called(transaction, headers, flow, new))
        else:
            self.service.let_go(transaction.body)
            if flow is not None:
                flow.stop(next(map(code_of, said.values()), 0))  # 0: another call is about to say
        for run in {id(one): one for one in known.values() if isinstance(one, Run)}.values():
            message.join(run)
        if said:
            self.loop.call_soon(message.take, said)

    def _decided(self, transaction: Transaction, message: Message) -> None:
        """There is a verdict for each recipient: tell the client, if it still waits."""
        if self.message is not message:
            return
        verdicts = message.replies
        if self.service.bounces is not None and not self.lmtp and mixed(verdicts):
            self._run(self._bounce(transaction, message))
        else:
            self._told(message, replies_of(verdicts, transaction.id, lmtp=self.lmtp))

    async def _bounce(self, transaction: Transaction, message: Message) -> None:
        """Take a message that some refuse, once it is sure that its sender will hear of those."""
        verdicts = await bounced(self.service, transaction, message.keys, message.replies)
        taken = [said for said in verdicts if said.kind != "reject"]  # whoever else refuses, the sender knows
        if self.message is message:
            self._told(message, replies_of(taken, transaction.id, lmtp=False))
        else:
            self.service.repeats.remember(message.verdicts)

    def _told(self, message: Message, replies: list[bytes]) -> None:
        """Tell the client what became of its message."""
        self.message = None
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

    # --- deadlines, the end ------------------------------------------------------------------------

    def sweep(self, now: float) -> None:
        """Look at the deadlines."""
        options = self.service.options
        if self.stalled(now, options.send_timeout):
            self.service.count("email.stalled")
            self.abort()
        elif now < self.deadline:
            return
        elif self._asking is not None:
            self.service.count("email.late")
            self._asking = None
            self._answer(say.LATE)
        elif self.message is not None:
            self.service.count("email.late")
            self._leave()
            self._answer(say.LATE)
        elif self._held & FLOW:
            self.service.count("email.late")
            self.wire.spoil(say.LATE)
            self._drop()
            self.deadline = now + options.data_timeout
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
        idle = self.message is None and self.transaction is None and self._asking is None
        if idle and not self._held & UPGRADE:
            self._end(say.DRAINING)

    def _end(self, said: bytes) -> None:
        event = self.wire.stop(said)
        if event is not None:
            self._happened(event)
        self._speak()
        self.deadline = self.service.now + self.service.options.send_timeout
