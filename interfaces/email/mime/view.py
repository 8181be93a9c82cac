"""A message as an application reads it: who wrote what to whom, and what is attached. Pure.

Everything is read when it is asked for. Of texts, those that a reader is shown in one go are put together. What is no
text of the message itself is an attachment, inline or not, and a message that is attached stays whole.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import IO, Any

from interfaces.email.headers import Headers, identifier, identifiers
from interfaces.email.mime.addresses import Address, addresses
from interfaces.email.mime.filenames import safe
from interfaces.email.mime.limits import LIMITS, Limits
from interfaces.email.mime.part import Part
from interfaces.email.mime.plain import plain
from interfaces.email.mime.replies import reply_text
from interfaces.email.mime.shown import flowing, leaves, name_of, shown
from interfaces.email.mime.tree import parse

__all__ = ["Attachment", "Parsed"]

_LONGEST_DATE = 200
REFERENCES = 1000
"""Identifiers of References that are read."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is attached, or stands within the text."""

    filename: str
    """Safe to be used in a folder: see :func:`interfaces.email.mime.filenames.safe`. Two may have the same."""
    content_type: str
    """As the sender says: not to be believed when it is shown to others."""
    content_id: str | None
    """What HTML refers to as cid:…"""
    inline: bool
    """Whether it belongs into the text."""
    part: Part = field(repr=False)

    @property
    def content(self) -> bytes:
        """The bytes, decoded anew each time."""
        return self.part.content

    @property
    def size(self) -> int:
        """How many bytes."""
        return len(self.part.content)

    @property
    def message(self) -> "Parsed | None":
        """The message that is attached; None when it is none."""
        part = self.part
        if not part.message:
            return None
        return Parsed(part.children[0]) if part.children else Parsed.of(part.content)


class Parsed:
    """A message. Each of its properties is made once, when it is first asked for.

    ``root`` is the tree of its parts. MimeError for what is beyond the limits, also of a property.
    """

    def __init__(self, root: Part, limits: Limits = LIMITS) -> None:
        self.root = root
        self.limits = limits

    @classmethod
    def of(cls, content: bytes | IO[bytes], limits: Limits = LIMITS) -> "Parsed":
        """That of the bytes, or of an opened file."""
        return cls(parse(content, limits), limits)

    def __repr__(self) -> str:
        return f"<Parsed {self.root.content_type} {self.subject[:60]!r}>"

    # --- the header -------------------------------------------------------------------------------

    @property
    def headers(self) -> Headers:
        """All fields, as bytes."""
        return self.root.headers

    def header(self, name: str) -> str:
        """The first field of that name, decoded, in one line; "" without one."""
        return self.root.header(name)

    @cached_property
    def subject(self) -> str:
        """Decoded."""
        return self.header("subject")

    @cached_property
    def from_(self) -> list[Address]:
        """Who says to have written it; mostly one."""
        return self._addresses(b"from")

    @cached_property
    def to(self) -> list[Address]:
        """Whom it is written to; who receives it is said by the envelope."""
        return self._addresses(b"to")

    @cached_property
    def cc(self) -> list[Address]:
        """Who has a copy."""
        return self._addresses(b"cc")

    @cached_property
    def reply_to(self) -> list[Address]:
        """Where an answer is wanted: Reply-To, else From."""
        return self._addresses(b"reply-to") or self.from_

    @cached_property
    def date(self) -> datetime | None:
        """When it was written, in UTC where no zone is said; None for what is no date."""
        try:
            found = parsedate_to_datetime(self.header("date")[:_LONGEST_DATE])
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    @property
    def message_id(self) -> str | None:
        """Without angle brackets."""
        return identifier(self.headers.first(b"message-id"))

    @property
    def in_reply_to(self) -> str | None:
        """The message that it answers, without angle brackets."""
        return identifier(self.headers.first(b"in-reply-to"))

    @property
    def references(self) -> list[str]:
        """The conversation so far, the oldest first, without angle brackets."""
        return identifiers(self.headers.first(b"references"), REFERENCES)

    # --- what it says -----------------------------------------------------------------------------

    @cached_property
    def text(self) -> str:
        """What it says: its plain text, else that of its HTML."""
        return self._text or plain(self.html)

    @cached_property
    def html(self) -> str:
        """Its HTML, "" without any: as a stranger wrote it, to be cleaned before it is shown."""
        return "\n".join(part.text for part in self._shown if part.content_type == "text/html")

    @cached_property
    def reply_text(self) -> str:
        """What was written anew, without the quote, what announces it, and the signature."""
        return reply_text(self.text)

    @cached_property
    def attachments(self) -> list[Attachment]:
        """All that is no text of the message itself."""
        texts = {id(part) for part in self._shown}
        return [_attachment(part) for part in leaves(self.root) if id(part) not in texts]

    def tree(self) -> dict[str, Any]:
        """``content-type`` with ``parts``, a list of the same, or with ``body``: a str for text, else bytes."""
        return self.root.tree()

    # ----------------------------------------------------------------------------------------------

    def _addresses(self, name: bytes) -> list[Address]:
        return addresses(self.headers.first(name), self.limits)

    @cached_property
    def _text(self) -> str:
        return "\n".join(flowing(part) for part in self._shown if part.content_type != "text/html")

    @cached_property
    def _shown(self) -> list[Part]:
        return shown(self.root)


def _attachment(part: Part) -> Attachment:
    disposition, content_id = part.disposition, part.content_id
    related = part.parent is not None and part.parent.content_type == "multipart/related"
    inline = disposition == "inline" or (not disposition and related and content_id is not None)
    name = name_of(part)
    if not name and part.message and part.children:
        name = f"{part.children[0].header('subject')[:100] or 'message'}.eml".replace("/", "_").replace(
            "\\", "_"
        )
    return Attachment(safe(name, part.content_type), part.content_type, content_id, inline, part)
