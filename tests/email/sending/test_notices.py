"""Delivery reports of our own, read by the standard library."""

import email
from email.policy import default
from typing import Any

from interfaces.email.mime.report import delivery_report, returned
from interfaces.email.sending.notices import NAMED, Refused, notification
from interfaces.email.sending.outgoing import Outgoing, Result
from tests.email.sending.events import MESSAGE

FAILED = [
    Result("b@b.example", "failed", 550, "5.1.1", "no such user"),
    Result("c@c.example", "failed", 554, None, "nö\r\nX: y"),
]


def told(failed: list[Result] = FAILED, **said: Any) -> Outgoing | None:
    """The report about MESSAGE."""
    fields = {"sender": "ann@a.example", "content": MESSAGE, "received_at": 1e9, **said}
    return notification(Refused(failed=failed, **fields), id="n1", now=1e9 + 60, host="mx.example")


def test_a_report_for_people_and_programs() -> None:
    """Text, status of each recipient, and the header of the message; it bounces to nobody, and answers the message."""
    mail = told(envid="e1", parameters={"b@b.example": {"ORCPT": "rfc822;B@b.example"}})
    assert mail is not None
    assert (mail.mail_from, mail.recipients, mail.id) == ("", ("ann@a.example",), "n1")
    assert mail.content.isascii()
    message = email.message_from_bytes(mail.content, policy=default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert (message["auto-submitted"], message["in-reply-to"]) == ("auto-replied", "<2@a.example>")
    text, status, header = message.iter_parts()
    assert "b@b.example\r\n    550 5.1.1 no such user" in text.get_content()
    whole, first, second = status.get_payload()
    assert whole.items() == [
        ("Original-Envelope-Id", "e1"), ("Reporting-MTA", "dns; mx.example"),
        ("Arrival-Date", "Sun, 09 Sep 2001 01:46:40 +0000"),
    ]  # fmt: skip
    assert first.items() == [
        ("Original-Recipient", "rfc822; B@b.example"), ("Final-Recipient", "rfc822; b@b.example"), ("Action", "failed"),
        ("Status", "5.1.1"), ("Diagnostic-Code", "smtp; 550 5.1.1 no such user"),
    ]  # fmt: skip
    assert second["status"] == "5.0.0" and second["diagnostic-code"] == "smtp; 554 n?X: y"
    assert header.get_content_type() == "text/rfc822-headers"
    assert (
        header.get_content().replace("\r\n", "\n")
        == MESSAGE.partition(b"\r\n\r\n")[0].decode().replace("\r\n", "\n") + "\n"
    )


def test_our_own_reader_agrees() -> None:
    """With what was written."""
    mail = told()
    assert mail is not None
    found = [(one.recipient, one.status, one.diagnostic, one.hard) for one in delivery_report(mail.content)]
    assert found == [
        ("b@b.example", "5.1.1", "550 5.1.1 no such user", True), ("c@c.example", "5.0.0", "554 n?X: y", True),
    ]  # fmt: skip
    headers = returned(mail.content)
    assert headers is not None and headers.text(b"subject") == "Broken"


def test_addresses_beyond_ascii() -> None:
    """In the words of RFC 6533, to a sender that may be such itself."""
    mail = told([Result("jörg@b.example", "failed")], sender="ü@a.example")
    assert mail is not None and mail.smtputf8
    assert b"Final-Recipient: utf-8; j\\x{F6}rg@b.example\r\n" in mail.content
    assert delivery_report(mail.content)[0].recipient == "jörg@b.example"


def test_nobody_is_told_who_is_not_to_be() -> None:
    """The null sender, a sender that is no address, and who asked for no report."""
    assert told(sender="") is None
    assert told(sender="x") is None
    assert told([]) is None
    never = {"b@b.example": {"NOTIFY": "NEVER"}, "c@c.example": {"NOTIFY": "SUCCESS,DELAY"}}
    assert told(parameters=never) is None
    mail = told(parameters={"b@b.example": {"NOTIFY": "SUCCESS,FAILURE"}, "c@c.example": {"NOTIFY": "NEVER"}})
    assert mail is not None and [one.recipient for one in delivery_report(mail.content)] == ["b@b.example"]


def test_what_came_in_does_not_get_out_of_its_place() -> None:
    """A header of eight bits or without end, many recipients: a message that servers take."""
    many = [Result(f"r{at}@b.example", "failed", 550, "5.1.1", "x" * 400) for at in range(150)]
    for content in (
        b"Subject: \xff\r\n\r\n",
        b"X: " + b"y" * 200_000,
        b"",
        b"--=_\r\n\r\n",
        b"Message-ID: <\xc3\xbc@a>\r\n\r\n",
    ):
        mail = told(many, content=content)
        assert mail is not None and mail.content.isascii()
        assert max(map(len, mail.content.split(b"\r\n"))) <= 998
        assert len(delivery_report(mail.content)) == 150
        assert f"and to {150 - NAMED} more".encode() in mail.content
