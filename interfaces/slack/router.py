r"""Slack by what happens: an ASGI application for the scope ``slack``, in front of others.

::

    application = ProtocolTypeRouter({"slack": SlackRouter([
        command("/deploy", Deploy.as_asgi()),
        action(r"approve-(?P<id>\d+)", Approve.as_asgi()),        # kwargs["id"]
        view("feedback", Feedback.as_asgi()),
        event("reaction_added", Reactions.as_asgi()),
        mention("", Assistant.as_asgi()),
        message(r"ticket (?P<number>\d+)", Tickets.as_asgi()),    # anywhere in the text
        anything(Rest.as_asgi()),
    ])})

The first route that matches has the event; its keywords are in ``scope["url_route"]["kwargs"]``, as those of Channels'
URLRouter are. NoRoute for an event without one: it is acknowledged, and counted.
"""

from collections.abc import Iterable, Mapping

from interfaces.shared.asgi import Application, Event, Receive, Scope, Send
from interfaces.shared.errors import ConfigError, NoRoute
from interfaces.slack.routes import (
    Kwargs,
    SlackRoute,
    action,
    anything,
    command,
    event,
    mention,
    message,
    options,
    shortcut,
    view,
    view_closed,
)

__all__ = [
    "SlackRoute",
    "SlackRouter",
    "action",
    "anything",
    "command",
    "event",
    "mention",
    "message",
    "options",
    "shortcut",
    "view",
    "view_closed",
]


class SlackRouter:
    """See the module. ConfigError for what is no route."""

    def __init__(self, routes: Iterable[SlackRoute]) -> None:
        self.routes = [*routes]
        for one in self.routes:
            if not isinstance(one, SlackRoute):
                raise ConfigError(
                    f"SlackRouter takes command(), action(), message() and the like, not {one!r}"
                )

    def __repr__(self) -> str:
        return f"SlackRouter({', '.join(map(repr, self.routes))})"

    @property
    def application_mapping(self) -> Mapping[str, Application]:
        """What it takes, as Channels' ProtocolTypeRouter says it."""
        return {"slack": self}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one scope (ASGI 3). NoRoute for an event that no route takes, and for other scopes."""
        if scope["type"] != "slack":
            raise NoRoute(f"a SlackRouter takes Slack, not {scope['type']!r}")
        first = _First(receive)
        for route in self.routes:
            kwargs = await _match(route, scope["path"], first)
            if kwargs is not None:
                await route.app(_routed(scope, kwargs), first, send)
                return
        raise NoRoute(f"no route for {scope['path']!r}")


class _First:
    """``receive`` of an application whose first event somebody may have seen before."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self.seen: Event | None = None

    async def peek(self) -> Event:
        """The first event, which comes again."""
        if self.seen is None:
            self.seen = await self.receive()
        return self.seen

    async def __call__(self) -> Event:
        """The next event."""
        seen, self.seen = self.seen, None
        return await self.receive() if seen is None else seen


async def _match(route: SlackRoute, path: str, first: _First) -> Kwargs | None:
    if route.reads and route.reads == path:
        return route.event(await first.peek())
    return route.path(path)


def _routed(scope: Scope, kwargs: Kwargs) -> Scope:
    outer = scope.get("url_route", {})
    kwargs = {**outer.get("kwargs", {}), **kwargs}
    return {**scope, "url_route": {"args": outer.get("args", ()), "kwargs": kwargs}}
