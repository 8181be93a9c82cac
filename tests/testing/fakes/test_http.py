"""What little of HTTP the fakes have: bodies in pieces, answers in one, and what is wrong with a signature."""

import asyncio
import json

import pytest

from interfaces.testing.fakes.forged import Forged
from interfaces.testing.fakes.http import Answer, body_of, gone, headers_of, json_answer, send_answer
from interfaces.testing.slack.signing import sign, signed


def receiving(*events):
    """A ``receive`` that gives these, one after the other."""
    left = list(events)

    async def receive():
        return left.pop(0)

    return receive, left


def piece(body=b"", more=False):
    """A part of a request."""
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("events", "body", "left"),
    [
        ([piece()], b"", 0),
        ([piece(b"abc")], b"abc", 0),
        ([piece(b"a", more=True), piece(b"b", more=True), piece(b"c")], b"abc", 0),
        ([piece(b"a", more=True), piece(more=True), piece()], b"a", 0),
        ([{"type": "http.request"}], b"", 0),
        ([piece(b"a", more=True), GONE, piece(b"never")], b"a", 1),
        ([GONE], b"", 0),
        ([piece(b"a"), GONE], b"a", 1),
    ],
)
def test_a_body_comes_in_pieces(events, body, left):
    """All of them, and no event behind its end; who leaves has said what there is."""
    receive, rest = receiving(*events)
    assert asyncio.run(body_of(receive)) == body
    assert len(rest) == left


def test_headers_are_by_their_name():
    """As the server gives them, in small letters."""
    scope = {"headers": [(b"content-type", b"text/plain"), (b"x-a", b"\xe4")]}
    assert headers_of(scope) == {"content-type": "text/plain", "x-a": "ä"}


@pytest.mark.parametrize(
    ("answer", "status", "headers", "body"),
    [
        (
            Answer(),
            200,
            [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"0")],
            b"",
        ),
        (
            Answer(status=404, body=b"no", kind="text/plain"),
            404,
            [(b"content-type", b"text/plain"), (b"content-length", b"2")],
            b"no",
        ),
        (
            Answer(body=b"x", headers={"Retry-After": "3", "X-OAuth-Scopes": "a,b"}),
            200,
            [
                (b"content-type", b"application/json; charset=utf-8"),
                (b"content-length", b"1"),
                (b"retry-after", b"3"),
                (b"x-oauth-scopes", b"a,b"),
            ],
            b"x",
        ),
    ],
)
def test_an_answer_is_sent_in_one_piece(answer, status, headers, body):
    """With its type and length, and names in small letters as ASGI wants them."""
    sent = []

    async def send(event):
        sent.append(event)

    asyncio.run(send_answer(send, answer))
    assert sent == [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]


@pytest.mark.parametrize("value", [{}, {"a": [1, "ä"]}, [], "x", None])
@pytest.mark.parametrize("headers", [None, {"A": "b"}])
def test_an_answer_of_json(value, headers):
    """With any status and headers."""
    answer = json_answer(value, 429, headers)
    assert (json.loads(answer.body), answer.status, answer.headers) == (value, 429, headers or {})
    assert answer.kind.startswith("application/json")


def test_to_wait_until_the_client_is_gone():
    """Whatever it says before."""
    receive, rest = receiving(piece(b"a", more=True), piece(b"b"), GONE, piece(b"never"))
    asyncio.run(gone(receive))
    assert len(rest) == 1


NOW, BODY = 1_700_000_000.5, b"payload"


@pytest.mark.parametrize(
    ("forged", "timestamp", "secret"),
    [
        (None, "1700000000", "s"),
        (Forged(), "1700000000", "s"),
        (Forged(secret="other"), "1700000000", "other"),
        (Forged(timestamp=5), "5", "s"),
        (Forged(timestamp="soon"), "soon", "s"),
        (Forged(timestamp=5, secret="other"), "5", "other"),
        (Forged(secret=""), "1700000000", "s"),
    ],
)
def test_what_is_signed(forged, timestamp, secret):
    """The time that is told, with the secret that is asked for."""
    assert signed("s", NOW, BODY, forged) == {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(secret, timestamp, BODY),
    }


@pytest.mark.parametrize(
    ("forged", "headers"),
    [
        (
            Forged(signature="v0=no"),
            {"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": "v0=no"},
        ),
        (Forged(signature=""), {"X-Slack-Request-Timestamp": "1700000000"}),
        (Forged(timestamp="", signature=""), {}),
        (Forged(timestamp="", signature="x"), {"X-Slack-Signature": "x"}),
        (
            Forged(signature="x", timestamp=1, headers={"X-Slack-Signature": "y", "X-More": "z"}),
            {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "y", "X-More": "z"},
        ),
    ],
)
def test_what_may_be_wrong_with_it(forged, headers):
    """Any header, or none of them; what is said last counts."""
    assert signed("s", NOW, BODY, forged) == headers


def test_a_forged_secret_is_not_shown():
    """It may be a real one."""
    assert "hidden" not in repr(Forged(secret="hidden"))
