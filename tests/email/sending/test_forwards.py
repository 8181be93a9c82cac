"""Received messages that go on to somebody else."""

import email
from email.policy import default
from typing import Any

import pytest

from interfaces.email.sending.compose import compose
from interfaces.email.sending.forwards import forward, redirect
from interfaces.email.sending.loops import HOPS
from interfaces.email.sending.outgoing import Outgoing, Suppressed
from interfaces.shared.errors import ApplicationError
from tests.email.sending.events import MESSAGE, received


def sent(message: dict[str, Any]) -> Outgoing:
    """As it goes out."""
    return compose(message, now=1e9, host="us.example", id="s1")


def test_a_message_within_ours() -> None:
    """From who received it, byte for byte, and beside what the application adds."""
    event = received()
    mail = sent(
        forward(event, "x@x.example", text="See below.", attachments=[{"filename": "a", "content": b"a"}])
    )
    assert (mail.mail_from, mail.recipients) == ("desk@us.example", ("x@x.example",))
    assert event["body"] in mail.content
    message = email.message_from_bytes(mail.content, policy=default)
    assert (message["subject"], message["auto-submitted"]) == ("Fwd: Broken", "auto-generated")
    text, file, inner = message.iter_parts()
    assert text.get_content().strip() == "See below."
    assert (file.get_filename(), inner.get_content_type()) == ("a", "message/rfc822")
    assert inner.get_content()["message-id"] == "<2@a.example>"


@pytest.mark.parametrize("subject", ["Fwd: x", "FW: x", "WG: x"])
def test_fwd_is_not_doubled(subject: str) -> None:
    """In no language that writes it otherwise."""
    assert forward(received(subject=subject), "x@x.example")["subject"] == subject


def test_what_is_said_counts() -> None:
    """More than what was received."""
    message = forward(
        received(), ["x@x.example"], from_address="d@us.example", subject="S", auto_submitted="no"
    )
    assert (message["from_address"], message["subject"], message["auto_submitted"]) == (
        "d@us.example",
        "S",
        "no",
    )


def test_a_message_as_it_came() -> None:
    """Its own fields and bytes, behind those that say who sent it again; bounces come to us."""
    event = received()
    mail = sent(redirect(event, ["x@x.example", "Y <y@y.example>"], now=1e9, host="us.example"))
    assert (mail.mail_from, mail.recipients) == ("desk@us.example", ("x@x.example", "y@y.example"))
    resent = (
        b"Resent-From: desk@us.example\r\nResent-To: x@x.example, Y <y@y.example>\r\n"
        b"Resent-Date: Sun, 09 Sep 2001 01:46:40 +0000\r\nResent-Message-ID: <t1.e8d4a51000@us.example>\r\n"
    )
    assert mail.content.endswith(resent + event["body"])
    assert mail.message_id == "2@a.example"


def test_a_circle_ends() -> None:
    """What we have sent again before, or has been everywhere, goes no further."""
    again = received(b"Resent-From: Desk <DESK@us.example>\r\n" + MESSAGE)
    with pytest.raises(Suppressed, match="circle"):
        redirect(again, "x@x.example", now=1e9, host="us.example")
    assert redirect(again, "x@x.example", now=1e9, host="us.example", from_address="o@us.example")
    everywhere = received(b"Received: x\r\n" * (HOPS + 1) + MESSAGE)
    for way in (
        lambda: forward(everywhere, "x@x.example"),
        lambda: redirect(everywhere, "x", now=0, host="h"),
    ):
        with pytest.raises(Suppressed, match="51 servers"):
            way()
    with pytest.raises(ApplicationError, match=r"an email\.receive"):
        forward({"x": 1}, "x@x.example")


def test_two_that_forward_to_each_other_come_to_an_end() -> None:
    """Each message is a new one, with no Received field of the others: so it says who has forwarded it."""
    at, to = "a@us.example", "b@them.example"
    event = received(to=(at,))
    for name in (at, to):
        assert event["to_address"] == name
        mail = sent(forward(event, to if name == at else at, headers={"X-Own": "1"}))
        assert mail.content.partition(b"\r\n\r\n")[0].count(b"X-Own: 1\r\n") == 1
        event = received(mail.content, to=mail.recipients)
    assert [value for name, value in event["headers"] if name == b"x-loop"] == [at.encode(), to.encode()]
    with pytest.raises(Suppressed, match=r"a@us\.example has forwarded it before"):
        forward(event, to)
    many = received(b"".join(b"X-Loop: %d@x.example\r\n" % n for n in range(HOPS + 1)) + MESSAGE)
    with pytest.raises(Suppressed, match="51 servers"):
        forward(many, to)
