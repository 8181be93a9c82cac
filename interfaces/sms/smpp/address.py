"""Where a bind goes, and as whom: ``smpp://SYSTEM_ID:PASSWORD@HOST:2775``. Pure. The password is in no error."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from interfaces.shared.errors import ConfigError
from interfaces.sms.accounts import Bind

__all__ = ["Target", "name_of", "target_of"]

PORTS = {"smpp": 2775, "smpps": 3550}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An SMSC."""

    host: str
    port: int
    tls: bool
    system_id: str
    password: str = field(repr=False)


def name_of(bind: Bind) -> str:
    """What it is called."""
    return bind.called


def target_of(bind: Bind) -> Target:
    """Where it goes. ConfigError."""
    where = f"sms.binds {name_of(bind)}: url"
    try:
        parts = urlsplit(bind.url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigError(f"{where} is no address: write smpp://SYSTEM_ID:PASSWORD@HOST:2775") from None
    if parts.scheme not in PORTS or not host or not parts.username or parts.path.strip("/") or parts.query:
        raise ConfigError(f"{where}: write smpp://SYSTEM_ID:PASSWORD@HOST:2775, or smpps: for TLS")
    system_id, password = unquote(parts.username), unquote(parts.password or "")
    _check(bind, system_id, password)
    return Target(
        host=host,
        port=port or PORTS[parts.scheme],
        tls=parts.scheme == "smpps",
        system_id=system_id,
        password=password,
    )


def _check(bind: Bind, system_id: str, password: str) -> None:
    """ConfigError for what a PDU has no room for."""
    said = ((system_id, 15, "SYSTEM_ID"), (password, 63, "PASSWORD"), (bind.system_type, 12, "system_type"))
    for text, most, what in said:
        if not text.isascii() or not text.isprintable() or len(text) > most:
            raise ConfigError(f"sms.binds {name_of(bind)}: {what} has at most {most} characters of ASCII")
