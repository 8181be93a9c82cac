"""A log of the mail that comes in: ``application = log_mail(application)``.

Each message has its row before the application is called, in the state "pending", and what became of it when the
verdict is there, before the client is told. A process that is killed between the two leaves "pending"; ``manage.py
interfaces_mail replay`` gives such messages to the application once more, with the same ``dedupe_key``. Where the row
cannot be written before, the client is told to try again; where it cannot be written after, the verdict stands, and
the row stays "pending". Nothing is written without this wrapper, nor of a message that no route takes.

What comes back of mail that was sent (``email.bounce``, ``email.complaint``) is written to its row, where it has one.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

from interfaces.django.mail_rows import begin, settle
from interfaces.django.sent_mail import update
from interfaces.email.verdicts import KINDS, verdict
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import NoRoute, PeerError, Unavailable

__all__ = ["LOGGED", "log_mail"]

log = logging.getLogger("interfaces.django")

LOGGED = "interfaces.mail_log"
"""The key of a scope whose message is logged already, by a wrapper further out."""
NOWHERE = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such address here"})
_BY_CODE = {"2": "email.accept", "4": "email.defer", "5": "email.reject"}


class MailLog:
    """``application``, with a log of its mail; scopes of other types pass by."""

    def __init__(self, application: Application, using: str | None = None) -> None:
        self.application = application
        self.using = using
        mapping = getattr(application, "application_mapping", None)
        if mapping is not None:  # which `check` and the worker read
            self.application_mapping = mapping

    def __repr__(self) -> str:
        return f"log_mail({self.application!r})"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        if scope["type"] != "email" or scope.get(LOGGED):
            await self.application(scope, receive, send)
            return
        call = _Call(scope, receive, send, self.using)
        try:
            await self.application({**scope, LOGGED: True}, call.receive, call.send)
        except Exception as error:
            await call.end(error)
            raise
        await call.end()


def log_mail(application: Application, *, using: str | None = None) -> MailLog:
    """``application`` with its mail logged in the database ``using``, unless that of the router."""
    return MailLog(application, using)


class _Call:
    """One message, while the application has it."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, using: str | None) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._using = using
        self._rows: list[int] = []
        self._addresses: list[str] = [one["address"] for one in scope["rcpt_to"]]
        self._verdict: Verdict | None = None
        self._statuses: dict[int, Verdict] = {}
        self._asked: set[str] = set()
        """Sends whose result the application waits for."""
        self._first: Event | None = None
        """The first piece of a message that comes in pieces: the last one does not repeat its header."""
        self._written: list[Verdict] | None = None

    async def receive(self) -> Event:
        """What comes next; the message is written down first, and who asks for more has decided."""
        if self._rows and not self._asked:
            await self.end()
        event = await self._receive()
        await self._came(event, str(event["type"]))
        return event

    async def _came(self, event: Event, kind: str) -> None:
        """Write down what there is to be said of an event."""
        if kind == "email.receive" and event.get("more_body"):
            self._first = self._first or event
        elif kind == "email.receive" and not self._rows:
            whole = {**(self._first or {}), **event}
            write = partial(begin, self._scope, whole, whole=self._first is None, using=self._using)
            self._rows = await _written(write)
        elif kind in ("email.bounce", "email.complaint"):
            await _written(partial(update, event, using=self._using))
        elif kind == "email.result":
            self._asked.discard(event.get("id", ""))

    async def send(self, event: Event) -> None:
        """What the application says; the server refuses what is no verdict."""
        await self._send(event)
        kind = event.get("type")
        if kind in KINDS:
            self._verdict = verdict(event)
        elif kind == "email.status":
            self._status(event)
        elif kind == "email.send" and event.get("id") and not event.get("reply_channel"):
            self._asked.add(event["id"])

    def _status(self, event: Event) -> None:
        place = event.get("index")
        if place is None:
            place = self._addresses.index(event["recipient"])
        self._statuses[place] = verdict({**event, "type": _BY_CODE[str(event.get("code", 250))[0]]})

    async def end(self, error: Exception | None = None) -> None:
        """Write down what was decided, unless it is written."""
        if not self._rows:
            return
        rest = self._verdict or _verdict_of(error)
        verdicts = [self._statuses.get(place, rest) for place in range(len(self._rows))]
        if verdicts == self._written:
            return
        said = "" if error is None else f"{type(error).__name__}: {error}"
        write: Callable[[], Any] = partial(settle, self._rows, verdicts, said, using=self._using)
        try:
            await database_sync_to_async(write)()
        except Exception:
            log.exception("a message stays pending in the log of mail, though it was decided")
        else:
            self._written = verdicts


async def _written(write: Callable[[], Any]) -> Any:
    """What ``write`` gives; Unavailable where the database is away, or locked for too long."""
    try:
        return await database_sync_to_async(write)()
    except (InterfaceError, OperationalError) as error:
        raise Unavailable(f"the log of mail cannot be written: {error}") from error


def _verdict_of(error: Exception | None) -> Verdict:
    """What an application has decided that said nothing."""
    if error is None:
        return ACCEPTED
    if isinstance(error, NoRoute):
        return NOWHERE
    answer = error.answer if isinstance(error, PeerError) else None
    return verdict(answer) if isinstance(answer, dict) and answer.get("type") in KINDS else DEFERRED
