"""TLS as a client of a network, and what a scope says of it."""

import ssl
from pathlib import Path
from typing import Any

from interfaces.irc.networks import Network
from interfaces.shared.errors import ConfigError

__all__ = ["context_of", "told"]


def context_of(network: Network) -> ssl.SSLContext:
    """How ``network`` is spoken to. ConfigError for files that are of no use."""
    where = f"irc.networks {network.called}"
    for name in ("ca_file", "cert_file", "key_file"):
        path = getattr(network, name)
        if path and not Path(path).is_file():
            raise ConfigError(f"{where}: {name} {path} is no file")
    try:
        context = ssl.create_default_context(cafile=network.ca_file or None)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(f"{where}: ca_file {network.ca_file} has no certificates: {error}") from None
    if not network.tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if network.cert_file:
        try:
            context.load_cert_chain(network.cert_file, network.key_file or None, _no_password)
        except (ssl.SSLError, OSError, ValueError) as error:
            files = " and ".join(filter(None, (network.cert_file, network.key_file)))
            raise ConfigError(
                f"{where}: {files} have no certificate with its key, without a password: {error}"
            ) from None
    return context


def _no_password() -> str:
    """Nobody is asked."""
    raise ValueError("the key has a password")


def told(connection: ssl.SSLObject | None) -> dict[str, Any] | None:
    """The ``tls`` of a scope."""
    if connection is None:
        return None
    cipher = connection.cipher()
    return {"version": connection.version(), "cipher": cipher[0] if cipher else None, "client_subject": None}
