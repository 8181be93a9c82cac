"""The options of short messages: those of receiving and sending, and what of them fits together."""

import re
from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import apart, did_you_mean, option
from interfaces.shared.reception import Keeping
from interfaces.sms.accounts import Account, Bind

__all__ = ["PROVIDERS", "SmsOptions"]

MIB = 2**20
_ADDRESS = re.compile(r"https?://[^/?#\s]+[^?#\s]*")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PROVIDERS = ("twilio", "vonage", "telnyx", "plivo", "sinch", "bird", "aws", "infobip", "generic", "fake")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsOptions:
    """Where messages come from, who sends them, and every limit of that."""

    accounts: tuple[Account, ...] = option((), "accounts at providers: [[sms.accounts]], or JSON")
    binds: tuple[Bind, ...] = option((), "connections to SMSCs by SMPP: [[sms.binds]], or JSON")
    bind: tuple[str, ...] = option(
        ("127.0.0.1:8001",),
        "where to listen for webhooks where http is not served: HOST:PORT, unix:PATH, fd:N, systemd:",
    )
    path: str = option("/sms", "the path in front of an account's name: /sms/twilio")
    public_url: str = option(
        "",
        "our address as the world sees it, which signatures cover: https://example.org; as asked for, unless given",
    )
    region: str = option("", "ISO 3166, of numbers that are written without a country: CH")
    ack: Literal["processed", "accepted"] = option(
        "processed",
        "when a provider is answered: after the application has decided, or as soon as the message is kept",
    )
    spool: str = option(
        "", "where accepted messages are kept without a broker, of this machine alone", unit="directory"
    )
    accepted_attempts: int = option(
        10, "calls of the application for an accepted message, before it is a dead letter", between=(1, inf)
    )
    keep_after: float = option(
        2.0,
        "after which a message is acknowledged whose call still runs, where a broker keeps it",
        unit="seconds",
    )
    patience: float = option(
        10.0,
        "until a provider has its answer, if it does not say less itself",
        unit="seconds",
        between=(0.1, inf),
    )
    keep: float = option(
        86_400.0, "that a message's end is remembered, since providers repeat it for a day", unit="seconds",
        between=(1, inf),
    )  # fmt: skip
    at_once: int = option(100, "calls of the application side by side", between=(1, inf))
    waiting: int = option(
        1000,
        "messages that wait for others of their conversation; further ones are to come again",
        between=(1, inf),
    )
    max_body: int = option(MIB, "a request of a provider's", unit="bytes", between=(1024, inf))
    in_flight: int = option(
        64 * MIB, "of requests that are held in memory at once; further ones get 503", unit="bytes",
        between=(1024, inf),
    )  # fmt: skip
    replays: int = option(
        100_000,
        "requests whose signature has no time that are remembered; when full they get 503",
        between=(1, inf),
    )
    gateway_bind: tuple[str, ...] = option(
        (),
        "where other systems bind to us by SMPP, and we are the SMSC: HOST:PORT, unix:PATH, fd:N, systemd:",
    )
    gateway_auth: str = option(
        "",
        "module:function that is asked for (system_id, password) of a bind; what it returns is true for yes",
    )
    gateway_binds: int = option(100, "binds to us at once", between=(1, inf))
    gateway_window: int = option(
        100, "messages of a bind that have no answer yet; further ones get ESME_RTHROTTLED", between=(1, inf)
    )
    send: bool = option(True, "send what comes on the channel sms.send, and what scopes say")
    send_spool: str = option(
        "",
        "where messages wait to be sent, of this process alone and without a broker; in memory unless given",
        unit="directory",
    )
    send_concurrency: int = option(20, "messages on their way at once", between=(1, inf))
    send_timeout: float = option(30.0, "for one request to a provider", unit="seconds", between=(0.1, inf))
    send_lifetime: float = option(
        86_400.0, "after which a message that cannot be sent is given up", unit="seconds", between=(0.1, inf)
    )
    send_keep_results: float = option(
        86_400.0, "that the result of a message is kept for those that have the same dedupe_key", unit="seconds",
        between=(60, inf),
    )  # fmt: skip
    opt_out: str = option(
        "memory", "where those are remembered who have said STOP: memory, file:PATH, django:, off"
    )
    quiet_hours: str = option(
        "", "hours of the recipient's day in which nothing is sent unless it is urgent: 21-8"
    )

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        self._check_accounts()
        if not self.path.startswith("/") or self.path.endswith("/"):
            raise ConfigError(f"--sms-path {self.path}: write a path such as /sms")
        if self.gateway_bind and not self.gateway_auth:
            raise ConfigError(
                "--sms-gateway-bind needs --sms-gateway-auth module:function, to know who may bind"
            )
        if self.public_url and not _ADDRESS.fullmatch(self.public_url):
            raise ConfigError(
                f"--sms-public-url {self.public_url}: write https://HOST, as the providers see us"
            )
        apart("--sms-spool", self.spool, "--sms-send-spool", self.send_spool)
        if self.spool and self.ack != "accepted":
            raise ConfigError("--sms-spool keeps what is accepted: it needs --sms-ack accepted")
        if self.send_spool and not self.send:
            raise ConfigError("--sms-send-spool keeps what waits to be sent, and --no-sms-send sends nothing")

    def _check_accounts(self) -> None:
        """There is somebody to speak to, who is known, and has a name of its own."""
        if not (self.accounts or self.binds or self.gateway_bind):
            raise ConfigError(
                "serve sms needs [[sms.accounts]] of a provider, [[sms.binds]] to an SMSC, or --sms-gateway-bind"
            )
        for one in self.accounts:
            if one.provider not in PROVIDERS:
                close = did_you_mean(one.provider, PROVIDERS)
                raise ConfigError(
                    f"sms.accounts: provider {one.provider!r}: there is {', '.join(PROVIDERS)}{close}"
                )
        if odd := [name for name in self.names if not _NAME.fullmatch(name)]:
            raise ConfigError(
                f"sms.accounts: name {odd[0]!r}: letters, digits, - and _ alone: it stands in a path"
            )
        names = [*self.names, *(bind.called for bind in self.binds)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ConfigError(
                f"sms.accounts: {', '.join(sorted(twice))} is there twice: give each a name of its own"
            )

    @property
    def names(self) -> list[str]:
        """Of the accounts, in their order."""
        return [one.name or one.provider for one in self.accounts]

    @property
    def keeping(self) -> Keeping:
        """How messages are kept."""
        return Keeping(
            name="sms",
            accepted=self.ack == "accepted",
            spool=self.spool,
            attempts=self.accepted_attempts,
            at_once=self.at_once,
            waiting=self.waiting,
        )
