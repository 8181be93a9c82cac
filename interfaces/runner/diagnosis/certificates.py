"""Certificates: dates, names, chain, permissions. A handshake in memory says what a client would say."""

import ssl
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from interfaces.runner.options import ServeOptions
from interfaces.runner.process import listening_of
from interfaces.shared.errors import ConfigError
from interfaces.shared.findings import Finding

__all__ = ["DAYS", "certificates"]

DAYS = 21
"""Before its end, after which a certificate should have been renewed: Let's Encrypt's are renewed 30 days before."""
_NO_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL: dates are looked at by themselves."""
_CHAIN = frozenset({2, 19, 20, 21})
"""What OpenSSL calls a chain that does not lead to an authority that is known."""
_MENDS = (
    ("does not belong", "point --tls-key to the key with which this certificate was asked for"),
    ("encrypted", "say --tls-key-password, best as INTERFACES_TLS_KEY_PASSWORD"),
    ("password does not", "correct --tls-key-password"),
    ("may not be read", "let the user that serves read it: chgrp, and chmod 640"),
    ("is not there", "correct the path, or have the certificate made"),
)


def certificates(options: ServeOptions, hosts: Sequence[str] = ()) -> Iterator[Finding]:
    """What is to be said of the certificates of a process; ``hosts``: names that clients will ask for."""
    if options.tls_cert is None:
        return
    try:
        listening_of(options)
    except ConfigError as error:
        words = str(error)
        mend = next((mend for part, mend in _MENDS if part in words), "correct the option that is named")
        yield Finding(level="error", topic="tls", what=words, why="serve does not start with it", mend=mend)
        return
    pairs: list[tuple[Path, Path, tuple[str, ...]]] = [
        (options.tls_cert, options.tls_key or options.tls_cert, tuple(hosts))
    ]
    pairs += [(one.cert, one.key, (one.hostname,)) for one in options.tls_sni]
    for cert, key, names in pairs:
        yield from _looked_at(cert, key, options.tls_key_password, names)


def _looked_at(cert: Path, key: Path, password: str, names: Iterable[str]) -> Iterator[Finding]:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key, password or None)
    yield from _open_key(key)
    facts = _facts(server, cert)
    if facts is None:
        yield Finding(
            level="error", topic="tls", what=f"{cert}: no client can make a handshake with it",
            why="clients are refused", mend="make it anew, for a server: extendedKeyUsage serverAuth",
        )  # fmt: skip
        return
    yield _dates(cert, facts)
    yield from _named(cert, facts, names)
    yield from _chained(server, cert)


def _open_key(key: Path) -> Iterator[Finding]:
    mode = stat.S_IMODE(key.stat().st_mode)
    if mode & 0o007:
        yield Finding(
            level="warning", topic="tls", what=f"{key} may be read or written by everybody ({mode:o})",
            why="whoever has the key can pose as this server", mend=f"chmod 640 {key}",
        )  # fmt: skip


def _handshake(server: ssl.SSLContext, client: ssl.SSLContext) -> Any:
    """What the client then knows of the certificate. Raises ssl.SSLError."""
    client.check_hostname = False
    client.verify_flags |= _NO_TIME
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server)
    for end in (asking, server.wrap_bio(to_server, to_client, server_side=True)) * 2:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return asking.getpeercert()


def _facts(server: ssl.SSLContext, cert: Path) -> dict[str, Any] | None:
    """As :meth:`ssl.SSLSocket.getpeercert` tells them; None where no handshake is possible."""
    text = cert.read_text(encoding="ascii", errors="replace")
    _, begin, rest = text.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    try:
        client.load_verify_locations(cadata=f"{begin}{body}{end}\n")
        return _handshake(server, client) or None
    except ssl.SSLError:
        return None


def _dates(cert: Path, facts: dict[str, Any]) -> Finding:
    now = time.time()
    begins, ends = (ssl.cert_time_to_seconds(facts[name]) for name in ("notBefore", "notAfter"))
    day = time.strftime("%Y-%m-%d", time.gmtime(ends))
    left = int((ends - now) // 86400)
    if now >= ends:
        return Finding(
            level="error", topic="tls", what=f"{cert} has expired, on {day}", why="every client refuses it",
            mend="renew it; a running server reads it again by itself, or on SIGHUP",
        )  # fmt: skip
    if begins > now:
        return Finding(
            level="error", topic="tls", what=f"{cert} is not valid yet", why="every client refuses it",
            mend="see whether the clock of this machine is right: timedatectl",
        )  # fmt: skip
    if left < DAYS:
        return Finding(
            level="warning", topic="tls", what=f"{cert} expires on {day}, in {left} days",
            why="whatever renews it should have done so by now", mend="renew it: certbot renew, or as you do it",
        )  # fmt: skip
    return Finding(
        level="ok", topic="tls", what=f"{cert} is valid until {day}, for {', '.join(_names(facts)) or '?'}"
    )


def _names(facts: dict[str, Any]) -> list[str]:
    return [value for kind, value in facts.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]


def _fits(host: str, name: str) -> bool:
    """Whether a certificate for ``name`` is one for ``host`` (RFC 6125 §6.4.3)."""
    if name.startswith("*."):
        return host == name or host.partition(".")[2] == name[2:]
    return host == name


def _named(cert: Path, facts: dict[str, Any], hosts: Iterable[str]) -> Iterator[Finding]:
    names = [name.lower() for name in _names(facts)]
    for host in hosts:
        if not any(_fits(host.lower(), name) for name in names):
            yield Finding(
                level="error", topic="tls", what=f"{cert} is not for {host}, but for {', '.join(names) or 'no name'}",
                why=f"clients that ask for {host} refuse it",
                mend=f"have one made that names {host} in its subjectAltName, or add --tls-sni for it",
            )  # fmt: skip


def _chained(server: ssl.SSLContext, cert: Path) -> Iterator[Finding]:
    """Whether the authorities that this machine knows lead to it."""
    try:
        _handshake(server, ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        own = error.verify_code == 18
        if not own and error.verify_code not in _CHAIN:
            return
        yield Finding(
            level="warning", topic="tls",
            what=f"{cert} is {'signed by itself' if own else 'signed by an authority that is not known here'}",
            why="clients refuse it, unless they were told to trust it",
            mend="have one made by a public authority" if own else
            "put the intermediate certificates behind it in the same file (fullchain.pem), unless it is your authority",
        )  # fmt: skip
    except ssl.SSLError:
        return
