"""What comes back of mail that was sent, on its way to the application: a hook for the service of receiving."""

import asyncio
from collections.abc import Callable
from typing import Any

from interfaces.email.headers import Headers
from interfaces.email.kinds import kind
from interfaces.email.sending.bounces import read
from interfaces.email.sending.outgoing import Outgoing
from interfaces.email.sending.return_path import ReturnPath
from interfaces.email.sending.way import LARGE
from interfaces.email.translate import Transaction
from interfaces.shared.asgi import Event
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError, ConfigError

__all__ = ["Returns", "return_path", "signed"]


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
