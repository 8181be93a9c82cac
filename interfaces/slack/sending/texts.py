"""Texts as Slack takes them: escaped, and split where they are too long. Pure.

Source: api.slack.com, "Formatting text" (& < > alone are escaped), chat.postMessage (4,000 characters are recommended,
40,000 are the most), "Section block" (3,000). A cut comes at a paragraph, else a line, else a word; never inside an
entity, a <link|label>, a sign with its accents or an emoji of several characters. A code fence is closed before a cut
and opened again behind it.
"""

import re
import unicodedata

__all__ = ["HARD", "MARKDOWN", "SECTION", "TEXT", "escape", "split"]

TEXT, HARD = 4000, 40_000
"""Characters of a posted text: those that are recommended, and the most."""
SECTION = 3000
"""Characters of a section's text."""
MARKDOWN = 12_000
"""Characters of markdown_text."""
FENCE = "```"
_OPEN, _CLOSE = f"{FENCE}\n", f"\n{FENCE}"
_WHOLE = re.compile(r"```|&(?:amp|lt|gt);|<[^<>\n]{1,4000}>")
"""What is not cut."""
_JOINED = 100
"""Characters that one sign may consist of; longer ones are cut."""
_ZWJ = "\u200d"


def escape(text: str) -> str:
    """``text`` so that Slack shows it as it is: no mention, no link comes of it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def split(text: str, most: int = TEXT) -> list[str]:
    """``text`` in parts of at most ``most`` characters (16 at least); blanks alone are no part."""
    parts: list[str] = []
    rest, fenced = text, False
    while len(_OPEN) * fenced + len(rest) > most:
        room = most - len(_OPEN) * fenced - len(_CLOSE)
        at = _cut(rest, max(1, room))
        part, rest, before = rest[:at], rest[at:], fenced
        fenced ^= part.count(FENCE) % 2 == 1
        parts.append(_OPEN * before + (part + _CLOSE if fenced else part.rstrip()))
        rest = rest.removeprefix("\n") if fenced else rest.lstrip("\n").removeprefix(" ")
    parts.append(_OPEN * fenced + rest)
    return [part for part in parts if part.strip("` \n\t")] or [text]


def _cut(text: str, room: int) -> int:
    """Where to cut ``text``, which is longer than ``room``."""
    spans = [found.span() for found in _WHOLE.finditer(text, 0, room + TEXT) if found.start() < room]
    end = next((start for start, stop in spans if start < room < stop), room) or room
    for mark in ("\n\n", "\n", " "):
        at = _before(text, mark, room // 2, end, spans)
        if at > 0:
            return at
    return _sign(text, end)


def _before(text: str, mark: str, low: int, high: int, spans: list[tuple[int, int]]) -> int:
    """The last place of ``mark`` from ``low`` to ``high`` that is in no span; -1 when there is none."""
    at = text.rfind(mark, low, high + 1)
    for start, stop in reversed(spans):
        if start < at < stop:
            at = text.rfind(mark, low, start + 1)
    return at


def _sign(text: str, at: int) -> int:
    """``at``, or where the sign begins that it would cut."""
    for place in range(at, max(0, at - _JOINED), -1):
        if not _joins(text[place - 1], text[place]):
            return place
    return at


def _joins(before: str, after: str) -> bool:
    """Whether the second is a part of the same sign."""
    return (
        unicodedata.category(after) in ("Mn", "Me", "Mc")
        or _ZWJ in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # skin
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")  # flags
        or "\U000e0020" <= after <= "\U000e007f"  # tags behind a flag
        or "\udc00" <= after <= "\udfff"
    )
