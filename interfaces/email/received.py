"""Received: the line in front of a message that says from whom, how and when it came. Pure.

RFC 5321 §4.4, RFC 3848 (names of the protocols), RFC 5322 §3.3 (dates). What others say stands in it as ASCII without
controls, so that nobody adds a field.
"""

from email.utils import formatdate
from functools import lru_cache

from interfaces.email.envelope import Mail
from interfaces.email.translate import Place

__all__ = ["received", "taken"]


def received(id: str, place: Place, mail: Mail, at: float, host: str) -> bytes:
    """That of a message over SMTP or LMTP, with its CRLF."""
    kind = "LMTP" if place.protocol == "lmtp" else "UTF8SMTP" if "SMTPUTF8" in mail.parameters else "ESMTP"
    kind += "S" * (place.tls is not None) + "A" * (place.auth is not None)
    client = f"[{place.client[0] if place.client else 'unix'}]"
    if place.client_name:
        client = f"{place.client_name} {client}"
    begin = _begin(place.helo, client, host, kind)
    return b"%b%b;\r\n\t%b\r\n" % (begin, id.encode("ascii"), _date(int(at)))


def taken(id: str, place: Place, at: float, host: str) -> bytes:
    """That of a message that came whole, by another way: from whom, where there is somebody."""
    begin = ""
    if place.client is not None:
        begin = f"from {_seen(place.helo) or 'unknown'} ([{place.client[0]}])\r\n\t"
    words = {"webhook": "HTTPS" if place.tls else "HTTP"}.get(place.protocol, "LOCAL")
    line = f"Received: {begin}by {host} with {words} id {id};\r\n\t".encode("ascii", "replace")
    return b"%b%b\r\n" % (line, _date(int(at)))


@lru_cache(maxsize=256)
def _begin(helo: str, client: str, host: str, kind: str) -> bytes:
    """What all messages of a connection have in common of it."""
    if not (helo.isascii() and helo.isprintable()) or " " in helo:
        helo = _seen(helo)
    if "(" in client or ")" in client:  # a name that a proxy told
        client = client.rpartition(" ")[2]
    line = f"Received: from {helo} ({client})\r\n\tby {host} with {kind} id "
    return line.encode("ascii", "replace")


def _seen(name: str) -> str:
    """``name`` without what cannot be seen."""
    return "".join(char if "!" <= char <= "~" else "?" for char in name)


@lru_cache(maxsize=4)
def _date(second: int) -> bytes:
    """RFC 5322 §3.3, made once a second and not for each message."""
    return formatdate(second).encode("ascii")
