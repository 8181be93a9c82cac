"""MAIL and RCPT: addresses and their parameters. Pure.

RFC 5321 (§4.1.1.2, §4.1.1.3, §4.1.2 grammar, §4.5.3.1 limits), RFC 1870 (SIZE), RFC 6152 (BODY), RFC 6531
(SMTPUTF8), RFC 3461 (RET, ENVID, NOTIFY, ORCPT), RFC 4954 §5 (AUTH), RFC 8689 (REQUIRETLS).

Refused, although lenient peers take it: addresses without angle brackets, blanks inside them, control characters, 8-bit
characters without SMTPUTF8, a parameter twice or one that nobody knows. Source routes are taken and ignored (§3.3).
"""

import re
from dataclasses import dataclass, field

from interfaces.email.replies import reply
from interfaces.shared.errors import PeerError

__all__ = ["Address", "Mail", "Parameters", "Recipient", "mail", "recipient"]

_TEXT = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\xff-]+"
_LABEL = rb"[A-Za-z0-9_\x80-\xff]+(?:-+[A-Za-z0-9_\x80-\xff]+)*"
_LOCAL = rb"%b(?:\.%b)*|\"(?:[ !\x23-\x5b\x5d-\x7e\x80-\xff]|\\[ -~])*\"" % (_TEXT, _TEXT)
_DOMAIN = rb"%b(?:\.%b)*|\[[!-Z^-~]+\]" % (_LABEL, _LABEL)
_PATH = rb"<(?:@[^:<> \x00-\x1f]*:)?(?:(?P<local>%b)(?:@(?P<domain>%b))?)?>" % (_LOCAL, _DOMAIN)
_MAIL = re.compile(rb"[Mm][Aa][Ii][Ll] [Ff][Rr][Oo][Mm]: ?%b(?: +(?P<parameters>[!-~ \x80-\xff]*))?" % _PATH)
_RCPT = re.compile(rb"[Rr][Cc][Pp][Tt] [Tt][Oo]: ?%b(?: +(?P<parameters>[!-~ \x80-\xff]*))?" % _PATH)
_PARAMETER = re.compile(rb"(?P<name>[A-Za-z0-9][A-Za-z0-9-]*)(?:=(?P<value>[!-<>-~\x80-\xff]+))?")
_XTEXT = re.compile(rb"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_NOTIFY = re.compile(rb"NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2}")
_ORCPT = re.compile(rb"[A-Za-z0-9-]+;(?:[!-*,-<>-~\x80-\xff]|\+[0-9A-F]{2}|\\x\{[0-9A-F]{2,6}\})+")
LONGEST_LOCAL, LONGEST_DOMAIN = 255, 255
"""Octets. RFC 5321 §4.5.3.1.1 asks for 64 of a local part; return addresses of mailing lists are longer."""

Parameters = dict[str, str | int | bool]
"""By their names in capitals: SIZE an int, flags True, the others as they were sent."""


