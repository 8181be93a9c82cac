"""DKIM signatures for what is sent (RFC 6376 §5, RFC 8463). Pure.

A field that is signed once more than it is there cannot be added later by another: so it is for those that tell a
reader who wrote what to whom.
"""

import base64
import hashlib

from interfaces.email.auth.canonical import Body, chosen, field, fields
from interfaces.email.auth.keys import Key
from interfaces.email.headers import split

__all__ = ["Key", "sign"]

ONCE_MORE = (
    b"from", b"sender", b"reply-to", b"subject", b"date", b"message-id", b"to", b"cc", b"mime-version", b"content-type",
    b"content-transfer-encoding", b"in-reply-to", b"references",
)  # fmt: skip
IF_THERE = (
    b"resent-date", b"resent-from", b"resent-to", b"resent-cc", b"list-id", b"list-help", b"list-unsubscribe",
    b"list-unsubscribe-post", b"list-subscribe", b"list-post", b"list-owner", b"list-archive", b"auto-submitted",
    b"feedback-id",
)  # fmt: skip
LONGEST = 72
"""Characters of a line of the signature."""


def sign(content: bytes, key: Key, at: float | None = None) -> bytes:
    """A message with a signature of ``key`` in front; ``at``: Unix seconds, told in it.

    ``content`` has CRLF at its ends of lines, and a From field, or it is a ValueError. What is signed must not be
    changed afterwards. Several keys: sign the result again.
    """
    end = split(content).end
    there = fields(content[:end])
    names = [name for name, _ in there]
    if b"from" not in names:
        raise ValueError("a message without a From field cannot be signed")
    signed = [name for name in ONCE_MORE for _ in range(names.count(name) + 1)]
    signed += [name for name in IF_THERE for _ in range(names.count(name))]
    body = Body(relaxed=True)
    body.add(content[end:])
    head = _head(key, at, signed, body.digest())
    data = b"".join(field(one, relaxed=True) for one in chosen(there, signed))
    data += field((b"dkim-signature", head), relaxed=True).removesuffix(b"\r\n")
    signature = key.sign(data, hashlib.sha256(data).digest())
    return head.removesuffix(b"\r\n") + _folded(base64.b64encode(signature)) + b"\r\n" + content


def _head(key: Key, at: float | None, signed: list[bytes], digest: bytes) -> bytes:
    """The field up to and with an empty ``b=``."""
    when = b"" if at is None else b" t=%d;" % at
    first = b"DKIM-Signature: v=1; a=%b; c=relaxed/relaxed;%b\r\n\td=%b; s=%b;\r\n\th=" % (
        key.algorithm.encode(), when, key.domain.encode(), key.selector.encode(),
    )  # fmt: skip
    lines, line = [], b""
    for name in signed:
        if len(line) + len(name) > LONGEST:
            lines.append(line)
            line = b""
        line += name + b":"
    lines.append(line)
    names = b"\r\n\t ".join(lines).removesuffix(b":")
    return first + names + b";\r\n\tbh=%b;\r\n\tb=\r\n" % base64.b64encode(digest)


def _folded(text: bytes) -> bytes:
    """``text`` in lines of at most LONGEST."""
    return b"\r\n\t ".join(text[at : at + LONGEST] for at in range(0, len(text), LONGEST))
