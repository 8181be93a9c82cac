"""The options of mail: those of receiving, other ways in, checks and sending, and what of them fits together."""

import socket
from dataclasses import dataclass
from functools import cache

from interfaces.email.options_checks import ChecksOptions
from interfaces.email.options_receiving import ReceivingOptions
from interfaces.email.options_sending import SendingOptions
from interfaces.email.options_ways import WaysOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import apart

__all__ = ["EmailOptions", "machine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions(SendingOptions, ChecksOptions, WaysOptions, ReceivingOptions):
    """All of them, told from those of the last base on. ConfigError for what cannot work."""

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        if self.tls not in ("starttls", "required", "implicit", "off"):
            raise ConfigError(f"--email-tls {self.tls}: there is starttls, required, implicit and off")
        if self.bare not in ("refuse", "normalise"):
            raise ConfigError(f"--email-bare {self.bare}: there is refuse and normalise")
        if not (self.name.isascii() and self.name.isprintable()) or " " in self.name:
            raise ConfigError(f"--email-hostname {self.name!r}: write a host name, such as mx.example.org")
        self._check_keeping()
        if self.submission_bind and not self.auth and not self.auth_keys:
            raise ConfigError(
                "--email-submission-bind needs --email-auth module:function, to know the users by"
            )
        binds = (self.bind, self.lmtp_bind, self.submission_bind)
        if not any((*binds, self.webhooks, self.maildir, self.send)):
            raise ConfigError("--email-bind: name an address to listen on, there or for --email-lmtp-bind")
        self.check_checks()
        self.check_ways()

    def _check_keeping(self) -> None:
        """What keeps messages needs those that it keeps."""
        if self.send_spool and not self.send:
            raise ConfigError("--email-send-spool keeps what waits to be sent: it needs --email-send URL")
        apart("--email-spool", self.spool, "--email-send-spool", self.send_spool)
        if self.spool and self.ack != "accepted":
            raise ConfigError("--email-spool keeps what is accepted: it needs --email-ack accepted")
        if self.spool and self.accepted_size < self.max_size:
            size = f"{self.accepted_size} has no room for one message of --email-max-size {self.max_size}"
            raise ConfigError(f"--email-accepted-size {size}: raise the one, or lower the other")
        if self.stream and self.ack == "accepted":
            raise ConfigError("--email-stream needs --email-ack processed: the application comes first there")
        if self.stream and self.authentication_results:
            raise ConfigError("--email-authentication-results needs whole messages, and not --email-stream")

    @property
    def name(self) -> str:
        """What we call ourselves."""
        return self.hostname or machine()


@cache
def machine() -> str:
    """Its name, asked for once: the system's resolver blocks, and messages ask, too."""
    return socket.getfqdn()
