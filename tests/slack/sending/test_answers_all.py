"""Each word and each status of Slack's, for what may be repeated and for what may not, at the first try and later."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.slack.sending.answers import LONGEST, RENEWED, Answer, outcome
from interfaces.slack.sending.calls import SAFE, Call

METHODS = [*sorted(SAFE), "chat.postMessage", "chat.postEphemeral", "views.open", "conversations.create"]

LATER = [
    "service_unavailable", "request_timeout", "ratelimited", "rate_limited", "accesslimited", "team_added_to_org",
    "external_channel_migrating",
]  # fmt: skip
DOUBT = ["internal_error", "fatal_error", "unknown_error"]
FAILED = [
    "invalid_auth", "not_authed", "token_revoked", "account_inactive", "missing_scope", "not_in_channel",
    "channel_not_found", "is_archived", "msg_too_long", "no_text", "invalid_blocks", "invalid_arguments", "not_found",
    "expired_trigger_id", "exchanged_trigger_id", "hash_conflict", "user_not_found", "cant_update_message",
    "restricted_action", "ekm_access_denied", "method_deprecated", "something_new",
]  # fmt: skip
DONE = [
    ("reactions.add", "already_reacted"), ("reactions.remove", "no_reaction"), ("pins.add", "already_pinned"),
    ("pins.remove", "no_pin"), ("pins.remove", "not_pinned"), ("conversations.join", "already_in_channel"),
]  # fmt: skip
DONE_AGAIN = [
    ("chat.delete", "message_not_found"), ("reactions.remove", "message_not_found"),
    ("conversations.archive", "already_archived"), ("conversations.invite", "already_in_channel"),
    ("conversations.kick", "not_in_channel"), ("conversations.leave", "not_in_channel"),
]  # fmt: skip


def call(safe, method="x.y"):
    """A call that may be repeated, or may not."""
    return Call(method=method, args={}, safe=safe)


def said(word, status=200):
    """Slack's answer with this word."""
    return Answer(status=status, data={"ok": False, "error": word})


def both(answer, tries=1):
    """What becomes of what may not be repeated, and of what may."""
    return tuple(outcome(call(safe), answer, tries).state for safe in (False, True))


@pytest.mark.parametrize("tries", [1, 2, 7])
@pytest.mark.parametrize("word", LATER)
def test_what_slack_has_not_done_is_asked_for_again(word, tries):
    """Whatever it is, since it has not been done; however often."""
    assert both(said(word), tries) == ("later", "later")


@pytest.mark.parametrize("tries", [1, 2, 7])
@pytest.mark.parametrize("word", DOUBT)
@pytest.mark.parametrize("status", [200, 500])
def test_what_slack_may_have_done_is_not_done_twice(word, status, tries):
    """It is uncertain, but where a second time changes nothing."""
    assert both(said(word, status), tries) == ("uncertain", "later")


@pytest.mark.parametrize("tries", [1, 2, 7])
@pytest.mark.parametrize("word", FAILED)
def test_what_slack_refuses_has_failed(word, tries):
    """At once, with Slack's own word."""
    assert both(said(word), tries) == ("failed", "failed")
    assert outcome(call(False), said(word), tries).error == word


@pytest.mark.parametrize("method", METHODS)
def test_a_word_means_done_for_its_method_alone(method):
    """Some at once, some only if it was tried before; for all other methods it is a refusal."""
    for word in {word for _, word in DONE + DONE_AGAIN}:
        first, again = (outcome(call(True, method), said(word), tries).state for tries in (1, 2))
        assert first == ("sent" if (method, word) in DONE else "failed"), word
        assert again == ("sent" if (method, word) in DONE + DONE_AGAIN else "failed"), word


