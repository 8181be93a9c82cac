"""What Slack is told of each verdict, for each way; and whose connections are whose."""

import asyncio
import json
from hashlib import sha256
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from interfaces.layers.local import LocalChannelLayer
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.slack.dialling import app_of
from interfaces.slack.service import ACK, REFUSED, WITHHELD, Reply
from interfaces.slack.socket import PATIENCE, _lease, _names
from interfaces.testing.slack.payloads import events, interactions
from tests.slack.harness import Desk, message

PAYLOADS = {
    "event": message(),
    "command": interactions.slash_command("/x"),
    "shortcut": {"payload": json.dumps(interactions.shortcut("s"))},
}


def run(main):
    """What a coroutine function gives."""
    return asyncio.run(asyncio.wait_for(main(), 10))


@pytest.mark.parametrize(
    ("verdict", "reply", "counted"),
    [
        (ACCEPTED, ACK, None),
        (Verdict("accept", {}), ACK, None),
        (Verdict("accept", {"payload": None}), ACK, None),
        (Verdict("accept", {"payload": {}}), Reply("ack", {}), None),
        (Verdict("accept", {"payload": {"text": "x"}}), Reply("ack", {"text": "x"}), None),
        (Verdict("reject", {}), REFUSED, "refused"),
        (Verdict("reject", {"text": "no"}), REFUSED, "refused"),
        (DEFERRED, WITHHELD, None),
        (Verdict("defer", {}), WITHHELD, None),
        (None, ACK, "acknowledged_late"),
    ],
)
def test_a_verdict_is_told_slack(verdict, reply, counted):
    """Accepted, with an answer where there is one; refused for good; to come again; too late for one."""

    async def main():
        desk = Desk()
        found = desk.service.reply(verdict)
        return found, {name for name in ("refused", "acknowledged_late") if desk.counted(name)}

    assert run(main) == (reply, {counted} if counted else set())


SAID = [
    ([], 200, b"", None),
    ([{"type": "slack.accept"}], 200, b"", None),
    ([{"type": "slack.ack"}], 200, b"", None),
    ([{"type": "slack.ack", "text": "hi"}], 200, b'{"text": "hi"}', None),
    ([{"type": "slack.ack", "payload": "hi"}], 200, b'{"text": "hi"}', None),
    ([{"type": "slack.reject"}], 400, b"Refused\n", b"1"),
    ([{"type": "slack.defer"}], 503, b"Try again later\n", None),
]


@pytest.mark.parametrize(("said", "status", "body", "no_retry"), SAID)
@pytest.mark.parametrize("kind", PAYLOADS)
def test_what_an_application_says_is_answered_over_http(kind, said, status, body, no_retry):
    """Of every kind alike; a refusal for good says that it is not to come again."""

    async def main():
        async def script(_scope, receive, send):
            await receive()
            for one in said:
                await send(one)

        desk = Desk(app=script)
        payload = PAYLOADS[kind]
        if kind == "event":
            return await desk.post(payload)
        return await desk.post(urlencode(payload))

    answered = run(main)
    assert (answered.status, answered.headers.get(b"x-slack-no-retry")) == (status, no_retry)
    assert answered.body == body


@pytest.mark.parametrize(
    ("tokens", "names"),
    [
        (["xapp-1-A1-1-x"], ["slack socket A1"]),
        (["xapp-1-A1-1-x", "xapp-1-A2-1-x"], ["slack socket A1", "slack socket A2"]),
        (["xapp-x"], ["slack socket"]),
        (["xapp-x", "xapp-y"], ["slack socket 1", "slack socket 2"]),
        (["xapp-1-A1-1-x", "xapp-y"], ["slack socket A1", "slack socket 2"]),
    ],
)
def test_connections_are_called_by_their_app(tokens, names):
    """By its id, which stands in the token; else by their place among several."""
    assert _names([SimpleNamespace(app=app_of(token)) for token in tokens]) == names


@pytest.mark.parametrize("token", ["xapp-1-A1-1-secret", "xapp-secret"])
def test_who_leads_is_asked_for_by_app(token):
    """Without showing the token; a layer that containers do not share has no leader."""
    dialler = SimpleNamespace(app=app_of(token), token=token)
    lease = _lease(None, Context(layer=SimpleNamespace(hub=None)), dialler)
    app = app_of(token) or sha256(token.encode()).hexdigest()[:16]
    assert lease.name == f"slack.socket.{app}" and "secret" not in lease.name
    for layer in (None, LocalChannelLayer()):
        with pytest.raises(ConfigError, match="needs a --layer with a broker"):
            _lease(None, Context(layer=layer), dialler)


def test_slacks_own_times_fit_into_ours():
    """A warned connection gets ten seconds more; one that stood for ten was good."""
    assert PATIENCE.linger >= 10 and PATIENCE.good == 10
    assert PATIENCE.longest <= 60 and PATIENCE.early


@pytest.mark.parametrize(
    ("event", "called"),
    [
        (events.message("hi"), True),
        (events.message("hi", bot_id="B1"), False),
        (events.message("hi", user="UBOT"), False),
        (events.message("hi", bot_id="B9", app_id="A1"), False),
        (events.message("hi", bot_id="B9", app_id="A9"), True),
        (events.bot_message(), True),
        (events.reaction_added(user="UBOT"), True),
        (events.member_joined_channel(user="UBOT"), True),
        (events.message_changed(events.message("hi", bot_id="B1"), "changed"), False),
        (events.message_deleted(events.message("hi", bot_id="B1")), False),
    ],
)
@pytest.mark.parametrize("ignore", [True, False])
def test_what_the_app_said_itself_is_not_told_it(event, called, ignore):
    """Of messages alone, and unless it is asked for; it is acknowledged and counted."""

    async def main():
        desk = Desk(ignore_self=ignore)
        payload = message() | {"event": event}
        answered = await desk.post(payload)
        return answered.status, len(desk.heard), desk.counted("own")

    assert run(main) == (200, int(called or not ignore), int(not called and ignore))
