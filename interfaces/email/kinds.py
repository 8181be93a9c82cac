"""What sort of message it is, told from its header alone. Pure.

RFC 6522 (multipart/report), RFC 3464 §2 (delivery status), RFC 5965 §2 (feedback report: a complaint), RFC 8098
(disposition), RFC 8460 §5.3 (a report on TLS), RFC 3834 §5 (Auto-Submitted), RFC 5436 §2.7 (auto-notified), RFC 2919
(List-Id), and what older programs write: Precedence, and fields of their own.
"""

import re
from typing import Literal

from interfaces.email.headers import Headers

__all__ = ["Kind", "kind"]

Kind = Literal["message", "bounce", "auto-reply", "complaint", "list"]
_PARAMETER = re.compile(rb";\s*+([^\s=;\"]++)\s*+=\s*+(?:\"([^\"]*+)\"?|([^\s;\"]*+))")
_REPORT = re.compile(rb"multipart/report(?:[\s;(]|$)")
_WORD = re.compile(rb"\s*+(?:\([^()]*+\)\s*+)*+([a-z-]++)")
_REPORTS: dict[bytes, Kind] = {b"delivery-status": "bounce", b"feedback-report": "complaint"}
_TELLING = frozenset(
    b"""auto-submitted content-type list-id precedence x-autoreply x-autorespond x-failed-recipients
    list-unsubscribe""".split()
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
    found = _report(headers.first(b"content-type")[:BEGINNING].lower()) or _program(headers, sender)
    if found is None and headers.first(b"list-id"):
        return "list"
    return found or _older(headers) or ("message" if sender else "bounce")


def _program(headers: Headers, sender: str) -> Kind | None:
    """What Auto-Submitted says, and Exim's field of a bounce; None for no program."""
    submitted = _word(headers.first(b"auto-submitted"))
    if headers.first(b"x-failed-recipients") and (not sender or submitted):
        return "bounce"
    if not submitted or submitted == b"no":
        return None
    return "auto-reply" if sender or submitted != b"auto-generated" else "bounce"


def _word(value: bytes) -> bytes:
    """The word that a field begins with, in lower case, behind comments; b"" without one."""
    found = _WORD.match(value[:BEGINNING].lower()) if value else None
    return found[1] if found else b""


def _report(content_type: bytes) -> Kind | None:
    """The sort of a multipart/report; None for what is none. All types but two are what programs say of themselves."""
    if not content_type.startswith(b"multipart/report") or not _REPORT.match(content_type):
        return None
    for found in _PARAMETER.finditer(content_type):
        if found[1] == b"report-type":
            return _REPORTS.get(found[3] if found[2] is None else found[2].strip(), "auto-reply")
    return "bounce"


def _older(headers: Headers) -> Kind | None:
    """What programs say that do not know the standards' fields."""
    precedence = headers.first(b"precedence").strip().lower()
    if precedence == b"auto_reply" or headers.first(b"x-autoreply") or headers.first(b"x-autorespond"):
        return "auto-reply"
    if precedence in (b"list", b"bulk") and headers.first(b"list-unsubscribe"):
        return "list"
    return None
