"""What an application says to what Slack has sent."""

import json
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import ApplicationError
from interfaces.slack import messages
from interfaces.slack.words import ACTIONS, KEYS, SENDS, WORDS, payload_of

VIEW = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}
WRONG = {"b1": "That is no date"}


def ack(**said: Any) -> dict[str, Any] | None:
    """What stands in the acknowledgement."""
    verdict = WORDS["slack.ack"]({"type": "slack.ack", **said})
    assert verdict.kind == "accept"
    return payload_of(verdict)


def types(*kinds: type) -> set[str]:
    """The words of these messages."""
    return {word for kind in kinds for word in get_args(get_type_hints(kind)["type"])}


def test_every_message_of_the_contract_is_a_word_or_goes_out() -> None:
    """And nothing else is: messages.py says what there is."""
    verdicts = types(messages.SlackAck, messages.SlackAccept, messages.SlackReject, messages.SlackDefer)
    assert {*WORDS} == verdicts
    passing = messages.SCOPES[messages.SlackScope]
    out = [kind for kind in passing if "not_before" in get_type_hints(kind)]
    assert {*SENDS} == types(*out)
    assert not {*WORDS} & {*SENDS}


def test_every_key_of_an_acknowledgement_stands_in_it() -> None:
    """Those that messages.py has of slack.ack, and what a message may be replaced by."""
    assert {*get_type_hints(messages.SlackAck)} - {"type", "payload"} <= {*KEYS}
    said = {"text": "a", "blocks": [], "attachments": [], "response_type": "in_channel", "replace_original": False,
            "delete_original": True, "options": [], "option_groups": []}  # fmt: skip
    assert ack(**said, other=1) == said


def test_an_empty_acknowledgement_is_one() -> None:
    """As a normal end without a word, only earlier."""
    for said in ({}, {"payload": None}, {"payload": {}}, {"text": None}):
        assert WORDS["slack.ack"]({"type": "slack.ack", **said}) == ACCEPTED
        assert ack(**said) is None
    assert WORDS["slack.accept"]({"type": "slack.accept"}) == ACCEPTED
    assert payload_of(ACCEPTED) is None


def test_a_payload_is_an_object_or_a_text() -> None:
    """Keys beside it are put into it, and count more."""
    assert ack(payload="hi") == {"text": "hi"}
    assert ack(payload={"text": "hi", "x": 1}) == {"text": "hi", "x": 1}
    assert ack(payload={"text": "hi"}, text="ho", response_type="ephemeral") == {
        "text": "ho",
        "response_type": "ephemeral",
    }


@pytest.mark.parametrize("payload", [1, ["x"], b"x", True])
def test_another_payload_is_a_mistake(payload: Any) -> None:
    """Of the application, which is told so."""
    with pytest.raises(ApplicationError, match="payload is an object or a text"):
        ack(payload=payload)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"errors": WRONG}, {"response_action": "errors", "errors": WRONG}),
        ({"response_action": "errors", "errors": WRONG}, {"response_action": "errors", "errors": WRONG}),
        ({"payload": {"errors": WRONG}}, {"response_action": "errors", "errors": WRONG}),
        ({"view": VIEW}, {"response_action": "update", "view": VIEW}),
        ({"view": VIEW, "response_action": "push"}, {"response_action": "push", "view": VIEW}),
        ({"response_action": "clear"}, {"response_action": "clear"}),
        ({"errors": {}}, None),
        ({"errors": {}, "response_action": "errors"}, None),
        ({"errors": {}, "response_action": "clear"}, {"response_action": "clear"}),
        # those of a dialog are a list, and stand alone
        ({"errors": [{"name": "a", "error": "x"}]}, {"errors": [{"name": "a", "error": "x"}]}),
    ],
)
def test_what_becomes_of_a_view(said: dict[str, Any], found: dict[str, Any] | None) -> None:
    """It is said where it is clear: errors are errors, none close the view, and a view takes the place of another."""
    assert ack(**said) == found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"response_action": "close"}, "response_action is errors, update, push, clear, not 'close'"),
        ({"response_action": ["push"]}, "response_action is errors, update, push, clear"),
        ({"response_action": "push"}, "response_action push needs view"),
        ({"response_action": "update", "view": "x"}, "response_action update needs view"),
        ({"response_action": "errors"}, "response_action errors needs errors"),
        ({"response_action": "errors", "errors": ["x"]}, "response_action errors needs errors"),
    ],
)
def test_what_slack_would_not_take_is_a_mistake(said: dict[str, Any], why: str) -> None:
    """Told to the application, where Slack would tell the person that the app is broken."""
    with pytest.raises(ApplicationError, match=why):
        ack(**said)


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize("value", [b"x", {1, 2}, object(), float("nan"), CIRCLE])
def test_what_is_no_json_is_a_mistake(value: Any) -> None:
    """At the word itself, and not when the answer is written."""
    with pytest.raises(ApplicationError, match=r"slack\.ack: it cannot be said in JSON"):
        ack(payload={"blocks": value})


def test_to_refuse_and_to_defer() -> None:
    """For good with a text, or to come again."""
    assert WORDS["slack.reject"]({"type": "slack.reject", "text": "no"}) == Verdict("reject", {"text": "no"})
    assert WORDS["slack.reject"]({"type": "slack.reject"}) == Verdict("reject", {"text": ""})
    assert WORDS["slack.defer"]({"type": "slack.defer"}) == DEFERRED


SAID = st.dictionaries(
    st.sampled_from(KEYS),
    st.sampled_from([None, "", "x", [], ["x"], {}, VIEW, WRONG, *ACTIONS, b"x", 1]),
    max_size=5,
)


@given(said=SAID, payload=st.none() | st.text(max_size=3) | SAID | st.binary(max_size=2))
def test_whatever_is_said_is_an_answer_or_a_mistake(said: dict[str, Any], payload: Any) -> None:
    """No other error; and an answer is JSON, in which an action on a view has what it needs."""
    try:
        found = ack(payload=payload, **said)
    except ApplicationError:
        return
    json.dumps(found, allow_nan=False)
    if found is not None:
        action = found.get("response_action")
        assert action is None or action in ACTIONS
        assert action not in ("push", "update") or isinstance(found["view"], dict)
        assert action != "errors" or found["errors"]
