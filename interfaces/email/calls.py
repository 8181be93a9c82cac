"""Calls of the application for mail: what is asked before, one call a message, one for a recipient asked about."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from interfaces.email.body import Body
from interfaces.email.deliveries import Run
from interfaces.email.delivery import MailDelivery
from interfaces.email.envelope import Mail, Recipient
from interfaces.email.headers import Headers
from interfaces.email.service import Service, log
from interfaces.email.translate import Key, Place, Transaction
from interfaces.shared.asgi import Scope
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import Unavailable

__all__ = ["UNROUTED", "ask", "begin", "bounced", "call", "over", "prepared", "start"]

UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such address here"})


class Call(MailDelivery):
    """The call of the application for a message, for the recipients of ``run``."""

    def __init__(self, service: Service, transaction: Transaction, run: Run, scope: Scope) -> None:
        super().__init__(service.app, scope, None)
        self.post = service.post
        self.service = service
        self.transaction: Transaction | None = transaction
        self.run = run

    def end(self) -> None:
        """The application is done with the message."""
        super().end()
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            self.service.sessions.discard(self)
            over(self.service, transaction, self.run, self.outcomes(UNROUTED))


def call(
    service: Service, transaction: Transaction, headers: Headers, keys: Sequence[Key], attempt: int = 1
) -> Run:
    """Start what is to come before the application, and that itself; the run has the verdicts once it is over."""
    run = Run(keys)
    if service.elsewhere is not None:
        service.run(service.elsewhere.first(transaction, headers, run, attempt))
    else:
        begin(service, transaction, headers, run, attempt)
    return run


def begin(service: Service, transaction: Transaction, headers: Headers, run: Run, attempt: int) -> None:
    """Start it for a message that is new here, and elsewhere."""
    if service.before_message:
        service.run(_prepared(service, transaction, headers, run, attempt))
    else:
        _come(service, transaction, headers, run, {"attempt": attempt} if attempt != 1 else None)


def _come(
    service: Service, transaction: Transaction, headers: Headers, run: Run, more: dict[str, Any] | None
) -> None:
    if service.accepting is not None:
        service.accepting.keep(transaction, headers, run, more)
    else:
        start(service, transaction, headers, run, more)


def start(
    service: Service, transaction: Transaction, headers: Headers, run: Run, more: dict[str, Any] | None
) -> None:
    """Call the application; ``more`` are keys of the event."""
    delivery = Call(service, transaction, run, transaction.scope(service.context.state, headers))
    service.sessions.add(delivery)
    delivery.start(service.loop)
    event = transaction.event(headers)
    if more is not None:
        events = more.pop("events", None) or [event]  # what a report tells comes in place of it
        for one in events[:-1]:
            delivery.offer({**one, **more})
        event = events[-1]
        event.update(more)
    delivery.last(event)


def over(service: Service, transaction: Transaction, run: Run, verdicts: Sequence[Verdict]) -> None:
    """A message has its verdicts, and is needed no more."""
    service.let_go(transaction.body)
    run.decided(verdicts)
    if service.idle is not None:
        service.check_idle()


async def _prepared(
    service: Service, transaction: Transaction, headers: Headers, run: Run, attempt: int
) -> None:
    more: dict[str, Any] = {"attempt": attempt}
    said = await prepared(service, transaction, headers, more)
    if said is None:
        _come(service, transaction, headers, run, more)
    else:
        over(service, transaction, run, [said] * len(run.keys))


async def prepared(
    service: Service, transaction: Transaction, headers: Headers, more: dict[str, Any]
) -> Verdict | None:
    """Ask those that come before the application; a verdict of theirs spares it."""
    try:
        for hook in service.before_message:
            said = await hook(transaction, headers, more)
            if said is not None and said.kind != "accept":
                return said
    except asyncio.CancelledError:
        return DEFERRED
    except Exception:  # noqa: BLE001 - of whoever was added: the client tries again
        log.exception("%s: what is asked before the application raised", transaction.id)
        return DEFERRED
    return None


async def bounced(
    service: Service, transaction: Transaction, keys: Sequence[Key], verdicts: Sequence[Verdict]
) -> list[Verdict]:
    """Have the sender told who refuses what others take. Where that fails they only put it off, and it comes again."""
    rows = zip(transaction.recipients, verdicts, keys, strict=True)
    refused = [row for row in rows if row[1].kind == "reject"]
    try:
        if service.bounces is not None:
            await service.bounces(transaction, refused)
    except Unavailable as error:
        log.warning("%s: its sender cannot be told who refuses it: %s", transaction.id, error)
    except Exception:  # noqa: BLE001 - of whoever was added
        log.exception("%s: its sender cannot be told who refuses it", transaction.id)
    else:
        return [*verdicts]
    return [DEFERRED if said.kind == "reject" else said for said in verdicts]


async def ask(service: Service, place: Place, mail: Mail, recipient: Recipient, name: str) -> Verdict:
    """The verdict on a recipient: of who was added to be asked, then of the application where that is to be asked.

    ``name``: the id of the transaction, which its message will have.
    """
    for hook in service.before_recipient:
        try:
            said = await hook(place, mail, recipient)
        except Exception:  # noqa: BLE001 - of whoever was added: the client tries again
            log.exception("%s: what is asked about recipients raised", name)
            return DEFERRED
        if said is not None:
            return said
    if not service.options.ask_recipients:
        return ACCEPTED
    return await _asked(service, Transaction(name, place, mail, [recipient], service.time(), Body(0)))


async def _asked(service: Service, transaction: Transaction) -> Verdict:
    """What the application says of a recipient, in a scope of its own."""
    answer: asyncio.Future[Verdict] = service.loop.create_future()
    scope = transaction.scope(service.context.state, Headers())
    delivery = MailDelivery(service.app, scope, partial(_answered, service, answer))
    service.sessions.add(delivery)
    delivery.start(service.loop)
    delivery.last(transaction.question())
    return await answer


def _answered(service: Service, answer: "asyncio.Future[Verdict]", delivery: MailDelivery) -> None:
    service.sessions.discard(delivery)
    if not answer.done():
        answer.set_result(delivery.outcome(UNROUTED))
    service.check_idle()
