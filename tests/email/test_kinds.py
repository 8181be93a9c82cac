"""interfaces.email.kinds: bounces, complaints, answers of programs and lists are told from messages of people."""

import pytest

from interfaces.email.headers import split
from interfaces.email.kinds import kind

REPORT = "Content-Type: multipart/report; boundary=x;\r\n report-type="


@pytest.mark.parametrize(
    ("header", "sender", "found"),
    [
        ("Subject: hello", "a@b.example", "message"),
        ("Auto-Submitted: no", "a@b.example", "message"),
        ("Precedence: bulk", "a@b.example", "message"),
        ("Content-Type: text/plain; x=report-type=delivery-status", "a@b.example", "message"),
        (REPORT + "delivery-status", "", "bounce"),
        (REPORT + '"Delivery-Status"', "mailer@b.example", "bounce"),
        ("Content-Type: Multipart/Report", "", "bounce"),
        ("Subject: Undelivered Mail Returned to Sender", "", "bounce"),
        ("Auto-Submitted: auto-generated", "", "bounce"),
        (REPORT + "delivery-status (they say); x=y", "mailer@b.example", "bounce"),
        (
            'Content-Type: multipart/report; boundary="; report-type=feedback-report"; report-type=delivery-status',
            "",
            "bounce",
        ),
        (
            "Content-Type: multipart/report; Report-Type = delivery-status ; boundary=x",
            "a@b.example",
            "bounce",
        ),
        ("Content-Type: multipart/reports; report-type=delivery-status", "a@b.example", "message"),
        (REPORT + "tlsrpt", "reports@b.example", "auto-reply"),
        ("X-Failed-Recipients: x@y.example", "", "bounce"),
        ("X-Failed-Recipients: x@y.example\r\nAuto-Submitted: auto-replied", "mailer@b.example", "bounce"),
        ("X-Failed-Recipients: x@y.example", "a@b.example", "message"),
        ("Auto-Submitted: no (a person)", "a@b.example", "message"),
        ("Auto-Submitted: (a program) auto-notified; owner-email=x", "a@b.example", "auto-reply"),
        (REPORT + "feedback-report", "", "complaint"),
        (REPORT + "feedback-report", "abuse@b.example", "complaint"),
        (REPORT + "disposition-notification", "", "auto-reply"),
        ("Auto-Submitted: auto-replied (vacation)", "", "auto-reply"),
        ("Auto-Submitted: auto-replied; owner-email=x", "a@b.example", "auto-reply"),
        ("Auto-Submitted: auto-generated", "a@b.example", "auto-reply"),
        ("Precedence: auto_reply", "a@b.example", "auto-reply"),
        ("X-Autoreply: yes", "a@b.example", "auto-reply"),
        ("List-Id: <x.list.example>", "a@b.example", "list"),
        ("Precedence: list\r\nList-Unsubscribe: <mailto:x@y>", "a@b.example", "list"),
        ("List-Id: <x.list.example>\r\nAuto-Submitted: auto-replied", "a@b.example", "auto-reply"),
    ],
)
def test_the_header_tells(header, sender, found):
    """By the fields that the standards have for it, and those of older programs."""
    assert kind(split(f"{header}\r\n\r\ntext\r\n".encode()), sender) == found


def test_a_hostile_content_type_takes_no_time():
    """However long the field is, its beginning is looked at."""
    long = "multipart/report" + "; x=y" * 100_000 + "; report-type=feedback-report"
    assert kind(split(f"Content-Type: {long}\r\n\r\n".encode()), "a@b.example") == "bounce"
