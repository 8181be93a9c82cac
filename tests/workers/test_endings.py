"""What a peer is told when its application cannot go on, in each protocol and however far the answer is."""

import asyncio
from typing import Any

import pytest

from interfaces.shared.errors import ApplicationError, NoRoute, PeerGone, Unavailable
from interfaces.workers.endings import Telling, ending
from interfaces.workers.transports.base import Busy, Lost

HTTP = {"type": "http"}
SOCKET = {"type": "websocket"}
DENYING = {"type": "websocket", "extensions": {"websocket.http.response": {}}}
START = {"type": "http.response.start", "status": 200, "headers": []}
TEXT = (b"content-type", b"text/plain; charset=utf-8")
ERRORS = [ApplicationError("a"), Busy("b"), Lost("c"), Unavailable("d")]


def told(scope: Any, error: Exception, *before: Any) -> list[Any]:
    """What is sent for ``error`` after ``before``."""
    sent: list[Any] = []

    async def send(event: Any) -> None:
        sent.append(event)

    async def test() -> None:
        telling = Telling(scope, send)
        for event in before:
            await telling.send(event)
        await telling.failed(error)

    asyncio.run(test())
    return sent[len(before) :]


@pytest.mark.parametrize(("scope", "prefix"), [(HTTP, "http.response"), (DENYING, "websocket.http.response")])
@pytest.mark.parametrize(
    ("error", "status", "text", "more"),
    [
        (ApplicationError("raised"), 500, b"Internal Server Error\n", []),
        (ValueError("anything"), 500, b"Internal Server Error\n", []),
        (Unavailable("away"), 503, b"Service Unavailable\n", [(b"retry-after", b"1")]),
        (Lost("gone"), 502, b"Bad Gateway\n", []),
        (Busy("full"), 503, b"Service Unavailable\n", [(b"retry-after", b"1")]),
    ],
)
def test_a_status_for_each_failure(
    scope: Any, prefix: str, error: Exception, status: int, text: bytes, more: Any
) -> None:
    """What has not begun is answered whole, a handshake that can be denied as a request is."""
    headers = [TEXT, *more, (b"content-length", str(len(text)).encode())]
    assert told(scope, error) == [
        {"type": f"{prefix}.start", "status": status, "headers": headers},
        {"type": f"{prefix}.body", "body": text},
    ]


@pytest.mark.parametrize("scope", [SOCKET, SOCKET | {"extensions": None}])
@pytest.mark.parametrize("error", ERRORS)
def test_a_handshake_that_cannot_be_denied_raises(scope: Any, error: Exception) -> None:
    """Without the extension the interface says it in its own way."""
    with pytest.raises(type(error)) as caught:
        told(scope, error)
    assert caught.value is error


@pytest.mark.parametrize(("error", "code"), list(zip(ERRORS, [1011, 1013, 1011, 1013], strict=True)))
@pytest.mark.parametrize("scope", [SOCKET, DENYING])
def test_an_open_socket_is_closed(scope: Any, error: Exception, code: int) -> None:
    """1013 says try again later, 1011 that something went wrong."""
    assert told(scope, error, {"type": "websocket.accept"}) == [{"type": "websocket.close", "code": code}]


@pytest.mark.parametrize(
    ("scope", "before"),
    [
        (HTTP, [START]),
        (HTTP, [START, {"type": "http.response.body", "body": b"a", "more_body": True}]),
        (DENYING, [{"type": "websocket.http.response.start", "status": 403, "headers": []}]),
    ],
)
def test_an_answer_that_has_begun_is_broken_off(scope: Any, before: Any) -> None:
    """No second status fits: the connection has to end."""
    with pytest.raises(PeerGone, match="broken off"):
        told(scope, Busy("full"), *before)


@pytest.mark.parametrize(
    ("scope", "before"),
    [
        (HTTP, [START, {"type": "http.response.body", "body": b"a"}]),
        (SOCKET, [{"type": "websocket.close"}]),
        (SOCKET, [{"type": "websocket.accept"}, {"type": "websocket.close", "code": 1000}]),
        (DENYING, [{"type": "websocket.http.response.start"}, {"type": "websocket.http.response.body"}]),
    ],
)
def test_what_is_complete_hears_no_more(scope: Any, before: Any) -> None:
    """A failure after the end of an answer is nobody's to hear."""
    assert told(scope, ApplicationError("late"), *before) == []


@pytest.mark.parametrize("kind", ["email", "irc", "lifespan"])
@pytest.mark.parametrize("error", ERRORS)
def test_other_protocols_say_it_themselves(kind: str, error: Exception) -> None:
    """Their interfaces get the error as it is."""
    with pytest.raises(type(error)) as caught:
        told({"type": kind}, error)
    assert caught.value is error


@pytest.mark.parametrize("error", [NoRoute("none"), PeerGone("left")])
@pytest.mark.parametrize("before", [[], [START]])
def test_no_route_and_nobody_are_raised(error: Exception, before: Any) -> None:
    """The interface knows its own "not found", and there is no one to tell that he is gone."""
    with pytest.raises(type(error)) as caught:
        told(HTTP, error, *before)
    assert caught.value is error


def test_what_could_not_be_sent_has_not_begun() -> None:
    """An answer whose start was refused leaves room for a status."""
    telling = Telling(HTTP, refuse)
    with pytest.raises(RuntimeError, match="no"):
        asyncio.run(telling.send(START))
    assert not telling.begun


async def refuse(event: Any) -> None:
    """A ``send`` that takes nothing."""
    raise RuntimeError("no")


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"how": "no-route"}, NoRoute),
        ({"how": "error"}, ApplicationError),
        ({"how": "error", "later": True}, Unavailable),
        ({"how": "cancelled"}, Lost),
        ({"how": "ok"}, type(None)),
        ({"how": "of a later version"}, type(None)),
        ({}, type(None)),
        (None, type(None)),
    ],
)
def test_each_end_has_its_error(facts: Any, kind: type) -> None:
    """Only an end that is none has no error, and facts that are no dict are not fatal."""
    assert type(ending(facts)) is kind
