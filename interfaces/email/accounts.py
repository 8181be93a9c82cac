"""Who may log in: a function of the operator's is asked for user and password, or for what is stored of one."""

import logging
import os
from collections.abc import Callable
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from interfaces.email import replies as say
from interfaces.email import scram
from interfaces.email.login import MECHANISMS
from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import Strand, pool

__all__ = ["Accounts"]

log = logging.getLogger("interfaces.email")


class Accounts:
    """Asks the functions that the specs, "module:attribute", name; plain ones may block: they have a thread.

    ``ask(user, password)`` is true when they fit; ``find(user)`` gives a key of SCRAM, which is enough for all
    mechanisms, or None. ConfigError, one line, for a function that is not there.
    """

    def __init__(self, spec: str = "", keys: str = "") -> None:
        self.ask: Callable[[str, str], Any] | None = _loaded("--email-auth", spec) if spec else None
        self.find: Callable[[str], Any] | None = _loaded("--email-auth-keys", keys) if keys else None
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
                fits = await _called(self.ask, user, password)
            else:
                fits = await _called(scram.matches, await self.key(user), password)
        except Exception:  # the operator's function: the client is not to blame
            log.exception("--email-auth raised")
            return say.AUTH_LATER
        return say.AUTH_OK if fits else say.AUTH_WRONG

    async def key(self, user: str) -> scram.Key:
        """The key of ``user``, one that nothing fits where there is none. Raises what the operator's function does."""
        text = await _called(self.find, user) if self.find is not None else None
        if text is None:
            return scram.unknown(user, self._secret, self._iterations)
        key = scram.parsed(text)
        self._iterations = key.iterations
        return key


def _loaded(option: str, spec: str) -> Callable[..., Any]:
    """The function that ``spec`` of ``option`` names."""
    module, _, attribute = spec.partition(":")
    try:
        found: Any = import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{option} {spec}: {error}; write module:function") from error
    if not callable(found):
        raise ConfigError(f"{option} {spec}: {type(found).__name__} cannot be called; write module:function")
    function: Callable[..., Any] = found
    return function


async def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, of whichever kind it is."""
    if iscoroutinefunction(function):
        return await function(*arguments)
    strand = Strand(pool())
    try:
        found = await strand.run(function, *arguments)
    finally:
        strand.close()
    return await found if isawaitable(found) else found
