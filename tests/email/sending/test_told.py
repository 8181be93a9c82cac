"""interfaces.email.sending.told: what is known of each recipient, and the one result that is told."""

import pytest

from interfaces.email.sending.outgoing import LOCKED, Outgoing, Result
from interfaces.email.sending.told import known_of, results_of, tried_of

A, B, C = "a@a.example", "b@b.example", "c@c.example"


def mail(*recipients: str) -> Outgoing:
    """One for these."""
    return Outgoing(
        id="m1", mail_from="d@d.example", recipients=recipients, content=b"\r\n", message_id="1@d.example"
    )


def known(*said: Result) -> dict[str, Result]:
    """By recipient."""
    return {one.recipient: one for one in said}


YES = Result(A, "accepted", 250, "2.0.0", "Ok")
NO = Result(B, "failed", 550, "5.1.1", "No such user")
LATER = Result(C, "deferred", 451, "4.7.1", "Come back")
PERHAPS = Result(C, "uncertain", None, None, "The connection was lost")


@pytest.mark.parametrize(
    ("said", "state", "error"),
    [
        ([YES], "sent", ""),
        ([YES, NO], "failed", "b@b.example: No such user"),
        ([YES, NO, LATER], "later", "c@c.example: Come back"),
        ([YES, NO, PERHAPS], "uncertain", "c@c.example: The connection was lost"),
        ([Result(A, "failed")], "failed", "a@a.example: failed"),
    ],
)
def test_the_worst_is_told(said: list[Result], state: str, error: str) -> None:
    """While one may still be tried, it is not over; then what nobody knows comes before what has failed."""
    found = tried_of(mail(*(one.recipient for one in said)), known(*said))
    assert (found.state, found.told["error"], found.told["ok"]) == (state, error, state == "sent")
    assert (found.reason, found.down) == (error, False)


def test_each_recipient_is_told_in_its_place() -> None:
    """In the order of the message, with the words of the peer; the Message-ID is named."""
    told = tried_of(mail(B, A), known(YES, NO)).told
    assert told["message_id"] == "1@d.example"
    assert told["results"] == [
        {"recipient": B, "status": "failed", "code": 550, "enhanced": "5.1.1", "text": "No such user"},
        {"recipient": A, "status": "accepted", "code": 250, "enhanced": "2.0.0", "text": "Ok"},
    ]


def test_a_reason_that_is_given_is_the_reason() -> None:
    """As of what is given up; what is told of the recipients stays."""
    found = tried_of(mail(C), known(LATER), "48 hours are over")
    assert (found.reason, found.told["error"]) == ("48 hours are over", "c@c.example: Come back")


@pytest.mark.parametrize("code", [None, *sorted(LOCKED)])
def test_a_place_that_lets_nobody_in_is_down(code: int | None) -> None:
    """It rests then, and the reason is of the place and no recipient."""
    said = [Result(one, "deferred", code, None, "refuses us") for one in (A, B)]
    found = tried_of(mail(A, B), known(*said))
    assert (found.down, found.reason, found.state) == (True, "refuses us", "later")
    assert not tried_of(mail(A, B, C), known(*said, LATER)).down


def test_what_was_told_before_is_known_again() -> None:
    """Who has an end is tried no more; ``again``, by an operator's wish, those who do not have the message are."""
    earlier = tried_of(mail(A, B, C), known(YES, NO, LATER)).told
    assert results_of(earlier) == [YES, NO, LATER]
    assert known_of(earlier) == known(YES, NO)
    assert known_of(earlier, again=True) == known(YES)
    assert known_of({"results": [PERHAPS.plain()]}) == known(PERHAPS)
    assert known_of({}) == {} == known_of({"results": None})
