"""What comes back, on its way to the application; and reports of our own, to who sent us what some refuse.

Hooks for the service of receiving: see ``before`` and ``bounces`` there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any

from interfaces.email.envelope import Recipient
from interfaces.email.headers import Headers
from interfaces.email.kinds import kind
from interfaces.email.sending.bounces import READ, read
from interfaces.email.sending.notices import Refused, notification
from interfaces.email.sending.outgoing import Outgoing, Result
from interfaces.email.sending.return_path import ReturnPath
from interfaces.email.sending.way import CHANNEL, LARGE
from interfaces.email.translate import Key, Transaction
from interfaces.layers.base import Message
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["Reports", "Returns", "return_path", "signed"]


def return_path(key: str, domain: str) -> ReturnPath | None:
    """Signs and knows return paths by ``key``, a text; None without one. ConfigError for one that is too short."""
    try:
        return ReturnPath(key.encode(), domain) if key else None
    except ConfigError as error:
        raise ConfigError(f"--email-bounce-key, --email-bounce-domain: {error}") from None


def signed(path: ReturnPath | None, clock: Callable[[], float]) -> Callable[[Outgoing], Outgoing] | None:
    """What puts such a return path onto a message; one whose id is too long for it keeps its own."""
    if path is None:
        return None
    made = path

    def put_on(mail: Outgoing) -> Outgoing:
        try:
            return made.signed(mail, clock())
        except ApplicationError:
            return mail

    return put_on


class Returns:
    """Makes ``email.bounce`` and ``email.complaint`` of what is received for a signed return path, or returns one."""

    def __init__(self, path: ReturnPath, clock: Callable[[], float]) -> None:
        self.path = path
        self.clock = clock

    async def __call__(
        self, transaction: Transaction, headers: Headers, more: dict[str, Any]
    ) -> Verdict | None:
        """Put the events that are to come in place of ``email.receive`` under "events"; never a verdict."""
        now = self.clock()
        ours = [self.path.read(one.address.text, now) is not None for one in transaction.recipients]
        if not all(ours) and kind(headers, transaction.mail.sender.text) != "complaint":
            return None
        event = transaction.event(headers)
        if event["body_ref"] is None and event["size"] < LARGE:
            events = read(event, self.path, now=now)
        else:
            events = await asyncio.to_thread(read, event, self.path, now=now)
        if events:
            more["events"] = [self._placed(one, event) for one in events]
        return None

    def _placed(self, one: Event, event: Event) -> Event:
        """With what routes look at."""
        return {
            **one,
            "to_address": event["to_address"],
            "to": event["to"],
            "from_address": event["from_address"],
        }


class Reports:
    """Tells the sender of a message about those of its recipients that refuse it; ``keep(message)`` sends that."""

    def __init__(
        self, keep: Callable[[Message], Awaitable[None]], host: str, clock: Callable[[], float]
    ) -> None:
        self.keep = keep
        self.host = host
        self.clock = clock

    async def __call__(
        self, transaction: Transaction, refused: Sequence[tuple[Recipient, Verdict, Key]]
    ) -> None:
        """Hand the report to the sender of mail, once however often this is said. What it raises: it is not told."""
        name = sha256("\n".join(key for _, _, key in refused).encode("utf-8", "replace")).hexdigest()[:32]
        mail = notification(
            Refused(
                sender=transaction.mail.sender.text,
                failed=[_failed(recipient, said) for recipient, said, _ in refused],
                content=transaction.body.whole[:READ],
                received_at=transaction.received_at,
                envid=str(transaction.mail.parameters.get("ENVID", "")),
                parameters={one.address.text: one.parameters for one, _, _ in refused},
            ),
            id=name,
            now=self.clock(),
            host=self.host,
        )
        if mail is not None:
            message = {
                "type": CHANNEL,
                "id": name,
                "dedupe_key": f"report {name}",
                "mail_from": "",
                "raw": mail.content,
            }
            await self.keep({**message, "to": [*mail.recipients]})


def _failed(recipient: Recipient, said: Verdict) -> Result:
    detail = said.detail
    return Result(
        recipient.address.text,
        "failed",
        detail.get("code", 550),
        detail.get("enhanced", "5.7.1"),
        detail.get("text", "Refused"),
    )
