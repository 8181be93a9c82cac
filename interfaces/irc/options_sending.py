"""Options of what is sent to networks from anywhere."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.options import option

__all__ = ["SendingOptions"]


@dataclass(frozen=True, kw_only=True)
class SendingOptions:
    """For how long it is tried, and where it waits."""

    __slots__ = ()  # those of the whole are in IrcOptions: bases with some cannot be combined

    send: bool = option(True, "send what comes on the channel irc.send")
    send_spool: str = option(
        "",
        "where messages wait to be sent, of this process alone and without a broker; in memory unless given",
        unit="directory",
    )
    send_concurrency: int = option(100, "messages on their way at once", between=(1, inf))
    send_lifetime: float = option(
        3600.0, "after which a message that cannot be sent is given up", unit="seconds", between=(0.1, inf)
    )
    send_keep_results: float = option(
        86_400.0, "that the result of a message is kept for those that have the same dedupe_key", unit="seconds",
        between=(60, inf),
    )  # fmt: skip
