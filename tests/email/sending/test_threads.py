"""Answers to received messages."""

from typing import Any

import msgspec
import pytest

from interfaces.email.sending.compose import compose
from interfaces.email.sending.outgoing import Outgoing, Suppressed
from interfaces.email.sending.threads import KEPT, answer, kept, reply
from interfaces.shared.errors import ApplicationError
from tests.email.sending.events import MESSAGE, received


def answered(event: dict[str, Any], **said: Any) -> Outgoing:
    """The message that answers ``event``."""
    return compose(reply(event, **{"text": "Noted.", **said}), now=1e9, host="us.example", id="s1")


def fields(**named: str) -> bytes:
    """MESSAGE with other fields, before its own."""
    return (
        b"".join(f"{name.replace('_', '-')}: {value}\r\n".encode() for name, value in named.items()) + MESSAGE
    )


def test_an_answer_fills_in_what_it_leaves_out() -> None:
    """To whom, from whom, the subject, the thread, and that a program wrote it; it bounces to nobody."""
    mail = answered(received())
    assert mail.recipients == ("ann@a.example",)
    assert mail.mail_from == ""
    assert mail.content.startswith(
        b"From: desk@us.example\r\nTo: Ann <ann@a.example>\r\nSubject: Re: Broken\r\nAuto-Submitted: auto-replied\r\n"
    )
    assert b"\r\nIn-Reply-To: <2@a.example>\r\n" in mail.content
    assert b"\r\nReferences: <0@a.example> <1@b.example> <2@a.example>\r\n" in mail.content


def test_reply_to_is_asked_first_and_the_envelope_last() -> None:
    """Of several addresses the first."""
    assert answered(received(fields(Reply_To="Help <h@h.example>, i@i.example"))).recipients == (
        "h@h.example",
    )
    assert answered(received(b"Subject: x\r\n\r\n")).recipients == ("ann@a.example",)
    assert answered(received(b"Reply-To: nobody\r\nFrom: F <f@f.example>\r\n\r\n")).recipients == (
        "f@f.example",
    )


def test_a_name_that_looks_like_an_address_is_answered() -> None:
    """As some programs write them: what is in quotes is the name, and goes nowhere."""
    mail = answered(received(fields(Reply_To='"eve@e.example <eve@e.example>" <ann@a.example>')))
    assert mail.recipients == ("ann@a.example",)
    assert b'\r\nTo: "eve@e.example <eve@e.example>" <ann@a.example>\r\n' in mail.content


def test_what_is_said_counts() -> None:
    """More than what was received."""
    mail = answered(
        received(), to="x@x.example", subject="New", from_address="Desk <d@us.example>", references=[],
        in_reply_to=None, mail_from="b@us.example",
    )  # fmt: skip
    assert (mail.recipients, mail.mail_from) == (("x@x.example",), "b@us.example")
    assert b"Subject: New\r\n" in mail.content and b"From: Desk <d@us.example>" in mail.content
    assert b"References" not in mail.content and b"In-Reply-To" not in mail.content


def test_all_are_answered_but_us() -> None:
    """And nobody twice."""
    mail = answered(received(), reply_all=True, cc="d@d.example")
    assert mail.recipients == ("ann@a.example", "d@d.example", "bob@b.example", "carol@c.example")
    assert b"Cc: d@d.example, Bob <bob@b.example>, carol@c.example\r\n" in mail.content


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("Re: x", "Re: x"),
        ("RE: x", "RE: x"),
        ("AW: x", "AW: x"),
        ("Re[2]: x", "Re[2]: x"),
        ("Rex", "Re: Rex"),
        ("", "Re:"),
    ],
)
def test_re_is_not_doubled(subject: str, expected: str) -> None:
    """In no language that writes it otherwise."""
    mail = answered(received(f"From: a@a.example\r\nSubject: {subject}\r\n\r\n".encode()))
    assert f"\r\nSubject: {expected}\r\n".encode() in mail.content


def test_a_received_subject_ends_no_line() -> None:
    """Whatever was in its encoded words."""
    event = received(b"From: a@a.example\r\nSubject: =?utf-8?q?a=0D=0ABcc=3A_z=40z.example?=\r\n\r\n")
    mail = answered(event)
    assert mail.recipients == ("a@a.example",)
    assert b"\nBcc" not in mail.content
    assert (
        b"Subject: Re: a Bcc: z@z.example\r\n"
        in answered({**event, "subject": "a\r\nBcc: z@z.example"}).content
    )


def test_a_thread_of_years_stays_within_a_header() -> None:
    """The first identifier of it, and the last ones; what could not be written again is left out."""
    before = " ".join(f"<{at}@a.example>" for at in range(100)) + " <\u00fc@a> <a b> junk"
    mail = answered(received(fields(References=before)))
    found = mail.content.partition(b"References: ")[2].partition(b"\r\nMIME")[0].split()
    assert len(found) == 20
    assert (found[0], found[-1]) == (b"<0@a.example>", b"<2@a.example>")
    assert b"<99@a.example>" in found


def test_without_references_the_one_it_answers_counts() -> None:
    """In-Reply-To, as RFC 5322 §3.6.4 has it."""
    event = received(b"From: a@a.example\r\nMessage-ID: <2@a>\r\nIn-Reply-To: <1@a> <0@a>\r\n\r\n")
    assert kept(event)["references"] == ["1@a", "2@a"]
    assert kept(received(b"From: a@a.example\r\n\r\n"))["references"] == []


def test_the_content_stays_behind() -> None:
    """What is kept is small and plain, crosses a process, and is enough."""
    message = reply(received(body=b"x" * 10_000_000), text="Noted.")
    stored = msgspec.msgpack.encode(message)
    assert len(stored) < 1000
    assert message["reply_to_event"].keys() == KEPT
    assert answer(msgspec.msgpack.decode(stored)) == answer(message)
    with pytest.raises(ApplicationError, match="reply_to_event"):
        answer({"reply_to_event": {"x": 1}})


def test_a_program_answers_no_program() -> None:
    """The reason is told; a human may."""
    event = received(fields(Auto_Submitted="auto-generated"))
    with pytest.raises(Suppressed, match="Auto-Submitted: auto-generated"):
        answered(event)
    mail = answered(event, auto_submitted="no")
    assert mail.mail_from == "desk@us.example"
    assert b"Auto-Submitted" not in mail.content


def test_nobody_to_answer() -> None:
    """Is told to who would."""
    with pytest.raises(ApplicationError, match="nobody to answer"):
        answered(received(b"Subject: x\r\n\r\n", sender=""), auto_submitted="no")


@pytest.mark.parametrize("field", ["From", "Reply-To", "To", "References", "Message-ID"])
def test_hostile_fields_cost_little(field: str) -> None:
    """Nested comments, thousands of addresses, one long line: an answer, or none, and no traceback."""
    for value in (
        b"(" * 60_000,
        b"a@b.example," * 5_000,
        b"<" * 60_000,
        b'"' * 60_000,
        b"=?utf-8?q?a?=" * 4_000,
    ):
        event = received(field.encode() + b": " + value + b"\r\n\r\n", to=("postmaster",))
        try:
            answered(event, from_address="d@us.example", reply_all=True)
        except ApplicationError:
            continue
