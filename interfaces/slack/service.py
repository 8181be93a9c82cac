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
from interfaces.shared.noise import Noise, uncounted
from interfaces.shared.parcel import Parcel
from interfaces.shared.reception import Reception
from interfaces.slack.installations.base import Installation, Installations
from interfaces.slack.options import SlackOptions
from interfaces.slack.posted import Posted
from interfaces.slack.shapes import ident
from interfaces.slack.translate import NOBODY, Home, Me, Occasion, translated, whose
from interfaces.slack.words import SENDS, WORDS, payload_of

__all__ = ["ACK", "WITHHELD", "Reply", "Service", "log"]

log = logging.getLogger("interfaces.slack")
COUNTS = ("own", "malformed", "acknowledged_late", "refused", "acks_unheard")
"""What is counted, behind "slack." and beside what an intake counts."""
LEASE = 10.0
"""Seconds after which a call counts as dead whose process says no more of it, and what is kept of it is taken up."""
KNOWN = 1000
"""Workspaces in which it is remembered who we are."""
ASKED = 0.3
"""Seconds that an event waits to know who we are, of the half second that Slack has beside ``ack_deadline``."""
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
        rules = Rules(
            keep=options.keep, lease=LEASE, most=options.at_once + options.waiting, words=WORDS, posted=SENDS
        )
        self.intake = Intake(app, "slack", rules, *stores, context.telemetry.count)
        self.reception = Reception(
            self.intake,
            accepted=options.ack == "accepted",
            patience=options.ack_deadline,
            keep_after=options.keep_after,
        )
        # find() of what is known need not be waited for
        self._at_hand: Callable[..., Installation | None] | None = getattr(installations, "at_hand", None)
        self._mine: dict[str, tuple[Installation, Me]] = {}
        self._malformed = Noise(self.count, "slack.malformed", "interfaces.slack")
        self._unknown = Noise(uncounted, "such events", "interfaces.slack")
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
        if self.reception.draining:
            return WITHHELD
        payload = posted.payload
        home = whose(payload)
        installation = self._at_hand(*home) if self._at_hand is not None else None
        me = self._named(installation) if installation is not None else await self._me(home)
        now = self.clock()
        name = "" if ident(payload.get("event_id")) else token_hex(8)
        occasion = Occasion(transport, now, now + self.options.ack_deadline, name, client, me)
        occasion.home = home
        try:
            parcel = translated(posted, occasion)
        except PeerError as error:
            self._malformed(f"what came by {transport}", error)
            return REFUSED
        event = parcel.event
        if self.options.ignore_self and event["type"] == "slack.message" and event["is_self"]:
            self.count("slack.own")
            return ACK
        parcel.scope["state"] = dict(self.context.state)
        verdict = await self.reception.take(parcel, repeated=posted.kind == "event")
        reply = self.reply(verdict)
        ended = event.get("event_type") in GONE and reply.kind == "ack"
        return reply if not ended or await self._removed(parcel) else WITHHELD

    def reply(self, verdict: Verdict | None) -> Reply:
        """What a verdict is told as; None: it is too late for one, of what Slack never repeats."""
        if verdict is None:
            self.count("slack.acknowledged_late")
            return ACK
        if verdict.kind == "accept":
            payload = payload_of(verdict)
            return ACK if payload is None else Reply("ack", payload)
        if verdict.kind == "reject":
            self.count("slack.refused")
            return REFUSED
        return WITHHELD

    async def _me(self, home: Home) -> Me:
        """Who we are where it happened; unknown while that cannot be asked, or takes long."""
        team, enterprise, whole = home
        try:
            async with asyncio.timeout(ASKED):
                found = await self.installations.find(team, enterprise, is_enterprise_install=whole)
        except (Unavailable, TimeoutError) as error:
            self._unknown(f"who we are in {team} is not known", str(error) or f"no answer within {ASKED:g} s")
            found = None
        return NOBODY if found is None else self._named(found)

    def _named(self, found: Installation) -> Me:
        known = self._mine.get(found.key)
        if known is None or known[0] is not found:  # made once, and not for each event
            if len(self._mine) >= KNOWN:
                self._mine.clear()
            me = Me(app_id=found.app_id, bot_id=found.bot_id, bot_user_id=found.bot_user_id)
            known = self._mine[found.key] = found, me
        return known[1]

    async def _removed(self, parcel: Parcel) -> bool:
        """The app, or tokens of it, are no more in a workspace; False where that cannot be noted now."""
        event, scope = parcel.event, parcel.scope
        users: list[str] | None = None
        if event["event_type"] == "tokens_revoked":
            tokens: Any = event["event"].get("tokens")
            named = [*tokens.get("oauth", ()), *tokens.get("bot", ())] if isinstance(tokens, dict) else []
            users = [one for one in named if isinstance(one, str)]
        try:
            whole = bool(scope["is_enterprise_install"])
            await self.installations.removed(
                scope["team_id"], scope["enterprise_id"], users, is_enterprise_install=whole
            )
        except Unavailable as error:
            log.warning("an installation that has ended cannot be removed: %s", error)
            return False
        return True
