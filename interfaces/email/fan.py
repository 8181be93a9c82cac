"""One message for several applications: a delivery for each of them, and a verdict for each recipient."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from interfaces.email.answers import code_of
from interfaces.email.delivery import MailDelivery
from interfaces.email.routes import Kwargs, MailRoute
from interfaces.shared.asgi import Event, Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, Verdict

__all__ = ["SIDE_BY_SIDE", "Fan", "Share"]

SIDE_BY_SIDE = 10
"""Calls that one message makes at the same time; further routes wait for them."""
_UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such recipient"})


@dataclass(frozen=True, slots=True)
class Share:
    """What one call of a route is for."""

    route: MailRoute
    kwargs: Kwargs
    places: list[int]
    """Of its recipients among all."""

    def scope(self, scope: Scope) -> Scope:
        """That of the message for these recipients alone."""
        outer = scope.get("url_route", {})
        recipients = [scope["rcpt_to"][place] for place in self.places]
        first = recipients[0]
        return {
            **scope,
            "rcpt_to": recipients,
            "path": f"{first['domain']}/{first['local']}",
            "url_route": {
                "args": outer.get("args", ()),
                "kwargs": {**outer.get("kwargs", {}), **self.kwargs},
            },
        }

    def event(self, event: Event, scope: Scope) -> Event:
        """That of the message for these recipients alone: a repeat of one of them has the same ``dedupe_key``.

        What is for none of them, as their verdict is known, is the end of it.
        """
        if "to" not in event:
            return {**event}
        mine = {scope["rcpt_to"][place]["address"] for place in self.places}
        places = [place for place, one in enumerate(event["to"]) if one in mine]
        if not places:
            return {"type": "email.disconnect", "code": 0}
        found = {**event, "to": [event["to"][place] for place in places]}
        found["to_address"] = found["to"][0]
        if "dedupe_keys" in event:
            found["dedupe_keys"] = [event["dedupe_keys"][place] for place in places]
            found["dedupe_key"] = found["dedupe_keys"][0]
        return found


class Fan:
    """One message for several routes: a delivery for each, and a verdict for each recipient."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.verdicts: list[Verdict] = [_UNROUTED] * len(scope["rcpt_to"])
        self.results: dict[Any, list[asyncio.Future[Event]]] = {}
        """What calls wait for that have sent mail, by its id."""
        self.reader: asyncio.Task[None] | None = None

    async def run(self, shares: list[Share]) -> None:
        """Call the routes, and say what they said."""
        event = await self.receive()
        if event.get("more_body"):  # its pieces come once, so all take them at the same time
            await self._together(shares, event)
        else:
            for at in range(0, len(shares), SIDE_BY_SIDE):
                await self._together(shares[at : at + SIDE_BY_SIDE], event)
        for place, said in enumerate(self.verdicts):
            if said is not ACCEPTED:
                await self.send(
                    {**said.detail, "type": "email.status", "index": place, "code": code_of(said)}
                )

    async def _together(self, shares: list[Share], event: Event) -> None:
        """Deliver to some routes side by side, until all have decided."""
        loop = asyncio.get_running_loop()
        calls: list[MailDelivery] = []
        ends: list[asyncio.Future[None]] = []
        try:
            for share in shares:
                ends.append(loop.create_future())
                on_end = partial(self._ended, share, ends[-1])
                calls.append(MailDelivery(share.route.app, share.scope(self.scope), on_end))
                calls[-1].post = self.post
                calls[-1].start(loop)
            while event.get("more_body"):
                puts = [
                    call.put(share.event(event, self.scope), len(event["body"]))
                    for share, call in zip(shares, calls, strict=True)
                ]
                await asyncio.gather(*puts)
                event = await self.receive()
            for share, call in zip(shares, calls, strict=True):
                call.last(share.event(event, self.scope))
            await asyncio.gather(*ends)
        finally:
            for call in calls:
                if not call.ended:
                    call.cancel()
            if self.reader is not None:
                self.reader.cancel()
                self.reader = None

    async def post(self, event: Event) -> asyncio.Future[Event] | None:
        """Send mail for a call; what to wait for when it asks for the result."""
        await self.send(event)
        if not event.get("id") or event.get("reply_channel"):
            return None
        result: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self.results.setdefault(event["id"], []).append(result)
        if self.reader is None or self.reader.done():
            self.reader = asyncio.ensure_future(self._read())
        return result

    async def _read(self) -> None:
        """Give results to who waits for them; asking for more than those would end the message."""
        while self.results:
            event = await self.receive()
            for result in self.results.pop(event.get("id"), ()):
                if not result.done():
                    result.set_result(event)

    def _ended(self, share: Share, end: asyncio.Future[None], call: MailDelivery) -> None:
        for place, said in zip(share.places, call.outcomes(_UNROUTED), strict=True):
            self.verdicts[place] = said
        if not end.done():
            end.set_result(None)
