"""What a message may be made of before it is refused, and the error that says so. Pure."""

from dataclasses import dataclass
from typing import Any

from interfaces.shared.errors import PeerError

__all__ = ["LIMITS", "Limits", "MimeError"]


class MimeError(PeerError):
    """The message is made of more than a reader has to bear: what, and the limit. ``answer`` refuses it.

    A consumer that does not catch it has the client told 554 5.6.0.
    """

    answer: dict[str, Any]

    def __init__(self, message: str) -> None:
        super().__init__(message, {"type": "email.reject", "code": 554, "enhanced": "5.6.0", "text": message})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one message. Beyond each of them :class:`MimeError`."""

    depth: int = 100
    """Parts within parts, attached messages among them; Postfix has 100."""
    parts: int = 1000
    """Of all levels together."""
    header: int = 262_144
    """Bytes of all headers of the message and of its parts."""
    fields: int = 4000
    """Of all headers together."""
    addresses: int = 1000
    """In one field."""


LIMITS = Limits()