@pytest.mark.parametrize(
    ("status", "post", "safe"),
    [
        (0, "uncertain", "later"),
        (200, "uncertain", "later"),
        (301, "failed", "failed"),
        (400, "failed", "failed"),
        (401, "failed", "failed"),
        (403, "failed", "failed"),
        (404, "failed", "failed"),
        (429, "later", "later"),
        (500, "uncertain", "later"),
        (502, "later", "later"),
        (503, "later", "later"),
        (504, "uncertain", "later"),
        (507, "uncertain", "later"),
        (599, "uncertain", "later"),
    ],
)
def test_what_a_status_means_without_a_word(status, post, safe):
    """A proxy's page, for one: 502 and 503 say that nothing was done, other faults do not."""
    assert both(Answer(status=status)) == (post, safe)
    error = outcome(call(False), Answer(status=status), 1).error
    assert error == {0: "no_answer", 200: "unreadable_answer"}.get(status, f"http_{status}")


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ({"ok": True}, ""),
        ({"ok": True, "error": ""}, ""),
        ({"ok": True, "error": "x"}, "x"),
        ({"ok": True, "warning": "missing_charset"}, ""),
        ({"ok": False}, "unreadable_answer"),
        ({"ok": 1}, "unreadable_answer"),
        ({"ok": False, "error": 5}, "unreadable_answer"),
        ({"ok": False, "error": None}, "unreadable_answer"),
        ({"ok": False, "error": "x" * 500}, "x" * 100),
        ({}, "unreadable_answer"),
    ],
)
def test_the_word_of_an_answer(data, word):
    """Slack's own, at most a hundred characters of it; ok is true and nothing else."""
    assert Answer(status=200, data=data).word == word


@pytest.mark.parametrize(("status", "word"), [(201, "http_201"), (204, "http_204"), (302, "http_302")])
def test_only_200_is_an_answer_that_worked(status, word):
    """Whatever its JSON says."""
    assert Answer(status=status, data={"ok": True}).word == word


@pytest.mark.parametrize("unreached", [True, False])
def test_an_answer_that_did_not_come(unreached):
    """Nobody heard the request, or nobody knows; only the first says that Slack is down."""
    found = outcome(call(False), Answer(unreached=unreached), 1)
    assert (found.state, found.error, found.down) == (
        ("later", "unreachable", True) if unreached else ("uncertain", "no_answer", False)
    )


@pytest.mark.parametrize("safe", [True, False])
@pytest.mark.parametrize("seconds", [0.0, 0.5, 30.0, 3600.0])
@pytest.mark.parametrize("answer", [{"status": 429}, {"status": 200, "data": {"error": "ratelimited"}}])
def test_a_limit_rests_as_long_as_slack_says(answer, seconds, safe):
    """By a header, whatever the status; the method rests, not the message alone."""
    found = outcome(call(safe), Answer(retry_after=seconds, **answer), 3)
    assert (found.state, found.delay, found.rest, found.down) == ("later", seconds, seconds, False)


@pytest.mark.parametrize("tries", range(1, RENEWED + 3))
def test_a_token_that_has_expired_is_renewed_meanwhile(tries):
    """For so many tries; then it is for good."""
    state = "later" if tries < RENEWED else "failed"
    assert both(said("token_expired"), tries) == (state, state)


@given(
    st.integers(0, 599),
    st.sampled_from([*LATER, *DOUBT, *FAILED, "token_expired", "", None]),
    st.integers(1, 200),
    st.booleans(),
    st.sampled_from(METHODS),
)
def test_whatever_comes_there_is_an_end_of_it(status, word, tries, safe, method):
    """One of four states; what is later says when, within a minute; what is sent has no error, all else has one."""
    data = {"ok": word == "", "error": word} if word is not None else {}
    found = outcome(call(safe, method), Answer(status=status, data=data), tries)
    assert found.state in ("sent", "later", "failed", "uncertain")
    assert (found.error == "") is (found.state == "sent")
    assert 0 <= found.delay <= LONGEST
    assert (found.delay > 0) or found.state != "later"
    assert found.state != "uncertain" or not safe
