"""Connecting to a network, and becoming a user there."""

import secrets
import ssl
import time
from functools import partial
from typing import Any

from interfaces.irc.client.home import Home
from interfaces.irc.client.identity import identity
from interfaces.irc.client.link import Link
from interfaces.irc.client.registration import Registration
from interfaces.irc.client.sts import Upgrade
from interfaces.irc.client.talk import Talk
from interfaces.shared.errors import Unavailable

__all__ = ["PLAIN", "TLS", "dialled"]

TLS, PLAIN = 6697, 6667
"""Ports, unless the options say one."""


async def dialled(home: Home) -> Link:
    """Connect and register. ConfigError when the network refuses who we are; Unavailable; OSError."""
    network = home.network
    port = home.policies.port(network.host, time.time())
    if port is None and not network.tls:
        try:
            return await _registered(home, network.port or PLAIN, secure=False)
        except Upgrade as upgrade:
            port = upgrade.port
    return await _registered(home, port or network.port or TLS, secure=True)


async def _registered(home: Home, port: int, *, secure: bool) -> Link:
    network, loop = home.network, home.serving.loop
    who = identity(network, secure=secure, nick=home.memory.regain.wanted)
    registration = Registration(who, secrets.token_urlsafe(18), home.policies)
    factory: Any = partial(Talk, home.serving, network, registration)
    tls = home.tls if secure else None
    try:
        _, talk = await loop.create_connection(factory, network.host, port, ssl=tls)
    except ssl.SSLCertVerificationError as error:
        raise Unavailable(
            f"the certificate of {network.host}: {error.verify_message};"
            f" irc.networks {home.name}: ca_file says whom to trust"
        ) from None
    try:
        await talk.registered
    except BaseException:
        talk.abort()
        raise
    sts = registration.caps.offer.values.get("sts")
    if secure and sts is not None:
        home.policies.secure(network.host, port, sts, time.time())
    return Link(home, talk)
