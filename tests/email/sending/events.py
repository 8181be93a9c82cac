"""Received messages, as applications get them."""

from typing import Any

from interfaces.email.headers import Headers, identifier, split
from interfaces.email.kinds import kind

__all__ = ["MESSAGE", "received"]

MESSAGE = (
    b"From: Ann <ann@a.example>\r\nTo: Desk <desk@us.example>, Bob <bob@b.example>\r\nCc: carol@c.example\r\n"
    b"Subject: Broken\r\nMessage-ID: <2@a.example>\r\nReferences: <0@a.example> <1@b.example>\r\n\r\nIt is.\r\n"
)


def received(
    content: bytes = MESSAGE,
    sender: str = "ann@a.example",
    to: tuple[str, ...] = ("desk@us.example",),
    **more: Any,
) -> dict[str, Any]:
    """An ``email.receive`` with ``content``."""
    headers: Headers = split(content)
    return {
        "type": "email.receive",
        "id": "t1",
        "received_at": 1e9,
        "from": sender or None,
        "to": [*to],
        "from_address": sender,
        "to_address": to[0],
        "subject": headers.text(b"subject"),
        "message_id": identifier(headers.first(b"message-id")),
        "kind": kind(headers, sender),
        "headers": headers.fields,
        "body": b"Received: from a\r\n" + content,
        "body_ref": None,
    } | more
