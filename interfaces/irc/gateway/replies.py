"""What commands answer: refusals, words of clients in lines of ours, and many words in lines that are not too long.

And what an application is told of what its client did, once it is done.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from interfaces.irc.line import BODY, Line
from interfaces.irc.numerics import text_of

__all__ = ["did", "packed", "refuse", "room_for", "shown", "told"]

_WORD: Final = 100
"""Characters of a client's word in an answer."""


def shown(word: str) -> str:
    """A word that a client has said, as it may stand in the middle of a line."""
    if word and " " not in word and word[0] != ":" and len(word) <= _WORD:
        return word
    return word.split(" ", 1)[0].lstrip(":")[:_WORD] or "*"


def refuse(client: Any, code: str, *words: str) -> None:
    """The numeric ``code`` with its own text; ``words`` may be a client's."""
    client.numeric(code, *map(shown, words), text_of(code))


def room_for(client: Any, *words: str) -> int:
    """Octets for the last parameter of a numeric to ``client``, behind ``words``."""
    before = " ".join((f":{client.gateway.name} 000 {client.user.nick}", *words))
    return BODY - len(f"{before} :\r\n".encode(errors="replace"))


def packed(words: Iterable[str], room: int, between: str = " ") -> Iterator[str]:
    """``words`` in lines of at most ``room`` octets each; a word that is longer has one for itself."""
    line: list[str] = []
    size = -1
    for word in words:
        more = (len(word) if word.isascii() else len(word.encode(errors="replace"))) + 1
        if size + more > room and line:
            yield between.join(line)
            line, size = [], -1
        line.append(word)
        size += more
    if line:
        yield between.join(line)


def did(client: Any, line: Line, kind: str, **said: Any) -> None:
    """Tell the application what its client did by ``line``. ``source`` is in ``said`` where that has changed by it."""
    told(client, kind, tags=dict(line.tags), **said)


def told(client: Any, kind: str, **said: Any) -> None:
    """Tell the application what its client did, or what was done to it."""
    event = {
        "type": kind,
        "source": client.user.says(),
        "tags": {},
        "is_history": False,
        **said,
        **client.gateway.stamped(),
    }
    event["time"] = event["received_at"]
    client.tell(event, len(said.get("text") or ""))
