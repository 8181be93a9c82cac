"""MAIL and RCPT: addresses and their parameters. Pure.

RFC 5321 (§4.1.1.2, §4.1.1.3, §4.1.2 grammar, §4.5.3.1 limits), RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531
(SMTPUTF8), RFC 3461 (RET, ENVID, NOTIFY, ORCPT), RFC 4954 §5 (AUTH), RFC 8689 (REQUIRETLS).

Refused, although lenient peers take it: addresses without angle brackets, blanks inside them, control characters, 8-bit
characters without SMTPUTF8, a parameter twice or one that nobody knows. Source routes are taken and ignored (§3.3).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from interfaces.email.replies import reply
from interfaces.shared.errors import PeerError

__all__ = [
    "COMMAND",
    "Address",
    "Mail",
    "Parameters",
    "Recipient",
    "mail",
    "named",
    "receiver",
    "recipient",
    "sender",
]

_TEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\xff-]++"
_LABEL = rb"[A-Za-z0-9_\x80-\xff]++(?:-++[A-Za-z0-9_\x80-\xff]++)*+"
_LOCAL = rb"%b(?:\.%b)*+|\"(?:[ !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[ -~])*+\"" % (_TEXT, _TEXT)
_DOMAIN = rb"%b(?:\.%b)*+|\[[A-Za-z0-9:.-]++\]" % (_LABEL, _LABEL)
_PATH = rb"<(?:@[^:<> \x00-\x1f\x7f]*+:)?(?P<address>(?:%b)(?:@(?:%b))?)?>" % (_LOCAL, _DOMAIN)
_VERB = rb"(?:(?P<mail>[Mm][Aa][Ii][Ll] [Ff][Rr][Oo][Mm])|[Rr][Cc][Pp][Tt] [Tt][Oo]): ?"
COMMAND = re.compile(rb"%b%b(?: (?P<parameters>[!-~ \x80-\xff]*+))?\r\n" % (_VERB, _PATH))
"""MAIL or RCPT with its CRLF: ``mail`` is a group of the one only. No control character fits."""
_PARAMETER = re.compile(rb"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[!-<>-~\x80-\xff]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_UNSEEN = re.compile("[\x80-\x9f\u2028\u2029]")
"""Controls and ends of lines beyond ASCII."""

_OF_MAIL = {
    "SIZE": re.compile(r"[0-9]{1,20}"),
    "BODY": re.compile(r"7BIT|8BITMIME", re.IGNORECASE | re.ASCII),
    "SMTPUTF8": None,
    "RET": re.compile(r"FULL|HDRS", re.IGNORECASE | re.ASCII),
    "ENVID": _XTEXT,
    "AUTH": _XTEXT,
    "REQUIRETLS": None,
}
_OF_RCPT = {
    "NOTIFY": re.compile(
        r"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}", re.IGNORECASE | re.ASCII
    ),
    "ORCPT": re.compile(r"[A-Za-z0-9-]+;(?:[!-*,-<>-~\x80-\U0010ffff]|\+[0-9A-F]{2})+"),
}
_CAPITALS = ("BODY", "RET", "NOTIFY")
MAIL_SYNTAX = reply(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
RCPT_SYNTAX = reply(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
LONGEST_LOCAL, LONGEST_DOMAIN = 255, 255
"""Octets. RFC 5321 §4.5.3.1.1 asks for 64 of a local part; return addresses of mailing lists are longer."""

Parameters = dict[str, str | int | bool]
"""By their names in capitals: SIZE an int, flags True, the others as they were sent."""


# These three are made for each message, and a compiled dataclass that is frozen takes a microsecond to make.
@dataclass(slots=True, init=False)
class Address:
    """``local@domain``, without a domain for "postmaster" alone; both are "" for the null sender."""

    local: str
    domain: str
    text: str = field(repr=False)

    def __init__(self, local: str, domain: str) -> None:
        self.local = local
        self.domain = domain
        self.text = f"{local}@{domain}" if domain else local

    def __str__(self) -> str:
        return self.text


@dataclass(slots=True, init=False)
class Mail:
    """What MAIL said."""

    sender: Address
    parameters: Parameters

    def __init__(self, sender: Address, parameters: Parameters) -> None:
        self.sender = sender
        self.parameters = parameters


@dataclass(slots=True, init=False)
class Recipient:
    """What one RCPT said."""

    address: Address
    parameters: Parameters

    def __init__(self, address: Address, parameters: Parameters) -> None:
        self.address = address
        self.parameters = parameters


def mail(line: bytes, *, extended: bool, max_size: int, tls: bool) -> Mail:
    """Read a MAIL command without its CRLF. ``extended``: after EHLO or LHLO. Raises PeerError."""
    found = COMMAND.fullmatch(line + b"\r\n")
    if found is None or not found["mail"]:
        raise PeerError("malformed MAIL", MAIL_SYNTAX)
    return sender(found, extended=extended, max_size=max_size, tls=tls)


def recipient(line: bytes, *, extended: bool, utf8: bool) -> Recipient:
    """Read a RCPT command without its CRLF. ``utf8``: MAIL said SMTPUTF8. Raises PeerError."""
    found = COMMAND.fullmatch(line + b"\r\n")
    if found is None or found["mail"]:
        raise PeerError("malformed RCPT", RCPT_SYNTAX)
    return receiver(found, extended=extended, utf8=utf8)


def named(address: str, *, utf8: bool) -> Recipient:
    """The recipient that is called ``address``, as RCPT would say it, and nothing more is said. Raises PeerError."""
    try:
        one = recipient(b"RCPT TO:<%b>" % address.encode(), extended=True, utf8=utf8)
    except UnicodeEncodeError:
        raise PeerError("no text", RCPT_SYNTAX) from None
    if one.parameters:  # it has closed the bracket
        raise PeerError("a parameter in an address", RCPT_SYNTAX)
    return one


def sender(found: re.Match[bytes], *, extended: bool, max_size: int, tls: bool) -> Mail:
    """What a MAIL said that :data:`COMMAND` has matched. Raises PeerError."""
    _, address, said = found.groups()
    if not said:
        return Mail(_address(address, "5.1.7", utf8=False) if address else Address("", ""), {})
    parameters = _parameters(said, extended, _OF_MAIL)
    mail = Mail(
        _address(address, "5.1.7", utf8="SMTPUTF8" in parameters) if address else Address("", ""), parameters
    )
    if "SIZE" in parameters:
        parameters["SIZE"] = size = int(parameters["SIZE"])
        if max_size and size > max_size:
            raise _error(552, "5.3.4", "Message too big")
    if "REQUIRETLS" in parameters and not tls:
        raise _error(530, "5.7.4", "REQUIRETLS needs TLS")
    return mail


def receiver(found: re.Match[bytes], *, extended: bool, utf8: bool) -> Recipient:
    """What a RCPT said that :data:`COMMAND` has matched. Raises PeerError."""
    _, address, said = found.groups()
    if not address:
        raise _error(501, "5.1.3", "A recipient needs an address")
    parameters = _parameters(said, extended, _OF_RCPT) if said else {}
    if parameters and not utf8 and not str(parameters.get("ORCPT", "")).isascii():
        raise _error(553, "5.6.7", "Such an ORCPT needs SMTPUTF8")
    return Recipient(_address(address, "5.1.3", utf8=utf8), parameters)


def _address(said: bytes, enhanced: str, *, utf8: bool) -> Address:
    """The address that was ``said``; ``enhanced``: the code of one that is wrong."""
    local, _, domain = said.rpartition(b"@")
    if not local or said.endswith(b'"'):  # all of it is local; an @ within quotes begins no domain
        local, domain = said, b""
    if not domain and local.lower() != b"postmaster":
        raise _error(501, enhanced, "An address needs a domain")
    if len(local) > LONGEST_LOCAL or len(domain) > LONGEST_DOMAIN:
        raise _error(501, enhanced, "The address is too long")
    if said.isascii():
        return Address(local.decode("ascii"), domain.decode("ascii"))
    if not utf8:
        raise _error(553, "5.6.7", "Such an address needs SMTPUTF8")
    address = Address(_text(local), _text(domain))
    if _UNSEEN.search(str(address)):
        raise _error(501, enhanced, "A control character in an address")
    return address


def _parameters(
    said: bytes | None, extended: bool, known: Mapping[str, re.Pattern[str] | None]
) -> Parameters:
    """Names in capitals, values as text; True where there is no value."""
    if not said or not (words := said.split()):
        return {}
    if not extended:
        raise _error(555, "5.5.4", "Parameters need EHLO")
    found: Parameters = {}
    for word in words:
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None:
            raise _error(501, "5.5.4", "Malformed parameter")
        name = parameter["name"].decode("ascii").upper()
        if name not in known:
            raise _error(555, "5.5.4", "Unknown parameter")
        if name in found:
            raise _error(501, "5.5.4", "A parameter twice")
        found[name] = _value(name, parameter["value"], known[name])
    return found


def _value(name: str, value: bytes | None, pattern: re.Pattern[str] | None) -> str | bool:
    """The value of a parameter that is like ``pattern``; None: that has no value."""
    if value is None or pattern is None:
        if value is None and pattern is None:
            return True
        raise _error(501, "5.5.4", f"Malformed {name}")
    text = _text(value)
    if not pattern.fullmatch(text):
        raise _error(501, "5.5.4", f"Malformed {name}")
    return text.upper() if name in _CAPITALS else text


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise _error(501, "5.5.4", "What is no ASCII has to be UTF-8") from None


def _error(code: int, enhanced: str, text: str) -> PeerError:
    return PeerError(text, reply(code, enhanced, text))
