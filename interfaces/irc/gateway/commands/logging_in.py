"""AUTHENTICATE: logging in by SASL, before a client is registered, or later (:mod:`interfaces.irc.gateway.login`)."""

from interfaces.irc.gateway.served import Served
from interfaces.irc.line import Line
from interfaces.irc.numerics import ERR_SASLFAIL, ERR_UNKNOWNCOMMAND

__all__ = ["TABLE"]


def _authenticate(client: Served, line: Line) -> None:
    if not client.gateway.accounts:
        client.fault(ERR_UNKNOWNCOMMAND, line.command)
    elif "sasl" not in client.caps:
        client.numeric(
            ERR_SASLFAIL, "SASL authentication failed: the capability sasl has to be requested before"
        )
    else:
        client.login.said(line.params[0])


TABLE = {"AUTHENTICATE": (_authenticate, 1)}
