"""The Events API over HTTP: who is answered, with what, and what tells Slack not to repeat."""

import json
import logging
from typing import Any
from urllib.parse import urlencode

import pytest

from interfaces.shared.asgi import Receive, Scope, Send
from tests.http_ws.harness import scene
from tests.slack.harness import NOW, Answered, Body, Desk, message

COMMAND = urlencode(
    {
        "command": "/deploy", "text": "payload=now", "team_id": "T1", "channel_id": "C1", "user_id": "U1",
        "trigger_id": "1.2.abc", "response_url": "https://hooks.slack.com/commands/1", "api_app_id": "A1",
    }
)  # fmt: skip


@scene
async def test_an_event_is_acknowledged_when_the_application_is_done() -> None:
    """An empty 200, after the application has heard of it."""
    desk = Desk()
    answered = await desk.post(message(text="hello"))
    assert (answered.status, answered.body) == (200, b"")
    assert [(event["type"], event["text"], event["attempt"]) for event in desk.heard] == [
        ("slack.message", "hello", 1)
    ]
    assert desk.recorder.calls[0].scope["state"] == {"pool": 1}
    assert desk.recorder.calls[0].scope["client"] == ("10.0.0.1", 9)


@scene
async def test_the_url_is_verified_by_its_challenge() -> None:
    """As text, exactly, and no application is asked."""
    desk = Desk()
    answered = await desk.post({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aB"})
    assert (answered.status, answered.body) == (200, b"3eZbrw1aB")
    assert answered.headers[b"content-type"] == b"text/plain"
    assert desk.heard == []


@pytest.mark.parametrize("signed", ["", "v0=" + "0" * 64, None])
def test_slacks_check_of_the_certificate_is_answered(signed: str | None) -> None:
    """ssl_check is a form of its own, which Slack does not sign."""

    @scene
    async def main() -> None:
        desk = Desk()
        headers = {} if signed is None else {"x_slack_signature": signed}
        answered = await desk.post("ssl_check=1&token=t", **headers)
        assert (answered.status, answered.body, desk.heard) == (200, b"", [])
        assert desk.counted("webhooks_refused") == 0

    main()


@scene
async def test_the_certificate_may_be_looked_at_by_a_get() -> None:
    """As Slack's documentation has it; any other GET finds a webhook."""
    desk = Desk()
    for query, path, status in (
        (b"ssl_check=1&token=t", "/slack/commands", 200),
        (b"", "/slack/commands", 405),
        (b"ssl_check=1", "/slack/other", 404),
    ):
        answered = Answered()
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": []}
        await desk.events(scope, Body(b""), answered.send)
        assert answered.status == status, query


@pytest.mark.parametrize(
    "form", [COMMAND + "&ssl_check=1", "ssl_check=1&payload={}", "ssl_check=0x&pad=" + "x" * 999]
)
def test_nothing_else_gets_by_without_a_signature(form: str) -> None:
    """What does something, or is large, is no look at a certificate."""

    @scene
    async def main() -> None:
        assert (await Desk().post(form, x_slack_signature="")).status == 401

    main()


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"x_slack_signature": "v0=" + "0" * 64}, "another secret"),
        ({"x_slack_signature": ""}, "not signed"),
        ({"x_slack_signature": "\xff\xfe"}, "another secret"),
        ({"x_slack_request_timestamp": ""}, "not signed"),
        ({"x_slack_request_timestamp": "soon"}, "no number"),
        ({"x_slack_request_timestamp": f"{NOW - 301:.0f}"}, "five minutes"),
        ({"x_slack_request_timestamp": f"{NOW + 301:.0f}"}, "five minutes"),
    ],
)
def test_what_is_not_slacks_is_refused_for_good(headers: dict[str, str], words: str) -> None:
    """401, no retry, and no application is asked."""

    @scene
    async def main() -> None:
        desk = Desk()
        answered = await desk.post(message(), **headers)
        assert answered.status == 401
        assert words in answered.body.decode()
        assert answered.headers[b"x-slack-no-retry"] == b"1"
        assert desk.heard == []
        assert desk.counted("webhooks_refused") == 1

    main()


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b"\xff\xfe", b'{"type":"event_callback"}', b'{"type":"event_callback","event":3}']
)
def test_what_is_malformed_is_refused_for_good(body: bytes) -> None:
    """400, no retry, though it is signed."""

    @scene
    async def main() -> None:
        desk = Desk()
        answered = await desk.post(body, content_type="application/json")
        assert answered.status == 400
        assert answered.headers[b"x-slack-no-retry"] == b"1"
        assert desk.heard == []

    main()


@scene
async def test_a_body_that_is_too_large_is_refused() -> None:
    """Before its signature is looked at."""
    desk = Desk(max_body=2000)
    assert (await desk.post(message(text="x" * 2000))).status == 413


