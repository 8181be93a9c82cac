"""Changes of modes: a MODE taken apart, and put together. Pure.

RFC 2812 §3.2.3; which letter has a parameter is said by PREFIX and CHANMODES of 005. A letter that is not known has
none. One that needs a parameter and has none asks for a list (``+b``): it is never put before one that has a
parameter, since a server would take that for it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from interfaces.irc.isupport import Isupport
from interfaces.shared.errors import ApplicationError

__all__ = ["Change", "form", "plain", "read", "read_plain"]

_ROOM: Final = 380
"""Octets of parameters in a line, which leaves some for the names before them."""
_LETTER: Final = re.compile(r"[^\s\0+:,-]")
_BROKEN: Final = re.compile(r"[\s\0]|^:|^$")
_NEEDY: Final = frozenset("IZabeghkoqvw")
"""Letters that take a parameter on some network, even where they are taken back."""


class Change(NamedTuple):
    """One letter."""

    sign: str
    """"+" or "-"."""
    letter: str
    arg: str = ""
    """"" where there is none."""


def read(letters: str, args: Sequence[str], isupport: Isupport) -> list[Change]:
    """The changes of a MODE; takes anything. A parameter that nothing asks for falls away."""
    lists, always, on, _ = isupport.chanmodes
    with_one = {"-": {*lists, *always, *isupport.signs.values()}}
    with_one["+"] = with_one["-"] | {*on}
    rest = iter(args)
    sign = "+"
    changes = []
    for letter in letters:
        if letter in with_one:
            sign = letter
        else:
            changes.append(Change(sign, letter, next(rest, "") if letter in with_one[sign] else ""))
    return changes


def form(changes: Iterable[Change], most: int) -> list[list[str]]:
    """The parameters behind the target of each MODE that says ``changes``, with at most ``most`` parameters of modes.

    ApplicationError for what is no mode.
    """
    lines: list[_Line] = []
    for change in changes:
        sign, letter, arg = change
        if sign not in ("+", "-") or not _LETTER.fullmatch(letter) or (arg and _BROKEN.search(arg)):
            raise ApplicationError(f"{change.sign}{letter} {arg!r} is no mode of IRC")
        if not lines or not lines[-1].takes(change, most):
            lines.append(_Line())
        lines[-1].add(change)
    return [[line.letters, *line.args] for line in lines]


def plain(changes: Iterable[Change]) -> list[list[str]]:
    """Changes as messages of an application have them: ``["+o", "dan"]``."""
    return [[f"{one.sign}{one.letter}", one.arg] for one in changes]


def read_plain(said: Any) -> list[Change]:
    """The changes that a message has; one without a parameter may leave that out, None is none. ApplicationError."""
    if said is not None and not isinstance(said, list | tuple):
        raise ApplicationError(f'irc.mode: modes {said!r} is no list: write [["+o", "nick"]]')
    return [_read_plain(one) for one in said or ()]


def _read_plain(said: Any) -> Change:
    if isinstance(said, list | tuple) and 0 < len(said) < 3 and all(isinstance(one, str) for one in said):
        letters, arg = said[0], said[1] if len(said) > 1 else ""
        if len(letters) == 2 and letters[0] in "+-":
            return Change(letters[0], letters[1], arg)
    raise ApplicationError(f'irc.mode: {said!r} is no mode: write ["+o", "nick"]')


class _Line:
    """One MODE as it is made."""

    __slots__ = ("args", "asks", "letters", "sign", "size")

    def __init__(self) -> None:
        self.letters = ""
        self.args: list[str] = []
        self.sign = ""
        self.asks = False
        self.size = 0

    def takes(self, change: Change, most: int) -> bool:
        """Whether there is room, and nothing before it that would take its parameter."""
        if self.size + _size(change) > _ROOM:
            return False
        return not change.arg or (not self.asks and len(self.args) < most)

    def add(self, change: Change) -> None:
        """Behind the others."""
        if change.sign != self.sign:
            self.letters += change.sign
            self.sign = change.sign
        self.letters += change.letter
        self.size += _size(change)
        if change.arg:
            self.args.append(change.arg)
        elif change.letter in _NEEDY:
            self.asks = True


def _size(change: Change) -> int:
    return 6 + len(change.arg.encode(errors="replace"))
