"""Options of what is sent to Slack."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.options import option

__all__ = ["SendingOptions"]


@dataclass(frozen=True, kw_only=True)
class SendingOptions:
    """How fast it goes, and for how long it is tried."""

    __slots__ = ()  # those of the whole are in SlackOptions: bases with some cannot be combined

    send: bool = option(True, "send what comes on the channel slack.send, and what scopes say")
    send_spool: str = option(
        "",
        "where messages wait to be sent, of this process alone and without a broker; in memory unless given",
        unit="directory",
    )
    send_concurrency: int = option(
        20, "calls of the Web API on their way at once", peers="slack_sdk none", between=(1, inf)
    )
    send_channel_interval: float = option(
        1.0,
        "between two messages that are posted to one channel",
        unit="seconds",
        peers="slack_sdk 0; Slack asks for 1",
    )
    send_rate: float = option(
        4.0,
        "messages that one workspace is posted; 0: as many as can be",
        unit="a second",
        peers="slack_sdk none",
    )
    send_timeout: float = option(
        30.0, "for one call of the Web API", unit="seconds", peers="slack_sdk 30", between=(0.1, inf)
    )
    send_lifetime: float = option(
        3600.0, "after which a message that cannot be sent is given up", unit="seconds", between=(0.1, inf)
    )
    send_keep_results: float = option(
        86_400.0, "that the result of a message is kept for those that have the same dedupe_key", unit="seconds",
        between=(60, inf),
    )  # fmt: skip
