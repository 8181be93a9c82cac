"""The call of the application: a verdict for all recipients or for each, and mail that it sends. No I/O."""

from collections.abc import Callable
from typing import Any

from interfaces.email.verdicts import KINDS, status, verdict
from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Delivery, Verdict
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = ["MailDelivery"]

_WORDS = dict.fromkeys(KINDS, verdict)
_POSTED = frozenset({"email.send"})


class MailDelivery(Delivery):
    """The call of the application for one message, with ``email.status`` for single recipients."""

    def __init__(self, app: Application, scope: Scope, on_end: Callable[[Any], None] | None) -> None:
        super().__init__(app, scope, _WORDS, on_end, _POSTED)
        self.addresses: list[str] = [one["address"] for one in scope["rcpt_to"]]
        self.statuses: dict[int, Verdict] = {}
        self.unsent = "nobody sends mail here; --email-send URL, or a --layer URL where a sender is"

    async def _take(self, event: Event) -> None:
        kind = event.get("type")
        if kind == "email.status":
            self._status(event)
        else:
            await super()._take(event)

    def _status(self, event: Event) -> None:
        place = event.get("index")
        if place is None and event.get("recipient") in self.addresses:
            place = self.addresses.index(event["recipient"])
        if not isinstance(place, int) or not 0 <= place < len(self.addresses):
            raise ApplicationError(f"email.status: there is no recipient {event.get('recipient', place)!r}")
        if place in self.statuses or self.verdict is not None:
            raise ApplicationError(f"email.status: {self.addresses[place]} has its verdict already")
        self.statuses[place] = status(event)

    def outcome(self, unrouted: Verdict) -> Verdict:
        """As of any delivery; an error that says what to tell the client refuses the message."""
        error = self.error
        if isinstance(error, PeerError) and isinstance(error.answer, dict) and self.verdict is None:
            return verdict(error.answer)
        return super().outcome(unrouted)

    def fate(self, how: str) -> str:
        """As of any delivery; "split" where recipients have different verdicts."""
        error = self.error
        rest = super().fate(how)
        if isinstance(error, PeerError) and isinstance(error.answer, dict) and self.verdict is None:
            rest = verdict(error.answer).kind
        if not self.statuses:
            return rest
        kinds = {one.kind for one in self.statuses.values()}
        if len(self.statuses) < len(self.addresses):
            kinds.add(rest)  # type: ignore[arg-type]
        return "split" if len(kinds) > 1 else next(iter(kinds))

    def outcomes(self, unrouted: Verdict) -> list[Verdict]:
        """The verdict of each recipient: its status, else that of the message."""
        rest = self.outcome(unrouted)
        if not self.statuses:
            return [rest] * len(self.addresses)
        return [self.statuses.get(place, rest) for place in range(len(self.addresses))]
