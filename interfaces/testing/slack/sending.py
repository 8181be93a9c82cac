"""What the fake tells an app, over HTTP (``post…``) and over Socket Mode (``send…``)."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from interfaces.testing.fakes.forged import Forged
from interfaces.testing.slack.delivery import Delivery, kind_of
from interfaces.testing.slack.effects import take_effect
from interfaces.testing.slack.envelope import event_callback
from interfaces.testing.slack.posting import Poster, request_for
from interfaces.testing.slack.sockets import Sockets
from interfaces.testing.slack.world import World

__all__ = ["Sending"]

AT_ONCE = 100
"""Events that are on their way together, where many are sent."""
TYPES = {
    "event": "events_api",
    "command": "slash_commands",
    "interactive": "interactive",
    "options": "interactive",
}
"""Kind → type of the envelope."""


class Sending:
    """Wraps what happens into what Slack sends; ``deliveries`` has all of it, oldest first."""

    def __init__(self, world: World, poster: Poster, sockets: Sockets) -> None:
        self.world = world
        self.poster = poster
        self.socket = sockets
        self.deliveries: list[Delivery] = []

    async def post_event(
        self, url: str, event: dict[str, Any], *, team_id: str | None = None, event_id: str | None = None,
        retries: bool = True, forged: Forged | None = None,
    ) -> Delivery:  # fmt: skip
        """Send an event over HTTP as Slack does: signed; again at once, after a minute and after five.

        Returns when it is acknowledged, or given up. ``forged``: what is wrong with the signature.
        """
        delivery = self._event(event, team_id, event_id)
        return await self.poster.post_event(delivery, url, retries=retries, forged=forged)

    async def send_event(
        self, event: dict[str, Any], *, team_id: str | None = None, event_id: str | None = None, retries: bool = True
    ) -> Delivery:  # fmt: skip
        """Send an event over Socket Mode, to one of the connections, and again while it is not acknowledged."""
        return await self.socket.send_event(self._event(event, team_id, event_id), retries=retries)

    async def post(self, url: str, payload: dict[str, Any], *, forged: Forged | None = None) -> Delivery:
        """Send a command (its form) or an interaction once, and do what the answer says.

        Payloads of other kinds go as they are: ``app_rate_limited``, or an event_callback of a test's own.
        """
        delivery = self._other(payload)
        await self.poster.post(delivery, request_for(url, delivery.kind, payload), forged)
        take_effect(self.world, delivery)
        return delivery

    async def send(self, payload: dict[str, Any]) -> Delivery:
        """As :meth:`post`, over Socket Mode."""
        delivery = self._other(payload)
        accepts = delivery.kind != "event" and payload.get("type") not in (
            "block_actions",
            "shortcut",
            "message_action",
        )
        await self.socket.send(delivery, TYPES[delivery.kind], accepts=accepts)
        take_effect(self.world, delivery)
        return delivery

    async def post_events(
        self, url: str, events: Iterable[dict[str, Any]], *, at_once: int = AT_ONCE, retries: bool = True
    ) -> list[Delivery]:
        """Send many events to one URL; gives what became of each, in their order."""
        return await _side_by_side(
            lambda event: self.post_event(url, event, retries=retries), events, at_once
        )

    async def send_events(
        self, events: Iterable[dict[str, Any]], *, at_once: int = AT_ONCE, retries: bool = True
    ) -> list[Delivery]:
        """As :meth:`post_events`, over Socket Mode."""
        return await _side_by_side(lambda event: self.send_event(event, retries=retries), events, at_once)

    async def handshake(self, url: str, *, forged: Forged | None = None) -> bool:
        """Ask as Slack does when a URL is entered (url_verification); whether it gave the challenge back."""
        challenge = self.world.id("challenge")
        token = self.world.app.verification_token
        sent = await self.post(
            url, {"token": token, "challenge": challenge, "type": "url_verification"}, forged=forged
        )
        said = sent.answer.get("challenge") if isinstance(sent.answer, dict) else sent.answer
        return sent.acknowledged and said == challenge

    async def ssl_check(self, url: str) -> Delivery:
        """Look at a command's URL as Slack does now and then, without a command; 200 is the answer."""
        return await self.post(url, {"token": self.world.app.verification_token, "ssl_check": "1"})

    def _event(self, event: dict[str, Any], team_id: str | None, event_id: str | None) -> Delivery:
        payload = event_callback(self.world, event, team_id, event_id)
        return self._record(Delivery(kind="event", id=payload["event_id"], payload=payload))

    def _other(self, payload: dict[str, Any]) -> Delivery:
        name = payload.get("event_id") or payload.get("trigger_id") or ""
        return self._record(Delivery(kind=kind_of(payload), id=name, payload=payload))

    def _record(self, delivery: Delivery) -> Delivery:
        self.deliveries.append(delivery)
        return delivery


async def _side_by_side(
    send: Callable[[dict[str, Any]], Awaitable[Delivery]], events: Iterable[dict[str, Any]], at_once: int
) -> list[Delivery]:
    """Send them, so many together, in their order; a worker that fails ends them all."""
    left = enumerate(events)
    done: dict[int, Delivery] = {}

    async def work() -> None:
        for at, event in left:
            done[at] = await send(event)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work())
    return [done[at] for at in sorted(done)]
