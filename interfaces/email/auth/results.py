"""What came of a check, as data. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """``result`` is a word of RFC 8601 §2.7, ``domain`` whose it is, ``reason`` for people. ``more``: of one method."""

    result: str
    domain: str = ""
    reason: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, str]:
        """As events have it."""
        return {"result": self.result, "domain": self.domain, "reason": self.reason, **self.more}
