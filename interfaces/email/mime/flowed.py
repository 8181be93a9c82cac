"""Paragraphs out of lines that a mailer has broken: format=flowed. Pure.

RFC 3676 (§4.1 soft breaks, §4.3 the signature's line, §4.4 stuffing, §4.5 quotes; DelSp).
"""

import re

__all__ = ["MOST_LINES", "unflowed"]

_QUOTED = re.compile(r">*+")
MOST_LINES = 20_000
"""Lines of a text; one of more stays as it is."""


def unflowed(text: str, *, delsp: bool = False) -> str:
    """``text`` with a line for each paragraph; quotes keep their ">". ``delsp``: the blank at a break goes, too."""
    if text.count("\n") > MOST_LINES:
        return text
    found: list[str] = []
    paragraph: list[str] = []
    last = 0
    for line in text.split("\n"):
        depth = _QUOTED.match(line).end()  # type: ignore[union-attr]  # it matches anything
        said = line[depth:].removeprefix(" ")
        if paragraph and (depth != last or said == "-- "):
            found.append(_joined(last, paragraph))
            paragraph = []
        last = depth
        soft = said.endswith(" ") and said != "-- "
        paragraph.append(said[:-1] if soft and delsp else said)
        if not soft:
            found.append(_joined(depth, paragraph))
            paragraph = []
    if paragraph:
        found.append(_joined(last, paragraph))
    return "\n".join(found)


def _joined(depth: int, lines: list[str]) -> str:
    said = "".join(lines)
    return f"{'>' * depth} {said}" if depth else said
