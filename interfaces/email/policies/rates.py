"""How many recipients a client may name in a minute: a bucket for each, which fills again (no I/O)."""

from collections import OrderedDict

from interfaces.email.policies.networks import Ip, around
from interfaces.shared.delivery import Verdict

__all__ = ["Rates"]

MOST = 10_000
"""Clients that are counted apart; then the one that was not seen for longest is forgotten."""
MINUTE = 60.0


class Rates:
    """``most``: recipients a minute, and at once."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def verdict(self, client: Ip, now: float) -> Verdict | None:
        """450 for one recipient too many. ``now``: seconds of any clock that only goes forward."""
        key = around(client)
        left, at = self._buckets.pop(key, (float(self.most), now))
        left = min(float(self.most), left + (now - at) * self.most / MINUTE)
        self._buckets[key] = max(left - 1, 0.0) if left >= 1 else left, now
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        if left >= 1:
            return None
        seconds = max(1, round((1 - left) * MINUTE / self.most))
        return Verdict(
            "defer", {"code": 450, "enhanced": "4.7.1", "text": f"Too fast, come again in {seconds} seconds"}
        )
