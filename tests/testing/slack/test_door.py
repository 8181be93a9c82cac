"""The fake as an application, and what it sends: which path is what, and which request a payload is."""

import asyncio
import json
from itertools import count
from urllib.parse import parse_qsl

import pytest

from interfaces.testing.fakes.posting import Try
from interfaces.testing.slack import FakeSlack, Fault
from interfaces.testing.slack.payloads import events, interactions
from interfaces.testing.slack.posting import Poster, request_for
from tests.testing.slack.kit import run

CHALLENGE = "challenge0000000007"


def asked(slack, path, body=b"", query=b"", headers=(), receive=None):
    """What the fake sends for one request."""
    sent = []

    async def take():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": query, "headers": list(headers),
        "client": ("10.0.0.1", 9),
    }  # fmt: skip
    asyncio.run(slack(scope, receive or take, send))
    return sent


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/api/api.test", 200, b'{"ok": true, "args": {}}'),
        ("/api/", 200, b'{"ok": false, "error": "unknown_method", "req_method": ""}'),
        ("/api/no.such", 200, b'{"ok": false, "error": "unknown_method", "req_method": "no.such"}'),
        ("/api/auth.test", 200, b'{"ok": false, "error": "not_authed"}'),
        ("/actions/T1/R404", 404, b'{"ok": false, "error": "invalid_url"}'),
        ("/upload/v1/F404", 404, b"not found"),
        ("/oauth/v2/authorize", 400, b"<html><body>invalid_client_id</body></html>"),
        ("/", 404, b"not found"),
        ("/api", 404, b"not found"),
        ("/link/", 404, b"not found"),
        ("/oauth/v2/authorize/", 404, b"not found"),
        ("/files-pri/T1-F1/a.txt", 404, b"not found"),
    ],
)
def test_which_path_is_what(path, status, body):
    """The Web API, addresses to answer to, uploads, the page of consent; nothing else is there."""
    start, end = asked(FakeSlack(), path)
    assert (start["status"], end["body"]) == (status, body)
    assert dict(start["headers"])[b"content-length"] == str(len(body)).encode()


@pytest.mark.parametrize("kind", ["lifespan", "slack", "x"])
def test_what_it_does_not_serve_it_says(kind):
    """As ASGI wants it: the server goes on without."""
    with pytest.raises(NotImplementedError, match=kind):
        asyncio.run(FakeSlack()({"type": kind}, None, None))


def test_a_connection_that_is_to_break_is_cut():
    """By its client's address, with no answer; it waits until that is gone."""
    slack = FakeSlack()
    slack.faults.fail("api.test", Fault(close=True))
    cut = []
    slack._application.cut = cut.append
    left = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

    async def receive():
        return left.pop(0)

    assert asked(slack, "/api/api.test", receive=receive) == []
    assert (cut, left) == ([("10.0.0.1", 9)], [])


def test_who_has_gone_gets_no_answer():
    """And nothing fails for that; the call is recorded."""
    slack = FakeSlack()

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_event):
        raise OSError("gone")

    scope = {"type": "http", "path": "/api/api.test", "query_string": b"", "headers": [], "client": None}
    asyncio.run(slack(scope, receive, send))
    assert [call.method for call in slack.calls] == ["api.test"]


def form(request):
    """The fields of a form."""
    assert request.kind == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


@pytest.mark.parametrize(
    "payload",
    [
        interactions.shortcut("s"),
        interactions.view_closed({"id": "V1", "blocks": []}),
        {"type": "block_actions", "text": "ä & b=c"},
    ],
)
@pytest.mark.parametrize("kind", ["interactive", "options"])
def test_an_interaction_is_one_field_of_a_form(payload, kind):
    """As JSON."""
    request = request_for("http://x/", kind, payload)
    assert (json.loads(form(request)["payload"]), request.url) == (payload, "http://x/")
    assert form(request).keys() == {"payload"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", ""),
        ("ä & b=c", "ä & b=c"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (None, "None"),
    ],
)
def test_a_command_is_a_form(value, text):
    """Of texts alone."""
    fields = form(request_for("http://x/", "command", {"command": "/x", "text": value}))
    assert fields == {"command": "/x", "text": text}