@scene
async def test_only_posts_of_known_addresses_are_answered() -> None:
    """All of Slack's URLs are the same; others are not there."""
    desk = Desk()
    for at, word in enumerate(("events", "commands", "interactivity", "options")):
        assert (await desk.post(message(f"Ev{at}"), path=f"/slack/{word}")).status == 200
    assert (await desk.post(message("Ev9"), path="/slack/other")).status == 404
    assert (await desk.post(message("Ev9"), path="/slack")).status == 404


@scene
async def test_a_repeat_is_acknowledged_and_not_forwarded() -> None:
    """Slack repeats with the same event_id; its number alone never drops anything."""
    desk = Desk()
    await desk.post(message("Ev1"))
    again = await desk.post(message("Ev1"), x_slack_retry_num="1", x_slack_retry_reason="http_timeout")
    assert again.status == 200
    assert len(desk.heard) == 1
    assert desk.counted("repeats") == 1
    new = await desk.post(message("Ev2"), x_slack_retry_num="2", x_slack_retry_reason="http_error")
    assert new.status == 200
    assert [(one["attempt"], one["retry_num"], one["retry_reason"]) for one in desk.heard] == [
        (1, 0, None), (3, 2, "http_error"),
    ]  # fmt: skip


@scene
async def test_an_application_that_raises_has_slack_repeat() -> None:
    """503 without a word of no retry, and the repeat calls it again under the same key."""
    desk = Desk({"slack.message": lambda call, event: ValueError if event["attempt"] == 1 else None})
    first = await desk.post(message("Ev1"))
    assert first.status == 503
    assert b"x-slack-no-retry" not in first.headers
    assert (await desk.post(message("Ev1"), x_slack_retry_num="1")).status == 200
    assert [(one["attempt"], one["dedupe_key"]) for one in desk.heard] == [
        (1, "slack:A1:Ev1"), (2, "slack:A1:Ev1"),
    ]  # fmt: skip


@scene
async def test_a_refusal_of_the_application_is_for_good() -> None:
    """400 with no retry."""
    desk = Desk({"slack.message": {"type": "slack.reject", "text": "no"}})
    answered = await desk.post(message())
    assert (answered.status, answered.headers[b"x-slack-no-retry"]) == (400, b"1")


@scene
async def test_a_command_is_answered_with_its_acknowledgement() -> None:
    """JSON, as soon as it is said. A text that speaks of "payload" is a text, which Bolt reads as nothing."""
    desk = Desk({"slack.command": {"type": "slack.ack", "text": "On it", "response_type": "in_channel"}})
    answered = await desk.post(COMMAND)
    assert answered.status == 200
    assert answered.headers[b"content-type"] == b"application/json"
    assert json.loads(answered.body) == {"text": "On it", "response_type": "in_channel"}
    [event] = desk.heard
    assert (event["command"], event["text"], event["ack_deadline"]) == ("/deploy", "payload=now", NOW + 5)


@scene
async def test_a_view_is_answered_with_its_errors() -> None:
    """Words of a form, and what stands in it."""
    desk = Desk({"slack.view": {"type": "slack.ack", "errors": {"b1": "Too short"}}})
    view = {
        "callback_id": "feedback",
        "state": {"values": {"b1": {"a1": {"type": "plain_text_input", "value": "x"}}}},
    }
    payload = {
        "type": "view_submission",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "view": view,
        "trigger_id": "7",
    }
    answered = await desk.post(urlencode({"payload": json.dumps(payload)}))
    assert json.loads(answered.body) == {"response_action": "errors", "errors": {"b1": "Too short"}}
    assert desk.heard[0]["values"] == {"a1": "x"}


@scene
async def test_pages_stand_beside_it() -> None:
    """Other applications by their last word, GET too."""

    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    desk = Desk()
    desk.events.pages = {"install": page}
    said: list[Any] = []

    async def send(event: Any) -> None:
        said.append(event)

    await desk.events({"type": "http", "method": "GET", "path": "/slack/install"}, desk.post, send)  # type: ignore[arg-type]
    assert said[0]["status"] == 204
    with pytest.raises(NotImplementedError):
        await desk.events({"type": "websocket"}, desk.post, send)  # type: ignore[arg-type]


def test_what_strangers_send_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """And tells no secret."""

    @scene
    async def main() -> None:
        desk = Desk()
        for _ in range(3):
            await desk.post(message(), x_slack_signature="v0=none")
        assert desk.counted("webhooks_refused") == 3

    with caplog.at_level(logging.WARNING, "interfaces.slack"):
        main()
    assert len(caplog.records) == 1
    assert "8f742231" not in caplog.text
