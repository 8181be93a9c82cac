"""Who may log in: a function of the operator's is asked for user and password, or for what is stored of one."""

import logging
import os
from collections.abc import Callable
from typing import Any

from interfaces.email import replies as say
from interfaces.email import scram
from interfaces.email.login import MECHANISMS
from interfaces.shared.functions import called, loaded

__all__ = ["Accounts"]

log = logging.getLogger("interfaces.email")


class Accounts:
    """Asks the functions that the specs, "module:attribute", name; plain ones may block: they have a thread.

    ``ask(user, password)`` is true when they fit; ``find(user)`` gives a key of SCRAM, which is enough for all
    mechanisms, or None. ConfigError, one line, for a function that is not there.
    """

    def __init__(self, spec: str = "", keys: str = "") -> None:
        self.ask: Callable[[str, str], Any] | None = loaded("--email-auth", spec) if spec else None
        self.find: Callable[[str], Any] | None = loaded("--email-auth-keys", keys) if keys else None
        self._secret = os.urandom(32)
        self._iterations = scram.ITERATIONS  # of the last one who was known

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """What can be offered, the best first."""
        return (scram.MECHANISM, *MECHANISMS) if self.find is not None else MECHANISMS

    async def answer(self, user: str, password: str) -> bytes:
        """The reply to who says to be ``user``."""
        try:
            if self.ask is not None:
                fits = await called(self.ask, user, password)
            else:
                fits = await called(scram.matches, await self.key(user), password)
        except Exception:  # the operator's function: the client is not to blame
            log.exception("--email-auth raised")
            return say.AUTH_LATER
        return say.AUTH_OK if fits else say.AUTH_WRONG

    async def key(self, user: str) -> scram.Key:
        """The key of ``user``, one that nothing fits where there is none. Raises what the operator's function does."""
        text = await called(self.find, user) if self.find is not None else None
        if text is None:
            return scram.unknown(user, self._secret, self._iterations)
        key = scram.parsed(text)
        self._iterations = key.iterations
        return key
