"""Whom a program does not answer."""

import pytest

from interfaces.email.sending.loops import HOPS, refusal
from tests.email.sending.events import received


def message(*lines: str) -> bytes:
    """A message with further fields."""
    return "\r\n".join(["From: ann@a.example", *lines, "", "x", ""]).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Auto-Submitted: auto-replied", "Auto-Submitted: auto-replied"),
        ("auto-submitted: auto-generated (x)", "Auto-Submitted: auto-generated"),
        ("Precedence: bulk", "Precedence: bulk"),
        ("Precedence: JUNK ", "Precedence: junk"),
        ("Precedence: list", "Precedence: list"),
        ("Precedence: auto_reply", "Precedence: auto_reply"),
        ("List-Id: <x.example>", "List-Id"),
        ("List-Unsubscribe: <mailto:x@x.example>", "List-Unsubscribe"),
        ("X-Auto-Response-Suppress: DR, OOF", "X-Auto-Response-Suppress"),
        ("X-Autoreply: yes", "X-Autoreply"),
        ("X-Loop: us", "X-Loop"),
        ("Content-Type: multipart/report; report-type=delivery-status", "report"),
        ("Content-Type: multipart/report; report-type=feedback-report", "report"),
    ],
)
def test_what_is_no_persons_message(line: str, reason: str) -> None:
    """Programs, lists, reports say so in their header."""
    assert reason in str(refusal(received(message(line))))


@pytest.mark.parametrize(
    "line", ["Auto-Submitted: no", "Precedence: first-class", "X-Auto-Response-Suppress: RN", "X: y"]
)
def test_a_persons_message(line: str) -> None:
    """May be answered."""
    assert refusal(received(message(line))) is None


@pytest.mark.parametrize(
    "sender",
    ["noreply@a.example", "No-Reply+5@a.example", "mailer-daemon@a.example", "owner-x@a.example", "x-request@a.example",
     "bounces-x@a.example", "DESK@us.example"],
)  # fmt: skip
def test_senders_that_do_not_read(sender: str) -> None:
    """Programs, and ourselves; whether it is in the envelope, or where the answer would go to."""
    assert refusal(received(message(), sender=sender)) is not None
    assert refusal(received(message()), sender) is not None


def test_the_null_sender_is_never_answered() -> None:
    """A bounce of ours would come back as a bounce (RFC 5321 §4.5.5)."""
    assert "null sender" in str(refusal(received(message(), sender="")))


def test_other_addresses_of_ours() -> None:
    """Are told by who knows them."""
    assert "our own address" in str(refusal(received(message()), own=["ANN@a.example"]))


def test_the_kind_counts() -> None:
    """As whoever received it has told it."""
    assert refusal(received(message(), kind="complaint")) == "it is of kind complaint"


def test_a_circle_ends() -> None:
    """However innocent each message looks."""
    assert refusal(received(message(*["Received: x"] * HOPS))) is None
    assert "circle" in str(refusal(received(message(*["Received: x"] * (HOPS + 1)))))
