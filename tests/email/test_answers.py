"""interfaces.email.answers: what a client is told of verdicts, and what verdict a reply is."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email import replies
from interfaces.email.answers import USUAL, Kind, answer, code_of, mixed, replies_of, verdict_of
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict

YES, NO, LATER = (
    Verdict("accept"),
    Verdict("reject"),
    Verdict("defer", {"code": 450, "enhanced": "4.2.1", "text": "Busy"}),
)

KINDS: tuple[Kind, ...] = ("accept", "reject", "defer")
FIRST = {"accept": b"2", "reject": b"5", "defer": b"4"}


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


def said(kind: Kind, **detail: Any) -> Verdict:
    """A verdict in an application's words."""
    return Verdict(kind, detail)


FULL = said("reject", code=552, enhanced="5.2.2", text="Full")
SLOW = said("defer", code=450, enhanced="4.2.1", text="Slowly")


@pytest.mark.parametrize(
    ("verdicts", "told"),
    [
        ([said("accept", code=252, enhanced="2.5.2", text="Tried")], "252 2.5.2 Tried t1\r\n"),
        ([ACCEPTED, said("accept", text="Taken")], "250 2.0.0 Ok t1\r\n"),
        ([said("accept", text="Taken"), ACCEPTED], "250 2.0.0 Taken t1\r\n"),
        ([FULL, said("reject")], "552 5.2.2 Full\r\n"),
        ([said("reject"), FULL], "550 5.7.1 Refused\r\n"),
        ([FULL, SLOW, said("defer")], "450 4.2.1 Slowly\r\n"),
        ([FULL, said("defer"), SLOW], "451 4.3.0 Try again later\r\n"),
        ([FULL, ACCEPTED], "451 4.3.0 Try again later\r\n"),
    ],
)
def test_the_first_who_says_so_has_the_words(verdicts: list[Verdict], told: str) -> None:
    """Of those of a kind, and of those that say "try again"; a refusal's words are not those of a "try again"."""
    assert replies_of(verdicts, "t1", lmtp=False) == [told.encode()]


@pytest.mark.parametrize("kinds", [*product(KINDS, repeat=3)])
def test_no_recipient_loses_a_message_because_of_another(kinds: tuple[Kind, ...]) -> None:
    """What is not the same for all is tried again, in any order of three; LMTP answers each in its place."""
    (one,) = replies_of([*map(said, kinds)], "t1", lmtp=False)
    assert one[:1] == (FIRST[kinds[0]] if len({*kinds}) == 1 else b"4")
    assert [reply[:1] for reply in replies_of([*map(said, kinds)], "t1", lmtp=True)] == [
        *map(FIRST.get, kinds)
    ]


@pytest.mark.parametrize(
    "text", ["one\r\n250 2.0.0 two", "a\nb", "a\rb", "a\x00\x1b[2Jb", "é\u2028ü", "x" * 2000]
)
@pytest.mark.parametrize("kind", KINDS)
def test_no_text_is_a_reply_of_its_own(kind: Kind, text: str) -> None:
    """An application may pass on what a stranger wrote: every line has our code, is short, and is printable."""
    of_message = replies_of([said(kind, text=text)], "t1", lmtp=True)
    for found in (*of_message, answer(said(kind, text=text), replies.RECIPIENT)):
        *lines, end = found.decode("ascii").split("\r\n")
        assert end == "" and {line[:3] for line in lines} == {str(USUAL[kind][0])}
        assert [line[3] for line in lines] == ["-"] * (len(lines) - 1) + [" "]
        assert all(line.isprintable() and len(line) <= 510 for line in lines)


@given(
    st.sampled_from([450, 451, 550, 554]),
    st.integers(0, 999),
    st.integers(0, 999),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
)
def test_a_refusal_that_was_said_is_a_verdict_again(code: int, one: int, two: int, text: str) -> None:
    """What the wire refuses by itself and what an application refuses go the same way from there."""
    enhanced = f"{code // 100}.{one}.{two}"
    found = verdict_of(replies.reply(code, enhanced, text))
    assert found == Verdict(
        "defer" if code < 500 else "reject", {"code": code, "enhanced": enhanced, "text": text}
    )
    assert replies_of([found], "t1", lmtp=False) == [replies.reply(code, enhanced, text)]
