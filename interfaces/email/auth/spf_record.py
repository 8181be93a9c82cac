"""The text of an SPF record: its terms and macros (RFC 7208 §4.6.1, §5, §6, §7). Pure.

Refused, although lenient peers take it: whatever the grammar does not say, which makes the whole record "permerror".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import Any
from urllib.parse import quote

__all__ = ["Ip", "Record", "Term", "expanded", "nibbles", "record", "uses"]

Ip = IPv4Address | IPv6Address

_TERM = re.compile(
    r"(?P<qualifier>[-+?~]?)(?P<name>[a-z][a-z0-9_.-]*)(?P<rest>[:/].*)?", re.IGNORECASE | re.ASCII
)
_MODIFIER = re.compile(r"(?P<name>[a-z][a-z0-9_.-]*)=(?P<value>.*)", re.IGNORECASE | re.ASCII)
_MACRO = r"%\{[slodiphcrtv][0-9]*r?[.+,/_=-]*\}|%[%_-]"
_PIECE = re.compile(rf"(?P<macro>{_MACRO})|(?P<literal>[!-$&-~]+)", re.IGNORECASE | re.ASCII)
_EXPAND = re.compile(
    r"%(?:\{(?P<letter>[slodiphcrtv])(?P<parts>[0-9]*)(?P<turned>r?)(?P<cuts>[.+,/_=-]*)\}|(?P<sign>[%_-]))",
    re.IGNORECASE | re.ASCII,
)
_CIDR = re.compile(r"(?P<spec>.*?)(?:/(?P<four>[0-9]+))?(?://(?P<six>[0-9]+))?", re.ASCII | re.DOTALL)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_TOP = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_SIGNS = {"%": "%", "_": " ", "-": "%20"}
LONGEST = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A mechanism. ``spec``: what stands behind its colon; ``network``: of ip4 and ip6."""

    qualifier: str
    name: str
    spec: str = ""
    four: int = 32
    six: int = 128
    network: Any = None


@dataclass(frozen=True, slots=True)
class Record:
    """The mechanisms in their order, and the two modifiers that mean something."""

    terms: tuple[Term, ...]
    redirect: str = ""
    explanation: str = ""


def record(text: str) -> Record:
    """Read what follows ``v=spf1``. ValueError, with what is wrong."""
    terms, modifiers = [], dict[str, str]()
    if not text.isascii():
        raise ValueError("the record is no ASCII")
    for word in filter(None, text.split(" ")):
        if (found := _MODIFIER.fullmatch(word)) is None:
            terms.append(_term(word))
            continue
        name, value = found["name"].lower(), found["value"]
        if name in ("redirect", "exp"):
            if name in modifiers:
                raise ValueError(f"{name} twice")
            modifiers[name] = _spec(value, word)
        elif any(one is None for one in _pieces(value)):
            raise ValueError(f"{_short(word)} is malformed")
    return Record(tuple(terms), modifiers.get("redirect", ""), modifiers.get("exp", ""))


def _term(word: str) -> Term:
    found = _TERM.fullmatch(word)
    name = found["name"].lower() if found else ""
    read = _MECHANISMS.get(name)
    if found is None or read is None:
        raise ValueError(f"{_short(word)} is no mechanism")
    qualifier, rest = found["qualifier"] or "+", found["rest"] or ""
    return Term(qualifier=qualifier, name=name, **read(name, rest, word))


def _bare(name: str, rest: str, word: str) -> dict[str, Any]:
    if rest:
        raise ValueError(f"{_short(word)}: {name} takes nothing")
    return {}


def _named(name: str, rest: str, word: str) -> dict[str, Any]:
    """include, exists: a domain has to be there. ptr: it may."""
    if not rest and name == "ptr":
        return {}
    if not rest.startswith(":"):
        raise ValueError(f"{_short(word)} names no domain")
    return {"spec": _spec(rest[1:], word)}


