"""How fast lines may go: a token bucket. Pure.

RFC 1459 §8.10: a server lets a client have a line each two seconds, and some at once; who sends more is put out.
"""

__all__ = ["Bucket"]


class Bucket:
    """``burst`` lines at once, then ``rate`` a second; 0: any. ``now`` is in seconds, of whatever clock."""

    def __init__(self, rate: float, burst: int) -> None:
        self._each = 1 / rate if rate else 0.0
        self._ahead = (burst - 1) * self._each
        self._due = float("-inf")
        """When it is full again."""

    def __repr__(self) -> str:
        return (
            f"<Bucket {self._ahead / self._each + 1 if self._each else 0:g} at once, {self._each:g} s each>"
        )

    def wait(self, now: float) -> float:
        """Seconds until the next line may go; 0: now."""
        return max(0.0, self._due - self._ahead - now)

    def took(self, now: float) -> None:
        """A line goes, in its turn or not: then the others wait for longer."""
        self._due = max(self._due, now) + self._each
