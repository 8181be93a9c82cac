"""How a message is sent: one attempt for an outbox, by one account.

Where that is down, or wants nothing for a while, and has surely not sent it, the next attempt is made at once, by the
next account that fits. What may have been sent is never sent by another, nor again, unless the provider knows a repeat.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.errors import ApplicationError
from interfaces.shared.pacing import back_off
from interfaces.shared.sendings import Sending, Tried, digest
from interfaces.sms.providers.base import Outgoing, Provider, Sent
from interfaces.sms.sending.cancelling import Cancelling
from interfaces.sms.sending.client import Answer, Client
from interfaces.sms.sending.drafts import Draft, draft
from interfaces.sms.sending.known import Known
from interfaces.sms.sending.recipients import Quiet
from interfaces.sms.sending.rests import LONGEST, Rests
from interfaces.sms.sending.results import STATUS, Came, tried
from interfaces.sms.sending.routes import Route, Routes
from interfaces.sms.sending.suppression import Suppression

__all__ = ["CHANNEL", "PLANS", "SmsWay", "wide"]

CHANNEL = "sms.send"
PLANS = 1000
"""Messages whose plan is remembered while they wait for their turn; of others it is made anew."""
_UNKNOWN = "its sender ended before it was known what became of it"
_PATIENCE = 3600.0
"""Seconds that a provider may want nothing for."""


def wide(place: str) -> str:
    """The wider place of one: all senders of an account."""
    return place.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsWay:
    """The :class:`interfaces.shared.sendings.Way` of short messages. ``clock`` gives Unix seconds."""

    client: Client
    routes: Routes
    providers: Mapping[str, Provider]
    """By the names of their accounts."""
    suppression: Suppression
    known: Known
    binds: Any = None
    """The binds to SMSCs, where there are some: ``submit(name, message)`` gives what they said."""
    systems: Callable[[], Any] = lambda: None
    """Those that have bound to us, where they may, likewise."""
    region: str = ""
    quiet: Quiet | None = None
    status_url: str = ""
    """Where receipts are posted, up to the name of the account; "" where we have no public address."""
    name: str = CHANNEL
    result: str = "sms.result"
    clock: Callable[[], float] = field(default=time.time, repr=False)
    rests: Rests = field(default_factory=Rests)
    plans: dict[int, tuple[Mapping[str, Any], Draft, list[Route]]] = field(default_factory=dict, repr=False)
    """Of messages that wait for their turn."""

    # --- whose turn it is -------------------------------------------------------------------------

    def place(self, message: Event) -> str:
        """The account and the sender; "" for what goes nowhere, or not now."""
        found = self._planned(message)
        return found[1].place if found is not None else ""

    def cost(self, message: Mapping[str, Any]) -> float:
        """Seconds that its parts take of its sender."""
        found = self._planned(message)
        return found[0].segments / found[1].rate if found is not None and found[1].rate else 0.0

    def _planned(self, message: Mapping[str, Any]) -> tuple[Draft, Route] | None:
        if message.get("type") != "sms.send":
            return None
        try:
            made, routes = self._plan(message)
        except ApplicationError:
            return None
        if not self._when(message) and self._night(message, made):
            return None
        return made, self.rests.choose(routes, self.clock())

    def _plan(self, message: Mapping[str, Any]) -> tuple[Draft, list[Route]]:
        """What it says, and its ways; remembered from when it is asked whose turn it is. Raises ApplicationError."""
        kept = self.plans.get(id(message))
        if kept is not None and kept[0] is message:
            return kept[1:]
        made = draft(message, self.region)
        key = message.get("id") or message.get("dedupe_key") or made.recipient
        account = message.get("account") or ""
        routes = self.routes.of(made.recipient, sender=made.sender, account=account, key=str(key))
        if len(self.plans) >= PLANS:
            del self.plans[next(iter(self.plans))]
        self.plans[id(message)] = message, made, routes
        return made, routes

    def _when(self, message: Mapping[str, Any]) -> float:
        """When the provider is to send it: Unix seconds; 0: now."""
        found = float(message.get("schedule_at") or 0.0)
        return found if found > self.clock() else 0.0

    def _night(self, message: Mapping[str, Any], made: Draft) -> float:
        """Seconds from when it is to be sent until it is day there, where that is waited for."""
        if self.quiet is None or message.get("urgent"):
            return 0.0
        return self.quiet.wait(made.recipient, self._when(message) or self.clock())

    # --- an attempt -------------------------------------------------------------------------------

    async def attempt(self, sending: Sending) -> Tried:
        """Send it by the account whose turn it is. Raises Unavailable where nobody can say who has opted out."""
        message = sending.message
        if message.get("type") == "sms.cancel":
            return await self.cancelling.attempt(sending)
        try:
            made, routes = self._plan(message)
        except ApplicationError as error:
            return tried(sending, "failed", str(error))
        self.plans.pop(id(message), None)
        route = self._route(sending, routes)
        if route is None:
            return self.unknown(sending)
        if stopped := await self._stopped(sending, made, route):
            return tried(sending, "failed", stopped, draft=made, letter=False)
        night = self._night(message, made)
        if night and not self._when(message):
            return tried(sending, "later", "quiet hours", draft=made, delay=night)
        return await self._made(sending, made, route, routes)

    @property
    def cancelling(self) -> Cancelling:
        """What sees to ``sms.cancel``."""
        return Cancelling(client=self.client, known=self.known, providers=self.providers, binds=self.binds)

    def _route(self, sending: Sending, routes: Sequence[Route]) -> Route | None:
        """That which may have sent it, and knows a repeat; None where it is there no more. Else whose turn it is."""
        if tied := _tied(sending):
            return next((one for one in routes if one.account == tied), None)
        turn = next((one for one in routes if one.place == sending.place), None)
        return turn or self.rests.choose(routes, self.clock())

    async def _stopped(self, sending: Sending, made: Draft, route: Route) -> str:
        """Why it is not to be sent, or ""."""
        if await self.known.cancelled(_name(sending)):
            return "cancelled"
        if sending.message.get("ignore_opt_out") or not await self.suppression.stops(
            route.sender, made.recipient
        ):
            return ""
        return "opted out"

    async def _made(self, sending: Sending, made: Draft, route: Route, routes: Sequence[Route]) -> Tried:
        message = self._outgoing(sending, made, route)
        try:
            if route.bind:
                came = await self._submitted(sending, message, route)
            else:
                came = await self._asked(sending, message, route, alone=len(routes) == 1)
        except ApplicationError as error:
            return tried(sending, "failed", str(error), draft=made)
        if came.sent.state == "sent":
            self.rests.well(route.account)
            await self.known.sent(route.account, came.sent.provider_ids, _name(sending))
        if came.sent.state == "later":
            return self._later(sending, made, route, routes, came)
        return tried(
            sending, came.sent.state, came.sent.error, draft=made, account=route.account,
            provider_ids=list(came.sent.provider_ids), segments=came.sent.segments or made.segments,
        )  # fmt: skip

    def _outgoing(self, sending: Sending, made: Draft, route: Route) -> Outgoing:
        message, status = sending.message, sending.message.get("status") is not False
        when = self._when(message)
        return Outgoing(
            id=_name(sending),
            sender=route.sender,
            recipient=made.recipient,
            text=made.text,
            data=made.data,
            encoding=made.encoding,
            segments=made.segments,
            media=made.media,
            validity=float(message.get("validity") or 0.0),
            schedule_at=when + self._night(message, made) if when else 0.0,
            status=status,
            status_url=f"{self.status_url}{route.account}"
            if status and self.status_url and not route.bind
            else "",
            now=self.clock(),
        )

    async def _submitted(self, sending: Sending, message: Outgoing, route: Route) -> Came:
        """By a bind, which repeats nothing itself that may have been taken; ours, or a system's to us."""
        ours = self.binds is not None and route.account in self.binds.names
        by = self.binds if ours else self.systems()
        if by is None:
            return Came(sent=Sent(state="later", error=f"{route.account} is not bound", wide=True))
        await sending.commit()
        sent: Sent = await by.submit(route.account, message)
        return Came(sent=sent)

    async def _asked(self, sending: Sending, message: Outgoing, route: Route, *, alone: bool) -> Came:
        """By a provider; what that knows the repeat of may be asked again, but of no other."""
        provider = self.providers[route.account]
        asked = provider.ask(message)
        if not (asked.idempotent and alone):
            await sending.commit()
        answer = await self.client.ask(asked)
        if answer.unreached:
            return Came(sent=Sent(state="later", error=answer.reason, wide=True), down=True)
        sent = (
            provider.answered(answer.status, answer.headers, answer.body) if answer.status else _lost(answer)
        )
        if sent.state == "uncertain" and asked.idempotent:
            return Came(sent=Sent(state="later", error=sent.error, retry_after=sent.retry_after), tied=True)
        return Came(sent=sent)

    def _later(
        self, sending: Sending, made: Draft, route: Route, routes: Sequence[Route], came: Came
    ) -> Tried:
        """By another account at once; else when this one may."""
        now, sent = self.clock(), came.sent
        wait = _wait(sending, sent)
        if sent.wide:
            self.rests.begin(route.account, now, sent.retry_after)
        tied = came.tied or bool(_tied(sending))
        elsewhere = sent.wide and not tied
        others = elsewhere and any(not self.rests.resting(one.account, now) for one in routes)
        return tried(
            sending, "later", sent.error, draft=made,
            account=route.account if tied else "",
            delay=0.0 if others else wait, quiet=others, down=came.down,
            rest=0.0 if sent.wide or sent.retry_after is None else wait,
            rest_wide=wait if sent.wide and not came.down else 0.0,
        )  # fmt: skip

    # --- without one ------------------------------------------------------------------------------

    def unknown(self, sending: Sending) -> Tried:
        """What was begun and may have been sent is uncertain."""
        return tried(sending, "uncertain", _UNKNOWN)

    def given_up(self, sending: Sending, reason: str) -> Tried:
        """It has failed, for the reason last heard; or nobody knows, where an account may have sent it."""
        error, account = str(sending.earlier.get("error") or reason), _tied(sending)
        return tried(sending, "uncertain" if account else "failed", error, account=account)


def _tied(sending: Sending) -> str:
    """The account that may have sent it, so that no other is to; "" where none has."""
    earlier = sending.earlier
    return str(earlier.get("account") or "") if earlier.get("status") == STATUS["later"] else ""


def _name(sending: Sending) -> str:
    """What its provider knows a repeat by: its id, else its ``dedupe_key``.

    A message may be put once more while nobody knows yet what became of the first, as a reply is when its call dies.
    """
    key = sending.message.get("dedupe_key")
    if sending.message.get("id") or sending.message.get("reply_channel") or not key:
        return sending.id
    return digest(str(key))


def _wait(sending: Sending, sent: Sent) -> float:
    """Seconds until the same account is asked again: as it says, else longer each time."""
    if sent.retry_after is None:
        return min(LONGEST, back_off(sending.number))
    return min(_PATIENCE, sent.retry_after)


def _lost(answer: Answer) -> Sent:
    return Sent(state="uncertain", error=f"no answer: {answer.reason}")
