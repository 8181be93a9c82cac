"""Networks that we are a user of, as the options have them."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.options import option

__all__ = ["Network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network, and who we are there; TOML ``[[irc.networks]]``. Two of one network are two identities."""

    name: str = option("", "what it is called: in scopes and messages; the host unless given")
    host: str = option("", "the server to connect to")
    port: int = option(0, "its port; 0: 6697, without TLS 6667", between=(0, 65535))
    tls: bool = option(True, "whether the connection is encrypted")
    tls_verify: bool = option(True, "whether its certificate has to be valid, and of that host")
    ca_file: str = option(
        "", "authorities of its certificate, as PEM; the system's unless given", unit="path"
    )
    cert_file: str = option("", "our certificate, as PEM, for SASL EXTERNAL and CertFP", unit="path")
    key_file: str = option("", "the key to that, where it is in another file", unit="path")
    nick: str = option("", "who we are")
    alternatives: tuple[str, ...] = option((), "nicks to take while that is taken; then some with a suffix")
    user: str = option("", "user name; the nick unless given")
    realname: str = option("", "what WHOIS says of us; the nick unless given")
    password: str = option("", "of the server (PASS)", secret=True)
    sasl: Literal["auto", "plain", "external", "scram-sha-256", "none"] = option(
        "auto",
        "how to log in; auto: by certificate, SCRAM-SHA-256 or, over TLS, PLAIN, as there are secrets for",
    )
    sasl_required: bool = option(False, "whether we stay away while we cannot log in")
    account: str = option("", "whom to log in as; the nick unless given")
    account_password: str = option("", "the password to that", secret=True)
    channels: tuple[str, ...] = option((), 'to be joined: "#a", or "#a key"')
    rate: float = option(
        0.5, "lines a second; 0: no limit", peers="weechat 0.5, irssi 0.45", between=(0, inf)
    )
    burst: int = option(5, "lines that may go at once", peers="irssi 5", between=(1, 1000))
    fallback: str = option("latin-1", "the encoding of texts that are no UTF-8")
    history: int = option(
        100, "messages of a channel that are asked for after a reconnect, where the network has a history",
        between=(0, 10_000),
    )  # fmt: skip
    without: tuple[str, ...] = option((), "capabilities (CAP) that are not asked for")
    regain: float = option(
        60.0, "between two tries to get the nick back; 0: none", unit="seconds", between=(0, inf)
    )
    ping_interval: float = option(
        60.0, "of silence, after which the server is asked whether it is there", unit="seconds",
        peers="weechat 60, irssi 300", between=(0.05, inf),
    )  # fmt: skip
    ping_timeout: float = option(
        60.0, "for its answer", unit="seconds", peers="weechat 600, irssi 300", between=(0.05, inf)
    )
    lease: bool = option(False, "only one of the containers with this layer connects")

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or self.host
