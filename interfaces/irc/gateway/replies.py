"""What commands answer: refusals, words of clients in lines of ours; what an application is told of what was done."""

from typing import Any, Final

from interfaces.irc.gateway.served import Served
from interfaces.irc.line import BODY, Line
from interfaces.irc.numerics import text_of

__all__ = ["did", "refuse", "room_for", "shown", "told"]

_WORD: Final = 100
"""Characters of a client's word in an answer."""


def shown(word: str) -> str:
    """A word that a client has said, as it may stand in the middle of a line."""
    if word and " " not in word and word[0] != ":" and len(word) <= _WORD:
        return word
    return word.split(" ", 1)[0].lstrip(":")[:_WORD] or "*"


def refuse(client: Served, code: str, *words: str) -> None:
    """The numeric ``code`` with its own text; ``words`` may be a client's."""
    client.numeric(code, *map(shown, words), text_of(code))


def room_for(client: Served, *words: str) -> int:
    """Octets for the last parameter of a numeric to ``client``, behind ``words``."""
    before = " ".join((f":{client.gateway.name} 000 {client.user.nick}", *words))
    return BODY - len(f"{before} :\r\n".encode(errors="replace"))


def did(client: Served, line: Line, kind: str, **said: Any) -> None:
    """Tell the application what its client did by ``line``. ``source`` is in ``said`` where that has changed by it."""
    told(client, kind, tags=dict(line.tags), **said)


def told(client: Served, kind: str, **said: Any) -> None:
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
