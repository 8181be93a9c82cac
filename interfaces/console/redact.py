"""What is secret is masked in everything that leaves the console. Pure.

By the name of a field or header, by a shape that only secrets have, and by value: secrets of the options, and what
stands in the authorization and the cookies of a scope, are masked wherever they turn up, as they are, quoted or coded.
"""

import base64
import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import isfinite
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["MASK", "SHOWN", "Literals", "Redactor", "is_secret", "readable", "secrets_of"]

MASK = "[redacted]"
SHOWN = 65_536
"""Bytes or characters of one value that are shown."""
BEYOND = 4096
"""Looked at behind that, so that no half of a secret stands at the cut."""
SHORTEST = 4
"""Characters of a secret: a shorter one would mask half of every text."""
DIGITS = 8192
"""Bits of a number; one of more has too many digits for JSON."""
DEPTH = 16
ITEMS = 1000
"""Of one list or table."""

_NAME = (
    r"(?:authorization|cookie|passw(?:or)?d|passphrase|secret|token|signature|api[-_]?key|private[-_]?key|csrf"
    r"|credential|sessionid|response_url|webhook_url)"
)
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_PLAIN_NAMES = frozenset(
    {"dkim-signature", "arc-message-signature", "authentication-results", "tokens_revoked"}
)
"""Names that sound secret, and stand for what everybody may see."""
_TAIL = r"(?:[\w.\[\]-]|%[0-9A-Fa-f]{2}){0,40}"
"""Between a secret's name and its value; bounded, as all that repeats here is, lest a long word take long."""
_SHAPES = (
    (
        ("bearer", "basic", "digest", "scram-"),
        re.compile(
            r"\b(bearer|basic|digest|scram-[\w-]{1,20})(\s{1,8})[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE
        ),
        rf"\1\2{MASK}",
    ),
    (("xo", "xapp-", "xwfp-"), re.compile(r"\b(?:xox[a-z](?:\.xox[a-z])?|xapp|xwfp)-[A-Za-z0-9-]{4,}"), MASK),
    (("://",), re.compile(r"(://[^/\s:@]{0,200}:)[^/\s@]{1,500}@"), rf"\1{MASK}@"),
    (("=",), re.compile(rf"({_NAME}{_TAIL}=)(?![\"'])[^&\s;\"',<]+", re.IGNORECASE), rf"\1{MASK}"),
    (
        ("=",),
        re.compile(rf"({_NAME}{_TAIL}\s{{0,4}}=\s{{0,4}}[\"'])[^\"'\r\n]*", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        ("form-data",),  # a form in parts
        re.compile(
            rf"(form-data;\s?name=\"[\w.\[\]-]{{0,40}}?{_NAME}{_TAIL}\"(?:[^\r\n]{{0,200}}\r?\n){{1,8}}?\r?\n).*?(?=\r?\n--|\Z)",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\1{MASK}",
    ),
    (
        ("</",),
        re.compile(rf"(<[\w:.-]{{0,40}}?{_NAME}{_TAIL}(?:\s[^<>]{{0,200}})?>)[^<]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (
        (":",),
        re.compile(
            rf"({_NAME}{_TAIL}([\"'])\s{{0,8}}:\s{{0,8}}[\"'])(?:\\.|(?!\2)[^\\])*", re.IGNORECASE | re.DOTALL
        ),
        rf"\1{MASK}",
    ),
    (
        (":",),
        re.compile(
            r"^((?:proxy-)?authorization|(?:set-)?cookie2?|x-[\w-]{0,40}?(?:token|signature|secret|key)[\w-]{0,40}):"
            r"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*",
            re.IGNORECASE | re.MULTILINE,
        ),
        rf"\1: {MASK}",
    ),
)
"""What has to stand somewhere for the pattern to be tried, the pattern, and what stands in its place."""


class Redactor:
    """``secrets``: values that are masked wherever they stand. The patterns of them are made when they are needed."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self.secrets = frozenset(one for one in secrets if len(one) >= SHORTEST)

    @cached_property
    def _spelled(self) -> list[str]:
        spelled = {form for one in self.secrets for form in _forms(one)}
        return sorted(spelled, key=len, reverse=True)  # of two that overlap the longer one first

    @cached_property
    def _texts(self) -> re.Pattern[str] | None:
        return re.compile("|".join(map(re.escape, self._spelled))) if self._spelled else None

    @cached_property
    def _bytes(self) -> re.Pattern[bytes] | None:
        coded = [re.escape(one.encode("utf-8", "surrogatepass")) for one in self._spelled]
        return re.compile(b"|".join(coded)) if coded else None

    def __repr__(self) -> str:
        return f"<Redactor of {len(self.secrets)} secrets>"

    def knowing(self, more: Iterable[str]) -> "Redactor":
        """One that masks ``more`` besides."""
        found = self.secrets.union(more)
        return self if found == self.secrets else Redactor(found)

    def text(self, text: str, most: int = SHOWN) -> str:
        """``text`` without secrets, its first ``most`` characters."""
        text = text[: most + BEYOND]
        if self._texts is not None:
            text = self._texts.sub(MASK, text)
        lower = text.lower()
        for signs, shape, mask in _SHAPES:
            if any(sign in lower for sign in signs):
                text = shape.sub(mask, text)
        return text[:most]

    def content(self, content: bytes, most: int = SHOWN) -> bytes:
        """As :meth:`text`, of bytes."""
        content = content[: most + BEYOND]
        if self._bytes is not None:
            content = self._bytes.sub(MASK.encode(), content)
        return self.text(content.decode("latin-1"), most).encode("latin-1")

    def data(self, value: Any, name: str = "", depth: int = 0) -> Any:
        """``value`` as JSON can say it, bounded; bytes are {"base64", "text"}. ``name``: what it is the value of."""
        if value is None or isinstance(value, bool):
            return value
        if name and is_secret(name) and value not in ("", b"", 0):
            return MASK
        if isinstance(value, int | float):
            if isinstance(value, int):
                return value if value.bit_length() <= DIGITS else hex(value)[:SHOWN]
            return value if isfinite(value) else str(value)
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes_of(bytes(value[: SHOWN + BEYOND]), len(value))
        return self._many(value, name, depth)

    def _many(self, value: Any, name: str, depth: int) -> Any:
        if depth >= DEPTH:
            return "…"
        if isinstance(value, Mapping):
            pairs = list(value.items())[:ITEMS]
            return {self.text(str(key)): self.data(one, str(key), depth + 1) for key, one in pairs}
        if isinstance(value, list | tuple | set | frozenset):
            rows = list(value)[:ITEMS]
            if name in ("headers", "trailers") and all(map(_pair, rows)):
                return [self._header(*row) for row in rows]
            return [self.data(one, "", depth + 1) for one in rows]
        return self.text(_told(value), 1000)

    def _header(self, name: Any, value: Any) -> Any:
        called, said = (
            one.decode("latin-1") if isinstance(one, bytes) else str(one) for one in (name, value)
        )
        return [self.text(called), MASK if is_secret(called) and said else self.text(said)]

    def _bytes_of(self, content: bytes, size: int) -> Any:
        shown = self.content(content)
        found: dict[str, Any] = {"base64": base64.b64encode(shown).decode(), "text": readable(shown)}
        return found if size <= SHOWN else found | {"size": size}


class Literals(Redactor):
    """Gives values as Python has them: bytes stay bytes."""

    def _header(self, name: Any, value: Any) -> Any:
        called, said = super()._header(name, value)
        return (called.encode("latin-1", "replace"), said.encode("latin-1", "replace"))

    def _bytes_of(self, content: bytes, size: int) -> Any:
        return self.content(content)


def is_secret(name: str) -> bool:
    """Whether a field or header of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None and name.lower() not in _PLAIN_NAMES


def readable(content: bytes) -> str | None:
    """``content`` as text, None where it is none; a character that was cut at the end does not count."""
    try:
        text = getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def secrets_of(scope: Mapping[str, Any]) -> list[str]:
    """What stands in the authorization and the cookies of a scope's headers, and in parts of them."""
    found: list[str] = []
    for row in scope.get("headers") or ():
        if not _pair(row):
            continue
        name, value = (one.decode("latin-1") if isinstance(one, bytes) else str(one) for one in row)
        if is_secret(name):
            found.append(value)
            if name.lower() == "cookie":
                found += [part.partition("=")[2].strip().strip('"') for part in value.split(";")]
            elif "authorization" in name.lower():
                found += _credentials(value)
    return [one for one in found if len(one) >= 2 * SHORTEST]  # a cookie "lang=en" is in every second text


def _credentials(value: str) -> list[str]:
    scheme, _, coded = value.partition(" ")
    found = [coded]
    if scheme.lower() == "basic":
        try:
            said = base64.b64decode(coded).decode("utf-8", "replace")
        except ValueError:
            return found
        found += [said, said.partition(":")[2]]
    return found


def _forms(secret: str) -> set[str]:
    """How a secret may be spelled in what is shown."""
    coded = secret.encode("utf-8", "surrogatepass")
    return {
        secret,
        quote(coded, safe=""),
        quote(coded),
        quote_plus(coded),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        base64.b64encode(coded).decode(),
    }


def _pair(row: Any) -> bool:
    return (
        isinstance(row, list | tuple) and len(row) == 2 and all(isinstance(one, bytes | str) for one in row)
    )


def _told(value: Any) -> str:
    """What an object says of itself; it may fail at that, which is its own affair."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 - a repr of the application's
        return f"<{type(value).__name__}>"
