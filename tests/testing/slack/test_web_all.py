"""The Web API's door, without a server: how arguments and tokens come, and every fault on demand."""

import asyncio
import base64
import json
from urllib.parse import urlencode

import pytest

from interfaces.testing.slack import FakeSlack, Fault, SteppedClock
from interfaces.testing.slack.parse import STRUCTURED
from tests.testing.slack.kit import at_once

FORM = "application/x-www-form-urlencoded"
BLOCKS = [{"type": "divider", "block_id": "b"}]


def asked(slack, method, *, query=b"", body=b"", kind=FORM, auth=None):
    """The answer to one request; None: the connection was broken."""
    headers = {"content-type": kind} | ({"authorization": auth} if auth else {})
    return at_once(slack.web.answer(method, query, headers, body))


def said(answer):
    """What stands in it."""
    return json.loads(answer.body)


def multipart(**fields):
    """A body of fields, and its type."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    return "".join([*parts, "--b--\r\n"]).encode(), "multipart/form-data; boundary=b"


WAYS = {
    "json": lambda **args: (json.dumps(args).encode(), "application/json"),
    "json with a charset": lambda **args: (json.dumps(args).encode(), "Application/JSON; charset=utf-8"),
    "form": lambda **args: (urlencode(args).encode(), FORM),
    "form without a type": lambda **args: (urlencode(args).encode(), ""),
    "multipart": multipart,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("place", ["header", "body", "query"])
def test_a_token_and_arguments_come_in_many_ways(way, place):
    """In the header, in the body, in the query; the call that is recorded has the arguments without it."""
    slack = FakeSlack()
    token = {"token": slack.bot_token}
    body, kind = way(channel="C1", text="ä hi", **(token if place == "body" else {}))
    query = urlencode(token).encode() if place == "query" else b""
    auth = f"Bearer {slack.bot_token}" if place == "header" else None
    answer = asked(slack, "chat.postMessage", query=query, body=body, kind=kind, auth=auth)
    assert said(answer)["message"]["text"] == "ä hi"
    (call,) = slack.calls
    assert call.args == {"channel": "C1", "text": "ä hi"}
    assert (call.token, call.status, call.answer["ok"]) == (slack.bot_token, 200, True)


@pytest.mark.parametrize("name", sorted(STRUCTURED))
@pytest.mark.parametrize(
    ("text", "value"),
    [('[{"a": 1}]', [{"a": 1}]), ('{"a": 1}', {"a": 1}), ("", None), ("null", None), ("5", 5)],
)
def test_what_is_structured_is_json_in_a_form(name, text, value):
    """And comes as what it says; in JSON it is what it is."""
    slack = FakeSlack()
    asked(slack, "api.test", body=urlencode({name: text}).encode())
    asked(slack, "api.test", body=json.dumps({name: value}).encode(), kind="application/json")
    assert [call.args[name] for call in slack.calls] == [value, value]


@pytest.mark.parametrize("name", sorted(STRUCTURED))
def test_what_is_structured_and_no_json_is_refused(name):
    """Blocks have a word of their own; it says which argument it was."""
    answer = said(asked(FakeSlack(), "api.test", body=f"{name}=nope".encode()))
    assert answer["error"] == ("invalid_blocks_format" if name == "blocks" else "invalid_arguments")
    assert name in answer["response_metadata"]["messages"][0]


@pytest.mark.parametrize("name", ["text", "channel", "trigger_id", "types", "title"])
def test_a_text_stays_a_text(name):
    """Though it looks like JSON."""
    slack = FakeSlack()
    asked(slack, "api.test", body=urlencode({name: '{"a": 1}'}).encode())
    assert slack.calls[0].args == {name: '{"a": 1}'}


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"\xff", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("application/json", b"null", "json_not_object"),
        ("text/plain", b"a=b", "invalid_post_type"),
        ("application/xml", b"<a/>", "invalid_post_type"),
        ("multipart/form-data", b"x", "invalid_form_data"),
    ],
)
def test_a_body_that_cannot_be_read(kind, body, word):
    """Slack answers 200 to that, too; the call is recorded, and nothing is done."""
    slack = FakeSlack()
    answer = asked(slack, "api.test", body=body, kind=kind, auth=f"Bearer {slack.bot_token}")
    assert (answer.status, said(answer)) == (200, {"ok": False, "error": word})
    assert [(call.status, call.answer["error"]) for call in slack.calls] == [(200, word)]


@pytest.mark.parametrize("auth", ["Bearer", "Bearer ", "Basic x", "Token xoxb", "xoxb-1", "bearer  "])
def test_a_header_without_a_token_is_none(auth):
    """Then the body's counts."""
    slack = FakeSlack()
    assert said(asked(slack, "auth.test", auth=auth))["error"] == "not_authed"
    body = urlencode({"token": slack.bot_token}).encode()
    assert said(asked(slack, "auth.test", auth=auth, body=body))["ok"]


