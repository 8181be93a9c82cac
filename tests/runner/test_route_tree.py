"""Routes of all kinds of applications, read and not called."""

import sys
from types import SimpleNamespace

import pytest
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from django.urls import path
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from interfaces.email.router import EmailRouter, address
from interfaces.irc.router import IrcRouter, gateway
from interfaces.runner import route_tree as module
from interfaces.runner.route_tree import Node, tree
from interfaces.shared.consumer import Consumer
from interfaces.slack.router import SlackRouter, command
from interfaces.workers.routing import Routing, include, route

HERE = __name__


async def application(scope, receive, send):
    """Serves anything."""


def handler(message):
    """Handles an event."""


class Middleware:
    """Says what it wraps, as Channels' do."""

    def __init__(self, inner):
        self.inner = inner


class Browser(Consumer):
    """A class behind as_asgi()."""


NAME = f"{HERE}.application"


def test_of_a_plain_application_nothing_is_known():
    """Whatever is served comes to it."""
    assert tree(application) == (Node("*", NAME),)
    assert tree(Middleware(application)) == (Node("*", f"{HERE}.Middleware"),)


def test_a_protocol_type_router_has_a_node_a_type():
    """Through middleware in front and behind; a consumer is told by its class."""
    app = Middleware(ProtocolTypeRouter({"http": application, "websocket": Middleware(Browser.as_asgi())}))
    http, websocket = tree(app)
    assert http == Node("http", NAME)
    assert (websocket.what, websocket.leads, websocket.inner) == ("websocket", f"{HERE}.Middleware", ())


def test_paths_of_a_url_router():
    """Nested ones too."""
    inner = URLRouter([path("b/", Browser.as_asgi())])
    (node,) = tree(ProtocolTypeRouter({"websocket": Middleware(URLRouter([path("a/", inner)]))}))
    assert node.inner == (Node("a/", "channels.routing.URLRouter", (Node("b/", f"{HERE}.Browser"),)),)


def test_channels_of_a_routing_with_their_filters():
    """By scope type; the application's own are below "background", and the rest of HTTP is the fallback's."""
    chat = [route("websocket.receive", handler, path=r"/(?P<room>\w+)")]
    app = Routing([include(chat, path="^/chat"), route("work.make", handler)], fallback=application)
    websocket, http, background = tree(app)
    routing = "interfaces.workers.routing.Routing"
    assert websocket == Node(
        "websocket", routing, (Node(r"websocket.receive path=^/chat/(?P<room>\w+)", f"{HERE}.handler"),)
    )  # fmt: skip
    assert http == Node("http", routing, (Node("(all else)", NAME),))
    assert background.inner == (Node("work.make", f"{HERE}.handler"),)
    (one,) = tree(ProtocolTypeRouter({"websocket": app}))
    assert one.inner == websocket.inner


def test_our_routers():
    """Recipients, commands, connections, as they are written."""
    mail = EmailRouter([address("a@example.org", application)])
    slack = SlackRouter([command("/deploy", application)])
    irc = IrcRouter([gateway(application)])
    assert tree(mail) == (
        Node("email", "interfaces.email.router.EmailRouter", (Node("address('a@example.org')", NAME),)),
    )
    found = tree(ProtocolTypeRouter({"email": mail, "slack": slack, "irc": irc}))
    assert [[one.what for one in node.inner] for node in found] == [
        ["address('a@example.org')"], ["command('/deploy')"], ["gateway()"]
    ]  # fmt: skip


def test_channel_names():
    """The consumers of a ChannelNameRouter are the routes of the type channel."""
    (node,) = tree(ProtocolTypeRouter({"channel": ChannelNameRouter({"work": application})}))
    assert node.inner == (Node("work", NAME),)


def test_routes_of_starlette_and_what_is_made_of_it():
    """With their methods; those of a mount are nested."""
    app = Starlette(routes=[
        Route("/x", handler, methods=["POST"]), Mount("/api", routes=[Route("/y", handler)]),
        WebSocketRoute("/ws", handler),
    ])  # fmt: skip
    (node,) = tree(app)
    assert node.what == "*"
    x, api, ws = node.inner
    assert (x, ws) == (Node("POST /x", f"{HERE}.handler"), Node("/ws", f"{HERE}.handler"))
    assert (api.what, api.inner) == ("/api", (Node("GET HEAD /y", f"{HERE}.handler"),))


@pytest.fixture
def django(monkeypatch):
    """Django's handler, and an URLconf with an include, without a project."""

    class ASGIHandler:
        """Stands for Django's."""

    leaf = SimpleNamespace(pattern="x/", callback=handler)
    nested = SimpleNamespace(pattern="admin/", url_patterns=[SimpleNamespace(pattern="", callback=handler)])
    resolver = SimpleNamespace(url_patterns=[leaf, nested])
    monkeypatch.setitem(sys.modules, "django.core.handlers.asgi", SimpleNamespace(ASGIHandler=ASGIHandler))
    monkeypatch.setitem(sys.modules, "django.urls", SimpleNamespace(get_resolver=lambda: resolver))
    return ASGIHandler()


def test_views_of_django(django):
    """Its patterns, with those of an include; it takes http and nothing else."""
    (node,) = tree(django)
    name = f"{HERE}.handler"
    assert node.what == "http"
    assert node.inner == (Node("x/", name), Node("admin/", "include", (Node("(empty)", name),)))


def test_what_wraps_itself_ends(monkeypatch):
    """However deep routers lie within one another."""
    loop = Middleware(None)
    loop.inner = Middleware(loop)
    assert tree(loop)[0].what == "*"
    monkeypatch.setattr(module, "DEEPEST", 1)
    app = ProtocolTypeRouter({"a": ProtocolTypeRouter({"a": ProtocolTypeRouter({"a": application})})})
    (node,) = tree(app)
    (second,) = node.inner if node.inner and node.inner[0].what == "a" else (node,)
    assert second.inner == ()
