"""Whether networks of the options can be what they say; nothing is dialled."""

import re
from typing import Any

from interfaces.irc.client.capabilities import WANTED
from interfaces.irc.client.identity import identity
from interfaces.irc.client.login import mechanisms
from interfaces.irc.client.secure import context_of
from interfaces.irc.networks import Network
from interfaces.irc.options_client import ClientOptions
from interfaces.shared.errors import ConfigError
from interfaces.shared.options import did_you_mean

__all__ = ["check"]

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_BROKEN = re.compile(r"[\r\n\0]")
_ANY = bytes(range(256))
_NO_WORD = re.compile(r"[\s\0]|^:|^$")


def check(options: ClientOptions, layer: Any = None) -> None:
    """ConfigError for what :func:`interfaces.irc.client.networks` would refuse."""
    seen = set()
    for network in options.networks:
        _network(network)
        if network.called in seen:
            raise ConfigError(f"irc.networks: two are called {network.called}; give each a name of its own")
        seen.add(network.called)
        if network.lease and not hasattr(layer, "hub"):
            raise ConfigError(
                f"irc.networks {network.called}: lease needs a --layer with a broker, which containers share"
            )
    if _BROKEN.search(options.client_quit):
        raise ConfigError("--irc-client-quit is one line")


def _network(network: Network) -> None:
    where = f"irc.networks {network.called or '(without a name)'}"
    if not network.host or _NO_WORD.search(network.host):
        raise ConfigError(f"{where}: host is the server to connect to")
    if not _NAME.fullmatch(network.called):
        raise ConfigError(f"{where}: name has letters, digits, dots and hyphens, 64 at most")
    for name in ("nick", "user"):
        value = getattr(network, name) or network.nick
        if _NO_WORD.search(value) or any(sign in value for sign in "!@,*?"):
            raise ConfigError(f"{where}: {name} {value!r} is one word, without ! @ , * and ?")
    for nick in network.alternatives:
        if _NO_WORD.search(nick):
            raise ConfigError(f"{where}: alternatives: {nick!r} is no nick")
    _texts(network, where)
    _login(network, where)
    context_of(network)


def _texts(network: Network, where: str) -> None:
    for name in ("realname", "password", "account", "account_password"):
        if _BROKEN.search(getattr(network, name)):
            raise ConfigError(f"{where}: {name} is one line")
    for channel in network.channels:
        words = channel.split()
        if not 0 < len(words) < 3 or "," in channel or _BROKEN.search(channel) or channel.startswith(":"):
            raise ConfigError(f'{where}: channels: {channel!r}: write "#name", or "#name key"')
    for name in network.without:
        if name not in (*WANTED, "sasl"):
            near = did_you_mean(name, (*WANTED, "sasl"))
            raise ConfigError(f"{where}: without: {name} is no capability that is asked for{near}")
    try:
        _ANY.decode(network.fallback, "replace")
    except (LookupError, ValueError):  # unknown, of no texts, or one that cannot read everything
        raise ConfigError(f"{where}: fallback {network.fallback!r} is no encoding") from None


def _login(network: Network, where: str) -> None:
    if network.sasl == "external" and not network.cert_file:
        raise ConfigError(f"{where}: sasl external needs cert_file, our certificate")
    if network.sasl in ("plain", "scram-sha-256") and not network.account_password:
        raise ConfigError(f"{where}: sasl {network.sasl} needs account_password")
    if network.sasl_required and not mechanisms(identity(network, secure=True)):
        raise ConfigError(f"{where}: sasl_required needs account_password, or cert_file")
    if network.cert_file and not network.tls:
        raise ConfigError(f"{where}: cert_file is shown by TLS, which tls = false switches off")
