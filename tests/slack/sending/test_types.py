"""Every message that can be sent × every key that it may have × every kind of value that the key may not have."""

from typing import get_type_hints

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.slack import messages
from interfaces.slack.sending.calls import calls_of, method_of
from interfaces.slack.sending.shapes import COMMON, SHAPES, checked

URL = "https://hooks.slack.com/x"
VIEW = {"type": "modal", "blocks": []}
GOOD = {
    "slack.send": {"channel": "C1", "text": "x"},
    "slack.respond": {"response_url": URL, "text": "x"},
    "slack.update": {"channel": "C1", "ts": "1.1", "text": "x"},
    "slack.delete": {"channel": "C1", "ts": "1.1"},
    "slack.react": {"channel": "C1", "ts": "1.1", "name": "eyes"},
    "slack.upload": {"channel": "C1", "files": [{"filename": "a", "content": b"x"}]},
    "slack.open_view": {"trigger_id": "t", "view": VIEW},
    "slack.push_view": {"trigger_id": "t", "view": VIEW},
    "slack.update_view": {"view_id": "V1", "view": VIEW},
    "slack.publish_view": {"user_id": "U1", "view": VIEW},
    "slack.status": {"channel": "D1", "thread_ts": "1.1"},
    "slack.prompts": {"channel": "D1", "thread_ts": "1.1", "prompts": [{"title": "a", "message": "b"}]},
    "slack.title": {"channel": "D1", "thread_ts": "1.1", "title": "T"},
    "slack.stream": {"channel": "C1", "thread_ts": "1.1", "text": "x"},
    "slack.call": {"method": "users.info"},
}
"""The least that each needs."""

LISTS = {"blocks", "attachments", "files", "prompts", "file_ids"}
DICTS = {"metadata", "view", "args"}
BOOLS = {
    "reply_broadcast", "unfurl_links", "unfurl_media", "mrkdwn", "remove", "replace_original", "delete_original",
    "stop", "link_names",
}  # fmt: skip
NUMBERS = {"post_at", "not_before", "expires"}
VALUES = {
    "str": "1.1",
    "int": 7,
    "float": 7.5,
    "bool": True,
    "list": [],
    "dict": {},
    "bytes": b"x",
    "tuple": ("x",),
}

KEYS = [(kind, key) for kind, shape in SHAPES.items() for key in sorted(shape.keys - {"type"})]


def takes(key):
    """The names of the types that a key may have."""
    if key in LISTS:
        return {"list"}
    if key in DICTS:
        return {"dict"}
    if key in BOOLS:
        return {"bool"}
    return {"int", "float"} if key in NUMBERS else {"str"}


def refused(message):
    """Why a message cannot be sent."""
    with pytest.raises(ApplicationError) as error:
        calls_of(message)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("kind", SHAPES)
def test_the_least_is_enough(kind):
    """And leads to the method that is told beforehand."""
    message = {"type": kind, **GOOD[kind]}
    first = calls_of(message)[0]
    assert first.method == method_of(message) != ""
    assert checked(message) is SHAPES[kind]


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_value_of_another_type_is_refused(kind, key):
    """By its key, what it is and what it is to be; a truth is no number, and a number no truth."""
    for name, value in VALUES.items():
        if name in takes(key):
            continue
        why = refused({"type": kind, **GOOD[kind], key: value})
        assert why.startswith(f"{kind}: {key} is a {name}; it is to be a "), why
        assert all(one in why.partition(" to be a ")[2] for one in takes(key))


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_value_that_is_none_is_none(kind, key):
    """As if the key were not there: nothing is said of it to Slack, and what is needed is missing."""
    message = {"type": kind, **GOOD[kind], key: None}
    if key in GOOD[kind] and key in (*SHAPES[kind].needs, *SHAPES[kind].either):
        assert f"{kind} needs " in refused(message)
    else:
        without = {one: value for one, value in message.items() if one != key}
        assert calls_of(message) == calls_of(without)


@pytest.mark.parametrize(
    ("kind", "key"), [(kind, key) for kind, shape in SHAPES.items() for key in shape.needs]
)
@pytest.mark.parametrize("empty", [True, False])
def test_what_is_needed_is_needed(kind, key, empty):
    """Missing or empty, it is named."""
    message = {"type": kind, **GOOD[kind]}
    wrong = (
        {**message, key: type(message[key])()} if empty else {k: v for k, v in message.items() if k != key}
    )
    assert refused(wrong) == f"{kind} needs {key}"


@pytest.mark.parametrize("kind", [kind for kind, shape in SHAPES.items() if shape.either])
def test_one_of_several_is_enough(kind):
    """Each by itself; of none at all all are named."""
    shape = SHAPES[kind]
    bare = {"type": kind, **{key: value for key, value in GOOD[kind].items() if key not in shape.either}}
    assert refused(bare) == f"{kind} needs {' or '.join(shape.either)}"
    values = {"text": "x", "blocks": [{"type": "divider"}], "attachments": [{"text": "a"}], "delete_original": True,
              "view_id": "V1", "external_id": "mine", "stop": True}  # fmt: skip
    for key in shape.either:
        assert calls_of({**bare, key: values[key]})


