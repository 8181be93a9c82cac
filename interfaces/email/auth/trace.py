"""Authentication-Results: what was found, as a field for those who read the message later (RFC 8601). Pure.

A field that says to be ours and came from outside is forged: whoever adds one takes those away (§5).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["forged", "line"]

_WORD = re.compile(r"[A-Za-z0-9_.-]+")
_UNFIT = re.compile(r"[^ !#-\[\]-~]+")
_COMMENT = re.compile(rb"\([^()]*\)")
_HOST = re.compile(rb'[ \t\r\n]*"?([^;\s"]*)')
_PROPERTIES = {
    "spf": {"domain": "smtp.mailfrom"},
    "dkim": {"domain": "header.d", "selector": "header.s"},
    "dmarc": {"domain": "header.from", "policy": "policy.dmarc"},
    "arc": {"domain": "header.d"},
    "iprev": {"domain": "policy.name"},
}


def line(host: str, found: Mapping[str, Any], client: str = "") -> bytes:
    """The field, with its CRLF. ``found``: as events have it; ``client``: the address that iprev was about."""
    parts = [_part(method, one, client) for method, one in _each(found)]
    text = ";\r\n\t".join([f"Authentication-Results: {host}", *(parts or ["none"])])
    return f"{text}\r\n".encode("ascii")


def _each(found: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, str]]]:
    for method in _PROPERTIES:
        one = found.get(method)
        if isinstance(one, Mapping):
            yield method, one
        elif one is not None:
            yield from ((method, each) for each in one or [{"result": "none"}])


def _part(method: str, one: Mapping[str, str], client: str) -> str:
    words = [f"{method}={one['result']}"]
    if one.get("reason"):
        words.append(f'reason="{_UNFIT.sub("?", one["reason"])[:200]}"')
    for key, name in _PROPERTIES[method].items():
        if method == "spf" and one.get("scope") == "helo":
            name = "smtp.helo"
        if one.get(key):
            words.append(f"{name}={_value(one[key])}")
    if method == "iprev" and client:
        words.append(f"policy.iprev={_value(client)}")
    return " ".join(words)


def _value(text: str) -> str:
    return text if _WORD.fullmatch(text) else f'"{_UNFIT.sub("?", text)[:253]}"'


def forged(raw: bytes, host: str) -> bool:
    """Whether a field of that name (as it came) says to be of ``host``."""
    value = raw.partition(b":")[2]
    for _ in range(10):  # comments in comments
        value, count = _COMMENT.subn(b"", value)
        if not count:
            break
    found = _HOST.match(value)
    return found is not None and found[1].lower() == host.lower().encode()
