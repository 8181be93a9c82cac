"""Where the demo listens, from its options. Pure."""

import ipaddress
from dataclasses import dataclass, replace

from interfaces.shared.bind import parse_bind
from interfaces.shared.errors import ConfigError

__all__ = ["Places", "loopback", "places"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the demo listens; ``host`` is of the pages alone, all else is on 127.0.0.1. 0: any free port."""

    host: str = "127.0.0.1"
    http: int = 8000
    email: int = 8025
    irc: int = 6667
    slack: int = 8003
    sms: int = 8004
    console: str = "127.0.0.1:8088"
    """"" is none."""


def places(bind: str = "", port_base: int | None = None, console: str | None = None) -> Places:
    """What the options say; ``port_base`` is the first of six ports in a row. ConfigError."""
    found = Places()
    if port_base is not None:
        if not 0 <= port_base <= 65530:
            raise ConfigError(f"--port-base {port_base}: the first of six ports, or 0 for any free ones")
        http, email, irc, slack, sms, last = (port_base + at if port_base else 0 for at in range(6))
        found = Places(http=http, email=email, irc=irc, slack=slack, sms=sms, console=f"127.0.0.1:{last}")
    if bind:
        where = parse_bind(bind, found.http)
        if where.kind != "tcp":
            raise ConfigError(f"--bind {bind}: the demo listens on HOST:PORT")
        found = replace(found, host=where.host, http=where.port)
    return found if console is None else replace(found, console=console)


def loopback(host: str) -> bool:
    """Whether only this machine can reach what listens at ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
