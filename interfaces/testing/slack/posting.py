"""What the fake sends over HTTP: signed, in time or not at all, and events again as Slack does it."""

import asyncio
import json
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp

from interfaces.testing.fakes.faults import Faults
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.slack.delivery import RETRIES, Delivery, Kind, Try
from interfaces.testing.slack.signing import signed
from interfaces.testing.slack.world import World

__all__ = ["Poster", "Request", "request_for"]

CONNECTIONS = 100
"""Connections to an app that are held at once, and kept."""
AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something to be posted: where, and what."""

    url: str
    body: bytes
    kind: str
    """Its content type."""


class Poster:
    """``async with Poster(…) as poster``: a client with connections that it keeps."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"Poster({'closed' if self._session is None else 'open'})"

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=CONNECTIONS)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

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
        began = time.perf_counter()
        try:
            async with asyncio.timeout(world.clock.real(world.ack_seconds)):
                await self._exchange(request, headers, tried)
        except TimeoutError:
            tried.status, tried.answer, tried.reason = 0, None, "http_timeout"
        except aiohttp.ClientSSLError:
            tried.reason = "ssl_error"
        except aiohttp.ClientError:
            tried.reason = "connection_failed"
        tried.seconds = time.perf_counter() - began
        if not tried.reason and delivery.acknowledged_at is None:
            delivery.acknowledged_at = world.clock.time()
        return tried

    async def _exchange(self, request: Request, headers: dict[str, str], tried: Try) -> None:
        if self._session is None:
            raise RuntimeError("the fake is not entered: async with FakeSlack() as slack")
        async with self._session.post(
            request.url, data=request.body, headers=headers, allow_redirects=False
        ) as response:
            body = await response.read()
            tried.status = response.status
            tried.headers = {name.lower(): value for name, value in response.headers.items()}
            tried.answer = _said(body, response.content_type)
        if not 200 <= tried.status < 300:
            tried.reason = "http_error"


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


def _said(body: bytes, kind: str) -> Any:
    if not body:
        return None
    if kind == "application/json":
        try:
            return json.loads(body)
        except ValueError:
            pass
    return body.decode("utf-8", "replace")
