"""What a provider of mail is for us: a request becomes a message, a verdict becomes a status. Pure.

A provider never does I/O: what has to be fetched first, such as a certificate, it asks for (:class:`Wanted`).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

import msgspec

from interfaces.shared.webhook import Answer, Request, Wanted

__all__ = ["Posted", "Provider", "Read", "Wanted", "address", "told"]

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message as it was posted."""

    sender: str
    """The sender of the envelope; "" for a bounce."""
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    """Raw MIME."""
    helo: str = ""


Read = Posted | Answer | Wanted


class Provider(ABC):
    """One provider of mail. ``secrets`` are the values of its option; ConfigError for wrong ones."""

    name: ClassVar[str]
    types: ClassVar[tuple[str, ...]]
    """The media types that it posts."""
    growth: ClassVar[float]
    """How much larger than its message a request may be."""
    rejected: ClassVar[int]
    """The status after which it does not try again."""
    patience: ClassVar[float] = 25.0
    """Seconds that it waits for an answer."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.secrets = tuple(secrets)

    @abstractmethod
    def read(self, request: Request, now: float) -> Read:
        """Check who posted it, and read it. Raises PeerError with an :class:`Answer`."""

    def got(self, wanted: Wanted, content: bytes) -> Answer | None:
        """What was wanted is there: the answer, or None, and the request can be read now."""
        return None


def address(text: str) -> str:
    """An address as it is in an envelope: without angle brackets and blanks, "" for the null sender."""
    return text.strip().removeprefix("<").removesuffix(">").strip()


def told(text: bytes | str, kind: type[Kind]) -> Kind | None:
    """What JSON says, as ``kind``; None when it says nothing of that kind."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # no UTF-8 is a ValueError
        return None
