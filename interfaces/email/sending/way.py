"""How mail is sent: one attempt for an outbox, recipient by recipient.

Composed anew for each attempt, from what the message says and when it was handed in: so the Message-ID and the Date of
all attempts are the same, and nothing but the message itself is kept.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from interfaces.email.sending.compose import SIZE, compose
from interfaces.email.sending.outgoing import Outgoing, Suppressed, Transport, results
from interfaces.email.sending.signing import Signer
from interfaces.email.sending.told import known_of, results_of, too_many, tried_of
from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.sendings import Sending, Tried, moment

__all__ = ["CHANNEL", "LARGE", "SPLIT", "MailWay", "size_of"]

log = logging.getLogger("interfaces.email")

CHANNEL = "email.send"
LARGE = 65_536
"""Octets from which on composing and signing leave the event loop."""
SPLIT = 100
"""Attempts, one right behind the other, for a message whose server takes few recipients at once; then as for others."""
_UNKNOWN = "its sender ended before it was known what became of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWay:
    """The :class:`interfaces.shared.sendings.Way` of mail. ``host``: our name, in Message-ID."""

    transport: Transport
    host: str
    name: str = CHANNEL
    result: str = "email.result"
    max_size: int = SIZE
    sign: Signer | None = None
    return_path: Callable[[Outgoing], Outgoing] | None = None
    """Makes the sender of the envelope one by which bounces find their message."""
    by_domain: bool = False
    """Whether each domain has a pace of its own."""

    def place(self, message: Event) -> str:
        """The domain of the first recipient, or one place for all."""
        if not self.by_domain:
            return ""
        to: Any = message.get("to") or message.get("cc") or message.get("bcc") or ""
        first = next(iter(to), "") if isinstance(to, list | tuple) else to
        return first.rpartition("@")[2].rstrip("> ").lower() if isinstance(first, str) else ""

    def compose(self, sending: Sending) -> Outgoing:
        """The message. Raises ApplicationError for what cannot be sent."""
        now = max(sending.put_at, moment(sending.message.get("not_before")))
        mail = compose(sending.message, now=now, host=self.host, id=sending.id, max_size=self.max_size)
        return self.return_path(mail) if self.return_path else mail

    async def attempt(self, sending: Sending) -> Tried:
        """Try once for those recipients that have no end yet."""
        try:
            mail = await self._ready(sending)
        except Suppressed as error:
            told = {"ok": False, "error": str(error), "suppressed": True, "results": []}
            return Tried(state="failed", told=told, reason=str(error), letter=False)
        except ApplicationError as error:
            return Tried(
                state="failed", told={"ok": False, "error": str(error), "results": []}, reason=str(error)
            )
        known = known_of(sending.earlier, again=sending.again)
        open_ = [one for one in mail.recipients if one not in known]
        if not open_:
            return tried_of(mail, known)
        found = await self.transport.send(mail.only(open_), sending.commit)
        tried = tried_of(mail, known | {one.recipient: one for one in found})
        at_once = tried.state == "later" and sending.number <= SPLIT and too_many(found)
        return replace(tried, delay=0.0) if at_once else tried

    async def _ready(self, sending: Sending) -> Outgoing:
        """Composed, and signed."""
        if size_of(sending.message) < LARGE:
            return self._made(sending)
        return await asyncio.to_thread(self._made, sending)

    def _made(self, sending: Sending) -> Outgoing:
        mail = self.compose(sending)
        if self.sign is None or sending.message.get("dkim") is False:
            return mail
        return self.sign(mail, sending.put_at)

    def unknown(self, sending: Sending) -> Tried:
        """For each recipient without an end it is uncertain."""
        return self._all(sending, "uncertain", _UNKNOWN)

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """For each recipient without an end it has failed, for the reason last heard."""
        return self._all(sending, "failed", reason)

    def _all(self, sending: Sending, status: Literal["uncertain", "failed"], reason: str) -> Tried:
        try:
            mail = self.compose(sending)
        except ApplicationError as error:
            return Tried(state=status, told={"ok": False, "error": str(error), "results": []}, reason=reason)
        known = known_of(sending.earlier)
        before = {one.recipient: one for one in results_of(sending.earlier)}
        for one in results([one for one in mail.recipients if one not in known], status, reason):
            last = before.get(one.recipient)
            known[one.recipient] = replace(last, status=status) if last and status == "failed" else one
        return tried_of(mail, known, reason)


def size_of(message: Mapping[str, Any]) -> int:
    """About how large it is."""
    files: Any = message.get("attachments") or ()
    parts = [message.get("raw"), message.get("text"), message.get("html")]
    parts += [one.get("content") for one in files if isinstance(one, Mapping)]
    return sum(len(one) for one in parts if isinstance(one, str | bytes))
