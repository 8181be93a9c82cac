"""What all ways of receiving share: what Slack has sent becomes a call, and its verdict what Slack is told."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Literal

from interfaces.shared.asgi import Application
from interfaces.shared.delivery import DedupeStore, Verdict
from interfaces.shared.errors import PeerError, Unavailable
from interfaces.shared.intake import Intake, Rules, Turns
from interfaces.shared.interface import Context
from interfaces.shared.noise import Noise
from interfaces.shared.parcel import Parcel
from interfaces.slack.installations.base import Installations
from interfaces.slack.options import SlackOptions
from interfaces.slack.posted import Posted
from interfaces.slack.translate import Me, Occasion, translated, whose
from interfaces.slack.words import SENDS, WORDS, payload_of

__all__ = ["ACK", "WITHHELD", "Reply", "Service", "log"]

log = logging.getLogger("interfaces.slack")
COUNTS = ("own", "malformed", "withheld", "acknowledged_late", "kept", "refused", "acks_unheard")
"""What is counted, behind "slack." and beside what an intake counts."""
LEASE = 10.0
"""Seconds after which a call counts as dead whose process says no more of it, and what is kept of it is taken up."""
GONE = ("app_uninstalled", "tokens_revoked")


@dataclass(frozen=True, slots=True)
class Reply:
    """What Slack is told."""

    kind: Literal["ack", "refuse", "withhold"]
    """refuse: for good; withhold: it is to come again."""
    payload: dict[str, Any] | None = None
    """What stands in the acknowledgement."""


ACK, REFUSED, WITHHELD = Reply("ack"), Reply("refuse"), Reply("withhold")


class Service:
    """Gives what Slack has sent to ``app``. ``clock`` gives Unix seconds."""

    def __init__(
        self,
        app: Application,
        options: SlackOptions,
        context: Context,
        installations: Installations,
        stores: tuple[DedupeStore, Turns],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options
        self.context = context
        self.installations = installations
        self.clock = clock
        self.loop = asyncio.get_running_loop()
        self.draining = False
        self.keeper: Any = None
        """Keeps what is acknowledged before its verdict: a :class:`interfaces.shared.accepted.Accepted`."""
        rules = Rules(
            keep=options.keep, lease=LEASE, most=options.at_once + options.waiting, words=WORDS, posted=SENDS
        )
        self.intake = Intake(app, "slack", rules, *stores, context.telemetry.count)
        self._malformed = Noise(self.count, "slack.malformed", "interfaces.slack")
        for name in COUNTS:
            context.telemetry.count(f"slack.{name}", 0)

    def __repr__(self) -> str:
        return f"<Service of Slack, {self.intake!r}>"

    def count(self, name: str) -> None:
        """Count something that is rare."""
        self.context.telemetry.count(name)

    async def take(
        self,
        posted: Posted,
        transport: Literal["http", "socket"],
        client: tuple[str, int | None] | None = None,
    ) -> Reply:
        """Have the application called, and say what Slack is told; within ``ack_deadline``, and without an error."""
        if self.draining:
            return WITHHELD
        try:
            parcel = await self._parcel(posted, transport, client)
        except PeerError as error:
            self._malformed(f"what came by {transport}", error)
            return REFUSED
        if (
            self.options.ignore_self
            and parcel.event.get("is_self")
            and parcel.event["type"] == "slack.message"
        ):
            self.count("slack.own")
            return ACK
        again = posted.kind == "event"  # all else Slack never repeats
        if self.keeper is not None and self.options.ack == "accepted" and again:
            reply = await self._kept(parcel)
        else:
            patience = self.options.ack_deadline
            if self.keeper is not None and again:
                patience = min(patience, self.options.keep_after)
            verdict = await self.intake.deliver(parcel, patience)
            reply = await self._late(parcel, again=again) if verdict is None else self.reply(verdict)
        if parcel.event.get("event_type") in GONE and reply.kind == "ack":
            await self._removed(parcel)
        return reply

    def reply(self, verdict: Verdict) -> Reply:
        """What a verdict is told as."""
        if verdict.kind == "accept":
            payload = payload_of(verdict)
            return ACK if payload is None else Reply("ack", payload)
        self.count("slack.refused" if verdict.kind == "reject" else "slack.withheld")
        return REFUSED if verdict.kind == "reject" else WITHHELD

    async def _parcel(
        self, posted: Posted, transport: Literal["http", "socket"], client: tuple[str, int | None] | None
    ) -> Parcel:
        """The call of the application. PeerError."""
        now = self.clock()
        occasion = Occasion(
            transport=transport,
            now=now,
            deadline=now + self.options.ack_deadline,
            name=token_hex(8),
            client=client,
            me=await self._me(posted.payload),
        )
        parcel = translated(posted, occasion)
        parcel.scope["state"] = dict(self.context.state)
        return parcel

    async def _me(self, payload: dict[str, Any]) -> Me:
        """Who we are where it happened; unknown while that cannot be asked."""
        team, enterprise, whole = whose(payload)
        try:
            found = await self.installations.find(team, enterprise, is_enterprise_install=whole)
        except Unavailable as error:
            log.warning("who we are in %s is not known: %s", team, error)
            found = None
        if found is None:
            return Me()
        return Me(app_id=found.app_id, bot_id=found.bot_id, bot_user_id=found.bot_user_id)

    async def _late(self, parcel: Parcel, *, again: bool) -> Reply:
        """Too late for the verdict: what is repeated is withheld, unless it can be kept; all else is acknowledged."""
        if not again:
            self.count("slack.acknowledged_late")
            return ACK
        if self.keeper is None:
            self.count("slack.withheld")
            return WITHHELD
        # the call goes on, and when that ends well nobody takes up what is kept
        return await self._put(parcel, self.intake.rules.lease)

    async def _kept(self, parcel: Parcel) -> Reply:
        """Acknowledged once it is kept; a repeat is not kept twice."""
        if not parcel.key:
            return await self._put(parcel, 0.0)
        store, options = self.intake.dedupe, self.options
        try:
            claim = await store.claim(f"kept:{parcel.key}", lease=10.0, wait=options.ack_deadline)
            if not claim.ours:
                self.intake.count("repeats")
                return WITHHELD if claim.verdict is None else ACK
            reply = await self._put(parcel, 0.0)
            await store.finish(claim, Verdict("accept" if reply is ACK else "defer"), options.keep)
        except Unavailable as error:
            log.warning("an event is to come again: %s", error)
            self.count("slack.withheld")
            return WITHHELD
        return reply

    async def _put(self, parcel: Parcel, delay: float) -> Reply:
        try:
            await self.keeper.keep(parcel, delay)
        except Unavailable as error:
            log.warning("an event cannot be kept, and is to come again: %s", error)
            self.count("slack.withheld")
            return WITHHELD
        self.count("slack.kept")
        return ACK

    async def _removed(self, parcel: Parcel) -> None:
        """The app, or tokens of it, are no more in a workspace."""
        event, scope = parcel.event, parcel.scope
        users: list[str] | None = None
        if event["event_type"] == "tokens_revoked":
            tokens: Any = event["event"].get("tokens")
            named = [*tokens.get("oauth", ()), *tokens.get("bot", ())] if isinstance(tokens, dict) else []
            users = [one for one in named if isinstance(one, str)]
        try:
            await self.installations.removed(scope["team_id"], scope["enterprise_id"], users)
        except Unavailable as error:
            log.warning("an installation that has ended cannot be removed: %s", error)

    async def drain(self, seconds: float) -> None:
        """Take nothing more, and wait for what runs."""
        self.draining = True
        if self.keeper is not None:
            self.keeper.leave()
        await self.intake.drain(seconds)
