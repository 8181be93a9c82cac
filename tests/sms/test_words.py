"""What an application says to a message."""

from typing import Any

import pytest

from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import ApplicationError
from interfaces.sms.providers.base import Reply
from interfaces.sms.words import WORDS, reply_of


def test_verdicts() -> None:
    """The three words of every protocol."""
    assert WORDS["sms.accept"]({}) == ACCEPTED
    assert WORDS["sms.defer"]({}) == DEFERRED
    assert WORDS["sms.reject"]({}) == Verdict("reject", {"status": 400, "text": "Refused"})
    assert WORDS["sms.reject"]({"status": 422, "text": "no"}).detail == {"status": 422, "text": "no"}


@pytest.mark.parametrize("status", ["400", 0, 600, True, None])
def test_a_status_is_a_number_of_the_protocol(status: Any) -> None:
    """Else it is the application's mistake."""
    with pytest.raises(ApplicationError, match=r"sms\.reject: status"):
        WORDS["sms.reject"]({"status": status})


def test_a_reply_says_something() -> None:
    """A text, or pictures."""
    assert reply_of({"text": "hi"}) == Reply(text="hi")
    assert reply_of({"media": ["https://m.example/1"]}) == Reply(media=("https://m.example/1",))
    for event in ({}, {"text": ""}, {"text": 3}, {"media": "https://m.example/1"}):
        with pytest.raises(ApplicationError, match=r"sms\.reply"):
            reply_of(event)