@pytest.mark.parametrize(
    "payload", [{"type": "event_callback", "event": events.message("ä")}, events.app_rate_limited()]
)
def test_an_event_is_json(payload):
    """As it is."""
    request = request_for("http://x/", "event", payload)
    assert (json.loads(request.body), request.kind) == (payload, "application/json")


class Answering(Poster):
    """A poster without a network: each attempt is answered by the next of these, the last again and again."""

    script = ()

    async def attempt(self, request, headers, tried, limit):
        """Write the answer into the try."""
        answers = self.answers = getattr(self, "answers", list(self.script))
        status, answer, more = (*(answers.pop(0) if len(answers) > 1 else answers[0]), {})[:3]
        tried.status, tried.answer, tried.headers = status, answer, dict(more)
        tried.reason = "" if 200 <= status < 300 else "http_error"


def posting(*script):
    """A fake whose time passes at once, and whose requests are answered so."""
    slack = FakeSlack(scale=1_000_000)
    slack.poster = Answering(slack.world, slack.faults)
    slack.poster.script = script
    return slack


NO_RETRY = {"x-slack-no-retry": "1"}


@pytest.mark.parametrize(
    ("script", "retries", "reasons"),
    [
        ([(200, None)], True, [""]),
        ([(500, None), (200, None)], True, ["http_error", ""]),
        ([(500, None)], True, ["http_error"] * 4),
        ([(500, None)], False, ["http_error"]),
        ([(500, None, NO_RETRY)], True, ["http_error"]),
        ([(500, None), (400, None, NO_RETRY)], True, ["http_error"] * 2),
        ([(200, None, NO_RETRY)], True, [""]),
        ([(404, None), (302, None), (200, "ok")], True, ["http_error", "http_error", ""]),
    ],
)
def test_an_event_comes_again_until_it_is_taken(script, retries, reasons):
    """At most three times more, and not where the app says no; each says which try it is, and why."""

    async def main():
        slack = posting(*script)
        sent = await slack.post_event("http://x/", events.message(), retries=retries)
        assert [one.reason for one in sent.tries] == reasons
        assert [one.sent.get("X-Slack-Retry-Num") for one in sent.tries] == [
            str(number) if number else None for number in range(len(reasons))
        ]
        assert [one.sent.get("X-Slack-Retry-Reason") for one in sent.tries] == [None, *reasons[:-1]]
        assert sent.acknowledged is (reasons[-1] == "")
        assert slack.deliveries == [sent] and isinstance(sent.last, Try)

    run(main)


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        (CHALLENGE, True),
        ({"challenge": CHALLENGE}, True),
        ({"challenge": "x"}, False),
        ("x", False),
        (None, False),
        ({}, False),
        ([], False),
    ],
)
@pytest.mark.parametrize("status", [200, 500])
def test_an_address_is_good_that_gives_the_challenge_back(answer, good, status):
    """As a text or in JSON, with 200."""

    async def main():
        slack = posting((status, answer))
        slack.world.numbers = count(7)
        return await slack.handshake("http://x/")

    assert asyncio.run(main()) is (good and status == 200)


@pytest.mark.parametrize("status", [200, 404])
def test_a_command_is_posted_once(status):
    """Whatever comes of it; the person is told of a failure."""

    async def main():
        slack = posting((status, {"text": "done"}))
        sent = await slack.post("http://x/", slack.person().command("/x"))
        assert (sent.tried, sent.effect) == (1, "ephemeral" if status == 200 else "failed")
        assert sent.id == sent.payload["trigger_id"]

    run(main)


@pytest.mark.parametrize("at_once", [1, 3, 50])
def test_many_events_are_sent_and_told_in_their_order(at_once):
    """So many at a time."""

    async def main():
        slack = posting((200, None))
        many = [events.message(str(number)) for number in range(20)]
        sent = await slack.post_events("http://x/", many, at_once=at_once)
        assert [one.payload["event"]["text"] for one in sent] == [str(number) for number in range(20)]
        assert all(one.acknowledged for one in sent)

    run(main)
