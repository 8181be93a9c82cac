"""The options of IRC: those of both modes, and what of all of them fits together."""

from dataclasses import dataclass
from typing import Literal

from interfaces.irc.options_client import ClientOptions
from interfaces.irc.options_gateway import GatewayOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import option

__all__ = ["IrcOptions"]


@dataclass(frozen=True, kw_only=True)
class ModeOptions:
    """Which of the modes are served."""

    __slots__ = ()

    mode: Literal["auto", "client", "gateway", "both"] = option(
        "auto",
        "client: a user of networks; gateway: IRC clients connect; auto: client where there are networks, else gateway",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IrcOptions(GatewayOptions, ClientOptions, ModeOptions):
    """All of them, told from those of the last base on. ConfigError for what cannot work."""

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is opened."""
        self._check_gateway()
        if self.mode in ("client", "both") and not self.networks:
            raise ConfigError(
                f"--irc-mode {self.mode} needs networks: [[irc.networks]] in interfaces.toml, or --irc-networks"
            )
        if self.send_spool and not self.send:
            raise ConfigError("--irc-send-spool keeps what waits to be sent, and --no-irc-send sends nothing")

    def _check_gateway(self) -> None:
        if self.path and (not self.path.startswith("/") or self.path.endswith("/")):
            raise ConfigError(f"--irc-path {self.path}: write a path such as /irc")
        for name in ("network", "server_name", "nick"):
            value = getattr(self, name)
            if not value or any(letter in value for letter in " :\r\n\0,*!@"):
                raise ConfigError(
                    f"--irc-{name.replace('_', '-')} {value!r}: one word, without : , * ! and @"
                )
        if self.auth_required and not self.auth:
            raise ConfigError(
                "--irc-auth-required needs --irc-auth module:function, which says who may log in"
            )

    @property
    def client(self) -> bool:
        """Whether we are a user of networks."""
        return self.mode in ("client", "both") or (self.mode == "auto" and bool(self.networks))

    @property
    def gateway(self) -> bool:
        """Whether IRC clients may connect."""
        return self.mode in ("gateway", "both") or (self.mode == "auto" and not self.networks)
