"""Messages that come whole, by other ways than SMTP: the same limits, repeats, spool files and verdicts.

Who has one says who sent it, to whom, and what it is; each recipient gets a verdict.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from random import getrandbits
from typing import IO

from interfaces.email import replies as say
from interfaces.email.answers import mixed, verdict_of
from interfaces.email.calls import ask, bounced, call
from interfaces.email.deliveries import Message, Run
from interfaces.email.envelope import Address, Mail, Parameters, Recipient, mail, named
from interfaces.email.filling import filled
from interfaces.email.received import taken
from interfaces.email.service import Service
from interfaces.email.translate import Key, Place, Transaction
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import PeerError

__all__ = ["Intake"]


class Intake:
    """Delivers to the application of ``service``."""

    def __init__(self, service: Service) -> None:
        self.service = service

    async def deliver(
        self,
        place: Place,
        envelope: tuple[str, Sequence[str]],
        content: bytes | IO[bytes],
        *,
        attempt: int = 1,
        seconds: float | None = None,
        heard: bool = True,
    ) -> list[Verdict]:
        """Give the application a message of (sender, recipients); the verdict of each recipient, in their order.

        ``seconds``: to wait at most, then it is "try again", and a repeat joins the call that goes on. Where it is
        not sure that the verdicts will be ``heard``, they are kept for a repeat. OSError where a file cannot be read.
        """
        service = self.service
        said, names = envelope
        if refusal := self._closed(len(names)):
            return [verdict_of(refusal)] * max(1, len(names))
        sender, recipients, wrong = _read(said, names)
        name = f"{getrandbits(64):016x}"  # nosec B311 - a name, no secret
        if service.limits.ask_recipients:
            recipients = await self._asked(place, sender, recipients, name, wrong)
        if not recipients:
            return [wrong[at] for at in range(len(names))]
        now = time.time()
        body = service.body(taken(name, place, now, service.name))
        service.in_flight += body.held
        fault = await filled(service, body, content)
        if fault is None:
            transaction = Transaction(name, place, sender, recipients, now, body)
            verdicts = await self._decided(transaction, attempt, seconds, heard)
        else:
            verdicts = [fault] * len(recipients)
        given = iter(verdicts)
        return [wrong[at] if at in wrong else next(given) for at in range(len(names))]

    def _closed(self, recipients: int) -> bytes:
        """The reply to any message now; b"" when one may come."""
        service = self.service
        if not recipients:
            return say.SEQUENCE
        if recipients > service.limits.max_recipients:
            return say.FULL
        if service.draining:
            return say.DRAINING
        return say.STORAGE if service.full else b""

    async def _asked(
        self, place: Place, sender: Mail, recipients: list[Recipient], name: str, wrong: dict[int, Verdict]
    ) -> list[Recipient]:
        """Those of the recipients that may be; the verdicts of the others go to their places in ``wrong``."""
        taken: list[Recipient] = []
        places = [at for at in range(len(recipients) + len(wrong)) if at not in wrong]
        for at, one in zip(places, recipients, strict=True):
            try:
                async with asyncio.timeout(self.service.options.recipient_timeout):
                    said = await ask(self.service, place, sender, one, name)
            except TimeoutError:
                said = verdict_of(say.LATE)
            if said.kind == "accept":
                taken.append(one)
            else:
                wrong[at] = said
        return taken

    async def _decided(
        self, transaction: Transaction, attempt: int, seconds: float | None, heard: bool
    ) -> list[Verdict]:
        """The verdicts of the application, or those that are known."""
        service, keys = self.service, transaction.keys()
        headers = transaction.headers(service.options.max_headers)
        if headers is None:
            service.let_go(transaction.body)
            return [verdict_of(say.FIELDS)] * len(keys)
        done = asyncio.Event()
        message = Message(keys, lambda _message: done.set())
        known = service.repeats.known(keys)
        new = [at for at, key in enumerate(keys) if key not in known]
        if new:
            part = transaction.only(new) if known else transaction
            message.join(call(service, part, headers, [keys[at] for at in new], attempt))
        else:
            service.let_go(transaction.body)
        _join(message, known)
        await self._waited(message, done, service.options.verdict_timeout if seconds is None else seconds)
        if not heard:
            service.repeats.remember(message.verdicts)
        late = verdict_of(say.LATE)
        verdicts = [message.verdicts.get(key, late) for key in keys]
        if service.bounces is not None and mixed(verdicts):
            return await bounced(service, transaction, keys, verdicts)
        return verdicts

    async def _waited(self, message: Message, done: asyncio.Event, seconds: float) -> None:
        """Wait until it is decided, or too late, or nobody waits here: then its calls go on, for a repeat."""
        try:
            async with asyncio.timeout(seconds):
                await done.wait()
        except TimeoutError:
            self.service.count("email.late")
        finally:
            for left in message.leave():
                self.service.repeats.orphan(left)


def _join(message: Message, known: Mapping[Key, Run | Verdict]) -> None:
    """Have the message get what is known, and wait for what runs."""
    for run in {id(one): one for one in known.values() if isinstance(one, Run)}.values():
        message.join(run)
    if told := {key: one for key, one in known.items() if isinstance(one, Verdict)}:
        message.take(told)


def _read(said: str, names: Sequence[str]) -> tuple[Mail, list[Recipient], dict[int, Verdict]]:
    """The envelope as SMTP would say it; recipients that are none are in the last, by their place.

    A sender that is none becomes the null sender, which nobody answers.
    """
    utf8 = not "".join((said, *names)).isascii()
    parameters: Parameters = {"SMTPUTF8": True} if utf8 else {}
    try:
        words = b" SMTPUTF8" if utf8 else b""
        sender = mail(b"MAIL FROM:<%b>%b" % (said.encode(), words), extended=True, max_size=0, tls=False)
        if sender.parameters != parameters:  # it has closed the bracket
            raise PeerError("a parameter in an address")
    except (PeerError, UnicodeEncodeError):
        sender = Mail(Address("", ""), parameters)
    recipients: list[Recipient] = []
    wrong: dict[int, Verdict] = {}
    for at, name in enumerate(names):
        try:
            recipients.append(named(name, utf8=utf8))
        except PeerError as error:
            wrong[at] = verdict_of(error.answer if isinstance(error.answer, bytes) else say.SYNTAX)
    return sender, recipients, wrong
