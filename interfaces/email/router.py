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

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from interfaces.email.fan import Fan, Share
from interfaces.email.routes import MailRoute, address, anyone, domain, matching, tagged
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import ConfigError, NoRoute

__all__ = ["EmailRouter", "MailRoute", "address", "anyone", "domain", "matching", "tagged"]


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
            await Fan(scope, receive, send).run(shares)

    def _shares(self, recipients: Sequence[Mapping[str, Any]]) -> list[Share]:
        """The calls to make, in the order of their first recipients."""
        found: dict[tuple[int, tuple[tuple[str, Any], ...]], Share] = {}
        for place, one in enumerate(recipients):
            for number, route in enumerate(self.routes):
                kwargs = route.match(one["local"], one["domain"])
                if kwargs is not None:
                    key = (number, tuple(kwargs.items()))
                    found.setdefault(key, Share(route, kwargs, [])).places.append(place)
                    break
        return [*found.values()]
