"""What goes wrong on demand: methods that fail, events that come twice. Off until a test asks for it."""

import random
from dataclasses import dataclass, field

__all__ = ["Fault", "Faults"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What becomes of the next ``times`` calls of a method."""

    error: str = ""
    """Answer with this word, 200 unless a status is given: internal_error, fatal_error, token_expired …"""
    status: int = 200
    """Answer with this status; 429 comes with ``retry_after``, 5xx with a page in place of JSON."""
    retry_after: int = 1
    """Seconds, told with a 429."""
    close: bool = False
    """Close the connection without an answer."""
    delay: float = 0.0
    """Seconds of the fake's clock before anything is answered."""
    after: bool = False
    """The method is done all the same; only its answer is lost."""
    garbage: bytes = b""
    """Answer 200 with these bytes, which call themselves JSON."""
    times: int = 1
    """How many calls; each takes one away."""

    @property
    def fails(self) -> bool:
        """Whether the call is not answered as it should be; else it is only slow."""
        return bool(self.close or self.error or self.garbage or self.status != 200)


@dataclass(slots=True)
class Faults:
    """What is wrong at the moment; may be changed at any time."""

    redeliver: float = 0.0
    """Share of events, or texts, that come again although they were acknowledged, from 0 to 1."""
    twice: float = 0.0
    """Share of what is sent twice side by side, word for word: Slack's envelopes, texts of phones."""
    seed: int = 1
    """Of the shares: the same seed, the same choices."""
    _of: dict[str, list[Fault]] = field(default_factory=dict)
    _dice: random.Random | None = None

    def fail(self, method: str, fault: Fault) -> Fault:
        """Let the next calls of ``method`` ("*": of any) go wrong; later ones wait behind earlier ones."""
        self._of.setdefault(method, []).append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """The fault of this call, if it has one."""
        for name in (method, "*"):
            faults = self._of.get(name, [])
            while faults and faults[0].times <= 0:
                faults.pop(0)
            if faults:
                faults[0].times -= 1
                return faults[0]
        return None

    def clear(self) -> None:
        """Let everything work again."""
        self._of.clear()
        self.redeliver = self.twice = 0.0

    def lot(self, share: float) -> bool:
        """Draw: true for ``share`` of the draws."""
        if self._dice is None:
            self._dice = random.Random(self.seed)  # noqa: S311 - it is to be the same each time
        return share > 0 and self._dice.random() < share
