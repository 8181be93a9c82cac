"""A line that goes to several: its bytes for each set of capabilities are made once. Pure.

IRCv3 server-time, message-tags, account-tag: who has not agreed on one gets the line without its tags, and a TAGMSG
not at all. A line that grew too long by what a server puts into it is cut (RFC 1459 §2.3), never inside a
character; a message becomes several instead.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from interfaces.irc.ctcp import form as ctcp_form
from interfaces.irc.line import BODY, form, form_tags
from interfaces.irc.texts import pieces, room
from interfaces.irc.times import stamp
from interfaces.shared.errors import ApplicationError

__all__ = [
    "ACCOUNT_TAG",
    "MESSAGE_TAGS",
    "SERVER_TIME",
    "TAGGED",
    "Message",
    "Said",
    "client_tags",
    "fitting",
    "spoken",
]

SERVER_TIME: Final = 1
ACCOUNT_TAG: Final = 2
MESSAGE_TAGS: Final = 4
TAGGED: Final = SERVER_TIME | ACCOUNT_TAG | MESSAGE_TAGS
"""The bits of a client's capabilities that decide which tags it gets."""
HEADS: Final = 2048
"""Beginnings of lines that are kept."""
_NONE: Final[Mapping[str, str]] = {}
_CLIENT_KEY: Final = re.compile(r"\+(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9-]+")
_CTCP: Final = 3
"""Octets that are around a CTCP: its two signs, and the blank behind its command."""


def client_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Those that a client may send, the client-only ones; the others fall away (message-tags)."""
    return {key: value for key, value in tags.items() if _CLIENT_KEY.fullmatch(key)}


def fitting(body: bytes) -> bytes:
    """A line without tags, cut to what one may have."""
    if len(body) <= BODY:
        return body
    return body[: BODY - 2].decode(errors="ignore").encode() + b"\r\n"


class Said:
    """One line. ``tags`` are those for who has message-tags: a msgid, client-only ones."""

    __slots__ = ("_forms", "account", "body", "now", "tags")

    def __init__(
        self, body: bytes, now: float, account: str | None = None, tags: Mapping[str, str] = _NONE
    ) -> None:
        self.body = body
        self.now = now
        self.account = account
        self.tags = tags
        self._forms: list[bytes | None] = [body, None, None, None, None, None, None, None]

    def __repr__(self) -> str:
        return f"<Said {self.body!r}>"

    def line(self, caps: int) -> bytes:
        """The bytes for a client with these capabilities; none where it is to get nothing."""
        found = self._forms[caps & TAGGED]
        return found if found is not None else self._form(caps & TAGGED)

    def only_tagged(self) -> None:
        """It is for those who have message-tags."""
        self._forms[:MESSAGE_TAGS] = [b""] * MESSAGE_TAGS

    def _form(self, bits: int) -> bytes:
        tags = {**self.tags} if bits & MESSAGE_TAGS else {}
        if bits & SERVER_TIME:
            tags["time"] = stamp(self.now)
        if bits & ACCOUNT_TAG and self.account:
            tags["account"] = self.account
        found = self._forms[bits] = form_tags(tags).encode(errors="replace") + self.body
        return found


class Message(NamedTuple):
    """What somebody says to ``target``; ``text`` of a CTCP are its parameters, and ``tags`` have its msgid."""

    source: str
    command: str
    target: str
    text: str
    now: float
    """Unix seconds."""
    tags: Mapping[str, str] = _NONE
    account: str | None = None
    ctcp: str | None = None


def spoken(message: Message) -> list[Said]:
    """Its lines: one, or as many as it needs. ApplicationError for what cannot be said."""
    source, command, target, text, now, tags, account, _ = message
    head = _head(source, command, target)
    if command == "TAGMSG":
        said = Said(head + b"\r\n", now, account, tags)
        said.only_tagged()
        return [said]
    if "\n" not in text and "\r" not in text:
        body = _body(message, head, text)
        if len(body) <= BODY:
            return [Said(body, now, account, tags)]
    return _several(message)


def _body(message: Message, head: bytes, text: str) -> bytes:
    """A line of it. The text has its colon even where it needs none: small clients look for it."""
    if message.ctcp:
        text = ctcp_form(message.ctcp, text)
    if "\0" in text:
        raise ApplicationError(f"{message.command}: a line of IRC has no NUL in it")
    return b"%b :%b\r\n" % (head, text.encode(errors="replace"))


@lru_cache(HEADS)
def _head(source: str, command: str, target: str) -> bytes:
    """A line up to its target, which has to be a word: the same people say much in the same channels."""
    return form(command, [target, "-"], source)[:-4]


def _several(message: Message) -> list[Said]:
    """The first has the msgid, the others have it with a number behind."""
    source, command, target, text, now, tags, account, ctcp = message
    head = _head(source, command, target)
    space = room(command, target, source) - (len(ctcp.encode()) + _CTCP if ctcp else 0)
    found = []
    for number, piece in enumerate(pieces(text, space), 1):
        body = _body(message, head, piece)
        own = tags if number == 1 or "msgid" not in tags else {**tags, "msgid": f"{tags['msgid']}-{number}"}
        found.append(Said(body, now, account, own))
    return found
