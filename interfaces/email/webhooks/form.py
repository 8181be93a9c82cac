"""Forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578, WHATWG URL §5), in linear time. Pure.

Refused: more than :data:`FIELDS` fields, a part without a name, a body without its last boundary. The first value of a
name counts. Files are fields here. A value is taken out, and its percents undone, when it is asked for: who checks a
signature first spends nothing on the rest.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from interfaces.shared.webhook import Request, refusal

__all__ = ["TYPES", "Form", "fields"]

TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = 200
"""Fields of a form. An attachment of a message that a provider has taken apart is one."""
HEAD = 8192
"""Bytes of the header of one part."""
PIECE = 65_536
"""Bytes whose percents are undone at once: each costs some dozen bytes meanwhile."""
_BOUNDARY = re.compile(r";[ \t]*boundary=(?:\"([^\"\r\n]{1,200})\"|([^\s\";,]{1,200}))", re.IGNORECASE)
_NAME = re.compile(rb"^content-disposition:[ \t]*form-data\b[^\r\n]*?;[ \t]*name=(?:\"([^\"\r\n]*)\"|([^\s;]+))",
                   re.IGNORECASE | re.MULTILINE)  # fmt: skip
_END = re.compile(rb"--|[ \t]{0,100}\r\n")


class Form(Mapping[str, bytes]):
    """The fields by their names: where each is in ``body``; ``coded``: percents and pluses are to be undone."""

    def __init__(self, body: bytes, *, coded: bool) -> None:
        self._body = body
        self._coded = coded
        self._spans: dict[str, tuple[int, int]] = {}

    def __repr__(self) -> str:
        return f"<Form {list(self)}>"

    def add(self, name: bytes, begin: int, end: int) -> None:
        """A field. PeerError when it is one too many."""
        if len(self._spans) >= FIELDS:
            raise refusal(400, f"More than {FIELDS} fields")
        self._spans.setdefault(name.decode("utf-8", "replace"), (begin, end))

    def __getitem__(self, name: str) -> bytes:
        begin, end = self._spans[name]
        value = self._body[begin:end]
        return _plain(value) if self._coded else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


def fields(request: Request) -> Form:
    """The form of a request. Raises PeerError."""
    kind = request.header(b"content-type")
    if kind.lower().lstrip().startswith(TYPES[1]):
        return _multipart(kind, request.body)
    return _urlencoded(request.body)


def _urlencoded(body: bytes) -> Form:
    form, at, size = Form(body, coded=True), 0, len(body)
    while at < size:
        end = body.find(b"&", at)
        end = size if end < 0 else end
        equals = body.find(b"=", at, end)
        name = body[at : equals if equals >= 0 else end]
        form.add(_plain(name[:HEAD]), equals + 1 if equals >= 0 else end, end)
        at = end + 1
    return form


def _plain(value: bytes) -> bytes:
    """``value`` without percents and pluses, a piece at a time; none ends within a percent's digits."""
    pieces, at, size = [], 0, len(value)
    while at < size:
        cut = at + PIECE
        if cut < size and (within := value.rfind(b"%", cut - 2, cut)) >= 0:
            cut = within
        pieces.append(unquote_to_bytes(value[at:cut].replace(b"+", b" ")))
        at = cut
    return b"".join(pieces)


def _multipart(kind: str, body: bytes) -> Form:
    boundary = _BOUNDARY.search(kind)
    if boundary is None:
        raise refusal(400, "multipart/form-data without its boundary")
    mark = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1")
    form = Form(body, coded=False)
    at = len(mark) - 2 if body.startswith(mark[2:]) else -1
    begin = -1  # of the part that has begun
    while True:
        if at < 0 or (end := _END.match(body, at)) is None:  # a line that only begins as the boundary does
            found = body.find(mark, max(at - 2, begin - 2, 0))
        else:
            if begin >= 0:
                _part(form, body, begin, at - len(mark))
            if end[0] == b"--":
                return form
            begin = end.end()
            found = body.find(mark, begin - 2)
        if found < 0:
            raise refusal(400, "A form that does not end")
        at = found + len(mark)


def _part(form: Form, body: bytes, begin: int, end: int) -> None:
    """One part: its header, an empty line, its value."""
    head = body.find(b"\r\n\r\n", begin, min(end, begin + HEAD))
    name = _NAME.search(body[begin:head]) if head >= 0 else None
    if name is None:
        raise refusal(400, "A part of the form has no name")
    form.add(name[1] if name[1] is not None else name[2], head + 4, end)