@pytest.mark.parametrize("auth", ["Bearer {}", "bearer {}", "BEARER   {}", "Bearer {} "])
def test_a_scheme_has_no_case(auth):
    """As HTTP has it; the header goes before the body."""
    slack = FakeSlack()
    body = b"token=xoxb-other"
    assert said(asked(slack, "auth.test", auth=auth.format(slack.bot_token), body=body))["ok"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1.1:s", ("1.1", "s")),
        ("1.1:", ("1.1", "")),
        (":s", ("", "s")),
        ("1.1", ("1.1", "")),
        ("a:b:c", ("a", "b:c")),
    ],
)
def test_a_client_says_who_it_is(text, found):
    """Id and secret; it stands in the call."""
    slack = FakeSlack()
    asked(slack, "api.test", auth="Basic " + base64.b64encode(text.encode()).decode())
    assert slack.calls[0].basic == found


@pytest.mark.parametrize("auth", ["Basic !", "Basic /w==", "Bearer eA=="])
def test_a_client_that_says_nothing(auth):
    """What is no base64 of a text is nobody."""
    slack = FakeSlack()
    asked(slack, "api.test", auth=auth)
    assert slack.calls[0].basic is None


class Faulty:
    """A fake with a fault of chat.postMessage."""

    def __init__(self, **fault):
        self.slack = FakeSlack(clock=SteppedClock())
        self.slack.faults.fail("chat.postMessage", Fault(**fault))

    def post(self):
        """The answer to one post."""
        body = json.dumps({"channel": "C1", "text": "x"}).encode()
        auth = f"Bearer {self.slack.bot_token}"
        return asked(self.slack, "chat.postMessage", body=body, kind="application/json", auth=auth)

    @property
    def posted(self):
        """How many stand in the channel."""
        return len(self.slack.messages("C1"))


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [
        ({"error": "fatal_error"}, 200, '{"ok": false, "error": "fatal_error"}'),
        ({"error": "internal_error", "status": 500}, 500, '{"ok": false, "error": "internal_error"}'),
        ({"status": 503}, 503, "<!DOCTYPE html>"),
        ({"status": 302}, 302, "<!DOCTYPE html>"),
        ({"status": 429, "retry_after": 7}, 429, '{"ok": false, "error": "ratelimited"}'),
        ({"garbage": b"<html>"}, 200, "<html>"),
        ({"garbage": b"[]"}, 200, "[]"),
    ],
)
def test_a_fault_takes_the_place_of_the_answer(fault, status, text, after):
    """It is done all the same, where it says so; once, and then all is well."""
    faulty = Faulty(**fault, after=after)
    answer = faulty.post()
    assert answer.status == status and answer.body.decode().startswith(text)
    assert answer.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert faulty.posted == int(after)
    assert faulty.slack.calls[0].status == status
    assert said(faulty.post())["ok"]
    assert faulty.posted == 1 + after


@pytest.mark.parametrize("after", [True, False])
def test_a_connection_may_be_broken(after):
    """There is no answer; whether it was done nobody knows but the channel."""
    faulty = Faulty(close=True, after=after)
    assert faulty.post() is None
    assert (faulty.posted, faulty.slack.calls[0].status) == (int(after), 0)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_fault_lasts_so_many_times(times):
    """And no longer."""
    faulty = Faulty(status=500, times=times)
    assert [faulty.post().status for _ in range(times + 1)] == [500] * times + [200]


def test_faults_wait_behind_each_other():
    """In the order in which they were asked for; a star's behind those of the method."""
    faulty = Faulty(status=500)
    faulty.slack.faults.fail("chat.postMessage", Fault(status=503))
    faulty.slack.faults.fail("*", Fault(status=502))
    assert [faulty.post().status for _ in range(4)] == [500, 503, 502, 200]


def test_a_fault_of_one_method_is_none_of_another():
    """Which may have its own."""
    faulty = Faulty(status=500)
    assert said(asked(faulty.slack, "api.test"))["ok"]
    assert faulty.post().status == 500


def test_a_slow_answer_is_slow_by_the_fakes_clock():
    """And right."""
    faulty = Faulty(delay=30.0)

    async def main():
        body = json.dumps({"channel": "C1", "text": "x"}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {faulty.slack.bot_token}"}
        task = asyncio.create_task(faulty.slack.web.answer("chat.postMessage", b"", headers, body))
        for seconds, done in ((0, False), (29, False), (1, True)):
            faulty.slack.clock.step(seconds)
            for _ in range(5):
                await asyncio.sleep(0)
            assert task.done() is done
        return await task

    assert said(asyncio.run(main()))["ok"]