def _addressed(name: str, rest: str, word: str) -> dict[str, Any]:
    """a, mx: a domain and the lengths of prefixes may be there."""
    found = _CIDR.fullmatch(rest)
    spec, four, six = (found["spec"], found["four"], found["six"]) if found else (rest, None, None)
    if spec and not spec.startswith(":"):
        raise ValueError(f"{_short(word)} is malformed")
    return {
        "spec": _spec(spec[1:], word) if spec else "",
        "four": _length(four, 32, word), "six": _length(six, 128, word),
    }  # fmt: skip


def _literal(name: str, rest: str, word: str) -> dict[str, Any]:
    """ip4, ip6."""
    address, slash, length = rest[1:].partition("/")
    most, version = (32, 4) if name == "ip4" else (128, 6)
    size = _length(length if slash else None, most, word)
    try:
        network = ip_network(f"{address}/{size}", strict=False)
    except ValueError:
        network = None
    if network is None or network.version != version or not rest.startswith(":") or "%" in address:
        raise ValueError(f"{_short(word)} is no network")
    return {"network": network}


_MECHANISMS: Mapping[str, Any] = {
    "all": _bare, "include": _named, "exists": _named, "ptr": _named, "a": _addressed, "mx": _addressed,
    "ip4": _literal, "ip6": _literal,
}  # fmt: skip


def _length(text: str | None, most: int, word: str) -> int:
    if text is None:
        return most
    if not _NUMBER.fullmatch(text) or int(text) > most:
        raise ValueError(f"{_short(word)} has a prefix of {text[:9]!r} bits")
    return int(text)


def _spec(text: str, word: str) -> str:
    """A domain with macros. Its end is a macro, or a dot and a label that a domain can end with."""
    pieces = _pieces(text)
    last = pieces[-1] if pieces else None
    if last is None or None in pieces:
        raise ValueError(f"{_short(word)} names no domain")
    if any(uses(text, letter) for letter in "crt"):
        raise ValueError(f"{_short(word)} has a macro that is for explanations")
    if last["literal"]:
        _, dot, top = last["literal"].removesuffix(".").rpartition(".")
        if not dot or not _TOP.fullmatch(top) or top.isdigit():
            raise ValueError(f"{_short(word)} names no domain")
    return text


def _pieces(text: str) -> list[re.Match[str] | None]:
    """Macros and what is between them; None in it where there is something that is neither."""
    found: list[re.Match[str] | None] = []
    at = 0
    while at < len(text):
        piece = _PIECE.match(text, at)
        found.append(piece)
        if piece is None:
            break
        at = piece.end()
    return found


def _short(word: str) -> str:
    return repr(word[:60])


def uses(text: str, letter: str) -> bool:
    """Whether a macro of that letter is in ``text``."""
    return any((found["letter"] or "").lower() == letter for found in _EXPAND.finditer(text))


def expanded(text: str, values: Mapping[str, str], *, name: bool = True) -> str:
    """``text`` with its macros replaced; as a ``name`` that is too long it loses labels from its left.

    ``values`` by their letters.
    """

    def value(found: re.Match[str]) -> str:
        if found["sign"]:
            return _SIGNS[found["sign"]]
        parts = re.split(f"[{re.escape(found['cuts'] or '.')}]", values[found["letter"].lower()])
        if found["turned"]:
            parts.reverse()
        some = int(found["parts"][:4] or 0)
        if found["parts"] and not some:
            raise ValueError("a macro that takes no part")
        said = ".".join(parts[-some:])
        return quote(said, safe="~") if found["letter"].isupper() else said

    said = _EXPAND.sub(value, text)
    if name:
        said = said.removesuffix(".")
        while len(said) > LONGEST and "." in said:
            said = said.partition(".")[2]
    return said


def nibbles(address: Ip) -> str:
    """As the macro i has it: of IPv6 its digits with dots between them."""
    if isinstance(address, IPv6Address):
        return ".".join(f"{int(address):032X}")
    return str(address)


def contains(network: Any, address: Ip, length: int) -> bool:
    """Whether ``address`` is in the network of ``length`` bits around ``network``, an address as text."""
    try:
        found = ip_network(f"{network}/{length}", strict=False)
    except ValueError:
        return False
    return isinstance(found, IPv6Network) == isinstance(address, IPv6Address) and address in found
