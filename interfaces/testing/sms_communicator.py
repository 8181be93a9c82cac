"""Run an application for short messages without a server and a provider: texts go in, what is said comes out.

What a phone sends goes through the translation of ``interfaces serve sms``; the call is the delivery that it makes,
and what the application sends is checked as a sender does.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.layers.base import Message
from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Delivery
from interfaces.sms.answering import Answering
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Status
from interfaces.sms.sending.drafts import checked, draft
from interfaces.sms.translate import Place, translated
from interfaces.sms.words import POSTED, WORDS
from interfaces.testing.deliveries import decided, posting

__all__ = ["SmsCommunicator", "SmsSaid"]

_NOW = 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSaid:
    """What an application said to one message or receipt."""

    verdict: Literal["accept", "reject", "defer"]
    """"accept" for a normal end without a word."""
    detail: Mapping[str, Any]
    """The status and text of a refusal."""
    replies: list[str]
    """The texts that stand in the provider's answer."""
    sent: list[Event] = field(default_factory=list)
    """What it sent beside that, in order."""
    scope: Scope
    event: Event

    @property
    def texts(self) -> list[str]:
        """Of its replies, and of all that it sent."""
        return [*self.replies, *(one["text"] for one in self.sent if isinstance(one.get("text"), str))]


class _Call(Delivery):
    """A call whose verdict closes the provider's answer."""

    async def send(self, event: Event) -> None:
        """As of any delivery."""
        await super().send(event)
        if self.verdict is not None:
            self.post.open = False


class SmsCommunicator:
    """``said = await SmsCommunicator(Hotline.as_asgi()).text("hi")``: one phone that texts one number of ours.

    Each call is a scope of its own, and ends when the application has. What that raises is raised, NoRoute too.
    ``scope`` is put into each scope, such as a ``user`` of the project. What an application waits for it gets: an
    ``sms.result`` that is ok, with what ``result`` says: ``communicator.result = {"ok": False, "error": "no credit"}``.
    ``replies``: whether the provider's answer carries texts; without, they are sent.
    """

    def __init__(
        self,
        app: Application,
        *,
        theirs: str = "+41791234567",
        ours: str = "+41445556677",
        replies: bool = True,
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        self.app = app
        self.theirs, self.ours = theirs, ours
        self.result: Mapping[str, Any] = {}
        self.timeout = 5.0
        """Seconds that a test may hang."""
        self._place = Place(provider="fake", account="fake", transport="webhook", replies=replies)
        self._scope = dict(scope or {})
        self._count = 0

    def __repr__(self) -> str:
        return f"SmsCommunicator({self.theirs} to {self.ours})"

    async def text(
        self, text: str = "", *, media: Sequence[str] = (), attempt: int = 1, **said: Any
    ) -> SmsSaid:
        """The phone texts ``text``; further keys are those of :class:`Inbound`: ``recipient``, ``data``, ``id``.

        ``media``: URLs of pictures. ``attempt``: 2 where the provider tries again, with the same ``id``.
        """
        self._count += 1
        attached = tuple(Attached(url=url, content_type="image/jpeg") for url in media)
        given = {"id": f"in{self._count}", "sender": self.theirs, "recipient": self.ours, "sent_at": _NOW}
        return await self._called(Inbound(**{**given, "text": text, "media": attached, **said}), attempt)

    async def status(self, status: Status = "delivered", *, attempt: int = 1, **said: Any) -> SmsSaid:
        """The provider tells what became of a message; keys are those of :class:`Receipt`: ``id``, ``error_code``."""
        self._count += 1
        given = {
            "provider_id": f"out{self._count}",
            "sender": self.ours,
            "recipient": self.theirs,
            "at": _NOW,
        }
        return await self._called(Receipt(**{**given, "status": status, **said}), attempt)

    async def _called(self, found: Inbound | Receipt, attempt: int) -> SmsSaid:
        parcel = translated(found, self._place, _NOW)
        parcel.scope.update({"state": {}, **self._scope})
        parcel.event["attempt"] = attempt
        sent: list[Event] = []
        post = posting(sent, _checked, self._result)
        answering = Answering(parcel.event, "fake", post, open=self._place.replies)

        def make(end: Callable[[Any], None]) -> Delivery:
            call = _Call(self.app, parcel.scope, WORDS, end, POSTED)
            call.post = answering
            return call

        event = deepcopy(parcel.event)
        verdict = await decided(make, parcel.event, self.timeout)
        if verdict.kind != "accept":
            await answering.spilled()
        return SmsSaid(
            verdict=verdict.kind, detail=verdict.detail, replies=[one.text for one in answering.closed()], sent=sent,
            scope=parcel.scope, event=event,
        )  # fmt: skip

    def _result(self, event: Event, _number: int) -> Event:
        return {
            "type": "sms.result", "id": event["id"], "ok": True, "final": True, "status": "sent",
            "provider_ids": ["out"], "account": "fake", "segments": 1, "encoding": "gsm7", "error": "", **self.result,
        }  # fmt: skip


def _checked(message: Message) -> None:
    """ApplicationError for what no sender would take."""
    if message["type"] == "sms.send":
        draft(message)
    else:
        checked(message)
