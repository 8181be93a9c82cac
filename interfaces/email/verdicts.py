"""What an application says of a message: a verdict, for all of its recipients or for each, and mail of its own. No I/O.

RFC 5321 §4.2 (codes), RFC 3463 (enhanced codes).
"""

from collections.abc import Callable
from typing import Any

from interfaces.email.answers import USUAL, Kind
from interfaces.email.replies import ENHANCED
from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Delivery, Verdict
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = ["KINDS", "MailDelivery", "verdict"]

KINDS: dict[str, Kind] = {
    "email.accept": "accept",
    "email.discard": "accept",
    "email.reject": "reject",
    "email.defer": "defer",
}
_FIRST: dict[str, Kind] = {"2": "accept", "4": "defer", "5": "reject"}


def verdict(event: Event) -> Verdict:
    """The verdict that an application's message says. Raises ApplicationError for codes that do not fit it.

    421 is none of them: it says that the connection ends, which is not the application's to say.
    """
    return _verdict(event, KINDS[event["type"]])


def _verdict(event: Event, kind: Kind) -> Verdict:
    usual = USUAL[kind]
    code: Any = event.get("code", usual[0])  # an application may say anything
    enhanced: Any = event.get("enhanced") or usual[1]
    if type(code) is not int or not 200 <= code <= 599 or code == 421 or _FIRST.get(str(code)[0]) != kind:
        raise ApplicationError(
            f"{event['type']}: {code!r} is no code that says {kind}, such as {USUAL[kind][0]}"
        )
    if not isinstance(enhanced, str) or not ENHANCED.fullmatch(enhanced) or enhanced[0] != str(code)[0]:
        raise ApplicationError(f"{event['type']}: enhanced {enhanced!r} is no code such as {USUAL[kind][1]}")
    text = str(event.get("text") or usual[2])
    if event.get("queue_id"):
        text = f"{text}: queued as {event['queue_id']}"
    return Verdict(kind, {"code": code, "enhanced": enhanced, "text": text})


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
        place, code = event.get("index"), event.get("code", 250)
        if place is None and event.get("recipient") in self.addresses:
            place = self.addresses.index(event["recipient"])
        if not isinstance(place, int) or not 0 <= place < len(self.addresses):
            raise ApplicationError(f"email.status: there is no recipient {event.get('recipient', place)!r}")
        if place in self.statuses or self.verdict is not None:
            raise ApplicationError(f"email.status: {self.addresses[place]} has its verdict already")
        kind = _FIRST.get(str(code)[:1])
        if kind is None:
            raise ApplicationError(f"email.status: {code!r} is no code such as 250, 451 or 550")
        self.statuses[place] = _verdict(event, kind)

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
