"""What sort of message it is, told from its header alone. Pure.

RFC 3464 §2 (delivery status), RFC 5965 §2 (feedback report: a complaint), RFC 3834 §5 (Auto-Submitted), RFC 2919
(List-Id), RFC 8098 (disposition), and Precedence, which older programs write.
"""

import re
from typing import Literal

from interfaces.email.headers import Headers

__all__ = ["Kind", "kind"]

Kind = Literal["message", "bounce", "auto-reply", "complaint", "list"]
_REPORT = re.compile(rb"report-type[ \t]*=[ \t]*\"?([a-z-]{1,40})")
_REPORTS: dict[bytes, Kind] = {b"feedback-report": "complaint", b"disposition-notification": "auto-reply"}
_TELLING = frozenset(
    b"auto-submitted content-type list-id precedence x-autoreply x-autorespond list-unsubscribe".split()
)
BEGINNING = 2000
"""Bytes of Content-Type that are looked at."""


def kind(headers: Headers, sender: str) -> Kind:
    """The sort of a message whose envelope is from ``sender``, "" for none.

    A bounce or a complaint says so in its content type; an answer of a program, a message of a list, each in a field
    of its own. What has no sender and says nothing is a bounce of a server that keeps to no standard.
    """
    if _TELLING.isdisjoint(headers.firsts):
        return "message" if sender else "bounce"
    submitted = headers.first(b"auto-submitted").partition(b";")[0].strip().lower()
    report = _report(headers.first(b"content-type")[:BEGINNING].lower())
    if report is not None:
        return report
    if submitted and submitted != b"no":
        return "auto-reply" if sender or submitted != b"auto-generated" else "bounce"
    if headers.first(b"list-id"):
        return "list"
    return _older(headers) or ("message" if sender else "bounce")


def _report(content_type: bytes) -> Kind | None:
    """The sort of a multipart/report; None for what is none."""
    if not content_type.startswith(b"multipart/report"):
        return None
    found = _REPORT.search(content_type)
    return _REPORTS.get(found[1], "bounce") if found else "bounce"


def _older(headers: Headers) -> Kind | None:
    """What programs say that do not know the standards' fields."""
    precedence = headers.first(b"precedence").strip().lower()
    if precedence == b"auto_reply" or headers.first(b"x-autoreply") or headers.first(b"x-autorespond"):
        return "auto-reply"
    if precedence in (b"list", b"bulk") and headers.first(b"list-unsubscribe"):
        return "list"
    return None