@dataclass(frozen=True, slots=True)
class Address:
    """``local@domain``, without a domain for "postmaster" alone; both are "" for the null sender."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local


@dataclass(frozen=True, slots=True)
class Mail:
    """What MAIL said."""

    sender: Address
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipient:
    """What one RCPT said."""

    address: Address
    parameters: Parameters = field(default_factory=dict)


def mail(line: bytes, *, extended: bool, max_size: int, tls: bool) -> Mail:
    """Read a MAIL command without its CRLF. ``extended``: after EHLO or LHLO. Raises PeerError."""
    found = _MAIL.fullmatch(line)
    if found is None:
        raise _error(501, "5.5.4", "Syntax: MAIL FROM:<address> [parameters]")
    parameters = _parameters(found["parameters"], extended)
    utf8 = parameters.get("SMTPUTF8") is not None
    sender = _address(found["local"], found["domain"], utf8=utf8, null=True)
    for name, value in parameters.items():
        if name not in ("SIZE", "BODY", "SMTPUTF8", "RET", "ENVID", "AUTH", "REQUIRETLS"):
            raise _error(555, "5.5.4", "Unknown parameter")
        if (name in ("SMTPUTF8", "REQUIRETLS")) != (value is True):
            raise _error(501, "5.5.4", "Malformed parameter")
    size = str(parameters.get("SIZE", "0"))
    if not (size.isascii() and size.isdigit() and len(size) <= 20):
        raise _error(501, "5.5.4", "Malformed SIZE")
    if max_size and int(size) > max_size:
        raise _error(552, "5.3.4", "Message too big")
    if "SIZE" in parameters:
        parameters["SIZE"] = int(size)
    _one_of(parameters, "BODY", ("7BIT", "8BITMIME"))
    _one_of(parameters, "RET", ("FULL", "HDRS"))
    for name in ("ENVID", "AUTH"):
        _matching(parameters, name, _XTEXT)
    if "REQUIRETLS" in parameters and not tls:
        raise _error(530, "5.7.4", "REQUIRETLS needs TLS")
    return Mail(sender, parameters)


def recipient(line: bytes, *, extended: bool, utf8: bool) -> Recipient:
    """Read a RCPT command without its CRLF. ``utf8``: MAIL said SMTPUTF8. Raises PeerError."""
    found = _RCPT.fullmatch(line)
    if found is None:
        raise _error(501, "5.5.4", "Syntax: RCPT TO:<address> [parameters]")
    parameters = _parameters(found["parameters"], extended)
    address = _address(found["local"], found["domain"], utf8=utf8, null=False)
    if parameters.keys() - {"NOTIFY", "ORCPT"}:
        raise _error(555, "5.5.4", "Unknown parameter")
    if "NOTIFY" in parameters:
        parameters["NOTIFY"] = str(parameters["NOTIFY"]).upper()
    _matching(parameters, "NOTIFY", _NOTIFY)
    _matching(parameters, "ORCPT", _ORCPT)
    return Recipient(address, parameters)


def _address(local: bytes | None, domain: bytes | None, *, utf8: bool, null: bool) -> Address:
    if not local:
        if null:
            return Address("", "")
        raise _error(501, "5.1.3", "A recipient needs an address")
    if domain is None and local.lower() != b"postmaster":
        raise _error(501, "5.1.3" if not null else "5.1.7", "An address needs a domain")
    if len(local) > LONGEST_LOCAL or len(domain or b"") > LONGEST_DOMAIN:
        raise _error(501, "5.1.3" if not null else "5.1.7", "The address is too long")
    if not utf8 and not (local.isascii() and (domain or b"").isascii()):
        raise _error(553, "5.6.7", "Such an address needs SMTPUTF8")
    try:
        return Address(local.decode(), (domain or b"").decode())
    except UnicodeDecodeError:
        raise _error(501, "5.5.4", "An address has to be UTF-8") from None


def _parameters(said: bytes | None, extended: bool) -> Parameters:
    """Names in capitals, values as text; True where there is no value."""
    found: Parameters = {}
    for word in (said or b"").split():
        parameter = _PARAMETER.fullmatch(word)
        if parameter is None:
            raise _error(501, "5.5.4", "Malformed parameter")
        name = parameter["name"].decode("ascii").upper()
        if name in found:
            raise _error(501, "5.5.4", "A parameter twice")
        value = parameter["value"]
        try:
            found[name] = True if value is None else value.decode()
        except UnicodeDecodeError:
            raise _error(501, "5.5.4", "Malformed parameter") from None
    if found and not extended:
        raise _error(555, "5.5.4", "Parameters need EHLO")
    return found


def _one_of(parameters: Parameters, name: str, values: tuple[str, ...]) -> None:
    if name in parameters:
        parameters[name] = value = str(parameters[name]).upper()
        if value not in values:
            raise _error(501, "5.5.4", f"Malformed {name}")


def _matching(parameters: Parameters, name: str, pattern: re.Pattern[bytes]) -> None:
    if name in parameters and not pattern.fullmatch(str(parameters[name]).encode()):
        raise _error(501, "5.5.4", f"Malformed {name}")


def _error(code: int, enhanced: str, text: str) -> PeerError:
    return PeerError(text, reply(code, enhanced, text))
