"""Events and interactions over HTTP: repeats as Slack makes them, signatures, what the answers are."""

import asyncio

import pytest
from slack_sdk.signature import SignatureVerifier

from interfaces.testing.fakes.posting import said
from interfaces.testing.slack import FakeSlack, Forged, SteppedClock
from interfaces.testing.slack.payloads import events
from tests.testing.slack.kit import hook, run, with_slack


async def stepping(clock, task, until=2000):
    """Step the clock until the task is done; gives its result."""
    for _ in range(until):
        if task.done():
            break
        clock.step(1)
        await asyncio.sleep(0.001)
    return await task


def test_an_event_is_repeated_at_once_after_a_minute_and_after_five():
    """With the number and the reason of the try before, the same id, and then given up."""

    async def main():
        clock = SteppedClock()
        async with FakeSlack(clock=clock) as slack, hook((500, "no")) as app:
            sent = await stepping(clock, asyncio.create_task(slack.post_event(app.url, events.message())))
        assert not sent.acknowledged
        assert (sent.tried, sent.status) == (4, 500)
        waited = [
            round(after.at - before.at) for before, after in zip(sent.tries, sent.tries[1:], strict=False)
        ]
        assert waited[0] <= 2
        assert 60 <= waited[1] <= 70
        assert 300 <= waited[2] <= 310
        told = [
            (headers.get("X-Slack-Retry-Num"), headers.get("X-Slack-Retry-Reason"))
            for headers, _ in app.requests
        ]
        assert told == [(None, None), ("1", "http_error"), ("2", "http_error"), ("3", "http_error")]
        assert {body["event_id"] for body in app.bodies} == {sent.id}

    run(main)


@with_slack(scale=1000)
async def test_a_repeat_that_is_acknowledged_is_the_last(slack, client):
    """It counts, and when it was."""
    async with hook((503, ""), (200, "")) as app:
        sent = await slack.post_event(app.url, events.message())
    assert sent.acknowledged
    assert [each.reason for each in sent.tries] == ["http_error", ""]
    assert sent.acknowledged_at >= sent.tries[1].at


@with_slack()
async def test_no_retry_is_heard(slack, client):
    """X-Slack-No-Retry ends it at once, though it is not acknowledged."""
    async with hook((400, "", {"X-Slack-No-Retry": "1"})) as app:
        sent = await slack.post_event(app.url, events.message())
    assert (sent.tried, sent.acknowledged, sent.status) == (1, False, 400)


@with_slack()
async def test_repeats_can_be_left_out(slack, client):
    """One try, and its reason."""
    async with hook((404, "")) as app:
        sent = await slack.post_event(app.url, events.message(), retries=False)
    assert [each.reason for each in sent.tries] == ["http_error"]


@with_slack()
async def test_an_answer_that_comes_too_late_is_none(slack, client):
    """After the time it is http_timeout, whatever is answered then; the next try says so."""
    slack.world.ack_seconds = 0.3
    async with hook(30.0, (200, "")) as app:
        sent = await slack.post_event(app.url, events.message())
    assert [each.reason for each in sent.tries] == ["http_timeout", ""]
    assert app.requests[1][0]["X-Slack-Retry-Reason"] == "http_timeout"


@with_slack(scale=100_000)
async def test_nobody_there_is_connection_failed(slack, client):
    """Tried as often as the rest."""
    sent = await slack.post_event("http://127.0.0.1:1/", events.message())
    assert [each.reason for each in sent.tries] == ["connection_failed"] * 4


@with_slack()
async def test_a_redirect_is_no_acknowledgement(slack, client):
    """Slack follows none here."""
    async with hook((302, "", {"Location": "/slack/events"})) as app:
        sent = await slack.post_event(app.url, events.message(), retries=False)
    assert (sent.status, sent.acknowledged) == (302, False)


@with_slack()
async def test_a_share_of_events_comes_again_although_it_was_acknowledged(slack, client):
    """All of them with a share of 1; the same id, and a number."""
    slack.faults.redeliver = 1.0
    async with hook() as app:
        sent = await slack.post_event(app.url, events.message())
    assert (sent.tried, sent.acknowledged) == (2, True)
    assert app.requests[1][0]["X-Slack-Retry-Num"] == "1"
    assert app.bodies[0]["event_id"] == app.bodies[1]["event_id"]


