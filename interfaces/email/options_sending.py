"""Options of mail that goes out."""

from dataclasses import dataclass
from math import inf

from interfaces.email.options_receiving import MIB
from interfaces.shared.options import option

__all__ = ["SendingOptions"]


@dataclass(frozen=True, kw_only=True)
class SendingOptions:
    """By which way, how fast, and what of it is kept; nothing is sent unless given."""

    __slots__ = ()  # those of the whole are in EmailOptions: bases with some cannot be combined

    send: str = option(
        "",
        "send what comes on the channel email.send, this way: smtp://user:password@host:587, smtps:, lmtp:,"
        " lmtp+unix:, maildir:, file:, memory:, django:",
        secret=True,
    )
    send_spool: str = option(
        "",
        "where messages wait to be sent, of this process alone and without a broker; in memory unless given",
        unit="directory",
    )
    send_concurrency: int = option(
        10, "messages on their way at once", peers="Postfix 20 a destination", between=(1, inf)
    )
    send_per_domain: int = option(
        0, "messages on their way at once to the domain of their first recipient; 0: as many as there are",
        peers="Postfix 20",
    )  # fmt: skip
    send_rate: float = option(
        0.0, "messages that are sent; 0: as many as can be", unit="a second", peers="none"
    )
    send_lifetime: float = option(
        172_800.0, "after which a message that cannot be sent is given up", unit="seconds", peers="Postfix 5 days",
        between=(0.1, inf),
    )  # fmt: skip
    send_keep_results: float = option(
        86_400.0, "that the result of a message is kept for those that have the same dedupe_key", unit="seconds",
        between=(60, inf),
    )  # fmt: skip
    send_max_size: int = option(
        50 * MIB, "a message that is sent", unit="bytes", peers="Postfix 10 MiB", between=(1024, inf)
    )
    bounce_key: str = option(
        "",
        "a text of at least 16 characters: what is sent has a return path signed by it, and what comes back to that is"
        " email.bounce",
        secret=True,
    )
    bounce_domain: str = option(
        "", "the domain of these return paths, received here; email.hostname unless given"
    )
    send_redact: bool = option(
        False, "leave content, subject and files out of what is kept of a message that was given up"
    )
    send_dkim: tuple[str, ...] = option(
        (),
        "domain:selector:file.pem, a key to sign by what is sent from that domain; needs asgi-interfaces[email-auth]",
    )
