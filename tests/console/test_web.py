"""Requests and answers of the console: numbers, JSON, headers."""

import asyncio
import json
from typing import Any

import pytest

from interfaces.console.guard import MAIL_CSP
from interfaces.console.web import Asked, asked_of, head, json_answer, number_of, read, send_answer
from interfaces.shared.errors import PeerError, PeerGone
from interfaces.shared.webhook import Answer


def asked(query: str = "", body: bytes = b"") -> Asked:
    """A request."""
    scope = {"method": "GET", "path": "/api/x", "query_string": query.encode()}
    found = asked_of(scope, {})
    found.body = body
    return found


@pytest.mark.parametrize(("text", "number"), [("", 5.0), ("0", 0.0), ("1.5", 1.5), ("10", 10.0)])
def test_numbers(text: str, number: float) -> None:
    """The default where nothing is said."""
    assert asked(f"n={text}").number("n", 5.0, 10.0) == number


@pytest.mark.parametrize("text", ["x", "-1", "10.1", "nan", "inf", "1e99"])
def test_numbers_that_cannot_be(text: str) -> None:
    """Are refused, in words."""
    with pytest.raises(PeerError, match="n="):
        asked(f"n={text}").number("n", 5.0, 10.0)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), ("007", 7), ("", None), ("-1", None), ("1.0", None), ("٣", None), ("9" * 16, None)],
)
def test_ids(text: str, number: int | None) -> None:
    """Digits of ASCII, and not too many."""
    assert number_of(text) == number


def test_json_bodies() -> None:
    """An object; nothing is an empty one."""
    assert asked(body=b'{"a": 1}').json() == {"a": 1} and asked().json() == {}
    for body in (b"[1]", b"{", b"\xff", b"3", b"[" * 200_000, b'{"a":' * 100_000):
        with pytest.raises(PeerError, match="JSON"):
            asked(body=body).json()


def test_reading_a_body() -> None:
    """In pieces, within bounds; a client that has gone is PeerGone."""

    async def body(*events: dict[str, Any]) -> bytes:
        left = list(events)

        async def receive() -> dict[str, Any]:
            return left.pop(0)

        return await read(receive)

    pieces = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b"},
    ]
    assert asyncio.run(body(*pieces)) == b"ab"
    with pytest.raises(PeerGone):
        asyncio.run(body(pieces[0], {"type": "http.disconnect"}))


def sent(answer: Answer) -> tuple[dict[bytes, bytes], bytes]:
    """Headers and body of an answer."""
    events: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        events.append(event)

    asyncio.run(send_answer(send, answer))
    return dict(events[0]["headers"]), events[1]["body"]


def test_refusals_are_json() -> None:
    """With their words; other texts are texts."""
    headers, body = sent(Answer(404, "not here", ((b"x-a", b"b"),)))
    assert json.loads(body) == {"error": "not here"} and headers[b"content-type"] == b"application/json"
    assert headers[b"x-a"] == b"b" and headers[b"content-length"] == str(len(body)).encode()
    assert sent(Answer(200, "text"))[1] == b"text"
    assert sent(json_answer({"a": {1}}))[1] == b'{"a": "{1}"}'  # what JSON has not is told as it is


def test_one_policy() -> None:
    """Its own stands in for ours: of two a browser would take the stricter of each."""
    policies = [value for name, value in head(b"text/html", (b"content-security-policy", MAIL_CSP))
                if name == b"content-security-policy"]  # fmt: skip
    assert policies == [MAIL_CSP]
