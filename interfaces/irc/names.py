r"""Nicks, channels and masks: how they compare, what they may be, and who a source is. Pure.

CASEMAPPING of modern.ircdocs.horse: ``rfc1459`` has {}|^ as the lower case of []\~, ``rfc1459-strict`` not ^ and ~,
``ascii`` none of them, and only ``rfc7613`` folds what is not ASCII. A network compares as it says, so what one takes
for equal is two users elsewhere.

Stricter than networks, in what a gateway takes for a nick: nothing that is not printable (a mark of direction looks
like nothing), and no sign that stands before a nick in a list of members.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from typing import Final, NamedTuple

__all__ = ["Fold", "Source", "folding", "is_channel", "is_nick", "matcher", "read_source"]

Fold = Callable[[str], str]
"""The form of a name in which equal ones are the same."""
_REMEMBERED: Final = 4096
"""Names whose folded form is kept at hand: that is ten times as quick as to make it."""


def _of(upper: str, lower: str) -> Fold:
    table = str.maketrans(ascii_uppercase + upper, ascii_lowercase + lower)

    def fold(text: str) -> str:
        return text.translate(table)

    return lru_cache(_REMEMBERED)(fold)


_ASCII: Final = _of("", "")
_RFC1459: Final = _of("[]\\~", "{}|^")
_STRICT: Final = _of("[]\\", "{}|")
_FOLDINGS: Final[dict[str, Fold]] = {
    "ascii": _ASCII,
    "rfc1459": _RFC1459,
    "rfc1459-strict": _STRICT,
    "strict-rfc1459": _STRICT,
    "rfc7613": str.casefold,
}
_NO_NICK: Final = re.compile(r"[\s\0,*?!@#&:$.]")
_NO_CHANNEL: Final = re.compile(r"[\s\0-\x1f\x7f,]")
_NOT_FIRST: Final = "-~%+"


def folding(casemapping: str) -> Fold:
    """How a network compares names, always the same function for a word; one that is not known is as ascii."""
    return _FOLDINGS.get(casemapping.lower(), _ASCII)


class Source(NamedTuple):
    """Who a line is from: a user, or a server, whose name is the ``nick`` then."""

    nick: str
    user: str | None = None
    host: str | None = None

    def __str__(self) -> str:
        user = "" if self.user is None else f"!{self.user}"
        return f"{self.nick}{user}" if self.host is None else f"{self.nick}{user}@{self.host}"


def read_source(text: str) -> Source:
    """The parts of ``nick!user@host``, each of the last two only where it is there."""
    before, at, host = text.partition("@")
    nick, bang, user = before.partition("!")
    return Source(nick, user if bang else None, host if at else None)


def is_nick(text: str, most: int) -> bool:
    """Whether somebody may be called so at a gateway: at most ``most`` characters, of any script."""
    return (
        0 < len(text) <= most
        and text.isprintable()
        and _NO_NICK.search(text) is None
        and not text[0].isdigit()
        and text[0] not in _NOT_FIRST
    )


def is_channel(text: str, types: str, most: int) -> bool:
    """Whether a channel may be called so: one of ``types``, and behind it something that breaks no line and no list."""
    return 1 < len(text) <= most and text[0] in types and _NO_CHANNEL.search(text) is None


def matcher(mask: str, fold: Fold) -> Callable[[str], bool]:
    """Whether a text is as ``mask`` says, where * is anything and ? a character; no mask makes it slow."""
    first, *others = re.sub(r"\*+", "*", fold(mask)).split("*")
    pattern = _literally(first)
    if others:
        *middle, last = others
        # what is found first is as good as anything behind it: (?>) never looks for another
        pattern += "".join(f"(?>.*?{_literally(one)})" for one in middle) + f".*{_literally(last)}"
    found = re.compile(pattern, re.DOTALL).fullmatch
    return lambda text: found(fold(text)) is not None


def _literally(text: str) -> str:
    return re.escape(text).replace(r"\?", ".")
