"""What goes wrong again and again, by strangers or while a broker is away: the log stays readable."""

import logging
import re
import time
from collections.abc import Callable

__all__ = ["EVERY", "Noise", "Trouble", "uncounted"]

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a terminal obeys."""
EVERY = 60.0
"""Seconds between two lines about the same kind of thing; those in between are counted."""


def uncounted(name: str) -> None:
    """Where nobody counts."""


class Noise:
    """``noise(what, why)`` adds to the counter ``name`` and logs one line: the first, then one in ``EVERY`` seconds.

    ``logger`` is the name of whose log it goes to.
    """

    def __init__(
        self,
        count: Callable[[str], None],
        name: str,
        logger: str = "interfaces.workers",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._name = name
        self._log = logging.getLogger(logger)
        self._clock = clock
        self._quiet = float("-inf")
        """Until when nothing is logged."""
        self._more = 0

    def __repr__(self) -> str:
        return f"<Noise {self._name}, {self._more} not logged>"

    def __call__(self, what: str, why: object) -> None:
        """It happened again."""
        self._count(self._name)
        now = self._clock()
        if now < self._quiet:
            self._more += 1
            return
        more = f" ({self._more} more of {self._name} since the last such line)" if self._more else ""
        self._quiet, self._more = now + EVERY, 0
        self._log.warning("%s%s", _UNSEEN.sub("?", " ".join(f"{what}: {why}".split()))[:300], more)


class Trouble:
    """``trouble(error)`` logs "``what``: ``error``" when it begins, and when it changes; ``trouble(None)`` ends it."""

    def __init__(self, what: str, *, logger: str = "interfaces.workers") -> None:
        self._what = what
        self._log = logging.getLogger(logger)
        self._last = ""

    def __repr__(self) -> str:
        return f"<Trouble {self._what}: {self._last or 'none'}>"

    def __call__(self, error: BaseException | None) -> None:
        """It is so now."""
        words = "" if error is None else " ".join(str(error).split()) or type(error).__name__
        if words and words != self._last:
            self._log.warning("%s: %s", self._what, words)
        self._last = words
