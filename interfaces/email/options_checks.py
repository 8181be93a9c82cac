"""Options of what comes before the application: who mail is from, and what is refused or put off for it."""

from dataclasses import dataclass
from math import inf

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option, words

__all__ = ["ChecksOptions"]


@dataclass(frozen=True, kw_only=True)
class ChecksOptions:
    """What is checked of mail and of clients; nothing unless given."""

    __slots__ = ()  # those of the whole are in EmailOptions: bases with some cannot be combined

    authenticate: tuple[str, ...] = option(
        (),
        "what is checked of a message, for the event's key authentication: spf, dkim, dmarc, arc, iprev;"
        " needs asgi-interfaces[email-auth]",
    )
    authenticate_timeout: float = option(
        20.0, "for all of that; what is not known then is temperror", unit="seconds", peers="OpenDKIM 10 a query",
        between=(0.1, 300),
    )  # fmt: skip
    reject_dmarc: bool = option(
        False,
        "refuse what fails DMARC where its domain asks for that (550), put off what cannot be checked (451)",
    )
    reject_spf: bool = option(
        False, "refuse what a domain says is not sent by it (550), put off what cannot be checked (451)"
    )
    arc_trusted: tuple[str, ...] = option(
        (),
        "domains whose ARC seals are believed, such as a mailing list's: what they found to pass DMARC is not refused",
    )
    authentication_results: bool = option(
        False,
        "put a field Authentication-Results in front of a message, and take away those that say to be ours",
    )
    dns: tuple[str, ...] = option(
        (),
        "servers of the DNS to ask: ADDRESS, ADDRESS:PORT, or file:PATH, a zone file that stands for it; the system's"
        " unless given",
    )
    dnsbl: tuple[str, ...] = option(
        (),
        "DNS lists whose clients are refused at RCPT: ZONE, ZONE=127.0.0.[2;4..7] for some of its codes, either with"
        " :defer to put off",
    )
    greylist: float = option(
        0.0, "until a stranger's second attempt is believed (451 before); 0: no greylisting", unit="seconds",
        peers="Postgrey 300", between=(0, 86_400),
    )  # fmt: skip
    greylist_keep: float = option(
        3_024_000.0, "that a network is believed after that", unit="seconds", peers="Postgrey 35 days",
        between=(60, inf),
    )  # fmt: skip
    greylist_store: str = option(
        "",
        "where greylisting remembers: redis://… (also rediss://, unix://), or module:attribute of an operator's own;"
        " the memory of each process unless given",
        secret=True,
    )
    recipients_per_minute: int = option(
        0,
        "recipients that a client may name in a minute, then 450; 0: as many as it likes",
        peers="Postfix 0",
    )
    trusted: tuple[str, ...] = option(
        (), "networks whose clients are neither checked nor put off: 192.0.2.0/24", peers="Postfix mynetworks"
    )

    @property
    def guarded(self) -> bool:
        """Whether anything is checked or refused before the application."""
        return bool(self.methods or self.dnsbl or self.greylist or self.recipients_per_minute)

    @property
    def methods(self) -> tuple[str, ...]:
        """The words of ``authenticate``, which may be written in one."""
        return words(self.authenticate)

    def check_checks(self) -> None:
        """What is refused for what was found has to be looked for."""
        for needed, asked in (("dmarc", self.reject_dmarc), ("spf", self.reject_spf)):
            if asked and not {needed, "dmarc"} & {*self.methods}:
                raise ConfigError(f"--email-reject-{needed} needs --email-authenticate {needed}")
        if self.arc_trusted and "arc" not in self.methods:
            raise ConfigError("--email-arc-trusted needs --email-authenticate arc")
        if self.authentication_results and not self.methods:
            raise ConfigError(
                "--email-authentication-results needs --email-authenticate: spf,dkim,dmarc,arc,iprev"
            )
