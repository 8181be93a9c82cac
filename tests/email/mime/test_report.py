"""interfaces.email.mime.report: what servers and providers say of messages that were sent."""

import pytest

from interfaces.email.mime import MimeError, parse
from interfaces.email.mime.report import complaint, delivery_report, returned

HEAD = b'Content-Type: multipart/report; report-type=delivery-status; boundary="A:1.mx"\r\n\r\n'
TEXT = b"--A:1.mx\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
WHOLE = b"Reporting-MTA: dns; mx.example\r\nOriginal-Envelope-Id: send-1\r\n"
JOE = b"""\
Final-Recipient: rfc822; joe@z.example\r
Original-Recipient: rfc822;jo@y.example\r
Action: failed\r
Status: 5.1.1\r
Remote-MTA: dns; in.z.example\r
Diagnostic-Code: smtp; 550 5.1.1 <joe@z.example>: no\r
 such user; sorry\r
"""
ANN = b"Final-Recipient: rfc822;ann@z.example\r\nAction: delayed (for now)\r\nStatus: 4.4.1 (no answer)\r\n"
RETURNED = b"Message-ID: <1@y.example>\r\nSubject: hello\r\n\r\nhello\r\n"


def report(*groups: bytes, kind: bytes = b"message/delivery-status", rest: bytes = b"") -> bytes:
    """A report with these groups of fields."""
    said = b"\r\n".join(groups)
    return (
        HEAD
        + TEXT
        + b"--A:1.mx\r\nContent-Type: "
        + kind
        + b"\r\n\r\n"
        + said
        + b"\r\n"
        + rest
        + b"--A:1.mx--\r\n"
    )


def test_a_report_says_each_recipient() -> None:
    """The fields of RFC 3464, without their types and comments; folded ones in one line."""
    failed, delayed = delivery_report(report(WHOLE, JOE, ANN))
    assert (failed.recipient, failed.final_recipient) == ("jo@y.example", "joe@z.example")
    assert (failed.action, failed.status, failed.hard) == ("failed", "5.1.1", True)
    assert failed.diagnostic == "550 5.1.1 <joe@z.example>: no such user; sorry"
    assert (failed.remote, failed.reporter, failed.envelope_id) == ("in.z.example", "mx.example", "send-1")
    assert (delayed.recipient, delayed.action, delayed.status) == ("ann@z.example", "delayed", "4.4.1")
    assert not delayed.hard and delayed.diagnostic == ""


def test_a_parsed_report_says_the_same() -> None:
    """A part may be given in place of the bytes."""
    content = report(WHOLE, JOE)
    assert delivery_report(parse(content)) == delivery_report(content)


def test_lines_that_end_in_lf_are_read() -> None:
    """As a report lies in a file."""
    content = report(WHOLE, JOE, ANN)
    assert delivery_report(content.replace(b"\r\n", b"\n")) == delivery_report(content)


@pytest.mark.parametrize(
    ("fields", "action", "status", "hard"),
    [
        (b"Action: failed", "failed", "5.0.0", True),
        (b"Action: FAILED\r\nStatus: 4.4.7", "failed", "4.4.7", False),
        (b"Status: 5.2.2", "failed", "5.2.2", True),
        (b"Action: bounced\r\nStatus: 4.2.2", "delayed", "4.2.2", False),
        (b"Action: relayed\r\nStatus: nonsense", "relayed", "2.0.0", False),
        (b"Action: delivered\r\nStatus: 2.1.5", "delivered", "2.1.5", False),
        (b"X-Other: 1", "failed", "5.0.0", True),
    ],
)
def test_what_is_missing_is_made_of_what_is_there(fields, action, status, hard) -> None:
    """Action by the code, code by the action; without both it failed, as who says nothing mostly means."""
    (said,) = delivery_report(report(WHOLE, b"Final-Recipient: rfc822; a@b.example\r\n" + fields + b"\r\n"))
    assert (said.action, said.status, said.hard) == (action, status, hard)


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (b"a@b.example", "a@b.example"),
        (b"rfc822; <a@b.example>", "a@b.example"),
        (b"RFC822;a@b.example (Ann)", "a@b.example"),
        ("utf-8; jö@b.example".encode(), "jö@b.example"),
        (b"utf-8; j\\x{F6}@b.example", "jö@b.example"),
        (b"utf-8; j\\x{0A}\\x{D800}@b.example", "j\ufffd\ufffd@b.example"),
        (b"x400; /C=DE/O=x/", "/C=DE/O=x/"),
    ],
)
def test_an_address_is_read_without_its_type(value: bytes, address: str) -> None:
    """RFC 6533's form too, out of which no control character comes."""
    (said,) = delivery_report(report(WHOLE, b"Final-Recipient: " + value + b"\r\n"))
    assert said.recipient == address


