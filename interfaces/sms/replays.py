"""Requests that were seen, where a signature has no time: what is sent once more later is told. Pure."""

from collections.abc import Sequence
from hashlib import sha256

from interfaces.shared.errors import Unavailable
from interfaces.sms.providers.base import Inbound, Receipt

__all__ = ["Replays"]


class Replays:
    """Ids with what stood beside them, for ``keep`` seconds; ``most`` at once, and then nothing new is taken.

    The words of a message count, not the request: a provider repeats it with another, as at a fallback URL. Of receipts
    nothing is remembered: each has an id of its own only with its status, and says nothing besides.
    """

    def __init__(self, most: int, keep: float) -> None:
        self.most = most
        self.keep = keep
        self._seen: dict[str, tuple[bytes, float]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def fits(self, found: Sequence[Inbound | Receipt], now: float) -> bool:
        """Whether each is new, or came with the same words before: a repeat. Unavailable when there is no room."""
        self._forget(now)
        for one in found:
            if not isinstance(one, Inbound) or not one.id:
                continue
            mark, kept = _mark(one), self._seen.get(one.id)
            if kept is not None and kept[0] != mark:
                return False
            if kept is None:
                if len(self._seen) >= self.most:
                    raise Unavailable(f"{self.most} messages are remembered: give a larger --sms-replays")
                self._seen[one.id] = mark, now + self.keep
        return True

    def _forget(self, now: float) -> None:
        while self._seen and next(iter(self._seen.values()))[1] <= now:
            del self._seen[next(iter(self._seen))]


def _mark(one: Inbound) -> bytes:
    """What tells a message from another under its id."""
    said = (one.sender, one.recipient, one.text, one.data, [media.url for media in one.media])
    return sha256(repr(said).encode("utf-8", "backslashreplace")).digest()
