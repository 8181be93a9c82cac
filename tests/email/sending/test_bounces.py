"""What comes back."""

from typing import Any

import pytest

from interfaces.email.sending.bounces import RAW, read
from interfaces.email.sending.notices import Refused, notification
from interfaces.email.sending.outgoing import Result
from interfaces.email.sending.return_path import KEY, ReturnPath
from tests.email.sending.events import MESSAGE, received

PATH = ReturnPath(b"k" * KEY, "us.example")
NOW = 1e9
SIGNED = PATH.sign("s1", NOW)


def came(
    content: bytes, *to: str, sender: str = "", path: ReturnPath | None = PATH, **more: Any
) -> list[dict[str, Any]]:
    """The events in a message to our return path."""
    event = received(content, sender, to or (SIGNED,), dedupe_key="k", attempt=2, **more)
    return read(event, path, now=NOW)


def report(*failed: Result) -> bytes:
    """One that we would write."""
    about = Refused(sender="a@a.example", failed=failed, content=MESSAGE, received_at=NOW)
    mail = notification(about, id="n1", now=NOW, host="mx.example")
    assert mail is not None
    return mail.content


GMAIL = b"""From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>
To: x@us.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
Content-Type: multipart/report; boundary="b"; report-type=delivery-status

--b
Content-Type: text/plain

Address not found
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.com

Final-Recipient: rfc822; b@b.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.b.example. (192.0.2.1, the server for the domain b.example.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.
 550 5.1.1 Please try again

Final-Recipient: rfc822; c@c.example
Action: delayed
Status: 4.4.1

--b
Content-Type: message/rfc822

Message-ID: <m@us.example>
Subject: x

--b--
""".replace(b"\n", b"\r\n")
COMPLAINT = b"""From: feedback@isp.example
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

This is a complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: x/1
Version: 1
Original-Rcpt-To: b@b.example

--b
Content-Type: message/rfc822

Return-Path: <%b>
Message-ID: <m@us.example>

x
--b--
""".replace(b"\n", b"\r\n")


def test_a_report_to_a_signed_return_path() -> None:
    """One event a recipient, of the send that the address names."""
    first, second = came(GMAIL)
    assert first == {
        "type": "email.bounce", "id": "s1", "message_id": "m@us.example", "recipient": "b@b.example",
        "action": "failed", "status": "5.1.1", "hard": True, "dedupe_key": "k 0", "attempt": 2, "received_at": 1e9,
        "diagnostic": first["diagnostic"], "raw": b"Received: from a\r\n" + GMAIL,
    }  # fmt: skip
    assert first["diagnostic"].startswith("550-5.1.1 The email account")
    assert (second["recipient"], second["action"], second["hard"], second["dedupe_key"]) == (
        "c@c.example",
        "delayed",
        False,
        "k 1",
    )


def test_what_we_write_we_read() -> None:
    """A temporary code in a report of failure is no hard bounce."""
    found = came(
        report(Result("b@b.example", "failed", 550, "5.2.2", "full"), Result("c@c.example", "failed"))
    )
    assert [(one["recipient"], one["status"], one["hard"]) for one in found] == [
        ("b@b.example", "5.2.2", True), ("c@c.example", "5.0.0", True),
    ]  # fmt: skip
    assert found[0]["message_id"] == "2@a.example"


def test_a_report_to_anywhere_else_is_nobodys() -> None:
    """Anybody can write one; without a key it is taken as it comes, and names no send."""
    forged = SIGNED.replace("+s1", "+s2")
    assert came(GMAIL, "x@us.example") == came(GMAIL, forged) == []
    assert [one["id"] for one in came(GMAIL, "x@us.example", path=None)] == ["", ""]
    assert [one["id"] for one in came(GMAIL, "x@us.example", SIGNED)] == ["s1", "s1"]


