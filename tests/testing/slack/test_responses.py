"""response_url, through slack_sdk's own webhook client."""

from slack_sdk.webhook.async_client import AsyncWebhookClient

from interfaces.testing.slack import FakeSlack, SteppedClock
from interfaces.testing.slack.responses import respond
from tests.testing.slack.kit import with_slack


def answers(slack, url, *bodies):
    """The status and the text of each answer."""
    name = url.rpartition("/")[2]
    return [(answer.status, answer.body) for answer in (respond(slack.world, name, body) for body in bodies)]


@with_slack()
async def test_an_answer_is_for_one_person_or_for_all(slack, client):
    """As response_type says; one person is the default."""
    hook = AsyncWebhookClient(slack.person().command("/x")["response_url"])
    sent = await hook.send(text="psst")
    assert (sent.status_code, sent.body) == (200, "ok")
    await hook.send(text="all", response_type="in_channel", blocks=[{"type": "divider"}])
    assert [(each["to"], each["text"]) for each in slack.ephemerals] == [("U1", "psst")]
    assert [(each["text"], each["bot_id"]) for each in slack.messages("C1")] == [("all", "B1")]


def test_it_is_good_five_times():
    """Refusals do not count; the sixth answer is told that it was used."""
    slack = FakeSlack()
    url = slack.person().command("/x")["response_url"]
    assert answers(slack, url, b"{", b"[]", b"{}") == [
        (400, b"invalid_payload"),
        (400, b"invalid_payload"),
        (400, b"no_text"),
    ]
    assert answers(slack, url, *[b'{"text": "x"}'] * 6) == [(200, b"ok")] * 5 + [
        (404, b'{"ok": false, "error": "used_url"}')
    ]


def test_it_is_good_for_half_an_hour():
    """By the fake's clock; and another was never given."""
    clock = SteppedClock()
    slack = FakeSlack(clock=clock)
    url = slack.person().command("/x")["response_url"]
    clock.step(1801)
    assert answers(slack, url, b'{"text": "x"}') == [(404, b'{"ok": false, "error": "expired_url"}')]
    assert answers(slack, "http://x/nobody", b'{"text": "x"}')[0][0] == 404


def test_the_original_is_replaced_or_deleted():
    """Of a message that was acted upon; blocks go with the text."""
    slack = FakeSlack()
    channel = slack.world.channel("C1")
    for body, left in (
        (b'{"text": "new", "replace_original": true}', ["new"]),
        (b'{"delete_original": true}', []),
    ):
        channel.messages.clear()
        message = slack.world.post(channel, {"text": "old", "blocks": [{"type": "divider"}]})
        url = slack.world.response_url(channel, "U1", message["ts"])
        assert answers(slack, url, body) == [(200, b"ok")]
        assert [each["text"] for each in channel.messages] == left
        assert all("blocks" not in each for each in channel.messages)


def test_what_only_one_person_saw_is_replaced_and_deleted_too():
    """It is in no channel's history, and goes all the same."""
    slack = FakeSlack()
    slack.ephemerals.append({"ts": "5.5", "channel": "C1", "to": "U1", "text": "old"})
    url = slack.world.response_url(slack.world.channel("C1"), "U1", "5.5")
    answers(slack, url, b'{"text": "new", "replace_original": true}')
    assert slack.ephemerals[0]["text"] == "new"
    answers(slack, url, b'{"delete_original": true}')
    assert slack.ephemerals == []


def test_an_answer_may_go_into_a_thread():
    """Where it says so."""
    slack = FakeSlack()
    url = slack.person().command("/x")["response_url"]
    answers(slack, url, b'{"text": "x", "thread_ts": "1.1", "response_type": "in_channel"}')
    assert slack.messages("C1")[0]["thread_ts"] == "1.1"
