"""The options of Slack: those of receiving, and what of all of them fits together."""

from dataclasses import dataclass
from math import inf
from typing import Literal

from interfaces.shared.errors import ConfigError
from interfaces.shared.options import apart, option, words
from interfaces.shared.reception import Keeping
from interfaces.slack.options_installing import InstallingOptions
from interfaces.slack.options_sending import SendingOptions

__all__ = ["ReceivingOptions", "SlackOptions"]

MIB = 2**20


@dataclass(frozen=True, kw_only=True)
class ReceivingOptions:
    """By which ways events come, and every limit of that."""

    __slots__ = ()  # those of the whole are in SlackOptions: bases with some cannot be combined

    transport: Literal["auto", "http", "socket"] = option(
        "auto",
        "how events come: http is the Events API, socket is Socket Mode; auto: socket with an app token, else http",
    )
    bind: tuple[str, ...] = option(
        ("127.0.0.1:8001",),
        "where to listen for the Events API where http is not served: HOST:PORT, unix:PATH, fd:N, systemd:",
    )
    path: str = option("/slack", "the path in front of events, install and oauth_redirect: /slack/events")
    signing_secret: tuple[str, ...] = option(
        (),
        "the app's signing secret, which the Events API needs; two while one replaces another",
        secret=True,
    )
    app_token: tuple[str, ...] = option(
        (), "the app-level token that Socket Mode needs: xapp-…; one an app", secret=True
    )
    api_url: str = option("https://slack.com/api/", "the Web API; another one for tests")
    ack: Literal["processed", "accepted"] = option(
        "processed",
        "when Slack is answered: after the application has decided, or as soon as the event is kept",
    )
    spool: str = option(
        "", "where accepted events are kept without a broker, of this machine alone", unit="directory"
    )
    accepted_attempts: int = option(
        10, "calls of the application for an accepted event, before it is a dead letter", between=(1, inf)
    )
    ack_deadline: float = option(
        2.5, "until Slack has to have its answer, which waits for 3", unit="seconds", between=(0.1, inf)
    )
    keep_after: float = option(
        0.75, "after which an event is acknowledged whose call still runs, where a broker keeps it", unit="seconds",
        between=(0, inf),
    )  # fmt: skip
    keep: float = option(
        900.0, "that an event's end is remembered, since Slack repeats it for 6 minutes", unit="seconds",
        between=(1, inf),
    )  # fmt: skip
    at_once: int = option(100, "calls of the application side by side", between=(1, inf))
    waiting: int = option(
        1000,
        "events that wait for others of their conversation; further ones are to come again",
        between=(1, inf),
    )
    max_body: int = option(
        MIB, "a request of Slack's", unit="bytes", peers="Bolt's aiohttp 1 MiB", between=(1024, inf)
    )
    in_flight: int = option(
        64 * MIB, "of requests that are held in memory at once; further ones get 503", unit="bytes", peers="none",
        between=(1024, inf),
    )  # fmt: skip
    ignore_self: bool = option(True, "leave out messages of the app's own bot", peers="Bolt on")
    socket_connections: int = option(
        2, "connections of Socket Mode, of the 10 that an app may have", peers="slack_sdk 1", between=(1, 10)
    )
    socket_in_flight: int = option(
        100, "events of one connection that have no answer yet; then it is not read", peers="slack_sdk unbounded",
        between=(1, inf),
    )  # fmt: skip
    socket_silence: float = option(
        30.0, "without a ping, after which a connection counts as dead", unit="seconds", between=(1, inf)
    )
    socket_leader: bool = option(
        False, "only one of the containers with this layer connects, and another one when that is gone"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackOptions(SendingOptions, InstallingOptions, ReceivingOptions):
    """All of them, told from those of the last base on. ConfigError for what cannot work."""

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        if not self.path.startswith("/") or self.path.endswith("/"):
            raise ConfigError(f"--slack-path {self.path}: write a path such as /slack")
        if not self.api_url.startswith(("https://", "http://")) or not self.api_url.endswith("/"):
            raise ConfigError(
                f"--slack-api-url {self.api_url}: write a URL that ends with /, as https://slack.com/api/"
            )
        self._check_secrets()
        self._check_ways()
        self._check_installations()
        if self.spool and self.ack != "accepted":
            raise ConfigError("--slack-spool keeps what is accepted: it needs --slack-ack accepted")
        if self.send_spool and not self.send:
            raise ConfigError(
                "--slack-send-spool keeps what waits to be sent, and --no-slack-send sends nothing"
            )
        apart("--slack-spool", self.spool, "--slack-send-spool", self.send_spool)

    def _check_secrets(self) -> None:
        """A secret of the wrong kind is told at once."""
        if not all(secret.strip() for secret in self.signing_secret):
            raise ConfigError("--slack-signing-secret is empty: anybody could sign with that")
        if not all(token.startswith("xapp-") for token in self.app_token):
            raise ConfigError(
                "--slack-app-token: an app-level token begins with xapp-; this is another secret"
            )
        if self.bot_token and not self.bot_token.startswith("xox"):
            raise ConfigError("--slack-bot-token: a bot's token begins with xoxb-; this is another secret")
        for name in ("signing_secret", "app_token", "bot_token", "client_secret"):
            if any(not "!" <= letter <= "~" for letter in "".join(getattr(self, name))):
                flag = f"--slack-{name.replace('_', '-')}"
                raise ConfigError(
                    f"{flag} has a blank, a line's end or another sign in it that Slack's secrets have not"
                )

    def _check_ways(self) -> None:
        """Each way needs its own secret."""
        if self.transport == "socket" and not self.app_token:
            raise ConfigError(
                "--slack-transport socket needs --slack-app-token xapp-…: Basic Information, App-Level Tokens"
            )
        if self.http and not self.signing_secret:
            raise ConfigError(
                "serve slack needs --slack-signing-secret (Basic Information, App Credentials) for the Events API,"
                " or --slack-app-token xapp-… for Socket Mode"
            )

    def _check_installations(self) -> None:
        """One token, or many and what they are installed by."""
        if not self.installations:
            for name in ("client_id", "client_secret", "scopes", "user_scopes", "redirect_url"):
                if getattr(self, name):
                    flag = f"--slack-{name.replace('_', '-')}"
                    raise ConfigError(f"{flag} is for --slack-installations URL, which is not given")
            if not self.bot_token:
                raise ConfigError(
                    "serve slack needs --slack-bot-token xoxb-… (OAuth & Permissions), or --slack-installations URL"
                )
        elif not (self.client_id and self.client_secret):
            raise ConfigError(
                "--slack-installations needs --slack-client-id and --slack-client-secret: the app's, for OAuth"
            )
        elif self.bot_token:
            raise ConfigError(
                "--slack-bot-token is of one workspace, --slack-installations are many: leave one out"
            )

    @property
    def keeping(self) -> Keeping:
        """How events are kept."""
        return Keeping(
            name="slack",
            accepted=self.ack == "accepted",
            spool=self.spool,
            attempts=self.accepted_attempts,
            at_once=self.at_once,
            waiting=self.waiting,
        )

    @property
    def socket(self) -> bool:
        """Whether events come by Socket Mode."""
        return self.transport == "socket" or (self.transport == "auto" and bool(self.app_token))

    @property
    def http(self) -> bool:
        """Whether events come by the Events API."""
        return not self.socket

    @property
    def bot_scopes(self) -> tuple[str, ...]:
        """The words of ``scopes``, which may be written in one."""
        return words(self.scopes)
