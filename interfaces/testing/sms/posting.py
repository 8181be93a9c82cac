"""What the fake posts: signed, in time or not at all, and again until it is acknowledged or given up."""

import asyncio
import json
import time
from typing import Any

from interfaces.testing.fakes.clock import Clock
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.fakes.posting import Client, Request, Try
from interfaces.testing.sms.faults import SmsFaults
from interfaces.testing.sms.records import Delivery
from interfaces.testing.sms.signing import signed

__all__ = ["RETRIES", "Poster"]

RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds of the fake's clock before each repeat."""
PATIENCE = 10.0
"""Real seconds that an app has for its answer."""
KIND = "application/json"
ATTACKER = Forged(secret="of somebody else")  # noqa: S106 - it is to be wrong


class Poster(Client):
    """``async with Poster(…) as poster``: posts as providers do."""

    def __init__(self, secret: str, clock: Clock, faults: SmsFaults) -> None:
        super().__init__()
        self.secret = secret
        self.clock = clock
        self.faults = faults
        self.patience = PATIENCE
        self.let_in: list[Delivery] = []
        """What was acknowledged although its signature was wrong, of :attr:`SmsFaults.forge`: none is right."""

    async def deliver(
        self, delivery: Delivery, url: str, *, retries: bool = True, forged: Forged | None = None
    ) -> Delivery:
        """Post it, and again until it is acknowledged or given up; returns then."""
        request = _request(url, delivery)
        if self.faults.lot(self.faults.forge):
            await self._attack(delivery, request)
        for number in range(len(RETRIES) + 1):
            if number:
                await self.clock.sleep(RETRIES[number - 1])
            tried = await self._tries(delivery, request, forged)
            if not tried.reason or not retries or tried.headers.get("x-fake-no-retry"):
                break
        if delivery.acknowledged and self.faults.lot(self.faults.redeliver):
            await self._try(delivery, request, forged)
        return delivery

    async def _tries(self, delivery: Delivery, request: Request, forged: Forged | None) -> Try:
        """Once, or twice side by side."""
        if not self.faults.lot(self.faults.twice):
            return await self._try(delivery, request, forged)
        both = await asyncio.gather(*(self._try(delivery, request, forged) for _ in range(2)))
        return next((one for one in both if not one.reason), both[0])

    async def _try(self, delivery: Delivery, request: Request, forged: Forged | None) -> Try:
        headers = {"Content-Type": KIND, "User-Agent": "fake-sms"}
        headers |= signed(self.secret, time.time(), request.body, forged)  # a verifier's clock is real
        tried = Try(number=len(delivery.tries), at=self.clock.time(), sent=headers)
        delivery.tries.append(tried)
        await self.attempt(request, headers, tried, self.patience)
        if not tried.reason and delivery.acknowledged_at is None:
            delivery.acknowledged_at = self.clock.time()
        return tried

    async def _attack(self, delivery: Delivery, request: Request) -> None:
        """The same, by somebody who has not got the secret."""
        other = Delivery(kind=delivery.kind, id=delivery.id, payload=delivery.payload)
        if not (await self._try(other, request, ATTACKER)).reason:
            self.let_in.append(other)


def _request(url: str, delivery: Delivery) -> Request:
    said: dict[str, Any] = {f"{delivery.kind}s": [delivery.payload]}
    return Request(url=url, body=json.dumps(said).encode(), kind=KIND)
