"""IRC by its connections: an ASGI application for the scope ``irc``, in front of others.

::

    application = ProtocolTypeRouter({"irc": IrcRouter([
        client("libera", Bot.as_asgi()),
        client(r"test-(?P<number>[0-9]+)", Tester.as_asgi()),     # kwargs["number"]
        gateway(Lounge.as_asgi()),
    ])})

The first route that matches has the connection; its keywords are in ``scope["url_route"]["kwargs"]``, as those of
Channels' URLRouter are. NoRoute for a connection without one. What is said on it is routed by the commands of a
consumer, or in event style: ``route("irc.message", deploy, text=r"!deploy")``.
"""

from collections.abc import Iterable, Mapping

from interfaces.irc.routes import IrcRoute, Kwargs, anything, client, gateway
from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import ConfigError, NoRoute

__all__ = ["IrcRoute", "IrcRouter", "anything", "client", "gateway"]


class IrcRouter:
    """See the module. ConfigError for what is no route."""

    def __init__(self, routes: Iterable[IrcRoute]) -> None:
        self.routes = [*routes]
        for one in self.routes:
            if not isinstance(one, IrcRoute):
                raise ConfigError(f"IrcRouter takes client(), gateway() and anything(), not {one!r}")

    def __repr__(self) -> str:
        return f"IrcRouter({', '.join(map(repr, self.routes))})"

    @property
    def application_mapping(self) -> Mapping[str, Application]:
        """What it takes, as Channels' ProtocolTypeRouter says it."""
        return {"irc": self}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3). NoRoute for a connection that no route takes, and for other scopes."""
        if scope["type"] != "irc":
            raise NoRoute(f"an IrcRouter takes IRC, not {scope['type']!r}")
        for route in self.routes:
            kwargs = route.path(scope["path"])
            if kwargs is not None:
                await route.app(_routed(scope, kwargs), receive, send)
                return
        raise NoRoute(f"no route for {scope['path']!r}")


def _routed(scope: Scope, kwargs: Kwargs) -> Scope:
    outer = scope.get("url_route", {})
    kwargs = {**outer.get("kwargs", {}), **kwargs}
    return {**scope, "url_route": {"args": outer.get("args", ()), "kwargs": kwargs}}
