"""Mail of the log goes through the application once more: what was pending, what failed, or what is to be seen again.

The application is called as the server calls it, with the ``dedupe_key`` that the message had, so that a consumer
with the inbox does nothing twice. What it sends goes to the project's channel layer.
"""

import asyncio
from collections.abc import Iterable
from typing import IO

from channels.db import database_sync_to_async

from interfaces.django.mail_limits import LARGE, PIECE, SECONDS
from interfaces.django.mail_log import NOWHERE, log_mail
from interfaces.django.mail_models import ReceivedMail
from interfaces.django.mail_rows import source
from interfaces.email.body import Body
from interfaces.email.delivery import MailDelivery
from interfaces.email.headers import split
from interfaces.email.sending.compose import SIZE
from interfaces.email.sending.post import Post
from interfaces.email.translate import SPEC_VERSION
from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Verdict
from interfaces.workers.settings import layer_of

__all__ = ["ContentMissingError", "replay"]

LATE = Verdict("defer", {"code": 451, "enhanced": "4.4.5", "text": "No verdict in time"})


class ContentMissingError(LookupError):
    """The content of the message is gone, or was not kept whole."""


async def replay(
    row: ReceivedMail, application: Application, *, again: bool = False, seconds: float = SECONDS
) -> Verdict:
    """Give the message of ``row`` to ``application``; the verdict, which is in the log then.

    ``again``: under another ``dedupe_key``, so that it has its effects once more. Raises ContentMissingError, and
    OSError where the content cannot be read.
    """
    body = await database_sync_to_async(_body)(row)
    try:
        loop = asyncio.get_running_loop()
        logged = log_mail(application, using=row._state.db)  # noqa: SLF001 - as Django documents it
        delivery = _Replayed(logged, _scope(row), loop)
        layer = layer_of()
        if layer is not None:
            delivery.post = Post(layer, "localhost", SIZE)
        delivery.start(loop)
        delivery.last(_event(row, body, again=again))
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(delivery.over)
        except TimeoutError:
            delivery.cancel()
            return LATE
    finally:
        body.close()


class _Replayed(MailDelivery):
    """The call of the application."""

    def __init__(self, app: Application, scope: Scope, loop: asyncio.AbstractEventLoop) -> None:
        self.over: asyncio.Future[Verdict] = loop.create_future()
        super().__init__(app, scope, self._done)

    def _done(self, _delivery: object) -> None:
        if not self.over.done():  # to be asked now: who is released is cancelled next
            self.over.set_result(self.outcomes(NOWHERE)[0])


def _body(row: ReceivedMail) -> Body:
    """The content, in memory while it is small."""
    file = source(row.content)
    if file is None:
        raise ContentMissingError(f"{row}: its content is not kept")
    body = Body(LARGE)
    with file:
        for piece in _pieces(file):
            body.add(piece)
    return body


def _pieces(file: IO[bytes]) -> Iterable[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _scope(row: ReceivedMail) -> Scope:
    """The scope that the message had."""
    said = {name: value for name, value in row.envelope.items() if name != "authentication"}
    for name in ("client", "server"):
        said[name] = tuple(said[name]) if said.get(name) else None
    first = said["rcpt_to"][0]
    return {
        **said,
        "type": "email",
        "asgi": {"version": "3.0", "spec_version": SPEC_VERSION},
        "path": f"{first['domain']}/{first['local']}",
        "state": {},
        "extensions": {},
    }


def _event(row: ReceivedMail, body: Body, *, again: bool) -> Event:
    """The event that it was."""
    headers = split(body.whole)
    key = f"{row.from_address} {row.to_address} {row.digest}"
    key = f"{key} {row.attempts + 1}" if again else key
    proven = {name: row.envelope[name] for name in ("authentication",) if name in row.envelope}
    return {
        **proven,
        "type": "email.receive",
        "id": row.envelope.get("transaction_id", ""),
        "dedupe_key": key,
        "dedupe_keys": [key],
        "attempt": row.attempts + 1,
        "received_at": row.received_at.timestamp(),
        "from": row.from_address or None,
        "to": [row.to_address],
        "from_address": row.from_address,
        "to_address": row.to_address,
        "subject": headers.text(b"subject"),
        "message_id": row.message_id or None,
        "kind": row.kind,
        "size": body.size,
        "digest": row.digest,
        "headers": headers.fields,
        "body": b"" if body.reference else body.whole,
        "body_ref": body.reference,
        "more_body": False,
    }
