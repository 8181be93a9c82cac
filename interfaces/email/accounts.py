"""Who may log in: a function of the operator's is asked for user and password."""

import logging
from collections.abc import Callable
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from interfaces.email import replies as say
from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import Strand, pool

__all__ = ["Accounts"]

log = logging.getLogger("interfaces.email")


class Accounts:
    """Asks the function that ``spec``, "module:attribute", names; a plain one may block: it has a thread.

    ``ask(user, password)`` is true when they fit. ConfigError, one line, when it is not there.
    """

    def __init__(self, spec: str) -> None:
        module, _, attribute = spec.partition(":")
        try:
            found: Any = import_module(module)
            for name in attribute.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(f"--email-auth {spec}: {error}; write module:function") from error
        if not callable(found):
            raise ConfigError(
                f"--email-auth {spec}: {type(found).__name__} cannot be called; write module:function"
            )
        self.ask: Callable[[str, str], Any] = found

    async def answer(self, user: str, password: str) -> bytes:
        """The reply to who says to be ``user``."""
        try:
            if iscoroutinefunction(self.ask):
                fits = await self.ask(user, password)
            else:
                strand = Strand(pool())
                try:
                    fits = await strand.run(self.ask, user, password)
                finally:
                    strand.close()
                if isawaitable(fits):
                    fits = await fits
        except Exception:  # the operator's function: the client is not to blame
            log.exception("--email-auth raised")
            return say.AUTH_LATER
        return say.AUTH_OK if fits else say.AUTH_WRONG