@pytest.mark.parametrize("kind", SHAPES)
def test_a_key_that_there_is_not_is_told(kind):
    """With what was meant, where that is likely; nothing is silently left out."""
    message = {"type": kind, **GOOD[kind]}
    assert refused({**message, "colour": "red"}).startswith(f"{kind} has no 'colour'")
    assert "did you mean dedupe_key" in refused({**message, "dedup_key": "x"})
    assert "did you mean reply_channel" in refused({**message, "replychannel": "x"})


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("key", sorted(COMMON.keys() - {"type"}))
def test_what_every_message_may_have_is_not_told_slack(kind, key):
    """An id, a time, whom to answer: our own business."""
    value = 5.0 if key in NUMBERS else "x"
    for call in calls_of({"type": kind, **GOOD[kind], key: value}):
        assert key not in call.args


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, key in KEYS if takes(key) == {"str"}])
def test_half_a_character_is_refused(kind, key):
    """No JSON and no form could have it; whole ones may be any."""
    assert (
        refused({"type": kind, **GOOD[kind], key: "a\ud83d"})
        == f"{kind}: {key} has half a character (a lone surrogate)"
    )
    if key not in ("response_url", "method"):
        assert calls_of({"type": kind, **GOOD[kind], key: "ä😀"})


@pytest.mark.parametrize("kind", [kind for kind, shape in SHAPES.items() if "blocks" in shape.keys])
@pytest.mark.parametrize(
    ("blocks", "why"),
    [
        ([{}] * 51, "51 blocks; 50 are the most"),
        ([5], "blocks are dicts"),
        ([{}, "x"], "blocks are dicts"),
        ([None], "blocks are dicts"),
        ([{"x": {1, 2}}], "not JSON serializable"),
        ([{"x": float("inf")}], "JSON compliant"),
    ],
)
def test_blocks_are_objects_and_not_too_many(kind, blocks, why):
    """Told here, not by Slack a while later."""
    stop = {"stop": True} if kind == "slack.stream" else {}
    assert why in refused({"type": kind, **GOOD[kind], "blocks": blocks, **stop})


@pytest.mark.parametrize("kind", [kind for kind, shape in SHAPES.items() if "view" in shape.keys])
@pytest.mark.parametrize(
    ("view", "why"),
    [
        ({"blocks": [{}] * 101}, "101 blocks of its view; 100 are the most"),
        ({"blocks": ["x"]}, "blocks of its view are dicts"),
        ({"blocks": [], "x": b"y"}, "not JSON serializable"),
    ],
)
def test_a_view_has_more_room_and_its_own_rules(kind, view, why):
    """Twice as many blocks as a message."""
    assert why in refused({"type": kind, **GOOD[kind], "view": view})
    assert calls_of({"type": kind, **GOOD[kind], "view": {"blocks": [{}] * 100}})


@pytest.mark.parametrize(
    ("said", "method"),
    [
        ({"type": "slack.send", "ephemeral_user": "U1"}, "chat.postEphemeral"),
        ({"type": "slack.send", "ephemeral_user": "", "post_at": 5}, "chat.scheduleMessage"),
        ({"type": "slack.send", "post_at": 0}, "chat.postMessage"),
        ({"type": "slack.react", "remove": False}, "reactions.add"),
        ({"type": "slack.react", "remove": True}, "reactions.remove"),
        ({"type": "slack.stream"}, "chat.startStream"),
        ({"type": "slack.stream", "stop": True}, "chat.startStream"),
        ({"type": "slack.stream", "ts": "1.1"}, "chat.appendStream"),
        ({"type": "slack.stream", "ts": "1.1", "stop": True}, "chat.stopStream"),
        ({"type": "slack.respond"}, "response_url"),
        ({"type": "slack.call", "method": "users.info"}, "users.info"),
        ({"type": "slack.call"}, ""),
        ({"type": "slack.call", "method": None}, ""),
        ({"type": "slack.other"}, ""),
        ({"type": None}, ""),
        ({}, ""),
        ({"type": []}, ""),
    ],
)
def test_a_method_is_known_before_a_message_is_looked_at(said, method):
    """Also of what cannot be sent: nothing raises."""
    assert method_of(said) == method


TYPED = {
    "SlackSend": ["slack.send"],
    "SlackRespond": ["slack.respond"],
    "SlackUpdate": ["slack.update"],
    "SlackDelete": ["slack.delete"],
    "SlackReact": ["slack.react"],
    "SlackUpload": ["slack.upload"],
    "SlackViews": ["slack.open_view", "slack.push_view", "slack.update_view", "slack.publish_view"],
    "SlackThread": ["slack.status", "slack.prompts", "slack.title", "slack.stream"],
    "SlackCall": ["slack.call"],
}


@pytest.mark.parametrize(("name", "kinds"), TYPED.items())
def test_what_the_contract_names_can_be_said(name, kinds):
    """Each key of the types that applications annotate with is one of a shape's."""
    said = set(get_type_hints(getattr(messages, name)))
    assert said <= {key for kind in kinds for key in SHAPES[kind].keys}
    assert {kind for kinds in TYPED.values() for kind in kinds} == SHAPES.keys() == GOOD.keys()
