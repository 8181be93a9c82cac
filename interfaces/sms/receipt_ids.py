"""Which id of a submit_sm_resp a receipt means: many SMSCs say one in hexadecimal and the other in decimal. Pure."""

import re
from typing import Final, Literal

__all__ = ["REMEMBERED", "Ids"]

REMEMBERED: Final = 200_000
"""Ids that are remembered of a bind; the older half is forgotten at once."""
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,32}")


def _decimal(name: str) -> str:
    """A hexadecimal id in decimal, or itself."""
    return str(int(name, 16)) if _HEX.fullmatch(name) else name


def _hexadecimal(name: str) -> str:
    """A decimal id in hexadecimal, or itself."""
    return f"{int(name):x}" if name.isascii() and name.isdigit() and len(name) <= 39 else name


def _plain(name: str) -> str:
    """Without what spellings differ in beside their base."""
    return name.lower().lstrip("0")


class _Table:
    """The last ``most`` entries, at least half of them."""

    def __init__(self, most: int) -> None:
        self._half = max(1, most // 2)
        self._young: dict[str, str] = {}
        self._old: dict[str, str] = {}

    def put(self, key: str, name: str) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = name

    def get(self, key: str) -> str:
        return self._young.get(key) or self._old.get(key) or ""


class Ids:
    """Which id of a response a receipt means. ``how`` is :attr:`interfaces.sms.accounts.Bind.hex_ids`.

    "hex" and "decimal" say how receipts spell them, where responses do it the other way. "auto" remembers both
    spellings of what responses say, and learns from the first receipt that fits only one of them; what fits none is
    given on as it is.
    """

    def __init__(self, how: Literal["auto", "hex", "decimal"], most: int = REMEMBERED) -> None:
        self.how = how
        self.alike: bool | None = None if how == "auto" else False
        """Whether both spell alike; None: not known yet."""
        self._same = _Table(most)
        self._other = _Table(2 * most)

    def __repr__(self) -> str:
        return f"<Ids {self.how}, {'not known yet' if self.alike is None else self.alike}>"

    def add(self, name: str) -> None:
        """A response has said it."""
        plain = _plain(name)
        self._same.put(plain, name)
        if self.alike is not True:
            for other in {_decimal(name), _hexadecimal(name)} - {name}:
                self._other.put(_plain(other), name)

    def meant(self, name: str) -> str:
        """The id of the response that a receipt's means."""
        if self.how == "hex":
            return self._known(_decimal(name))
        if self.how == "decimal":
            return self._known(_hexadecimal(name))
        plain = _plain(name)
        same, other = self._same.get(plain), self._other.get(plain) if self.alike is not True else ""
        if self.alike is None and bool(same) != bool(other):
            self.alike = bool(same)
        if self.alike is False:
            return other or same or name
        return same or other or name

    def knows(self, name: str) -> bool:
        """Whether a response has said it."""
        return self._same.get(_plain(name)) != ""

    def _known(self, converted: str) -> str:
        return self._same.get(_plain(converted)) or converted
