"""Run an application for Slack without a server and without Slack: what a person does goes in, what is said comes out.

Payloads are made as Slack makes them, and go through the translation of ``interfaces serve slack``; the call is the
delivery that it makes, too.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.shared.asgi import Application, Event, Scope
from interfaces.shared.delivery import Delivery
from interfaces.shared.parcel import Parcel
from interfaces.slack.posted import Posted, interactive
from interfaces.slack.sending.calls import calls_of
from interfaces.slack.translate import Me, Occasion, translated
from interfaces.slack.words import SENDS, WORDS, payload_of
from interfaces.testing.deliveries import decided, posting
from interfaces.testing.slack_payloads import APP, BOT, BOT_USER, Slackers

__all__ = ["Said", "SlackCommunicator"]

_NOW = 1_700_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What an application said to one event."""

    verdict: Literal["accept", "reject", "defer"]
    """"accept" for a normal end without a word."""
    ack: dict[str, Any] | None
    """What stands in the acknowledgement, as Slack gets it; None: nothing."""
    sent: list[Event] = field(default_factory=list)
    """What it sent beside that, in order."""
    scope: Scope
    event: Event

    def of(self, kind: str) -> list[Event]:
        """What it sent of one type: "slack.send"."""
        return [one for one in self.sent if one["type"] == kind]

    @property
    def texts(self) -> list[str]:
        """Of all messages and answers that it sent."""
        return [one["text"] for one in self.sent if isinstance(one.get("text"), str)]


class SlackCommunicator:
    """``said = await SlackCommunicator(Bot.as_asgi()).message("hi")``: one person in one workspace, with the app.

    Each call is a scope of its own, and ends when the application has. What that raises is raised, NoRoute too; what
    it sends is checked as a sender does. The user of the app's bot is UBOT1. ``scope`` is put into each scope, such as
    a ``user`` of the project. What an application waits for it gets: a ``slack.result`` that is ok, with what
    ``results`` has for its type, or for the method of a ``slack.call``:
    ``communicator.results["users.info"] = {"response": {"user": {"name": "ada"}}}``.
    """

    def __init__(
        self,
        app: Application,
        *,
        team_id: str = "T1",
        user: str = "U1",
        channel: str = "C1",
        scope: Mapping[str, Any] | None = None,
    ) -> None:
        self.app = app
        self.results: dict[str, Mapping[str, Any]] = {}
        self.timeout = 5.0
        """Seconds that a test may hang."""
        self._slack = Slackers(team_id, user, channel)
        self._scope = dict(scope or {})

    def __repr__(self) -> str:
        return f"SlackCommunicator({self._slack.team_id}/{self._slack.user})"

    # --- what happens -----------------------------------------------------------------------------

    async def message(self, text: str, **event: Any) -> Said:
        """Somebody says ``text``; further keys are those of Slack's event: ``channel``, ``thread_ts``, ``bot_id``."""
        return await self._event(self._slack.message(text, event))

    async def mention(self, text: str, **event: Any) -> Said:
        """Somebody speaks to the app: "<@UBOT1> " is put before the text."""
        return await self._event(self._slack.message(f"<@{BOT_USER}> {text}", event, "app_mention"))

    async def event(self, event_type: str, **event: Any) -> Said:
        """Anything of the Events API: ``event("reaction_added", reaction="eyes", item={…})``."""
        return await self._event(self._slack.event({"type": event_type, **event}))

    async def command(self, command: str, text: str = "", **fields: Any) -> Said:
        """Somebody gives a slash command; further fields of Slack's form may be said."""
        return await self.posted(Posted(kind="command", payload=self._slack.command(command, text, fields)))

    async def action(
        self,
        action_id: str,
        value: str | None = None,
        *,
        element: Mapping[str, Any] | None = None,
        view: Mapping[str, Any] | None = None,
        **payload: Any,
    ) -> Said:
        """Somebody uses a button with ``value``, or another ``element`` as Slack says it: {type, selected_option …}.

        In a message of the app (``message`` may say more of it), or in ``view``.
        """
        first = {**({} if value is None else {"value": value}), **(element or {})}
        return await self.posted(interactive(self._slack.action(action_id, first, view, payload)))

    async def view(self, callback_id: str, values: Mapping[str, Any] | None = None, **view: Any) -> Said:
        """Somebody submits a view: action_id → text, or the element as Slack says it. Further keys are the view's."""
        return await self.posted(
            interactive(self._slack.view("view_submission", callback_id, values or {}, view))
        )

    async def view_closed(self, callback_id: str, **view: Any) -> Said:
        """Somebody closes a view that has ``notify_on_close``."""
        return await self.posted(interactive(self._slack.view("view_closed", callback_id, {}, view)))

    async def shortcut(
        self, callback_id: str, message: Mapping[str, Any] | None = None, **payload: Any
    ) -> Said:
        """Somebody takes a shortcut of the app, or of ``message``."""
        return await self.posted(interactive(self._slack.shortcut(callback_id, message, payload)))

    async def options(self, action_id: str, value: str = "", **payload: Any) -> Said:
        """A menu asks what can be chosen, for what was typed."""
        return await self.posted(interactive(self._slack.options(action_id, value, payload)))

    async def posted(self, posted: Posted) -> Said:
        """Anything else that Slack may send; PeerError for what it would not."""
        name = f"test{self._slack.count}"
        me = Me(app_id=APP, bot_id=BOT, bot_user_id=BOT_USER)
        parcel = translated(
            posted, Occasion(transport="socket", now=_NOW, deadline=_NOW + 2.5, name=name, me=me)
        )
        parcel.scope.update({"state": {}, **self._scope})
        return await self._called(parcel)

    # --- the call ---------------------------------------------------------------------------------

    async def _event(self, payload: dict[str, Any]) -> Said:
        return await self.posted(Posted(kind="event", payload=payload))

    async def _called(self, parcel: Parcel) -> Said:
        sent: list[Event] = []

        def make(end: Callable[[Any], None]) -> Delivery:
            call = Delivery(self.app, parcel.scope, WORDS, end, SENDS)
            call.post = posting(sent, calls_of, self._result)
            return call

        event = deepcopy(parcel.event)
        verdict = await decided(make, parcel.event, self.timeout)
        ack = payload_of(verdict) if verdict.kind == "accept" else None
        return Said(verdict=verdict.kind, ack=ack, sent=sent, scope=parcel.scope, event=event)

    def _result(self, event: Event, number: int) -> Event:
        kind = event["type"]
        found = {
            "type": "slack.result",
            "id": event["id"],
            "ok": True,
            "final": True,
            "error": "",
            "status": "sent",
        }
        if kind in ("slack.send", "slack.update", "slack.upload", "slack.stream"):
            more: dict[str, Any] = {"channel": event.get("channel"), "ts": f"{_NOW:.0f}.{number:06}"}
        else:
            more = {"response": {"ok": True}}
        return {**found, **more, **self.results.get(event.get("method") or kind, {})}