def test_global_and_encoded_reports_are_read() -> None:
    """RFC 6533's type, and one that was encoded although it need not be."""
    assert delivery_report(report(WHOLE, JOE, kind=b"message/global-delivery-status"))
    encoded = JOE.replace(b"=", b"=3D").replace(b"joe@", b"j=6Fe@")
    kind = b"message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable"
    assert delivery_report(report(WHOLE, encoded, kind=kind)) == delivery_report(report(WHOLE, JOE))


def test_a_report_that_is_returned_is_none_of_its_own() -> None:
    """A message that was sent with a report in it does not say what became of itself."""
    inner = b"--A:1.mx\r\nContent-Type: message/rfc822\r\n\r\n" + report(WHOLE, JOE).replace(
        b"A:1.mx", b"inner"
    )
    assert delivery_report(HEAD + TEXT + inner + b"--A:1.mx--\r\n") == []
    assert delivery_report(b"Subject: hello\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n") == []


def test_what_is_returned_is_found() -> None:
    """The whole message, its header alone, encoded or not; None without any."""
    whole = b"--A:1.mx\r\nContent-Type: message/rfc822\r\n\r\n" + RETURNED
    header = (
        b"--A:1.mx\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        + RETURNED.partition(b"\r\n\r\n")[0]
        + b"\r\n"
    )
    encoded = whole.replace(b"\r\n\r\nMess", b"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nM=65ss")
    for rest in (whole, header, encoded):
        found = returned(report(WHOLE, JOE, rest=rest))
        assert found is not None and found.text(b"message-id") == "<1@y.example>"
    assert returned(report(WHOLE, JOE)) is None
    assert returned(RETURNED) is None


def test_a_complaint_is_read() -> None:
    """RFC 5965's fields; repeated recipients once."""
    said = (
        b"Feedback-Type: Abuse\r\nUser-Agent: Complaints/1.0\r\nVersion: 1\r\n"
        b"Original-Mail-From: <bounce@us.example>\r\nOriginal-Rcpt-To: <ann@y.example>\r\n"
        b"Original-Rcpt-To: ann@y.example\r\nOriginal-Rcpt-To: bob@y.example\r\nSource-IP: 192.0.2.1\r\n"
    )
    found = complaint(report(said, kind=b"message/feedback-report"))
    assert found is not None
    assert (found.kind, found.mail_from, found.source_ip) == ("abuse", "bounce@us.example", "192.0.2.1")
    assert found.recipients == ("ann@y.example", "bob@y.example")
    assert found.user_agent == "Complaints/1.0"
    assert complaint(report(WHOLE, JOE)) is None
    assert delivery_report(report(said, kind=b"message/feedback-report")) == []


def test_an_empty_report_says_nothing() -> None:
    """No fields, no recipients, and no error."""
    assert delivery_report(report()) == []
    assert delivery_report(report(WHOLE)) == []
    empty = complaint(report(kind=b"message/feedback-report"))
    assert empty is not None and (empty.kind, empty.recipients) == ("other", ())


@pytest.mark.parametrize("content", [b"Final-Recipient: rfc822; a@b.example\r\n\r\n" * 5000, b"x" * 300_000])
def test_a_report_without_end_is_refused(content: bytes) -> None:
    """By the number of its fields, and by its bytes."""
    with pytest.raises(MimeError):
        delivery_report(report(content))


def test_what_a_server_says_is_kept_within_bounds() -> None:
    """A diagnostic of 100 KB is cut, with no control character in it."""
    said = b"Final-Recipient: rfc822; a@b.example\r\nDiagnostic-Code: smtp; \x07" + b"x" * 100_000 + b"\r\n"
    (found,) = delivery_report(report(said))
    assert len(found.diagnostic) <= 2000 and found.diagnostic.isprintable()
