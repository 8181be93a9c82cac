"""The message types say what the server really does."""

from typing import get_args, get_type_hints

from interfaces.http_ws import request, websocket
from interfaces.http_ws.messages import SCOPES, HttpScope, WebsocketScope
from interfaces.http_ws.translate import Place, http_scope, websocket_scope
from interfaces.http_ws.wire_h1 import HeadLimits, HeadParser

PLACE = Place(("192.0.2.1", 1), ("192.0.2.2", 80))


def parser() -> HeadParser:
    """A parser that has read a request."""
    head = HeadParser(HeadLimits())
    head.parse(b"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n")
    return head


def test_a_request_has_exactly_the_keys_of_its_type() -> None:
    """HttpScope names every key of a scope, and no other."""
    assert http_scope(parser(), PLACE, {}).keys() == get_type_hints(HttpScope).keys()


def test_a_websocket_has_exactly_the_keys_of_its_type() -> None:
    """WebsocketScope names every key of a scope, and no other."""
    assert websocket_scope(parser(), PLACE, {}, []).keys() == get_type_hints(WebsocketScope).keys()


def test_every_message_is_documented_and_belongs_to_its_scope() -> None:
    """A message's type begins with the scope's, and its docstring says which way it goes."""
    for scope, messages in SCOPES.items():
        (kind,) = get_args(get_type_hints(scope)["type"])
        for message in messages:
            (name,) = get_args(get_type_hints(message)["type"])
            assert name.startswith(f"{kind}.")
            assert message.__doc__ is not None
            assert message.__doc__.startswith(("In", "Out"))


def test_the_errors_about_unknown_messages_name_those_that_are_known() -> None:
    """What the servers call known are the outgoing messages, all of them."""
    for scope, known in ((HttpScope, request.KNOWN), (WebsocketScope, websocket.KNOWN)):
        out = [m for m in SCOPES[scope] if str(m.__doc__).startswith("Out")]
        names = [get_args(get_type_hints(m)["type"])[0] for m in out]
        prefix, *words = known.replace(",", "").split()
        assert sorted(prefix + word for word in words) == sorted(names)
