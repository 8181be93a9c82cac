"""Who a message says to be from: the domains of its From fields, in linear time (RFC 5322 §3.4). Pure."""

from collections.abc import Sequence

from interfaces.email.auth.canonical import Field

__all__ = ["domains", "plain"]

MOST = 20
"""Addresses of an author that are told apart."""


def domains(fields: Sequence[Field]) -> list[str]:
    """The domain of each address; "" for an address without one. An address in quotes or a comment is none.

    Where readers differ in which of two is the address, both are.
    """
    found = []
    for _, raw in fields:
        value = raw.partition(b":")[2].decode("utf-8", "replace").replace("\r\n", "")
        found += [one.strip().lower() for one in _domains(plain(value))]
        if len(found) > MOST:
            break
    return found[: MOST + 1]


def _domains(text: str) -> list[str]:
    """Of what stands in angle brackets, or alone between commas; the name of a group is none."""
    found: list[str] = []
    for part in text.replace(";", ",").split(","):
        _, *angles = part.split("<", MOST + 1)
        inside = [one for angle in angles if (one := angle.partition(">")[0]).strip()]
        if inside:
            found += [one.rpartition("@")[2] for one in inside]
        elif not angles and (alone := part.rpartition(":")[2]).strip():
            found += alone.split("@", MOST + 1)[1:] or [alone]
        if len(found) > MOST:
            break
    return found


def plain(text: str) -> str:
    """``text`` without quoted strings, for which a letter stands, and without comments, which may be nested."""
    kept, depth, quoted, skip = [], 0, False, False
    for char in text:
        if skip:
            skip = False
        elif char == "\\" and (quoted or depth):
            skip = True
        elif quoted:
            quoted = char != '"'
        elif char == '"' and not depth:
            quoted = True
            kept.append("q")
        elif depth or char == "(":
            depth += (char == "(") - (char == ")")
        else:
            kept.append(char)
    return "".join(kept)