@pytest.mark.parametrize(
    ("text", "status", "action", "diagnostic"),
    [
        ("<b@b.example>:\n Sorry, no mailbox here. (#5.1.1)", "5.1.1", "failed", "Sorry, no mailbox here. (#5.1.1)"),
        ("host said: 550 no such user\nmore", "5.0.0", "failed", "host said: 550 no such user"),
        ("451 4.7.1 try later", "4.7.1", "delayed", "451 4.7.1 try later"),
        ("It did not work.", "5.0.0", "failed", ""),
        ("No.\n--- Below is a copy\n\nReturn-Path: <x>\nReceived: 4.4.1 x", "5.0.0", "failed", ""),
        ("on 1.2.3.4 at 5.1.1.1", "5.0.0", "failed", ""),
    ],
)  # fmt: skip
def test_a_bounce_in_no_standard_form(text: str, status: str, action: str, diagnostic: str) -> None:
    """Is one when it comes from nobody to a signed address; its reason is what it says before what it quotes."""
    (found,) = came(f"Subject: failure notice\r\n\r\n{text}\n".replace("\n", "\r\n").encode())
    assert (found["status"], found["action"], found["diagnostic"]) == (status, action, diagnostic)
    assert (found["id"], found["recipient"], found["hard"]) == ("s1", "", action == "failed")


def test_what_is_no_bounce() -> None:
    """Somebody's message, somebody's holiday, at a signed address; and a text for nobody at another one."""
    assert came(b"Subject: hello\r\n\r\n550 5.1.1\r\n", sender="ann@a.example") == []
    assert came(b"Subject: away\r\nAuto-Submitted: auto-replied\r\n\r\n550 5.1.1\r\n") == []
    assert came(b"Subject: failure\r\n\r\n550 5.1.1\r\n", "x@us.example") == []
    assert came(b"Subject: failure\r\n\r\n550 5.1.1\r\n", path=None) == []


def test_a_complaint_names_its_send_by_what_it_returns() -> None:
    """It is sent to an address that never changes; one that returns nothing of ours is nobody's."""
    (found,) = came(COMPLAINT % SIGNED.encode(), "fbl@us.example", sender="feedback@isp.example")
    assert (found["type"], found["id"], found["recipient"], found["diagnostic"]) == (
        "email.complaint",
        "s1",
        "b@b.example",
        "abuse",
    )
    assert came(COMPLAINT % b"x@us.example", "fbl@us.example", sender="feedback@isp.example") == []
    (found,) = came(COMPLAINT % b"x", "fbl@us.example", path=None)
    assert (found["id"], found["message_id"]) == ("", "m@us.example")


def test_hostile_reports_give_nothing() -> None:
    """And no traceback; what is kept of them is bounded."""
    head = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    status = b"--b\r\nContent-Type: message/delivery-status\r\n\r\n"
    flood = head + status + b"Final-Recipient: rfc822; b@b.example\r\n\r\n" * 20_000
    assert len(came(flood)) <= 20_000
    assert came(
        head + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 5_000 + b"--b--\r\n"
    ) in ([], came(head))
    (found,) = came(b"Subject: x\r\n\r\n" + b"x" * 3_000_000)
    assert len(found["raw"]) == RAW


@pytest.mark.parametrize(
    ("made_for", "named"),
    [("b@b.example", ["b@b.example", ""]), ("z@z.example", ["", ""]), ("", ["b@b.example", "c@c.example"])],
)
def test_who_got_a_message_cannot_name_somebody_else(made_for: str, named: list[str]) -> None:
    """Its return path proves one recipient; one for all of them proves the message alone."""
    events = came(GMAIL, PATH.sign("s1", NOW, made_for))
    assert [event["recipient"] for event in events] == named
    assert {event["id"] for event in events} == {"s1"}


def test_a_complaint_names_nobody_else() -> None:
    """Nor does it stop mail to them."""
    (event,) = came(COMPLAINT, PATH.sign("s1", NOW, "z@z.example"), sender="feedback@isp.example")
    assert event["recipient"] == "" and event["id"] == "s1"
