"""Routers that say "no route"."""

import asyncio

import pytest
from channels import routing as channels_routing
from django.urls import path, re_path

from interfaces.django.routing import ProtocolTypeRouter, URLRouter
from interfaces.shared.errors import NoRoute


def application(name):
    """An application that says its name, and how it was found."""

    async def app(scope, receive, send):
        await send((name, scope.get("url_route", {}).get("kwargs")))

    return app


def call(app, **scope):
    """What ``app`` sends for a scope."""
    sent = []

    async def send(event):
        sent.append(event)

    asyncio.run(app({"type": "websocket", **scope}, None, send))
    return sent[0]


def test_a_type_without_application_has_no_route():
    """Channels raises ValueError here, which no server can tell from a mistake."""
    router = ProtocolTypeRouter({"http": application("http")})
    assert call(router, type="http") == ("http", None)
    with pytest.raises(NoRoute, match="'email'"):
        call(router, type="email")


def test_the_first_match_wins():
    """Routes work as in Channels: arguments, order, and a leading slash that does not count."""
    router = URLRouter(
        [path("room/<slug:slug>/", application("room")), re_path("^room/", application("rest"))]
    )
    assert call(router, path="/room/lobby/") == ("room", {"slug": "lobby"})
    assert call(router, path="/room/other/x") == ("rest", {})


@pytest.mark.parametrize("scope", [{"path": "/nowhere/"}, {"path": ""}, {"type": "irc"}])
def test_no_match_is_no_route(scope):
    """Neither is a scope that has no path, as those of some protocols."""
    with pytest.raises(NoRoute):
        call(URLRouter([path("room/", application("room"))]), **scope)


def test_an_applications_own_value_error_stays_one():
    """Only the want of a route is NoRoute."""

    async def broken(scope, receive, send):
        raise ValueError("No route found for path 'x'.")

    with pytest.raises(ValueError, match="No route"):
        call(URLRouter([path("", broken)]), path="/")


@pytest.mark.parametrize("inner", [URLRouter, channels_routing.URLRouter])
@pytest.mark.parametrize("outer", [URLRouter, channels_routing.URLRouter])
def test_nested_routers_hand_back(outer, inner):
    """An inner router without a match leaves the address to the outer one's next route, ours or Channels'."""
    router = outer(
        [
            path("a/<int:number>/", inner([path("b/", application("inner"))])),
            re_path("^a/1/c/$", application("next")),
        ]
    )
    assert call(router, path="/a/1/b/") == ("inner", {"number": 1})
    assert call(router, path="/a/1/c/") == ("next", {})
    with pytest.raises(NoRoute if outer is URLRouter else ValueError):
        call(router, path="/a/1/d/")


def test_the_root_path_is_left_out():
    """Behind a prefix the rest is matched; an address outside of it has no route."""
    router = URLRouter([path("room/", application("room"))])
    assert call(router, path="/mount/room/", root_path="/mount")[0] == "room"
    with pytest.raises(NoRoute):
        call(router, path="/room/", root_path="/mount")
