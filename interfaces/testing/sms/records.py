"""What is kept: messages that were handed over, and what was posted to the app."""

from dataclasses import dataclass, field
from typing import Any, Literal

from interfaces.testing.fakes.posting import Tried

__all__ = ["Delivery", "Message", "parts"]


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message to a phone: handed over by the API, or an answer to what the phone has texted."""

    id: str
    """The fake's."""
    sender: str
    recipient: str
    text: str = ""
    reference: str = ""
    """The app's id."""
    data: bytes = b""
    encoding: str = ""
    segments: int = 1
    media: tuple[str, ...] = ()
    at: float = 0.0
    """Unix seconds of the fake's clock, when it was taken."""
    schedule_at: float = 0.0
    """Unix seconds; 0: at once."""
    validity: float = 0.0
    """Seconds; 0: for ever."""
    receipts: bool = False
    """Whether they are wanted."""
    status_url: str = ""
    """Where they are posted; "": where everything is."""
    answer: bool = False
    """Whether it stood in the answer to a text."""
    state: str = "queued"
    """queued, scheduled, cancelled, waiting (the phone is off); else what was told last: sent, delivered …"""
    told: list[str] = field(default_factory=list)
    """Each status that a receipt was posted for."""


@dataclass(slots=True, kw_only=True)
class Delivery(Tried):
    """A text or a receipt, from the first try to the last."""

    kind: Literal["message", "receipt"]
    id: str
    """A text's id; of a receipt that of its message."""
    payload: dict[str, Any] = field(repr=False)
    """The row that stands in what is posted."""

    @property
    def replies(self) -> list[str]:
        """Texts that stood in the answer."""
        found = self.answer.get("replies", []) if isinstance(self.answer, dict) else []
        return [one.get("text", "") for one in found]


def parts(text: str) -> int:
    """Parts of a text, roughly: letters beyond ASCII are counted as UCS-2."""
    whole, piece = (160, 153) if text.isascii() else (70, 67)
    units = len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
    return 1 if units <= whole else -(-units // piece)
