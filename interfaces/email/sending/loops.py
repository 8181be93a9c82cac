"""Whether a program may answer a message. Pure.

RFC 3834 (§2 whom not to answer), RFC 5321 §4.5.5 (the null sender), RFC 2919 (lists), RFC 3464 and 5965 (reports), and
what programs write that are older: Precedence, X-Auto-Response-Suppress, X-Loop.
"""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["HOPS", "refusal"]

HOPS = 50
"""Received fields beyond which a message goes round in a circle."""
_PRECEDENCE = frozenset({b"bulk", b"junk", b"list", b"auto_reply"})
_LISTS = (b"list-id", b"list-unsubscribe", b"list-post", b"list-help", b"x-mailing-list")
_PROGRAMS = (b"x-autoreply", b"x-autorespond", b"x-loop")
_NOBODY = frozenset(str.split("noreply no-reply no_reply donotreply do-not-reply mailer-daemon postmaster"))
_SUPPRESS = frozenset({b"all", b"autoreply", b"oof"})


def refusal(event: Mapping[str, Any], to: str = "", own: Iterable[str] = ()) -> str | None:
    """Why a program must not answer this ``email.receive`` by a message to ``to``; None when it may.

    ``own``: addresses that are ours besides the recipients of the event: who writes to itself never stops.
    """
    sender = str(event.get("from_address") or "")
    first: dict[bytes, bytes] = {}
    hops = 0
    for name, value in event["headers"]:
        first.setdefault(bytes(name), bytes(value))
        hops += name == b"received"
    if not sender:
        return "it has the null sender: a bounce, or an automatic answer"
    ours = {one.lower() for one in (*event.get("to", ()), *own)}
    for address in {sender.lower(), to.lower()} - {""}:
        if address in ours:
            return f"{address} is our own address"
        if _nobody(address):
            return f"nobody reads {address}"
    if hops > HOPS:
        return f"it has passed {hops} servers: a circle"
    kind = event.get("kind", "message")
    return _said(first) or (None if kind == "message" else f"it is of kind {kind}")


def _said(first: Mapping[bytes, bytes]) -> str | None:
    """What its header says of that."""
    submitted = first.get(b"auto-submitted", b"no").partition(b";")[0].strip().lower()
    if submitted != b"no":
        return f"Auto-Submitted: {submitted.decode('ascii', 'replace')[:40]}"
    precedence = first.get(b"precedence", b"").strip().lower()
    if precedence in _PRECEDENCE:
        return f"Precedence: {precedence.decode('ascii')}"
    for name in (*_LISTS, *_PROGRAMS):
        if name in first:
            return f"it has the field {name.decode('ascii').title()}"
    words = first.get(b"x-auto-response-suppress", b"")[:200].lower().split(b",")
    if _SUPPRESS & {word.strip() for word in words}:
        return "X-Auto-Response-Suppress asks for none"
    if b"multipart/report" in first.get(b"content-type", b"")[:200].lower():
        return "it is a report"
    return None


def _nobody(address: str) -> bool:
    """Whether it is an address by which programs say that they do not read."""
    local = address.partition("@")[0].partition("+")[0]
    return (
        local in _NOBODY or local.startswith(("owner-", "bounce-", "bounces-")) or local.endswith("-request")
    )
