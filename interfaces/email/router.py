r"""Mail by its recipients: an ASGI application for the scope ``email``, in front of others.

::

    application = ProtocolTypeRouter({"email": EmailRouter([
        address("sales@shop.example", Sales.as_asgi()),
        tagged("support@shop.example", Support.as_asgi()),            # support+1234@… too: kwargs["tag"]
        matching(r"invoice-(?P<number>\d+)@", Invoices.as_asgi()),    # kwargs["number"]
        domain("*.shop.example", Branches.as_asgi()),
        anyone(Rest.as_asgi()),
    ])})

Each recipient goes to the first route that matches it. A route is called once with all recipients that it has with the
same keywords, which are in ``scope["url_route"]["kwargs"]``, as those of Channels' URLRouter are. Where a message goes
to several, each is a delivery of its own, side by side: what one says or raises is the verdict of its recipients alone.
A recipient without a route is refused with 550 5.1.1.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from interfaces.email.answers import code_of
from interfaces.email.verdicts import MailDelivery
from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.delivery import ACCEPTED, Verdict
from interfaces.shared.errors import ConfigError, NoRoute

__all__ = ["SIDE_BY_SIDE", "EmailRouter", "MailRoute", "address", "anyone", "domain", "matching", "tagged"]

Kwargs = dict[str, Any]
Match = Callable[[str, str], Kwargs | None]
"""Keywords for a local part and a domain, None when they do not match."""

SIDE_BY_SIDE = 10
"""Calls that one message makes at the same time; further routes wait for them."""
_UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "No such recipient"})


@dataclass(frozen=True, slots=True)
class MailRoute:
    """Recipients that ``match``, and the application that they go to."""

    text: str
    match: Match
    app: Application

    def __repr__(self) -> str:
        return self.text


def address(wanted: str, app: Application) -> MailRoute:
    """The recipient ``wanted`` and no other, whichever way its letters are written."""
    local, hosts = _split(wanted)
    return _route(
        f"address({wanted!r})",
        lambda user, host: {} if user.lower() == local and host.lower() in hosts else None,
        app,
    )


def tagged(wanted: str, app: Application) -> MailRoute:
    """The recipient ``user@domain``, and ``user+anything@domain``: the keyword ``tag`` is that, None without one."""
    local, hosts = _split(wanted)
    if "+" in local:
        raise ConfigError(
            f"tagged({wanted!r}): write the address without a tag, as in tagged('support@shop.example')"
        )

    def match(user: str, host: str) -> Kwargs | None:
        name, _, tag = user.partition("+")
        return {"tag": tag or None} if name.lower() == local and host.lower() in hosts else None

    return _route(f"tagged({wanted!r})", match, app)


def domain(wanted: str, app: Application) -> MailRoute:
    """All recipients of a domain; ``*.shop.example`` is all below it, and not itself."""
    name = wanted.lower()
    if "@" in name or not name.removeprefix("*."):
        raise ConfigError(f"domain({wanted!r}): write a domain, such as shop.example or *.shop.example")
    hosts = _spellings(name.removeprefix("*."))
    below = tuple(f".{host}" for host in hosts)
    if name.startswith("*."):
        return _route(
            f"domain({wanted!r})", lambda _, host: {} if host.lower().endswith(below) else None, app
        )
    return _route(f"domain({wanted!r})", lambda _, host: {} if host.lower() in hosts else None, app)


def matching(pattern: str, app: Application) -> MailRoute:
    """Recipients whose address matches a regular expression from its start, in whichever case; groups are keywords."""
    try:
        found = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise ConfigError(f"matching({pattern!r}) is no regular expression: {error}") from None
    if found.groups != len(found.groupindex):
        raise ConfigError(
            f"matching({pattern!r}): give each group a name, (?P<name>…), as it becomes a keyword"
        )

    def match(user: str, host: str) -> Kwargs | None:
        said = found.match(f"{user}@{host}" if host else user)
        return said.groupdict() if said else None

    return _route(f"matching({pattern!r})", match, app)


def anyone(app: Application) -> MailRoute:
    """Every recipient: to be the last."""
    return _route("anyone()", lambda _user, _host: {}, app)


def _route(text: str, match: Match, app: Application) -> MailRoute:
    if not callable(app):
        raise ConfigError(f"{text}: {app!r} is no application; of a consumer it is as_asgi()")
    return MailRoute(text, match, app)


def _split(wanted: str) -> tuple[str, tuple[str, ...]]:
    local, at, host = wanted.lower().rpartition("@")
    if (at and not (local and host)) or not wanted or " " in wanted:
        raise ConfigError(f"{wanted!r} is no address: write one such as sales@shop.example")
    return (local, _spellings(host)) if at else (host, ("",))


def _spellings(host: str) -> tuple[str, ...]:
    """A domain as it is written, and as the DNS has it, or the other way: an envelope may say either (RFC 5890)."""
    found = [host]
    with suppress(UnicodeError):
        found.append(host.encode("idna").decode("ascii"))
    with suppress(UnicodeError):
        found.append(host.encode("ascii").decode("idna"))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Share:
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


class EmailRouter:
    """See the module. ConfigError for what is no route; NoRoute for a message none of whose recipients has one."""

    def __init__(self, routes: Iterable[MailRoute]) -> None:
        self.routes = [*routes]
        for one in self.routes:
            if not isinstance(one, MailRoute):
                raise ConfigError(
                    f"EmailRouter takes address(), tagged(), domain(), matching() and anyone(), not {one!r}"
                )

    def __repr__(self) -> str:
        return f"EmailRouter({', '.join(map(repr, self.routes))})"

    @property
    def application_mapping(self) -> Mapping[str, Application]:
        """What it takes, as Channels' ProtocolTypeRouter says it."""
        return {"email": self}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3)."""
        if scope["type"] != "email":
            raise NoRoute(f"an EmailRouter takes mail, not {scope['type']!r}")
        shares = self._shares(scope["rcpt_to"])
        if not shares:
            raise NoRoute(f"no route for {', '.join(one['address'] for one in scope['rcpt_to'])}")
        first = shares[0]
        if len(first.places) == len(scope["rcpt_to"]):
            await first.route.app(first.scope(scope), receive, send)
        else:
            await _Fan(scope, receive, send).run(shares)

    def _shares(self, recipients: Sequence[Mapping[str, Any]]) -> list[_Share]:
        """The calls to make, in the order of their first recipients."""
        found: dict[tuple[int, tuple[tuple[str, Any], ...]], _Share] = {}
        for place, one in enumerate(recipients):
            for number, route in enumerate(self.routes):
                kwargs = route.match(one["local"], one["domain"])
                if kwargs is not None:
                    key = (number, tuple(kwargs.items()))
                    found.setdefault(key, _Share(route, kwargs, [])).places.append(place)
                    break
        return [*found.values()]


class _Fan:
    """One message for several routes: a delivery for each, and a verdict for each recipient."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.verdicts: list[Verdict] = [_UNROUTED] * len(scope["rcpt_to"])
        self.results: dict[Any, list[asyncio.Future[Event]]] = {}
        """What calls wait for that have sent mail, by its id."""
        self.reader: asyncio.Task[None] | None = None

    async def run(self, shares: list[_Share]) -> None:
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

    async def _together(self, shares: list[_Share], event: Event) -> None:
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

    def _ended(self, share: _Share, end: asyncio.Future[None], call: MailDelivery) -> None:
        for place, said in zip(share.places, call.outcomes(_UNROUTED), strict=True):
            self.verdicts[place] = said
        if not end.done():
            end.set_result(None)
