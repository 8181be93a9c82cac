"""TLS as a server: certificates that are replaced while running, and what ASGI's ``tls`` extension tells.

A reload builds whole new contexts and swaps them in at once; connections keep the context they began with.
Source of the extension: https://asgi.readthedocs.io/en/latest/specs/tls.html
"""

import logging
import os
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interfaces.shared.errors import ConfigError

__all__ = ["ServerContext", "ServerTls", "TlsFiles", "alpn", "suites_of", "tls_extension", "tls_of"]

_log = logging.getLogger("interfaces.tls")
_LOOK = 10.0
"""Seconds between two looks at the files' times."""
_SHORT = {
    "commonName": "CN", "localityName": "L", "stateOrProvinceName": "ST", "organizationName": "O",
    "organizationalUnitName": "OU", "countryName": "C", "streetAddress": "STREET", "domainComponent": "DC",
    "userId": "UID",
}  # fmt: skip
"""RFC 4514 §3."""
_PROTOCOLS = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
_VERIFY_CODES = {9: "is not valid yet", 10: "has expired"}
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and X509_V_ERR_CERT_HAS_EXPIRED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Which certificates to show and which to ask for; every path names a PEM file."""

    cert: str
    """The certificate, then its intermediates."""
    key: str | None = None
    """The private key; None when it stands in ``cert``."""
    password: str | None = field(default=None, repr=False)
    client_ca: str | None = None
    """Authorities of client certificates; None asks for none."""
    client_required: bool = False
    """Whether a client without a certificate is refused (with ``client_ca``)."""
    sni: tuple[tuple[str, str, str | None], ...] = ()
    """(host name or ``*.domain``, cert, key): shown to clients who ask for that name."""
    minimum: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    ciphers: str | None = None
    """OpenSSL's cipher list for TLS 1.2; None takes Python's."""

    def paths(self) -> tuple[str, ...]:
        """Every file that is read."""
        shown = [path for _, cert, key in self.sni for path in (cert, key)]
        return tuple(path for path in (self.cert, self.key, self.client_ca, *shown) if path)


class ServerContext(ssl.SSLContext):
    """A context that knows its own certificate, which OpenSSL does not tell again."""

    server_cert: str
    """PEM of the leaf."""
    suites: dict[str, int]
    """OpenSSL's name of a cipher suite → its number in IANA's registry."""


class ServerTls:
    """The certificates of one listener: ``context`` is the one for the next connection."""

    def __init__(self, files: TlsFiles, alpn: Iterable[str] = ("http/1.1",)) -> None:
        """Read ``files``; ConfigError says which of them cannot be used and why."""
        self.files = files
        self.alpn = tuple(alpn)
        self._stamp = _stamp(files)
        self.context = _build(files, self.alpn)
        self._next_look = 0.0

    def __repr__(self) -> str:
        return f"ServerTls({self.files.cert!r})"

    def current(self, now: float) -> ServerContext:
        """The context for a connection accepted at ``now`` (monotonic seconds), after a look at the files."""
        self.reload_if_changed(now)
        return self.context

    def reload_if_changed(self, now: float) -> bool:
        """Reload when a file is another one than last time, looking every ten seconds at most."""
        if now < self._next_look:
            return False
        self._next_look = now + _LOOK
        return _stamp(self.files) != self._stamp and self.reload()

    def reload(self) -> bool:
        """Read the files again. Where that fails, the old certificate stays and one line is logged."""
        self._stamp = _stamp(self.files)
        try:
            self.context = _build(self.files, self.alpn)
        except ConfigError as error:
            _log.error("the certificate was not reloaded, the old one stays: %s", error)
            return False
        _log.info("reloaded the certificate %s", self.files.cert)
        return True


def _stamp(files: TlsFiles) -> tuple[tuple[int, int, int], ...]:
    found = []
    for path in files.paths():
        try:
            status = Path(path).stat()
            found.append((status.st_ino, status.st_mtime_ns, status.st_size))
        except OSError:
            found.append((0, 0, 0))
    return tuple(found)


def _build(files: TlsFiles, alpn: tuple[str, ...]) -> ServerContext:
    default = _context(files, files.cert, files.key, alpn)
    if files.sni:
        named = {host.lower(): _context(files, cert, key, alpn) for host, cert, key in files.sni}

        def choose(connection: ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> None:
            host = (asked or "").lower()
            found = named.get(host) or named.get("*." + host.partition(".")[2])
            if found is not None:
                connection.context = found

        default.sni_callback = choose
    return default


def _context(files: TlsFiles, cert: str, key: str | None, alpn: tuple[str, ...]) -> ServerContext:
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = files.minimum
    # A peer that renegotiates in a loop makes us compute for it (CVE-2011-1473).
    context.options |= ssl.OP_NO_RENEGOTIATION
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if files.ciphers is not None:
        try:
            context.set_ciphers(files.ciphers)
        except ssl.SSLError:
            raise ConfigError(f"TLS: no cipher suite of {files.ciphers!r} is known") from None
    _load_chain(context, cert, key, files.password)
    if files.client_ca is not None:
        try:
            context.load_verify_locations(files.client_ca)
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"TLS: {files.client_ca} holds no client authorities ({why})") from None
        context.verify_mode = ssl.CERT_REQUIRED if files.client_required else ssl.CERT_OPTIONAL
    context.suites = suites_of(context)
    return context


def _load_chain(context: ServerContext, cert: str, key: str | None, password: str | None) -> None:
    asked = False

    def ask() -> str:
        # Without this OpenSSL would ask at the terminal and wait.
        nonlocal asked
        asked = True
        if password is None:
            raise ConfigError(f"TLS: the key {key or cert} is encrypted; give its password")
        return password

    for path in (cert, key):
        if path is not None and not os.access(path, os.R_OK):
            why = "may not be read by this user" if Path(path).exists() else "is not there"
            raise ConfigError(f"TLS: {path} {why}")
        if path is not None and Path(path).is_dir():
            raise ConfigError(f"TLS: {path} is a directory")
    try:
        context.load_cert_chain(cert, key, ask)
    except ssl.SSLError as error:
        raise ConfigError(_chain_error(error, cert, key or cert, asked)) from None
    text = Path(cert).read_text(encoding="ascii", errors="replace")
    _, begin, rest = text.partition("-----BEGIN CERTIFICATE-----")
    body, end, _ = rest.partition("-----END CERTIFICATE-----")
    context.server_cert = f"{begin}{body}{end}\n"
    if complaint := _validity(context):
        _log.warning("the certificate %s %s", cert, complaint)


def _chain_error(error: ssl.SSLError, cert: str, key: str, encrypted: bool) -> str:
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"TLS: the key {key} does not belong to the certificate {cert}"
    if encrypted:
        return f"TLS: the password does not open the key {key}"
    return f"TLS: {cert} and {key} are no certificate and key in PEM ({error.reason or error.args[-1]})"


def _validity(context: ServerContext) -> str | None:
    """What a client would say of the certificate's dates, asked by a handshake in memory."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(cadata=context.server_cert)
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (client.wrap_bio(to_client, to_server), context.wrap_bio(to_server, to_client, server_side=True))
    for end in ends * 2:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            return _VERIFY_CODES.get(error.verify_code)
        except ssl.SSLError:
            return None
    return None


