"""Mail that goes nowhere: kept for tests to look at."""

from collections import defaultdict, deque

from interfaces.email.sending.outgoing import Commit, Outgoing, Result, results

__all__ = ["BOXES", "KEPT", "Memory"]

KEPT = 1000
"""Messages of one box; the oldest are forgotten."""
BOXES: defaultdict[str, deque[Outgoing]] = defaultdict(lambda: deque(maxlen=KEPT))
"""What was sent in this process to ``memory:NAME``, by its name."""


class Memory:
    """Keeps what it is given in the box of that name."""

    def __init__(self, name: str = "") -> None:
        self.sent = BOXES[name]

    async def send(self, mail: Outgoing, commit: Commit | None = None) -> list[Result]:
        """As :meth:`Transport.send`: everything is accepted."""
        if commit is not None:
            await commit()
        self.sent.append(mail)
        return results(mail.recipients, "accepted", "kept in memory", 250, "2.0.0")

    async def close(self) -> None:
        """Nothing is open."""
