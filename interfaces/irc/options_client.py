"""Options of being a user of networks."""

from dataclasses import dataclass
from math import inf

from interfaces.irc.networks import Network
from interfaces.irc.options_sending import SendingOptions
from interfaces.shared.options import option

__all__ = ["ClientOptions"]

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class ClientOptions(SendingOptions):
    """Which networks, and every limit of that."""

    __slots__ = ()  # those of the whole are in IrcOptions: bases with some cannot be combined

    networks: tuple[Network, ...] = option((), "networks that we are a user of")
    client_backlog: int = option(
        10_000,
        "events of one connection that wait for the application; beyond that joins and the like are dropped first",
        between=(16, inf),
    )
    client_backlog_size: int = option(
        16 * MIB, "that those events may take, beyond that likewise", unit="bytes", between=(65_536, inf)
    )
    client_queue: int = option(
        1000, "lines of one connection that wait to be sent; then send() waits", between=(1, inf)
    )
    client_answer_timeout: float = option(
        30.0, "for what the network says to a line; then it is uncertain", unit="seconds", between=(0.1, inf)
    )
    client_rejoin: float = option(
        300.0, "between two tries to join channels that could not be joined; 0: none", unit="seconds",
        between=(0, inf),
    )  # fmt: skip
    client_restart: float = option(
        1.0, "until an application that has ended is called again; doubled from one to the next, up to a minute",
        unit="seconds", between=(0, 60),
    )  # fmt: skip
    client_grace: float = option(
        10.0, "that an application may take once its connection has ended", unit="seconds", between=(0, inf)
    )
    client_quit: str = option("Restarting", "what we leave with")
