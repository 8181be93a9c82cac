"""XCLIENT: who is behind a mail proxy that is trusted, as Postfix defines it. Pure.

``XCLIENT NAME=… ADDR=… PORT=… PROTO=… HELO=… LOGIN=… DESTADDR=… DESTPORT=…``: values in xtext (RFC 3461 §4), or
[UNAVAILABLE] and [TEMPUNAVAIL]; an IPv6 address begins with ``IPV6:``. What is not said stays as it was.

Refused, although lenient peers take it: an attribute twice, an unknown one, an address that is none, a control
character.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from interfaces.email.replies import SYNTAX
from interfaces.shared.errors import PeerError

__all__ = ["OFFER", "XClient", "xclient"]

OFFER = b"XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT"
_ATTRIBUTE = re.compile(rb"([A-Za-z]{2,10})=((?:[!-*,-<>-~]|\+[0-9A-Fa-f]{2}){1,255})")
_CODE = re.compile(rb"\+([0-9A-Fa-f]{2})")
_NAME = re.compile(r"[!-~]{1,255}")
_NOBODY = ("[UNAVAILABLE]", "[TEMPUNAVAIL]")
_KNOWN = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT")


@dataclass(slots=True)
class XClient:
    """What was said, None where it was not; "" and 0: said to be unknown."""

    name: str | None = None
    address: str | None = None
    port: int | None = None
    proto: str | None = None
    helo: str | None = None
    login: str | None = None
    server_address: str | None = None
    server_port: int | None = None


def xclient(words: bytes) -> XClient:
    """Read what follows the verb. Raises PeerError with the 501 to say."""
    said: dict[str, str] = {}
    for word in words.split():
        found = _ATTRIBUTE.fullmatch(word)
        key = found[1].decode("ascii").upper() if found else ""
        if found is None or key not in _KNOWN or key in said:
            raise _malformed()
        said[key] = _value(found[2])
    if not said:
        raise _malformed()
    proto = said.get("PROTO")
    if proto is not None and proto.upper() not in ("SMTP", "ESMTP", ""):
        raise _malformed()
    return XClient(
        name=said.get("NAME"),
        address=_address(said.get("ADDR")),
        port=_port(said.get("PORT")),
        proto=proto.upper() if proto else None,
        helo=said.get("HELO"),
        login=said.get("LOGIN"),
        server_address=_address(said.get("DESTADDR")),
        server_port=_port(said.get("DESTPORT")),
    )


def _value(raw: bytes) -> str:
    """What xtext says, "" for what is unavailable."""
    try:
        text = _CODE.sub(lambda code: bytes((int(code[1], 16),)), raw).decode()
    except UnicodeDecodeError:
        raise _malformed() from None
    if text.upper() in _NOBODY:
        return ""
    if not _NAME.fullmatch(text):
        raise _malformed()
    return text


def _address(text: str | None) -> str | None:
    if not text:
        return text
    bare = text[5:] if text[:5].upper() == "IPV6:" else text
    try:
        return str(ip_address(bare))
    except ValueError:
        raise _malformed() from None


def _port(text: str | None) -> int | None:
    if not text:
        return None if text is None else 0
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise _malformed()
    return int(text)


def _malformed() -> PeerError:
    return PeerError("malformed XCLIENT", SYNTAX)
