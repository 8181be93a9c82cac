"""interfaces.email.verdicts: what an application may say, and what the client is told."""

import pytest

from interfaces.email.answers import replies_of
from interfaces.email.verdicts import status, verdict
from interfaces.shared.delivery import Verdict
from interfaces.shared.errors import ApplicationError

UNROUTED = Verdict("reject", {"code": 550, "enhanced": "5.1.1", "text": "nobody"})


@pytest.mark.parametrize(
    ("event", "reply"),
    [
        ({"type": "email.accept"}, b"250 2.0.0 Ok ID\r\n"),
        (
            {"type": "email.accept", "queue_id": "q7", "text": "Taken"},
            b"250 2.0.0 Taken: queued as q7 ID\r\n",
        ),
        ({"type": "email.discard"}, b"250 2.0.0 Ok ID\r\n"),
        ({"type": "email.reject"}, b"550 5.7.1 Refused\r\n"),
        ({"type": "email.reject", "code": 552, "enhanced": "5.2.2", "text": "Full"}, b"552 5.2.2 Full\r\n"),
        (
            {"type": "email.reject", "text": "one\r\n250 2.0.0 two\n"},
            b"550-5.7.1 one\r\n550 5.7.1 250 2.0.0 two\r\n",
        ),
        ({"type": "email.reject", "text": "na\xefve"}, b"550 5.7.1 na?ve\r\n"),
        ({"type": "email.defer"}, b"451 4.3.0 Try again later\r\n"),
        (
            {"type": "email.defer", "code": 452, "enhanced": "4.2.2", "text": None},
            b"452 4.2.2 Try again later\r\n",
        ),
    ],
)
def test_what_is_said_is_told(event, reply):
    """Codes and words of the application, ours where it has none; no text can forge a line of its own."""
    assert replies_of([verdict(event)], "ID", lmtp=False) == [reply]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "email.reject", "code": 450},
        {"type": "email.reject", "code": "550"},
        {"type": "email.accept", "code": 354_000},
        {"type": "email.defer", "enhanced": "5.1.1"},
        {"type": "email.defer", "enhanced": "4.1"},
        {"type": "email.accept", "enhanced": b"2.0.0"},
    ],
)
def test_codes_that_do_not_fit_are_the_applications_mistake(event):
    """It is told what would have been right."""
    with pytest.raises(ApplicationError, match=r"such as"):
        verdict(event)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(250, "accept"), (251, "accept"), (450, "defer"), (452, "defer"), (550, "reject"), (552, "reject")],
)
def test_the_code_of_a_status_tells_what_it_is(code, kind):
    """Of one recipient there is no other word."""
    found = status({"type": "email.status", "code": code, "enhanced": f"{code // 100}.2.2", "text": "x"})
    assert (found.kind, found.detail) == (kind, {"code": code, "enhanced": f"{code // 100}.2.2", "text": "x"})


@pytest.mark.parametrize("code", [0, 354, 99, "x", None, 421, 600, "550", 25])
def test_a_status_without_a_code_that_fits_is_the_applications_mistake(code):
    """It is told what would have been right."""
    with pytest.raises(ApplicationError, match=r"such as"):
        status({"type": "email.status", "code": code})
