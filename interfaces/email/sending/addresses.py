"""Addresses that an application writes, checked before a server sees them. Pure.

RFC 5321 §4.1.2 (the grammar, which :mod:`interfaces.email.envelope` has), RFC 5322 §3.4 (``Name <local@domain>``),
RFC 6531 (a local part beyond ASCII needs SMTPUTF8), RFC 5890 and 5892 (a domain beyond ASCII is sent as A-labels).

Refused, although lenient programs take it: several addresses in one text, comments, groups, source routes, an address
without a domain, control characters anywhere, labels that IDNA 2008 would have to map first.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from interfaces.email.envelope import named
from interfaces.shared.errors import ApplicationError, PeerError

__all__ = ["NAME", "Mailbox", "addresses", "domain", "mailbox", "mailboxes", "unfit"]

NAME = 500
"""Characters of the name that stands before an address."""
ADDRESS = 600
"""Characters of an address before it is looked at."""
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAMED = re.compile(
    r"(?P<name>\"(?:[^\"\\]|\\.)*\"|[^<>]*?)[ \t]*<(?P<address>[^<>]*|\"(?:[^\"\\]|\\.)*\"@[^<>]*)>"
)
_QUOTED = re.compile(r'"(?P<inside>(?:[^"\\]|\\.)*)"')
_LABEL = re.compile(r"[a-z0-9_]+(?:-+[a-z0-9_]+)*", re.IGNORECASE | re.ASCII)
_LONGEST_LABEL, _LONGEST_DOMAIN = 63, 255


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address, and the name before it, "" for none; the domain is ASCII."""

    name: str
    address: str


def unfit(text: str) -> bool:
    """Whether ``text`` could end a line or is no text: CR, LF, NUL, other controls, half a surrogate pair."""
    return _CONTROL.search(text) is not None


def mailbox(value: object, what: str) -> Mailbox:
    """``local@domain`` or ``Name <local@domain>``; ApplicationError, naming ``what``, for anything else."""
    if not isinstance(value, str):
        raise ApplicationError(f"{what} is a {type(value).__name__}; an address is a str")
    if len(value) > ADDRESS + NAME or unfit(value):
        raise ApplicationError(f"{what} is too long or has a control character: {value[:60]!r}")
    found = _NAMED.fullmatch(value.strip())
    if found is None:
        return Mailbox("", _address(value.strip(), what))
    name = found["name"].strip()
    quoted = _QUOTED.fullmatch(name)
    if quoted is not None:
        name = re.sub(r"\\(.)", r"\1", quoted["inside"])
    if len(name) > NAME:
        raise ApplicationError(f"{what}: a name of more than {NAME} characters")
    return Mailbox(name, _address(found["address"], what))


def mailboxes(value: object, what: str) -> list[Mailbox]:
    """One address, or several in a list; none for None."""
    if value is None:
        return []
    if isinstance(value, str):
        return [mailbox(value, what)] if value else []
    if isinstance(value, bytes | Mapping) or not isinstance(value, Iterable):
        raise ApplicationError(f"{what} is a {type(value).__name__}; addresses are a list of str")
    return [mailbox(one, what) for one in value]


def addresses(boxes: Iterable[Mailbox]) -> list[str]:
    """The addresses alone, each once."""
    found: dict[tuple[str, str], str] = {}
    for box in boxes:
        found.setdefault(_same(box.address), box.address)
    return [*found.values()]


def domain(text: str, what: str) -> str:
    """A domain as it is sent: A-labels, in lower case where it had more than ASCII."""
    if text.startswith("["):
        return text
    labels = [label if label.isascii() else _a_label(label, what) for label in text.split(".")]
    whole = ".".join(labels)
    if len(whole) > _LONGEST_DOMAIN or not all(
        len(label) <= _LONGEST_LABEL and _LABEL.fullmatch(label) for label in labels
    ):
        raise ApplicationError(f"{what}: no domain: {text[:60]!r}")
    return whole


def _address(text: str, what: str) -> str:
    """``text`` with its domain as A-labels, if it is an address and nothing else."""
    local, at, place = text.rpartition("@")
    if not at or not local or len(text) > ADDRESS:
        raise ApplicationError(f"{what}: no address, local@domain: {text[:60]!r}")
    whole = f"{local}@{domain(place, what)}"
    try:
        fits = named(whole, utf8=True).address.text == whole
    except PeerError:
        fits = False
    if not fits:
        raise ApplicationError(f"{what}: no address, local@domain: {text[:60]!r}")
    return whole


def _a_label(label: str, what: str) -> str:
    """A label of letters, marks and digits in Punycode; what would have to be mapped first is not guessed at."""
    small = unicodedata.normalize("NFC", label.lower())
    letters = all(unicodedata.category(char)[0] in "LMN" or char == "-" for char in small)
    if (
        not letters
        or unicodedata.normalize("NFKC", small) != small
        or unicodedata.category(small[0])[0] == "M"
    ):
        raise ApplicationError(f"{what}: no domain: {label[:60]!r}; write it as xn--…")
    return "xn--" + small.encode("punycode").decode("ascii")


def _same(address: str) -> tuple[str, str]:
    local, _, place = address.rpartition("@")
    return local, place.lower()


def beyond_ascii(values: Iterable[str]) -> bool:
    """Whether one of them needs SMTPUTF8."""
    return not all(value.isascii() for value in values)


def text_of(value: Any, what: str, most: int) -> str:
    """``value``, if it is one line of text of at most ``most`` characters."""
    if not isinstance(value, str):
        raise ApplicationError(f"{what} is a {type(value).__name__}; it is to be a str")
    if len(value) > most:
        raise ApplicationError(f"{what} has {len(value)} characters; {most} are the most")
    if unfit(value):
        raise ApplicationError(f"{what} has a control character or the end of a line: {value[:60]!r}")
    return value
