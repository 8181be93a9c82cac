"""The call of the application: a verdict for all recipients or for each, and mail that it sends. No I/O."""

from collections.abc import Callable
from typing import Any

from interfaces.email.verdicts import KINDS, status, verdict
from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Delivery, Verdict
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = ["MailDelivery"]

_WORDS = dict.fromkeys(KINDS, verdict)


class MailDelivery(Delivery):
    """The call of the application for one message, with ``email.status`` for single recipients."""

    def __init__(self, app: Application, scope: Scope, on_end: Callable[[Any], None] | None) -> None:
        super().__init__(app, scope, _WORDS, on_end)
        self.addresses: list[str] = [one["address"] for one in scope["rcpt_to"]]
        self.statuses: dict[int, Verdict] = {}
        self.post: Any = None
        """Puts mail of the application on its way, where there is a sender: see the ``Post`` of ``sending.post``."""
        self.results: list[Any] = []
        """Tasks for the results of mail that it waits for."""

    def _release(self) -> None:
        """While results are waited for, asking does not end the delivery."""
        if not self.results:
            super()._release()

    def end(self) -> None:
        """It is over: results are waited for no more."""
        super().end()
        for task in self.results:
            task.cancel()

    async def _take(self, event: Event) -> None:
        kind = event.get("type")
        if kind == "email.status":
            self._status(event)
        elif kind == "email.send":
            await self._sent(event)
        else:
            await super()._take(event)

    async def _sent(self, event: Event) -> None:
        """Put a message on its way; one with an id has its result as an event."""
        if self.post is None:
            raise ApplicationError(
                "email.send: nobody sends mail here; --email-send URL, or a --layer URL where a sender is"
            )
        task = await self.post(event)
        if task is not None:
            self.results.append(task)
            task.add_done_callback(self._heard)

    def _heard(self, task: Any) -> None:
        self.results.remove(task)
        if not task.cancelled() and not self.ended:
            self._inbox.append(task.result())
        self.wake()

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

    def outcomes(self, unrouted: Verdict) -> list[Verdict]:
        """The verdict of each recipient: its status, else that of the message."""
        rest = self.outcome(unrouted)
        if not self.statuses:
            return [rest] * len(self.addresses)
        return [self.statuses.get(place, rest) for place in range(len(self.addresses))]
