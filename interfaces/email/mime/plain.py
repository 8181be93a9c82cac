"""The text of an HTML mail, without its looks: for searching, tickets, and who has no browser. Pure.

Linear in its length; what is left is text and never markup to be shown as such: escape it again.
"""

import re
from html import unescape

from interfaces.email.mime.limits import MimeError

__all__ = ["MARKS", "plain"]

_HIDDEN = re.compile(
    r"<(?=[!sht])(?:!--(?:.*?-->|.*)|(?P<name>script|style|head|title|template)\b[^<>]*+>(?:.*?</(?P=name)\s*+>|.*))",
    re.DOTALL | re.IGNORECASE,
)
_QUOTE = re.compile(r"<blockquote\b[^<>]*+>", re.IGNORECASE)
_UNQUOTE = re.compile(r"</blockquote\b[^<>]*+>", re.IGNORECASE)
_BLOCKS = "p br div tr table ul ol dl h[1-6] hr pre section article header footer address"
# letters in both cases: twice as fast as to ignore them
_LINES = re.compile(
    f"</?(?:{re.sub('[a-z]', lambda found: f'[{found[0]}{found[0].upper()}]', _BLOCKS).replace(' ', '|')})\\b[^<>]*+>"
)
_ITEM = re.compile(r"<li\b[^<>]*+>", re.IGNORECASE)
_CELL = re.compile(r"</t[dh]\b[^<>]*+>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!?][^<>]*+>", re.IGNORECASE)
_IN, _OUT = "\ufdd0", "\ufdd1"  # no characters, so none of a mail's
_TAGS = (
    (_QUOTE, "blockquote", f"\n{_IN}"),
    (_UNQUOTE, "blockquote", f"\n{_OUT}"),
    (_ITEM, "<li", "\n- "),
    (_CELL, "</t", " "),
)

MARKS = 10_000
"""Tags and entities that any HTML may have; a longer one may have one more in 12 characters."""


def plain(html: str) -> str:
    """The text, a line for each that a reader sees; quotes have "> " in front. MimeError for nothing but tags."""
    if html.count("<") + html.count("&") > MARKS + len(html) // 12:
        raise MimeError("too many tags in HTML")
    text = html.replace(_IN, "\ufffd").replace(_OUT, "\ufffd")
    text = " ".join(_HIDDEN.sub(" ", text).split())
    for tag, name, instead in _TAGS:
        if name in html or name.upper() in html:
            text = tag.sub(instead, text)
    text = _LINES.sub("\n", text)
    text = unescape(_TAG.sub("", text)).replace("\xa0", " ").replace("\0", "\ufffd")
    text = "\n".join([line.strip() for line in text.split("\n")])
    if _IN in text:
        text = _quoted(text)
    text = text.replace(_OUT, "")
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()


def _quoted(text: str) -> str:
    depth = 0
    found: list[str] = []
    for line in text.split("\n"):
        depth = max(depth + line.count(_IN) - line.count(_OUT), 0)
        said = line.replace(_IN, "").replace(_OUT, "")
        found.append(f"{'>' * min(depth, 10)} {said}" if depth and said else said)
    return "\n".join(found)
