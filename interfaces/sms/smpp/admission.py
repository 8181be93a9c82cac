"""Who may bind to us: a function of the operator's is asked."""

import logging

from interfaces.shared.functions import called, loaded
from interfaces.sms.command_status import BAD_PASSWORD, OK, SYSTEM_ERROR

__all__ = ["Admission"]

log = logging.getLogger("interfaces.sms")


class Admission:
    """Asks the function that ``spec``, "module:function", names; a plain one may block, in a thread. ConfigError."""

    def __init__(self, spec: str) -> None:
        self._ask = loaded("--sms-gateway-auth", spec)

    async def status(self, system_id: str, password: str) -> int:
        """What is answered to a bind."""
        try:
            fits = await called(self._ask, system_id, password)
        except Exception:  # the operator's function: the peer is not to blame
            log.exception("--sms-gateway-auth raised")
            return SYSTEM_ERROR
        return OK if fits else BAD_PASSWORD