def suites_of(context: ssl.SSLContext) -> dict[str, int]:
    """OpenSSL's names of the cipher suites that ``context`` takes → their numbers in IANA's registry."""
    return {suite["name"]: suite["id"] & 0xFFFF for suite in context.get_ciphers()}


def tls_extension(connection: ssl.SSLObject | ssl.SSLSocket) -> dict[str, Any]:
    """The ``tls`` extension's dictionary for one connection; make it once and share it among the scopes.

    ``client_cert_chain`` is the whole chain from Python 3.13 on, the leaf before. ``client_cert_error`` is
    always None: a client certificate that does not verify ends the handshake.
    """
    context = connection.context
    cipher = connection.cipher()
    return {
        "server_cert": getattr(context, "server_cert", None),
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(der) for der in _client_chain(connection)],
        "client_cert_name": _distinguished_name(connection.getpeercert()),
        "client_cert_error": None,
        "tls_version": _PROTOCOLS.get(connection.version() or ""),
        "cipher_suite": getattr(context, "suites", {}).get(cipher[0]) if cipher else None,
    }


def tls_of(transport: Any) -> dict[str, Any] | None:
    """What the scope says of TLS: version, cipher and the subject of the client's certificate."""
    connection = transport.get_extra_info("ssl_object")
    if connection is None:
        return None
    cipher = connection.cipher()
    subject = (connection.getpeercert() or {}).get("subject", ())
    names = [f"{name}={value}" for part in subject for name, value in part]
    return {
        "version": connection.version(),
        "cipher": cipher[0] if cipher else None,
        "client_subject": ",".join(names) or None,
    }


def _client_chain(connection: ssl.SSLObject | ssl.SSLSocket) -> list[bytes]:
    leaf = connection.getpeercert(binary_form=True)
    if not leaf:  # asked first: Python 3.13 raises when there is no chain
        return []
    whole = getattr(connection, "get_unverified_chain", None)
    return [leaf] if whole is None else list(whole())


def _distinguished_name(certificate: Any) -> str | None:
    """The subject as RFC 4514 writes it: the last part first."""
    if not certificate:
        return None
    return ",".join(
        "+".join(f"{_SHORT.get(name, name)}={_escape(value)}" for name, value in rdn)
        for rdn in reversed(certificate["subject"])
    )


def _escape(value: str) -> str:
    """RFC 4514 §2.4."""
    out = "".join("\\" + char if char in '"+,;<>\\' else "\\00" if char == "\0" else char for char in value)
    if out[:1] in ("#", " "):
        out = "\\" + out
    return out[:-1] + "\\ " if value[-1:] == " " and len(value) > 1 else out


def alpn(transport: Any) -> str:
    """The protocol that was agreed on in a connection's handshake; "" for none, and without TLS."""
    found = transport.get_extra_info("ssl_object")
    return (found.selected_alpn_protocol() or "") if found is not None else ""
