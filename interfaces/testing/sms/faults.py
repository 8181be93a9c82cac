"""What goes wrong on demand, beside what any fake has: receipts at the wrong time, and requests of an attacker."""

from dataclasses import dataclass

from interfaces.testing.fakes.faults import Faults

__all__ = ["SmsFaults"]


@dataclass(slots=True)
class SmsFaults(Faults):
    """Shares, from 0 to 1; :meth:`fail` takes "send", "cancel", "media" or "*"."""

    early: float = 0.0
    """Share of messages whose receipts are posted before the API has answered."""
    disorder: float = 0.0
    """Share of messages whose receipts come the last one first."""
    forge: float = 0.0
    """Share of posts before which somebody else posts the same, with a signature that is wrong."""

    def clear(self) -> None:
        """Let everything work again."""
        self.early = self.disorder = self.forge = 0.0
        Faults.clear(self)
