"""A message, or a part of one: where it is in the bytes, and what it says when it is asked. Pure."""

from binascii import a2b_qp
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

from interfaces.email.headers import Headers
from interfaces.email.mime.charsets import text_of
from interfaces.email.mime.fields import Parameters, parameters, word
from interfaces.email.mime.words import base64, decoded

__all__ = ["Part", "Source"]

Source = bytes | mmap
"""What offsets are of."""


@dataclass(slots=True, eq=False)
class Part:
    """From ``start`` the header, from ``body_start`` to ``end`` the body, in ``source``: nothing is copied unasked.

    ``content_type``: in lower case, without parameters. ``children``: the parts of a multipart, or the one message
    that a message/rfc822 holds as it is.
    """

    source: Source = field(repr=False)
    start: int
    headers: Headers = field(repr=False)
    body_start: int
    end: int
    content_type: str
    children: list["Part"] = field(default_factory=list, repr=False)
    parent: "Part | None" = field(default=None, repr=False)
    _parameters: Parameters | None = field(default=None, repr=False)

    @property
    def multipart(self) -> bool:
        """Whether it is made of parts."""
        return self.content_type.startswith("multipart/")

    @property
    def message(self) -> bool:
        """Whether it holds a message."""
        return self.content_type in ("message/rfc822", "message/global")

    @property
    def parameters(self) -> Parameters:
        """Those of Content-Type: charset, boundary, name."""
        if self._parameters is None:
            self._parameters = parameters(self.headers.first(b"content-type"))
        return self._parameters

    @property
    def disposition(self) -> str:
        """The word of Content-Disposition in lower case, "" without one."""
        return word(self.headers.first(b"content-disposition"))

    @property
    def content_id(self) -> str | None:
        """Content-ID without its angle brackets, as cid: names it."""
        said = self.headers.first(b"content-id").strip()
        return decoded(said.removeprefix(b"<").removesuffix(b">")) or None

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding in lower case; "7bit" without one."""
        return word(self.headers.first(b"content-transfer-encoding"), default="7bit")

    def header(self, name: str) -> str:
        """The first field of that name, decoded, in one line; "" without one."""
        return decoded(self.headers.first(name.lower().encode("latin-1", "replace")))

    @property
    def raw(self) -> bytes:
        """Header and body as they came."""
        return self.source[self.start : self.end]

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return self.source[self.body_start : self.end]

    @property
    def content(self) -> bytes:
        """The body, its transfer encoding undone, as far as that can be; made anew each time."""
        encoding = "" if self.multipart else self.encoding
        if encoding == "base64":
            return base64(self._view)
        if encoding == "quoted-printable":
            return a2b_qp(self._view)
        return self.body

    @property
    def _view(self) -> memoryview:
        """The body without a copy of it."""
        return memoryview(self.source)[self.body_start : self.end]

    @property
    def text(self) -> str:
        """The content as text, by its charset or by what it looks like, each line ending in LF."""
        text = text_of(self.content, self.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def walk(self) -> Iterator["Part"]:
        """The part itself and all below, as they come in the bytes."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting += reversed(part.children)

    def tree(self) -> dict[str, Any]:
        """As 2016's draft had it: ``content-type`` with ``parts`` (a list of these), or with ``body``, decoded."""
        made: dict[int, dict[str, Any]] = {}
        for part in self.walk():
            found: dict[str, Any] = {"content-type": part.content_type}
            made[id(part)] = found
            if part.children:
                found["parts"] = []
            else:
                found["body"] = part.text if part.content_type.startswith("text/") else part.content
            if part is not self and part.parent is not None:
                made[id(part.parent)]["parts"].append(found)
        return made[id(self)]
