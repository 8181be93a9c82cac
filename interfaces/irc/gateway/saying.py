"""A line that goes to several: its bytes for each set of capabilities are made once. Pure.

IRCv3 server-time, message-tags, account-tag: who has not agreed on one gets the line without its tags.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from interfaces.irc.line import form, form_tags

__all__ = ["ACCOUNT_TAG", "MESSAGE_TAGS", "SERVER_TIME", "TAGGED", "Said", "stamp"]

SERVER_TIME: Final = 1
ACCOUNT_TAG: Final = 2
MESSAGE_TAGS: Final = 4
TAGGED: Final = SERVER_TIME | ACCOUNT_TAG | MESSAGE_TAGS
"""The bits of a client's capabilities that decide which tags it gets."""
_NONE: Final[Mapping[str, str]] = {}


def stamp(now: float) -> str:
    """Unix seconds as server-time writes them."""
    return f"{datetime.fromtimestamp(now, UTC).isoformat(timespec='milliseconds')[:-6]}Z"


class Said:
    """One line. ``tags`` are those for who has message-tags: a msgid, client-only ones."""

    __slots__ = ("account", "body", "now", "tags", "_forms")

    def __init__(self, body: bytes, now: float, account: str | None, tags: Mapping[str, str] = _NONE) -> None:
        self.body = body
        self.now = now
        self.account = account
        self.tags = tags
        self._forms: list[bytes | None] = [body, None, None, None, None, None, None, None]

    def __repr__(self) -> str:
        return f"<Said {self.body!r}>"

    def line(self, caps: int) -> bytes:
        """The bytes for a client with these capabilities."""
        found = self._forms[caps & TAGGED]
        return found if found is not None else self._form(caps & TAGGED)

    def _form(self, bits: int) -> bytes:
        tags = {**self.tags} if bits & MESSAGE_TAGS else {}
        if bits & SERVER_TIME:
            tags["time"] = stamp(self.now)
        if bits & ACCOUNT_TAG and self.account:
            tags["account"] = self.account
        found = self._forms[bits] = form_tags(tags).encode() + self.body
        return found


def said(
    source: str, command: str, params: Iterable[str], now: float, account: str | None = None
) -> Said:  # fmt: skip
    """A line of ``source``."""
    return Said(form(command, params, source), now, account)
