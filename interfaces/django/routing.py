"""Drop-in routers: Channels' own, but no match is :class:`NoRoute`, which each server answers in its words.

Channels raises ValueError, which a server cannot tell from a mistake of the application. Over HTTP NoRoute
becomes 404, a WebSocket is denied, mail is refused with 550.
"""

from collections.abc import Mapping, Sequence

from channels import routing
from django.urls import re_path
from django.urls.resolvers import URLPattern

from interfaces.shared.asgi import Application, Receive, Scope, Send
from interfaces.shared.errors import NoRoute

__all__ = ["ProtocolTypeRouter", "URLRouter"]


class ProtocolTypeRouter(routing.ProtocolTypeRouter):
    """Takes an application a scope type; raises NoRoute for a type that has none."""

    application_mapping: Mapping[str, Application]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application of the scope's type."""
        application = self.application_mapping.get(scope["type"])
        if application is None:
            raise NoRoute(f"no application for scope type {scope['type']!r}")
        await application(scope, receive, send)


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand behind the last route of the outermost router."""
    raise NoRoute(f"no route for {scope['path']!r}")


class URLRouter(routing.URLRouter):
    """Takes ``path()`` and ``re_path()`` routes as Channels' does; nested ones hand back to the outer."""

    def __init__(self, routes: Sequence[URLPattern]) -> None:
        super().__init__(routes)
        self.outermost = routing.URLRouter([*routes, re_path("", _no_route)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the application of the first route that matches ``path`` below ``root_path``."""
        if "path_remaining" in scope:
            await super().__call__(scope, receive, send)
            return
        if "path" not in scope or not scope["path"].startswith(scope.get("root_path", "")):
            raise NoRoute(f"no route for {scope.get('path')!r} of a scope of type {scope['type']!r}")
        await self.outermost(scope, receive, send)
