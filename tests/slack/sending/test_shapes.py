"""interfaces.slack.sending.shapes: what messages may say is what their types say."""

from typing import get_args, get_type_hints

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.slack import messages
from interfaces.slack.sending.shapes import SHAPES, TYPES, checked
from interfaces.slack.words import SENDS

OUTGOING = {
    kind: each
    for each in vars(messages).values()
    if isinstance(each, type) and issubclass(each, dict)
    for kind in get_args(get_type_hints(each).get("type", str))
    if kind in TYPES
}


def test_all_that_can_be_sent_has_a_type_and_a_shape():
    """What an application may send, what messages.py describes and what is known here are the same."""
    assert {*OUTGOING} == TYPES == {*SENDS}


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_key_of_a_type_is_taken(kind):
    """Where several types share one description, each takes its own keys, and no other is needed."""
    keys = {*get_type_hints(OUTGOING[kind])}
    shape = SHAPES[kind]
    assert {*shape.needs} <= keys
    shared = [other for other, each in OUTGOING.items() if each is OUTGOING[kind]]
    assert keys <= set().union(*(SHAPES[other].keys for other in shared))


@pytest.mark.parametrize("value", [None, ""])
def test_what_is_needed_is_there(value):
    """None, and an empty text, are not."""
    with pytest.raises(ApplicationError, match=r"slack\.delete needs ts"):
        checked({"type": "slack.delete", "channel": "C1", "ts": value})


def test_a_key_that_says_nothing_is_let_pass():
    """Consumers may say None for what they leave out."""
    assert checked({"type": "slack.send", "channel": "C1", "text": "x", "thread_ts": None, "blocks": None})
