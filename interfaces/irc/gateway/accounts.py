"""Who may log in: a function of the operator's is asked for account and password, or a certificate says so."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from interfaces.shared.functions import called, loaded

__all__ = ["Accounts", "common_name", "is_account"]

log = logging.getLogger("interfaces.irc")
MOST = 100
"""Octets of the name of an account."""


class Accounts:
    """Asks the function that ``spec``, "module:function", names: true when account and password fit. ConfigError."""

    def __init__(self, spec: str) -> None:
        self._ask: Callable[..., Any] | None = loaded("--irc-auth", spec) if spec else None

    def __bool__(self) -> bool:
        return self._ask is not None

    async def fits(self, account: str, password: str, seconds: float) -> bool | None:
        """Whether they do; None when the function gave no answer in time, or raised."""
        if self._ask is None:
            return False
        try:
            async with asyncio.timeout(seconds):
                return bool(await called(self._ask, account, password))
        except TimeoutError:
            log.warning("--irc-auth has not answered within %g s", seconds)
        except Exception:  # the operator's function: the client is not to blame
            log.exception("--irc-auth raised")
        return None


def is_account(name: str) -> bool:
    """Whether an account may be called so: it has to stand in the middle of a line."""
    fits = 0 < len(name.encode(errors="replace")) <= MOST and name.isprintable()
    return fits and " " not in name and name[0] != ":" and name != "*"


def common_name(connection: Any) -> str:
    """That of the client's certificate, which its TLS has verified; "" where it has shown none that is an account."""
    subject = (connection.getpeercert() or {}).get("subject", ()) if connection is not None else ()
    names = [value for part in subject for name, value in part if name == "commonName"]
    return f"{names[-1]}" if names and is_account(f"{names[-1]}") else ""
