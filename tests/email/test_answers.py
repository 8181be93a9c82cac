"""interfaces.email.answers: what a client is told of verdicts, and what verdict a reply is."""

import pytest

from interfaces.email import replies
from interfaces.email.answers import USUAL, answer, code_of, mixed, replies_of, verdict_of
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict

YES, NO, LATER = (
    Verdict("accept"),
    Verdict("reject"),
    Verdict("defer", {"code": 450, "enhanced": "4.2.1", "text": "Busy"}),
)


@pytest.mark.parametrize(
    ("verdicts", "smtp"),
    [
        ([YES, YES], b"250"),
        ([NO, NO], b"550"),
        ([YES, LATER], b"450 4.2.1 Busy"),
        ([NO, LATER], b"450 4.2.1 Busy"),
        ([YES, NO], b"451"),
    ],
)
def test_smtp_has_one_reply_and_lmtp_one_for_each(verdicts, smtp):
    """One that is deferred, or refused beside an accepted one, has the client send it all again."""
    assert [one.startswith(smtp) for one in replies_of(verdicts, "ID", lmtp=False)] == [True]
    first = {"accept": b"2", "reject": b"5", "defer": b"4"}
    assert [one[:1] for one in replies_of(verdicts, "ID", lmtp=True)] == [
        first[said.kind] for said in verdicts
    ]


def test_a_reply_is_a_verdict():
    """Code, enhanced code and text."""
    said = verdict_of(b"452 4.3.1 Too many messages\r\n")
    assert (said.kind, said.detail) == (
        "defer",
        {"code": 452, "enhanced": "4.3.1", "text": "Too many messages"},
    )
    assert verdict_of(b"552 5.3.4 Big\r\n").kind == "reject"


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ([YES, NO], True),
        ([NO, YES, YES], True),
        ([YES, YES], False),
        ([NO, NO], False),
        ([YES, NO, LATER], False),
        ([YES], False),
        ([], False),
    ],
)
def test_some_accept_and_some_refuse(verdicts, said):
    """Only then is there somebody to be told of by another way; "try again" of one is that for all."""
    assert mixed(verdicts) is said


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (ACCEPTED, b"250 2.1.5 Ok\r\n"),
        (Verdict("accept", {"code": 250, "enhanced": "2.0.0", "text": "Ok"}), b"250 2.1.5 Ok\r\n"),
        (Verdict("accept", {"code": 250, "enhanced": "2.1.0", "text": "Yes"}), b"250 2.1.0 Yes\r\n"),
        (Verdict("accept", {"code": 251, "text": "Forwarded"}), b"251 2.1.5 Forwarded\r\n"),
        (Verdict("reject"), b"550 5.7.1 Refused\r\n"),
        (Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "Who?"}), b"550 5.1.1 Who?\r\n"),
        (DEFERRED, b"451 4.3.0 Try again later\r\n"),
        (Verdict("defer", {"text": "a\r\nb"}), b"451-4.3.0 a\r\n451 4.3.0 b\r\n"),
    ],
)
def test_the_answer_to_a_recipient(said, reply):
    """RFC 3463 has codes of recipients: those of a message, 2.0.0, are not told of one."""
    assert answer(said, replies.RECIPIENT) == reply


@pytest.mark.parametrize("kind", ["accept", "reject", "defer"])
def test_a_verdict_without_words_has_the_usual_code(kind):
    """Else its own."""
    assert code_of(Verdict(kind)) == USUAL[kind][0]
    assert code_of(Verdict(kind, {"code": 299})) == 299


@pytest.mark.parametrize(
    "name", [name for name in vars(replies) if name.isupper() and isinstance(vars(replies)[name], bytes)]
)
def test_each_of_our_refusals_is_the_verdict_that_it_says(name):
    """What is refused without the application reads the same to a webhook as to a client of SMTP."""
    said = vars(replies)[name]
    if said[:1] in b"45":
        found = verdict_of(said)
        assert found.kind == ("defer" if said[:1] == b"4" else "reject")
        assert replies_of([found], "ID", lmtp=True) == [said]
