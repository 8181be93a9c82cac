"""The Web API as a whole: who is let in, what is refused, what is limited, what fails on demand."""

import asyncio
import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from interfaces.testing.slack import App, FakeSlack, Fault, Limits, SteppedClock
from tests.testing.slack.kit import ask, error, with_slack


def test_tokens_are_looked_at():
    """No token, a wrong one, a revoked one, one of the wrong kind, one that is over: each has its word."""
    clock = SteppedClock()
    slack = FakeSlack(app=App(rotation=True, token_lifetime=100), clock=clock)
    assert error(slack, "auth.test", token=" ") == "not_authed"
    assert error(slack, "auth.test", token="xoxb-nobody") == "invalid_auth"
    assert (
        error(slack, "chat.postMessage", token=slack.app_token, channel="C1", text="x")
        == "not_allowed_token_type"
    )
    assert error(slack, "apps.connections.open") == "not_allowed_token_type"
    assert ask(slack, "auth.test")["ok"]
    clock.step(100)
    assert error(slack, "auth.test") == "token_expired"
    fresh = slack.world.install("T1").value
    assert ask(slack, "auth.revoke", token=fresh, test=True)["revoked"] is False
    assert ask(slack, "auth.revoke", token=fresh)["revoked"] is True
    assert error(slack, "auth.test", token=fresh) == "token_revoked"


def test_scopes_are_looked_at_and_told():
    """A token without the scope is refused with what it needs and has; the header says the scopes."""
    slack = FakeSlack(app=App(scopes=("chat:write",)))
    assert ask(slack, "chat.postMessage", channel="C1", text="x")["headers"] == {
        "X-OAuth-Scopes": "chat:write",
        "X-Accepted-OAuth-Scopes": "chat:write",
    }
    refused = ask(slack, "users.info", user="U1")
    assert (refused["error"], refused["needed"], refused["provided"]) == (
        "missing_scope",
        "users:read",
        "chat:write",
    )


def test_unknown_methods_are_named():
    """And the call is recorded all the same."""
    slack = FakeSlack()
    refused = ask(slack, "chat.shout", text="x")
    assert (refused["error"], refused["req_method"]) == ("unknown_method", "chat.shout")
    assert slack.called("chat.shout")[0].answer["error"] == "unknown_method"


def test_api_test_says_what_was_said():
    """Errors too, on demand."""
    slack = FakeSlack()
    assert ask(slack, "api.test", foo="bar")["args"] == {"foo": "bar"}
    assert error(slack, "api.test", error="my_error") == "my_error"


def test_limits_answer_429_with_retry_after():
    """In the fake's seconds, counted, and over when they have passed."""
    clock = SteppedClock()
    slack = FakeSlack(limits=Limits(), clock=clock)
    assert ask(slack, "chat.postMessage", channel="C1", text="1")["ok"]
    limited = ask(slack, "chat.postMessage", channel="general", text="2")
    assert (limited["status"], limited["error"], limited["headers"]) == (
        429,
        "ratelimited",
        {"Retry-After": "1"},
    )
    assert ask(slack, "chat.postMessage", channel="C2", text="2")["ok"]
    assert slack.limited == {("chat.postMessage", "C1"): 1}
    clock.step(1)
    assert ask(slack, "chat.postMessage", channel="C1", text="2")["ok"]
    assert len(slack.messages("C1")) == 2