@pytest.mark.parametrize(
    ("forged", "valid"),
    [
        (None, True),
        (Forged(secret="other"), False),
        (Forged(signature="v0=0"), False),
        (Forged(timestamp=1), False),
        (Forged(signature=""), False),
    ],
)
def test_signatures_can_be_wrong(forged, valid):
    """As slack_sdk's verifier sees it."""

    @with_slack()
    async def main(slack, client):
        async with hook() as app:
            await slack.post_event(app.url, events.message(), forged=forged)
        headers, body = app.requests[0]
        assert SignatureVerifier(slack.signing_secret).is_valid_request(body, headers) is valid

    main()


@with_slack()
async def test_many_events_share_a_few_connections(slack, client):
    """A thousand, each once, results in their order."""
    async with hook() as app:
        sent = await slack.post_events(app.url, (events.message(str(at)) for at in range(1000)), at_once=20)
    assert len({each.id for each in sent}) == 1000
    assert all(each.acknowledged and each.tried == 1 for each in sent)
    assert [each.payload["event"]["text"] for each in sent] == [str(at) for at in range(1000)]
    assert len(app.requests) == 1000


@with_slack()
async def test_the_url_is_asked_for_a_challenge(slack, client):
    """Given back as JSON or as a text; nothing else will do."""
    async with hook((200, "wrong")) as app:
        assert not await slack.handshake(app.url)
        challenge = app.bodies[0]["challenge"]
        assert app.bodies[0]["type"] == "url_verification"
        app.answers = [(200, {"challenge": "challenge" + str(int(challenge[9:]) + 1).zfill(10)})]
        assert await slack.handshake(app.url)


@with_slack()
async def test_a_commands_url_is_looked_at(slack, client):
    """ssl_check comes as a form, and no command with it."""
    async with hook() as app:
        sent = await slack.ssl_check(app.url)
    assert sent.status == 200
    assert app.bodies[0]["ssl_check"] == "1"
    assert "command" not in app.bodies[0]


@with_slack()
async def test_app_rate_limited_comes_without_an_envelope(slack, client):
    """As JSON, as it is."""
    async with hook() as app:
        await slack.post(app.url, events.app_rate_limited())
    assert app.bodies[0]["type"] == "app_rate_limited"
    assert app.requests[0][0]["Content-Type"] == "application/json"


@with_slack()
async def test_a_command_is_sent_once_whatever_comes(slack, client):
    """The person is told that it failed."""
    async with hook((500, "")) as app:
        sent = await slack.post(app.url, slack.person().command("/deploy", "now & then"))
    assert (sent.tried, sent.effect) == (1, "failed")
    assert (app.bodies[0]["command"], app.bodies[0]["text"]) == ("/deploy", "now & then")


def test_an_unknown_workspace_is_the_tests_mistake():
    """It is told what to do."""
    slack = FakeSlack()
    with pytest.raises(ValueError, match="add_workspace"):
        run(lambda: slack.post_event("http://127.0.0.1:1/", events.message(team="T404")))


def test_a_fake_that_is_not_entered_sends_nothing():
    """It says how it is done."""
    slack = FakeSlack()
    with pytest.raises(RuntimeError, match="async with"):
        run(lambda: slack.post_event("http://127.0.0.1:1/", events.message()))


@with_slack()
async def test_no_tls_where_it_was_promised_is_ssl_error(slack, client):
    """The reason is told apart from a server that is away."""
    async with hook() as app:
        url = app.url.replace("http:", "https:")
        sent = await slack.post_event(url, events.message(), retries=False)
    assert [each.reason for each in sent.tries] == ["ssl_error"]


def test_an_answer_that_calls_itself_json_and_is_none_is_a_text():
    """Nothing breaks; and no body is no answer."""
    assert said(b"{", "application/json") == "{"
    assert said(b'{"a": 1}', "application/json") == {"a": 1}
    assert said(b"", "application/json") is None
    assert said(b'{"a": 1}', "text/plain") == '{"a": 1}'
