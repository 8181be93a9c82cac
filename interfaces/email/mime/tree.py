"""A message taken apart: one pass over its bytes, and nothing of it copied but the headers. Pure.

RFC 2045, RFC 2046 §5.1 (multipart: a delimiter of an outer one ends what is inside), §5.2.1 (message/rfc822), RFC 5322,
RFC 6532 (message/global). Lines may end in LF alone: what was attached, or lay in a file, may have such.

Taken as servers do: a delimiter with blanks behind it, or twice in a row, a missing last delimiter, a header without an
empty line behind it. A multipart in which its delimiter does not occur has no parts; its body can be read as text.
"""

import re
from mmap import ACCESS_READ, mmap
from os import fstat
from typing import IO

from interfaces.email.headers import Headers, split
from interfaces.email.mime.fields import media_type
from interfaces.email.mime.limits import LIMITS, Limits, MimeError
from interfaces.email.mime.part import Part, Source

__all__ = ["DASHED", "parse"]

_FIELDS = re.compile(rb"(?:[!-9;-~]++[ \t]*+:[^\n]*+(?:\n|\Z)(?:[ \t][^\n]*+(?:\n|\Z))*+)*+")
_DASHED = re.compile(rb"\n--([^\r\n]++)")
_BARE = re.compile(rb"\r?\n")
_NEXT = re.compile(rb"\r?\n|\Z")
_MBOX = re.compile(rb"From [^\n]*+\n")
DASHED = 10_000
"""Lines with "--" in front that any message may have; a larger one may have one more in 16 bytes."""
_BEHIND = b"- \t"
_PLAIN = frozenset({"7bit", "8bit", "binary"})


def parse(content: bytes | IO[bytes], limits: Limits = LIMITS) -> Part:
    """The message ``content``, or that of an opened file, which is mapped and not read.

    :class:`MimeError` for one of more parts, depth, header than ``limits`` allow.
    """
    source = content if isinstance(content, bytes) else _mapped(content)
    return _Reader(source, limits).read()


def _mapped(file: IO[bytes]) -> Source:
    """The bytes of a file: those of a real one stay where they are."""
    try:
        size = fstat(file.fileno()).st_size
    except OSError:  # nothing behind it, as io.BytesIO
        return file.read()
    return mmap(file.fileno(), size, access=ACCESS_READ) if size else b""


class _Reader:
    """Goes through the lines that may be delimiters, once; ``path`` are the parts that they are in."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.size = len(source)
        self.limits = limits
        self.parts: int = 0
        self.header: int = 0
        self.fields: int = 0
        self.path: list[Part] = []
        self.active: dict[bytes, int] = {}
        """Delimiters, and where in the path their multiparts are."""

    def read(self) -> Part:
        """All of it."""
        source = self.source
        mbox = _MBOX.match(source)
        at, left = self._part(mbox.end() if mbox else 0), DASHED + self.size // 16
        root = self.path[0]
        while at >= 0 and self.active:
            at, left = self._step(max(at - 1, 0), left)
        self._close(0, self.size)
        return root

    def _step(self, at: int, left: int) -> tuple[int, int]:
        """Up to the next delimiter: where to look on, -1 at the end, and how many lines with "--" may follow."""
        active = self.active
        for found in _DASHED.finditer(self.source, at):
            left -= 1
            if left < 0:
                raise MimeError("too many lines that begin with two dashes")
            text = found[1]
            if text not in active:
                if text[-1] not in _BEHIND:
                    continue
                text = text.rstrip(b" \t")
                if text not in active and not (text.endswith(b"--") and text[:-2] in active):
                    continue
            return self._delimited(found.start(), found.end(), text), left
        return -1, left

    def _delimited(self, start: int, end: int, text: bytes) -> int:
        """A delimiter, ``start`` being the LF before it: where to look on."""
        last = text not in self.active
        place = self.active[text[:-2] if last else text]
        before = start - 1 if start and self.source[start - 1] == 13 else start
        if len(self.path) == place + 2 and self.path[-1].start == start + 1:  # a delimiter twice is one
            self.path[place].children.pop()
            self.parts -= 1
        self._close(place + 1, before)
        if last:
            self.active = {key: at for key, at in self.active.items() if at < place}
            return end
        ending = _NEXT.search(self.source, end)
        return self._part(ending.end() if ending else end)

    def _close(self, place: int, end: int) -> None:
        """The parts in the path from ``place`` on end here."""
        for part in self.path[place:]:
            part.end = max(end, self.path[-1].body_start)
        del self.path[place:]
        if self.active:
            self.active = {key: at for key, at in self.active.items() if at < place}

    def _part(self, start: int) -> int:
        """A part begins: its header is read, and that of the message in it; where the body begins."""
        while True:
            parent = self.path[-1] if self.path else None
            digest = parent is not None and parent.content_type == "multipart/digest"
            part = self._header(start, "message/rfc822" if digest else "text/plain")
            if parent is not None:
                part.parent = parent
                parent.children.append(part)
            self.path.append(part)
            self.parts += 1
            if self.parts > self.limits.parts:
                raise MimeError(f"more than {self.limits.parts} parts")
            if len(self.path) > self.limits.depth:
                raise MimeError(f"parts within parts, more than {self.limits.depth} deep")
            if part.multipart:
                boundary = part.parameters.get("boundary", "").encode()
                if boundary:
                    self.active.setdefault(boundary, len(self.path) - 1)
            if not part.message or part.encoding not in _PLAIN:
                return part.body_start
            start = part.body_start

    def _header(self, start: int, default: str) -> Part:
        source, left = self.source, self.limits.header - self.header
        found = _FIELDS.match(source, start, min(start + left + 1, self.size))
        end = found.end() if found else start
        if end - start > left:
            raise MimeError(f"headers of more than {self.limits.header} bytes")
        block = source[start:end]
        if self.active and b"\n--" in b"\n" + block:
            block = self._cut(block)
            end = start + len(block)
        self.header += end - start
        headers = self._split(block)
        blank = _BARE.match(source, end)
        body = blank.end() if blank else end
        kind = media_type(headers.first(b"content-type"), default)
        return Part(source, start, headers, body, self.size, kind)

    def _split(self, block: bytes) -> Headers:
        if block.count(b"\n") != block.count(b"\r\n"):
            block = _BARE.sub(b"\r\n", block)
        headers = split(block, self.limits.fields - self.fields)
        self.fields += len(headers.fields)
        if self.fields > self.limits.fields:
            raise MimeError(f"headers of more than {self.limits.fields} fields")
        return headers

    def _cut(self, block: bytes) -> bytes:
        """The header up to a delimiter that looks like a field of it."""
        for found in _DASHED.finditer(b"\n" + block):
            text = found[1].rstrip(b" \t")
            if text in self.active or (text.endswith(b"--") and text[:-2] in self.active):
                return block[: found.start()]
        return block