def test_tiers_limit_a_method_of_a_token():
    """conversations.list is Tier 2: twenty a minute."""
    slack = FakeSlack(limits=Limits(), clock=SteppedClock())
    statuses = [ask(slack, "conversations.list")["status"] for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert ask(slack, "conversations.info", channel="C1")["status"] == 200


def test_without_limits_nothing_is_limited():
    """Which is how it begins."""
    slack = FakeSlack()
    assert all(ask(slack, "chat.postMessage", channel="C1", text="x")["ok"] for _ in range(50))
    assert slack.limited == {}


def test_a_call_of_nowhere_takes_nothing_of_a_limit():
    """The method itself says that there is no such channel."""
    slack = FakeSlack(limits=Limits())
    assert error(slack, "chat.postMessage", channel="C404", text="x") == "channel_not_found"


@with_slack(limits=Limits(channel_interval=20.0), scale=40)
async def test_a_client_waits_in_the_fakes_seconds(slack, client):
    """Retry-After is told where Slack puts it; slept by the fake's clock, it is long enough, and soon over."""
    await client.chat_postMessage(channel="C1", text="1")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C1", text="2")
    assert caught.value.response["error"] == "ratelimited"
    began = time.monotonic()
    await slack.clock.sleep(int(caught.value.response.headers["Retry-After"]))
    assert time.monotonic() - began < 5
    await client.chat_postMessage(channel="C1", text="2")
    assert [call.status for call in slack.called("chat.postMessage")] == [200, 429, 200]


@with_slack()
async def test_faults_are_what_was_asked_for(slack, client):
    """A word, a status with a page, a 429, garbage; each as often as said, then it works again."""
    slack.faults.fail("auth.test", Fault(error="internal_error", times=2))
    slack.faults.fail("auth.test", Fault(status=503))
    slack.faults.fail("auth.test", Fault(status=429, retry_after=7))
    slack.faults.fail("auth.test", Fault(garbage=b"<html>"))
    for word in ("internal_error", "internal_error", None, "ratelimited", None):
        with pytest.raises(SlackApiError) as caught:
            await client.auth_test()
        if word:
            assert caught.value.response["error"] == word
        if word == "ratelimited":
            assert caught.value.response.headers["Retry-After"] == "7"
    assert (await client.auth_test())["ok"]
    assert [call.status for call in slack.calls] == [200, 200, 503, 429, 200, 200]


@with_slack()
async def test_a_broken_connection_leaves_in_doubt_what_was_done(slack, client):
    """Closed before it was done, and after: the client cannot tell, the channel can."""
    client.retry_handlers.clear()
    slack.faults.fail("chat.postMessage", Fault(close=True))
    slack.faults.fail("chat.postMessage", Fault(close=True, after=True))
    for text in ("not done", "done"):
        with pytest.raises(Exception, match=r"Server disconnected|payload|closed"):
            await client.chat_postMessage(channel="C1", text=text)
    assert [message["text"] for message in slack.messages("C1")] == ["done"]
    assert (await client.auth_test())["ok"]


def test_faults_may_be_for_any_method_and_end():
    """A star is any; clear takes all away."""
    slack = FakeSlack()
    slack.faults.fail("*", Fault(error="fatal_error", times=10))
    assert error(slack, "auth.test") == error(slack, "users.list") == "fatal_error"
    slack.faults.clear()
    assert ask(slack, "auth.test")["ok"]


@with_slack()
async def test_a_slow_answer_comes_late_and_right(slack, client):
    """A delay is of the fake's clock, and nothing else is wrong."""
    slack.faults.fail("auth.test", Fault(delay=0.05))
    began = time.monotonic()
    assert (await client.auth_test())["ok"]
    assert time.monotonic() - began >= 0.04


@with_slack()
async def test_the_blocking_client_works_too(slack, client):
    """WebClient, with a token in the header, in a thread."""
    blocking = WebClient(slack.bot_token, base_url=slack.api_url)
    posted = await asyncio.to_thread(blocking.chat_postMessage, channel="#general", text="hi")
    assert posted["channel"] == "C1"


def test_secrets_stand_in_no_repr():
    """Neither of calls nor of tokens, the app and the fake itself."""
    slack = FakeSlack()
    ask(slack, "auth.test")
    shown = repr([slack, slack.app, slack.calls, *slack.world.tokens.values(), slack.web, slack.poster])
    for secret in (slack.bot_token, slack.app_token, slack.signing_secret, slack.app.client_secret):
        assert secret not in shown
