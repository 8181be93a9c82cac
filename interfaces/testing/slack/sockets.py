"""Socket Mode, seen from Slack: connections by ticket, envelopes to one of them each, and again when unacknowledged.

Source: api.slack.com, "Using Socket Mode".
"""

import asyncio
import json
import time
from itertools import count
from typing import Any, Literal
from urllib.parse import parse_qs

from interfaces.shared.asgi import Receive, Scope, Send
from interfaces.testing.fakes.faults import Faults
from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack.delivery import RETRIES, Delivery
from interfaces.testing.slack.link import Link, LinkLost
from interfaces.testing.slack.world import World

__all__ = ["Reason", "Sockets"]

Reason = Literal[
    "warning", "refresh_requested", "link_disabled", "too_many_websockets", "socket_state_stopped"
]
HOST = "applink-fake"
LOSSES = 20
"""How often an event may be lost with its connection before it is given up."""
CONNECTION_TIME = 18_060
"""Seconds that Slack says a connection will about last."""


class Sockets:
    """All connections of the app. ``late`` counts acknowledgements that came when nobody waited any more."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.links: list[Link] = []
        self.opened = 0
        """Connections that ever got a hello."""
        self.late = 0
        self._news = asyncio.Event()
        self._turn = count()

    def __repr__(self) -> str:
        return f"Sockets({len(self.links)} open, {self.opened} ever)"

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from its handshake to its end."""
        await receive()
        ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        app_id = self.world.tickets.pop(ticket, None)
        if app_id is None:
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        link = Link(id=self.world.id("link"), app_id=app_id, send_event=send, client=scope.get("client"),
                    opened_at=self.world.clock.time())  # fmt: skip
        try:
            if sum(not each.leaving for each in self.links) >= self.world.app.max_connections:
                await link.send(_disconnect("too_many_websockets"))
                await link.close()
                return
            await self._hello(link)
            while (event := await receive())["type"] == "websocket.receive":
                self._heard(link, event.get("text") or "")
        except LinkLost:
            pass
        finally:
            link.lost()
            if link in self.links:
                self.links.remove(link)
            self._tell()

    async def _hello(self, link: Link) -> None:
        self.links.append(link)
        self.opened += 1
        info = {"host": HOST, "build_number": 1, "approximate_connection_time": CONNECTION_TIME}
        hello = {"type": "hello", "num_connections": len(self.links), "debug_info": info}
        await link.send({**hello, "connection_info": {"app_id": link.app_id}})
        self._tell()

    def _heard(self, link: Link, text: str) -> None:
        try:
            said = json.loads(text)
            envelope = said["envelope_id"]
        except (ValueError, TypeError, KeyError):
            self.world.counts["socket.not_understood"] += 1
            return
        future = link.waiting.pop(envelope, None)
        if future is None or future.done():
            self.late += 1
        else:
            future.set_result(said.get("payload"))

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def connected(self, number: int = 1, timeout: float = 5.0) -> list[Link]:
        """Wait until so many connections are open; TimeoutError (real seconds) when that does not come to pass."""
        async with asyncio.timeout(timeout):
            while len(self.links) != number:
                await self._news.wait()
        return self.links

    async def disconnect(
        self, reason: Reason = "refresh_requested", link: Link | None = None, *, grace: float = 0.0
    ) -> None:
        """Tell a connection (the oldest) why it ends; then close it, but after a mere ``warning``.

        ``grace``: seconds of the fake's clock in between, in which nothing new is sent on it, and what was sent
        can still be acknowledged.
        """
        told = link or self.links[0]
        told.leaving = reason != "warning"
        await told.send(_disconnect(reason))
        if told.leaving:
            await self.world.clock.sleep(grace)
            await told.close()

    async def send(self, delivery: Delivery, type: str, *, accepts: bool) -> Delivery:
        """Send a command or an interaction: once, and never again."""
        await self._try(delivery, type, 0, "", accepts=accepts)
        return delivery

    async def send_event(self, delivery: Delivery, *, retries: bool = True) -> Delivery:
        """Send an event, and again until it is acknowledged or Slack would give up; returns then.

        One that was lost with its connection goes to another at once.
        """
        number, lost, reason = 0, 0, ""
        while True:
            tried = await self._try(delivery, "events_api", number + lost, reason, accepts=False)
            if not tried.reason or not retries:
                break
            if tried.reason == "connection_lost" and lost < LOSSES:
                lost += 1
            elif number < len(RETRIES):
                await self.world.clock.sleep(RETRIES[number])
                number += 1
            else:
                break
            reason = "timeout"
        if not tried.reason and self.faults.lot(self.faults.redeliver):
            await self._try(delivery, "events_api", delivery.tried, "timeout", accepts=False)
        return delivery

    async def _try(self, delivery: Delivery, type: str, number: int, reason: str, *, accepts: bool) -> Try:
        world = self.world
        envelope: dict[str, Any] = {
            "envelope_id": world.id("env"), "type": type, "payload": delivery.payload,
            "accepts_response_payload": accepts,
        }  # fmt: skip
        if type == "events_api":
            envelope |= {"retry_attempt": number, "retry_reason": reason}
        sent = {name: str(value) for name, value in envelope.items() if name != "payload"}
        tried = Try(number=number, at=world.clock.time(), sent=sent, reason="connection_failed")
        delivery.tries.append(tried)
        began = time.perf_counter()
        limit = world.clock.real(world.ack_seconds)
        try:
            link = await self._pick(limit)
            if link is not None:
                tried.reason = "timeout"
                tried.answer = await self._exchange(link, envelope, limit)
                tried.status, tried.reason = 200, ""
        except TimeoutError:
            pass
        except LinkLost:
            tried.reason = "connection_lost"
        tried.seconds = time.perf_counter() - began
        if not tried.reason and delivery.acknowledged_at is None:
            delivery.acknowledged_at = world.clock.time()
        return tried

    async def _pick(self, limit: float) -> Link | None:
        """One of the connections, in turn; waits for the first so many real seconds."""
        try:
            async with asyncio.timeout(limit):
                while not (there := [link for link in self.links if not link.leaving]):
                    await self._news.wait()
        except TimeoutError:
            return None
        return there[next(self._turn) % len(there)]

    async def _exchange(self, link: Link, envelope: dict[str, Any], limit: float) -> Any:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        name = envelope["envelope_id"]
        link.waiting[name] = future
        link.envelopes += 1
        try:
            await link.send(envelope)
            if self.faults.lot(self.faults.twice):
                await link.send(envelope)
            async with asyncio.timeout(limit):
                return await future
        finally:
            link.waiting.pop(name, None)
            if not future.cancel() and not future.cancelled():
                future.exception()  # that it was lost is known, if not by this way


def _disconnect(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
