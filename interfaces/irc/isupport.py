r"""What a server says of itself in 005, and what it means. Pure.

RPL_ISUPPORT of modern.ircdocs.horse, and the drafts that it follows. A token is ``NAME=value``, or ``-NAME``, which
takes it back; in a value a character may be ``\x20``. Where a token is absent, or makes no sense, that is taken which
RFC 1459 has. Never refused: whatever a server says leaves something to work with.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from interfaces.irc.names import Fold, folding
from interfaces.shared.errors import ApplicationError

__all__ = ["MOST", "PER_LINE", "TEXT", "Isupport", "params"]

MOST: Final = 256
"""Tokens that are kept of a server."""
PER_LINE: Final = 13
"""Tokens in a line: 15 parameters, less the nick and the text."""
TEXT: Final = "are supported by this server"
"""Behind the tokens."""
_ROOM: Final = 380
"""Octets of tokens in a line, which leaves some for the names before and the text behind them."""
_UNLIMITED: Final = 100
"""Modes in a line of a server that says no number."""
_PREFIX: Final = re.compile(r"\(([^()]*)\)(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._-]*")
_ESCAPED: Final = re.compile(r"\\x([0-9A-Fa-f]{2})")
_TO_ESCAPE: Final = re.compile(r"[\0-\x20=\\\x7f]")


class Isupport:
    """What one server has said so far; what is asked often is an attribute, made anew only by :meth:`feed`."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        """Name → value, "" where it has none."""
        self.casemapping: str = "rfc1459"
        self.fold: Fold = folding("rfc1459")
        """How names compare."""
        self.chantypes: str = "#&"
        self.statusmsg: str = ""
        """Signs that may stand before a channel: only those members are told."""
        self.prefix: list[tuple[str, str]] = []
        """(mode, sign) of members, strongest first."""
        self.signs: dict[str, str] = {}
        """Sign → mode of members, strongest first."""
        self.chanmodes: tuple[str, str, str, str] = ("", "", "", "")
        """Modes: of lists, with a parameter, with one only when set, with none."""
        self._refresh()

    def __repr__(self) -> str:
        return f"<Isupport {self.tokens.get('NETWORK', '')} {len(self.tokens)} tokens>"

    def feed(self, params: Sequence[str]) -> None:
        """The parameters of a line 005: our nick, tokens, and a text that is left out."""
        for token in params[1:]:
            name, _, value = token.partition("=")
            if not _NAME.fullmatch(name.removeprefix("-")):
                continue  # the text behind them, as a rule
            if name.startswith("-"):
                self.tokens.pop(name[1:], None)
            elif name in self.tokens or len(self.tokens) < MOST:
                self.tokens[name] = _unescaped(value)
        self._refresh()

    def _refresh(self) -> None:
        tokens = self.tokens
        self.casemapping = tokens.get("CASEMAPPING", "") or "rfc1459"
        self.fold = folding(self.casemapping)
        self.chantypes = tokens.get("CHANTYPES", "#&")
        self.statusmsg = tokens.get("STATUSMSG", "")
        self.prefix = _prefix(tokens.get("PREFIX", "(ov)@+"))
        self.signs = {sign: letter for letter, sign in self.prefix}
        lists, always, on, never = (*tokens.get("CHANMODES", "b,k,l,imnpst").split(","), "", "", "", "")[:4]
        self.chanmodes = (lists, always, on, never)

    @property
    def network(self) -> str:
        """Its name; "" where it says none."""
        return self.tokens.get("NETWORK", "")

    @property
    def nicklen(self) -> int:
        """Characters of a nick."""
        return self._number("NICKLEN", 9)

    @property
    def channellen(self) -> int:
        """Characters of the name of a channel."""
        return self._number("CHANNELLEN", 200)

    @property
    def topiclen(self) -> int | None:
        """Characters of a topic; None: as many as fit."""
        return self._number("TOPICLEN", 0) or None

    @property
    def linelen(self) -> int:
        """Octets of a line, with its end and without its tags; never below what RFC 1459 has."""
        return max(self._number("LINELEN", 512), 512)

    @property
    def modes(self) -> int:
        """Modes with a parameter in one line."""
        return self._number("MODES", _UNLIMITED if "MODES" in self.tokens else 3)

    @property
    def monitor(self) -> int:
        """Nicks that may be watched; 0 where there is no MONITOR."""
        return self._number("MONITOR", _UNLIMITED if "MONITOR" in self.tokens else 0)

    def targmax(self, command: str) -> int | None:
        """Targets of ``command`` in one line; None: no limit is said of it."""
        if "TARGMAX" not in self.tokens:
            return self._number("MAXTARGETS", 1)
        for one in self.tokens["TARGMAX"].split(","):
            name, _, number = one.partition(":")
            if name.upper() == command:
                return int(number) if _is_number(number) else None
        return 1

    def channel(self, target: str) -> str | None:
        """The channel that ``target`` is, without the signs of a STATUSMSG; None of a nick."""
        if target[:1] in self.chantypes:
            return target or None
        bare = target.lstrip(self.statusmsg) if self.statusmsg else target
        return bare if bare and bare[0] in self.chantypes else None

    def _number(self, name: str, default: int) -> int:
        value = self.tokens.get(name, "")
        return int(value) if _is_number(value) else default


def _is_number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0


def _prefix(value: str) -> list[tuple[str, str]]:
    if not value:
        return []
    found = _PREFIX.fullmatch(value)
    if found is None or len(found[1]) != len(found[2]):
        return [("o", "@"), ("v", "+")]
    return [*zip(found[1], found[2], strict=True)]


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if "\\" in value else value


def params(tokens: Mapping[str, str], per_line: int = PER_LINE) -> list[list[str]]:
    """The tokens of each line 005 that says ``tokens``: no nick before them and no text behind.

    ApplicationError for a name that is none.
    """
    lines: list[list[str]] = []
    used = 0
    for name, value in tokens.items():
        if not _NAME.fullmatch(name):
            raise ApplicationError(f"isupport: {name!r} is no name of a token")
        said = _TO_ESCAPE.sub(lambda found: f"\\x{ord(found[0]):02X}", value)
        token = f"{name}={said}" if said else name
        size = len(token.encode(errors="replace")) + 1
        if not lines or len(lines[-1]) >= per_line or used + size > _ROOM:
            lines.append([])
            used = 0
        lines[-1].append(token)
        used += size
    return lines
