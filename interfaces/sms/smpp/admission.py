"""Who may bind to us: a function of the operator's is asked."""

import logging
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import Strand, pool
from interfaces.sms.command_status import BAD_PASSWORD, OK, SYSTEM_ERROR

__all__ = ["Admission"]

log = logging.getLogger("interfaces.sms")


class Admission:
    """Asks the function that ``spec``, "module:function", names; a plain one may block, in a thread. ConfigError."""

    def __init__(self, spec: str) -> None:
        module, _, attribute = spec.partition(":")
        where = f"--sms-gateway-auth {spec}"
        try:
            found: Any = import_module(module)
            for name in attribute.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError, ValueError) as error:
            raise ConfigError(f"{where}: {error}; write module:function") from error
        if not callable(found):
            raise ConfigError(f"{where}: {type(found).__name__} cannot be called; write module:function")
        self._ask = found

    async def status(self, system_id: str, password: str) -> int:
        """What is answered to a bind."""
        try:
            if iscoroutinefunction(self._ask):
                fits = await self._ask(system_id, password)
            else:
                fits = await self._in_thread(system_id, password)
        except Exception:  # the operator's function: the peer is not to blame
            log.exception("--sms-gateway-auth raised")
            return SYSTEM_ERROR
        return OK if fits else BAD_PASSWORD

    async def _in_thread(self, system_id: str, password: str) -> Any:
        strand = Strand(pool())
        try:
            found = await strand.run(self._ask, system_id, password)
        finally:
            strand.close()
        return await found if isawaitable(found) else found
