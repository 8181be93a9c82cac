"""interfaces.slack.sending.answers: what an answer of Slack's means."""

import pytest

from interfaces.slack.sending.answers import LONGEST, RENEWED, Answer, outcome
from interfaces.slack.sending.calls import Call

POST, UPDATE = Call(method="chat.postMessage", args={}), Call(method="chat.update", args={}, safe=True)


def said(word):
    """Slack's answer with this word."""
    return Answer(status=200, data={"ok": False, "error": word})


@pytest.mark.parametrize(
    ("answer", "post", "update"),
    [
        (Answer(status=200, data={"ok": True}), "sent", "sent"),
        (said("internal_error"), "uncertain", "later"),
        (said("fatal_error"), "uncertain", "later"),
        (said("service_unavailable"), "later", "later"),
        (said("request_timeout"), "later", "later"),
        (said("ratelimited"), "later", "later"),
        (said("token_expired"), "later", "later"),
        (Answer(status=503), "later", "later"),
        (Answer(status=502), "later", "later"),
        (Answer(status=500), "uncertain", "later"),
        (Answer(status=504), "uncertain", "later"),
        (Answer(status=404), "failed", "failed"),
        (Answer(status=200), "uncertain", "later"),
        (Answer(status=200, data={"ok": "yes"}), "uncertain", "later"),
        (Answer(), "uncertain", "later"),
        (Answer(unreached=True), "later", "later"),
        (said("token_revoked"), "failed", "failed"),
        (said("invalid_auth"), "failed", "failed"),
        (said("account_inactive"), "failed", "failed"),
        (said("not_in_channel"), "failed", "failed"),
        (said("channel_not_found"), "failed", "failed"),
        (said("msg_too_long"), "failed", "failed"),
    ],
)
def test_what_becomes_of_a_call(answer, post, update):
    """What may have been done is uncertain if it must not be done twice, and tried again if it may."""
    assert (outcome(POST, answer, 1).state, outcome(UPDATE, answer, 1).state) == (post, update)
    assert (outcome(POST, answer, 1).error == "") is (post == "sent")


@pytest.mark.parametrize(
    ("method", "word", "first", "again"),
    [
        ("reactions.add", "already_reacted", "sent", "sent"),
        ("reactions.remove", "no_reaction", "sent", "sent"),
        ("chat.delete", "message_not_found", "failed", "sent"),
        ("chat.update", "message_not_found", "failed", "failed"),
        ("reactions.add", "message_not_found", "failed", "failed"),
    ],
)
def test_what_is_as_it_was_to_be(method, word, first, again):
    """Is done; some words say that only if it was tried before."""
    call = Call(method=method, args={}, safe=True)
    assert [outcome(call, said(word), tries).state for tries in (1, 2)] == [first, again]


def test_a_limit_says_for_how_long():
    """Nothing more goes to that method for so many seconds; unsaid, for as long as any repeat waits."""
    found = outcome(POST, Answer(status=429, data={"ok": False, "error": "ratelimited"}, retry_after=30.0), 1)
    assert (found.state, found.delay, found.rest, found.error) == ("later", 30.0, 30.0, "ratelimited")
    found = outcome(POST, Answer(status=429), 1)
    assert 0 < found.rest == found.delay <= LONGEST and found.error == "http_429"


def test_it_is_tried_ever_more_seldom():
    """Up to a minute, since others of its channel wait for it; who is not reached at all is down."""
    assert outcome(POST, Answer(status=503), 99).delay <= LONGEST
    found = outcome(POST, Answer(unreached=True), 1)
    assert (found.down, found.error) == (True, "unreachable")
    assert not outcome(POST, Answer(status=503), 1).down


def test_a_token_is_renewed_in_time_or_never():
    """One that stays expired is no matter of time any more."""
    assert outcome(POST, said("token_expired"), RENEWED).state == "failed"


def test_a_repr_shows_nothing_of_what_was_said():
    """An answer may have secrets."""
    assert "xoxb" not in repr(Answer(status=200, data={"token": "xoxb-1"}))


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        ({"needed": "chat:write"}, "it needs chat:write"),
        (
            {"response_metadata": {"messages": ["[ERROR] no more than 50 items", "b"]}},
            "[ERROR] no more than 50 items b",
        ),
        ({"response_metadata": {"messages": "x"}}, ""),
        ({"response_metadata": 5}, ""),
        ({"response_metadata": {"messages": ["x" * 999]}}, "x" * 200),
        ({}, ""),
    ],
)
def test_what_slack_says_beside_its_word(data, detail):
    """As much of it as a line of the log can have."""
    assert Answer(status=200, data={"ok": False, "error": "x", **data}).detail == detail
