"""Whether the networks that we are a user of are there; asked by ``interfaces doctor``, which says nothing to them."""

from collections.abc import AsyncIterator

from interfaces.irc.options import IrcOptions
from interfaces.shared.findings import Finding, reached

__all__ = ["diagnosed"]


async def diagnosed(options: IrcOptions) -> AsyncIterator[Finding]:
    """What is to be said of each network."""
    for network in options.networks:
        port = network.port or (6697 if network.tls else 6667)
        yield await reached(f"irc.networks {network.called}", network.host, port)
