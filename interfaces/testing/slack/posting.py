"""What the fake sends over HTTP: signed, in time or not at all, and events again as Slack does it."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from interfaces.testing.fakes.faults import Faults
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.fakes.posting import Client, Request, Try
from interfaces.testing.slack.delivery import RETRIES, Delivery, Kind
from interfaces.testing.slack.signing import signed
from interfaces.testing.slack.world import World

__all__ = ["Poster", "request_for"]

AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


class Poster(Client):
    """``async with Poster(…) as poster``: posts as Slack does."""

    def __init__(self, world: World, faults: Faults) -> None:
        super().__init__()
        self.world = world
        self.faults = faults

    async def post(self, delivery: Delivery, request: Request, forged: Forged | None = None) -> Delivery:
        """Send it once, whatever comes of it: commands and interactions are never repeated."""
        await self._try(delivery, request, 0, "", forged)
        return delivery

    async def post_event(
        self, delivery: Delivery, url: str, *, retries: bool = True, forged: Forged | None = None
    ) -> Delivery:
        """Send an event, and again until it is acknowledged or Slack would give up; returns then."""
        request = json_request(url, delivery.payload)
        reason, known = "", False
        for number in range(len(RETRIES) + 1):
            if number:
                await self.world.clock.sleep(RETRIES[number - 1])
            tried = await self._try(delivery, request, number, reason, forged)
            reason, known = tried.reason, tried.headers.get("x-slack-no-retry") == "1"
            if not reason or not retries or known:
                break
        if not reason and self.faults.lot(self.faults.redeliver):
            await self._try(delivery, request, len(delivery.tries), "http_timeout", forged)
        return delivery

    async def _try(
        self, delivery: Delivery, request: Request, number: int, reason: str, forged: Forged | None
    ) -> Try:
        world = self.world
        headers = {"Content-Type": request.kind, "User-Agent": AGENT, "Accept": "*/*"}
        headers |= signed(
            world.app.signing_secret, time.time(), request.body, forged
        )  # a verifier's clock is real
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        tried = Try(number=number, at=world.clock.time(), sent=headers)
        delivery.tries.append(tried)
        await self.attempt(request, headers, tried, world.clock.real(world.ack_seconds))
        if not tried.reason and delivery.acknowledged_at is None:
            delivery.acknowledged_at = world.clock.time()
        return tried


def json_request(url: str, payload: dict[str, Any]) -> Request:
    """As events are sent."""
    return Request(url=url, body=json.dumps(payload).encode(), kind="application/json")


def form_request(url: str, fields: dict[str, Any]) -> Request:
    """As commands are sent, and interactions in the field ``payload``."""
    body = urlencode({name: _text(value) for name, value in fields.items()}).encode()
    return Request(url=url, body=body, kind="application/x-www-form-urlencoded")


def request_for(url: str, kind: Kind, payload: dict[str, Any]) -> Request:
    """As Slack would send ``payload`` of this kind."""
    if kind == "command":
        return form_request(url, payload)
    if kind == "event":
        return json_request(url, payload)
    return form_request(url, {"payload": json.dumps(payload)})


def _text(value: Any) -> str:
    return "true" if value is True else "false" if value is False else str(value)
