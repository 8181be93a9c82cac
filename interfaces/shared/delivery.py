"""One message from outside, with one verdict: what stores have to do for it.

A store of any kind fits that has these methods; :mod:`interfaces.layers.dedupe` and ``durable`` have them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Claim", "DedupeStore", "Inbox", "Verdict"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a delivery. ``detail`` is the protocol's: codes and texts, as msgpack can say them."""

    kind: Literal["accept", "reject", "defer"]
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """Whether it may be kept; "defer" (try again) never is."""
        return self.kind != "defer"


@dataclass(frozen=True, slots=True)
class Claim:
    """The answer to who wants to run a delivery: it is ours, or it has a verdict, or another runs it (neither)."""

    key: str
    token: str = ""
    """What proves that it is ours; "" when it is not."""
    verdict: Verdict | None = None

    @property
    def ours(self) -> bool:
        """Whether we are to run it."""
        return bool(self.token)


class DedupeStore(Protocol):
    """Which deliveries run, and which have their final verdict. Everything may raise Unavailable."""

    async def claim(self, key: str, *, lease: float, wait: float = 0) -> Claim:
        """Run the delivery ``key`` for ``lease`` seconds, unless it runs or has its verdict.

        One that runs is waited for, ``wait`` seconds at most: for its verdict, or until it is free.
        """
        ...

    async def renew(self, claim: Claim, lease: float) -> bool:
        """Hold it for ``lease`` more seconds; False when it lapsed."""
        ...

    async def finish(self, claim: Claim, verdict: Verdict, keep: float) -> bool:
        """Say the verdict, kept for ``keep`` seconds; one that is not final frees the key at once.

        False, and nothing is kept, when the claim lapsed and another has made its own since.
        """
        ...


class Inbox(Protocol):
    """Where a message is kept before its acknowledgement leaves."""

    async def put(
        self,
        queue: str,
        message: dict[str, Any],
        *,
        id: str,
        dedupe_key: str = "",
        conversation: str | None = None,
    ) -> None:
        """Keep it, as well as was declared; see :meth:`interfaces.layers.durable.DurableQueues.put`."""
        ...
