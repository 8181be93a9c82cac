"""Who we are on a network, as registration needs it. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from interfaces.irc.networks import Network

__all__ = ["SUFFIXED", "Identity", "candidates", "identity"]

SUFFIXED = 50
"""Nicks with a suffix that are tried once those of the options are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``name`` is the network's, for what is said to the operator; ``secure``: whether there is TLS."""

    name: str
    nicks: tuple[str, ...]
    user: str
    realname: str
    password: str = field(default="", repr=False)
    sasl: str = "auto"
    sasl_required: bool = False
    account: str = ""
    account_password: str = field(default="", repr=False)
    certificate: bool = False
    without: frozenset[str] = frozenset()
    secure: bool = True


def identity(network: Network, *, secure: bool, nick: str = "") -> Identity:
    """That of the options; ``nick``: what we want to be called by now."""
    return Identity(
        name=network.called,
        nicks=(nick or network.nick, *network.alternatives),
        user=network.user or network.nick,
        realname=network.realname or network.nick,
        password=network.password,
        sasl=network.sasl,
        sasl_required=network.sasl_required,
        account=network.account or network.nick,
        account_password=network.account_password,
        certificate=bool(network.cert_file),
        without=frozenset(network.without),
        secure=secure,
    )


def candidates(nicks: tuple[str, ...]) -> Iterator[str]:
    """Nicks in the order in which they are tried; those with a number are short enough for nine characters."""
    yield from nicks
    first = nicks[0]
    yield f"{first}_"
    yield f"{first}__"
    for number in range(1, SUFFIXED + 1):
        yield f"{first[:7]}{number:02}"
