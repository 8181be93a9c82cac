"""Forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578, WHATWG URL §5), in linear time. Pure.

Refused: more than :data:`FIELDS` fields, a part without a name, a body without its last boundary. The first value of a
name counts. Files are fields here.
"""

import re
from urllib.parse import unquote_to_bytes

from interfaces.shared.webhook import Request, refusal

__all__ = ["TYPES", "fields"]

TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = 200
"""Fields of a form. An attachment of a message that a provider has taken apart is one."""
HEAD = 8192
"""Bytes of the header of one part."""
_BOUNDARY = re.compile(r";[ \t]*boundary=(?:\"([^\"\r\n]{1,200})\"|([^\s\";,]{1,200}))", re.IGNORECASE)
_NAME = re.compile(rb"^content-disposition:[ \t]*form-data\b[^\r\n]*?;[ \t]*name=(?:\"([^\"\r\n]*)\"|([^\s;]+))",
                   re.IGNORECASE | re.MULTILINE)  # fmt: skip


def fields(request: Request) -> dict[str, bytes]:
    """The fields of a form by their names. Raises PeerError."""
    kind = request.header(b"content-type")
    if kind.lower().lstrip().startswith(TYPES[1]):
        return _multipart(kind, request.body)
    return _urlencoded(request.body)


def _urlencoded(body: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    pairs = body.split(b"&", FIELDS)
    if len(pairs) > FIELDS:
        raise refusal(400, f"More than {FIELDS} fields")
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        found.setdefault(_text(_plain(name)), _plain(value))
    return found


def _plain(value: bytes) -> bytes:
    return unquote_to_bytes(value.replace(b"+", b" "))


def _multipart(kind: str, body: bytes) -> dict[str, bytes]:
    boundary = _BOUNDARY.search(kind)
    if boundary is None:
        raise refusal(400, "multipart/form-data without its boundary")
    mark = b"--" + (boundary[1] or boundary[2]).encode("latin-1")
    _, *parts = (b"\r\n" + body).split(b"\r\n" + mark, FIELDS + 1)
    if not parts or not parts[-1].startswith(b"--"):
        raise refusal(400, f"A form that does not end, or has more than {FIELDS} fields")
    found: dict[str, bytes] = {}
    for part in parts[:-1]:
        end = part.find(b"\r\n\r\n", 0, HEAD)
        name = _NAME.search(part, 0, end) if end >= 0 else None
        if name is None:
            raise refusal(400, "A part of the form has no name")
        found.setdefault(_text(name[1] if name[1] is not None else name[2]), part[end + 4 :])
    return found


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
