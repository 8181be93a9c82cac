"""The body of a message out of text, HTML and attachments, safe on servers that know seven bits only. Pure.

RFC 2045 to 2047 and 2049 (MIME), RFC 2183 (Content-Disposition), RFC 2387 (related), RFC 2046 §5.2.1 (a message within
a message is never encoded: it stays as its bytes are).
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import count
from mimetypes import MimeTypes
from typing import Any

from interfaces.email.sending.addresses import text_of
from interfaces.email.sending.fields import parameters, unstructured
from interfaces.shared.errors import ApplicationError

__all__ = ["ATTACHMENTS", "FILENAME", "Part", "body", "boundaries", "canonical", "joined", "leaf"]

ATTACHMENTS = 200
"""Attachments of one message."""
FILENAME = 255
"""Characters of a file's name."""
_LINE = 998
_BARE = re.compile(rb"\r\n|\r|\n")
_UNFIT = re.compile(rb"[^\t\r\n -~]")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", re.IGNORECASE | re.ASCII)
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,200}")
_KEYS = frozenset({"filename", "content_type", "content", "content_id", "inline"})
_WITHIN = "message/rfc822"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of MIME: its own header, with the last CRLF, and its body, which ends with CRLF."""

    header: bytes
    body: bytes

    @property
    def whole(self) -> bytes:
        """As it stands between two boundaries, or behind the header of a message."""
        return self.header + b"\r\n" + self.body


def canonical(content: bytes) -> bytes:
    """``content`` with CRLF at the end of each line, the last one too."""
    content = _BARE.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def body(message: Mapping[str, Any], boundary: Callable[[], str]) -> Part:
    """``text``, ``html`` and ``attachments`` of an ``email.send``; ``boundary`` gives one that nobody else has.

    Both texts are an alternative, what is ``inline`` is related to the HTML, everything else follows. ApplicationError
    for what cannot be sent.
    """
    text, html = _text(message, "text"), _text(message, "html")
    files = [*_files(message.get("attachments"))]
    inline = [part for part, related in files if related and html is not None]
    others = [part for part, related in files if not related or html is None]
    main = None if text is None and (html is not None or others) else leaf("plain", text or "")
    if html is not None:
        page = joined("related", [leaf("html", html), *inline], boundary, {"type": "text/html"})
        main = page if main is None else joined("alternative", [main, page], boundary)
    return joined("mixed", [*([main] if main else []), *others], boundary)


def _text(message: Mapping[str, Any], key: str) -> str | None:
    value = message.get(key)
    if value is not None and not isinstance(value, str):
        raise ApplicationError(f"{key} is a {type(value).__name__}; it is to be a str")
    return value


def leaf(kind: str, text: str) -> Part:
    """A part of type text/``kind``; lines of any length, and any character."""
    try:
        content = canonical(text.encode())
    except UnicodeEncodeError:
        raise ApplicationError(f"the {kind} text has half a surrogate pair") from None
    plain = content.isascii()
    kind = parameters("Content-Type", f"text/{kind}", {"charset": "us-ascii" if plain else "utf-8"}).decode()
    encoding, content = _encoded(content)
    return Part(f"{kind}Content-Transfer-Encoding: {encoding}\r\n".encode(), content)


def _encoded(content: bytes) -> tuple[str, bytes]:
    """The name of the encoding, and text of whole lines in it."""
    unfit = len(content) - len(_UNFIT.sub(b"", content))
    if not unfit and max(map(len, content.split(b"\r\n"))) <= _LINE:
        return "7bit", content
    if unfit * 6 > len(content):
        return "base64", _base64(content)
    return "quoted-printable", b2a_qp(content, istext=True)


def _base64(content: bytes) -> bytes:
    """In lines of 76 characters."""
    whole = b64encode(content)
    return b"".join(whole[at : at + 76] + b"\r\n" for at in range(0, len(whole), 76)) or b"\r\n"


def _files(value: Any) -> Iterator[tuple[Part, bool]]:
    """Each attachment, and whether it belongs to the HTML."""
    if value is None:
        return
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
        raise ApplicationError(f"attachments is a {type(value).__name__}; it is to be a list")
    if len(value) > ATTACHMENTS:
        raise ApplicationError(f"{len(value)} attachments; {ATTACHMENTS} are the most")
    for at, one in enumerate(value):
        yield _file(one, f"attachments[{at}]")


def _file(one: Any, what: str) -> tuple[Part, bool]:
    if not isinstance(one, Mapping) or not one.keys() <= _KEYS:
        raise ApplicationError(f"{what} is to be a dict with {', '.join(sorted(_KEYS))}")
    inline = bool(one.get("inline"))
    name = text_of(one.get("filename") or "", f"{what}: filename", FILENAME)
    kind = text_of(one.get("content_type") or _guessed(name), f"{what}: content_type", 200)
    if not _TYPE.fullmatch(kind) or kind.lower().startswith("multipart/"):
        raise ApplicationError(f"{what}: no content_type: {kind!r}; write type/subtype, such as image/png")
    content = _octets(one.get("content"), kind, what)
    named = {"filename": name} if name else {}
    header = [
        parameters("Content-Type", kind, _described(name, kind, content)),
        parameters("Content-Disposition", "inline" if inline else "attachment", named),
        _content_id(one.get("content_id"), what),
    ]
    encoding, content = _within(content, what) if kind.lower() == _WITHIN else ("base64", _base64(content))
    header.append(f"Content-Transfer-Encoding: {encoding}\r\n".encode())
    return Part(b"".join(header), content), inline


def _octets(content: Any, kind: str, what: str) -> bytes:
    """Bytes, or for a text its characters."""
    if isinstance(content, str) and kind.lower().startswith("text/"):
        return content.encode("utf-8", "replace")
    if not isinstance(content, bytes):
        raise ApplicationError(f"{what}: content is a {type(content).__name__}; it is to be bytes")
    return content


@cache
def _types() -> MimeTypes:
    return MimeTypes()


def _guessed(name: str) -> str:
    """The type that the end of a name speaks of; what holds a message says so itself."""
    kind, packed = _types().guess_type(f"/{name.rpartition('/')[2]}")
    return kind if kind and not packed and not kind.startswith("message/") else "application/octet-stream"


def _described(name: str, kind: str, content: bytes) -> dict[str, str]:
    """Parameters of the type: programs that know no Content-Disposition look for the name there."""
    charset = {"charset": "utf-8"} if kind.lower().startswith("text/") and _is_utf8(content) else {}
    return charset | ({"name": name} if name else {})


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _content_id(value: Any, what: str) -> bytes:
    if not value:
        return b""
    said = text_of(value, f"{what}: content_id", 200)
    if said.startswith("<") and said.endswith(">"):
        said = said[1:-1]
    if not _CONTENT_ID.fullmatch(said):
        raise ApplicationError(f"{what}: no content_id: {said!r}")
    return unstructured("Content-ID", f"<{said}>")


def _within(content: bytes, what: str) -> tuple[str, bytes]:
    """A message as it is: 7bit or 8bit, whose lines a server takes."""
    content = canonical(content)
    if b"\0" in content or max(map(len, content.split(b"\r\n"))) > _LINE:
        raise ApplicationError(f"{what}: a message with NUL, or a line of more than {_LINE} octets")
    return "7bit" if content.isascii() else "8bit", content


def boundaries(seed: str) -> Callable[[], str]:
    """Makes boundaries that nothing contains by chance: base64 and quoted-printable have no "=_"."""
    numbers = count()
    return lambda: f"=_{sha256(f'{next(numbers)} {seed}'.encode('utf-8', 'replace')).hexdigest()[:32]}"


def joined(
    kind: str, parts: Sequence[Part], boundary: Callable[[], str], named: Mapping[str, str] | None = None
) -> Part:
    """Parts as a multipart/``kind``, whose type has the parameters ``named``; one alone needs none."""
    if len(parts) == 1:
        return parts[0]
    mark = boundary()
    while any(mark.encode() in part.body or mark.encode() in part.header for part in parts):
        mark = boundary()
    edge = f"--{mark}\r\n".encode()
    inside = b"".join(piece for part in parts for piece in (edge, part.whole, b"\r\n"))
    encoding = "7bit" if inside.isascii() else "8bit"
    header = parameters("Content-Type", f"multipart/{kind}", {**(named or {}), "boundary": mark})
    header += f"Content-Transfer-Encoding: {encoding}\r\n".encode()
    return Part(header, inside + f"--{mark}--\r\n".encode())
