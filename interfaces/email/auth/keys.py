"""Keys of signatures: private ones from a file, public ones from the DNS (RFC 6376 §3.6.1, RFC 8463, RFC 8301).

The only file that knows the package cryptography. Refused, although lenient peers take it: RSA keys of fewer than 1024
bits, and of more than 8192, which cost whoever checks them; SHA-1.
"""

import base64
import binascii
import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interfaces.email.auth import tags
from interfaces.shared.errors import ConfigError

__all__ = ["Key", "PublicKey", "needed"]

SMALLEST, LARGEST = 1024, 8192
"""Bits of an RSA key."""
EXPONENT = 32
"""Bits of its exponent: 65537 is usual, and a large one costs whoever checks a signature."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key: whoever has the record at ``selector._domainkey.domain`` believes its signatures."""

    domain: str
    selector: str
    algorithm: str
    """rsa-sha256 or ed25519-sha256."""
    private: Any = field(repr=False)

    @classmethod
    def read(cls, text: str) -> "Key":
        """The key that ``domain:selector:file`` names, a PEM file. ConfigError, one line, when that cannot be."""
        domain, _, rest = text.partition(":")
        selector, _, path = rest.partition(":")
        if not (domain and selector and path) or not text.isprintable() or " " in domain + selector:
            raise ConfigError(f"a key for DKIM is written domain:selector:file.pem, and not {text!r}")
        serialization = _cryptography("hazmat.primitives.serialization")
        try:
            private = serialization.load_pem_private_key(Path(path).read_bytes(), password=None)
        except OSError as error:
            raise ConfigError(f"the key for DKIM {path}: {error.strerror}") from error
        except (ValueError, TypeError) as error:  # TypeError: it has a password
            raise ConfigError(
                f"the key for DKIM {path} is no private key in PEM without a password: openssl genrsa makes one"
            ) from error
        except _cryptography("exceptions").UnsupportedAlgorithm as error:
            raise ConfigError(f"the key for DKIM {path}: {error}; there is RSA and Ed25519") from error
        return cls(domain.lower(), selector, _algorithm(private, path), private)

    @property
    def record(self) -> str:
        """What the TXT record has to say."""
        serialization = _cryptography("hazmat.primitives.serialization")
        public, kind = self.private.public_key(), self.algorithm.partition("-")[0]
        if kind == "rsa":
            der = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.DER
        else:
            der = serialization.PublicFormat.Raw, serialization.Encoding.Raw
        shown: bytes = public.public_bytes(der[1], der[0])
        return f"v=DKIM1; k={kind}; p={base64.b64encode(shown).decode()}"

    def sign(self, data: bytes, digest: bytes) -> bytes:
        """The signature of ``data``, whose SHA-256 is ``digest``."""
        if self.algorithm.startswith("rsa"):
            signed: bytes = self.private.sign(
                data, _padding(), _cryptography("hazmat.primitives.hashes").SHA256()
            )
        else:
            signed = self.private.sign(digest)  # RFC 8463 §3: the digest is what is signed
        return signed


def _algorithm(private: Any, path: str) -> str:
    asymmetric = "hazmat.primitives.asymmetric"
    if isinstance(private, _cryptography(f"{asymmetric}.ed25519").Ed25519PrivateKey):
        return "ed25519-sha256"
    if not isinstance(private, _cryptography(f"{asymmetric}.rsa").RSAPrivateKey):
        raise ConfigError(f"the key for DKIM {path} is {type(private).__name__}; there is RSA and Ed25519")
    if not SMALLEST <= private.key_size <= LARGEST:
        raise ConfigError(f"the key for DKIM {path} has {private.key_size} bits: 2048 are usual")
    return "rsa-sha256"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What a record in the DNS says."""

    kind: str
    """rsa or ed25519."""
    public: Any = field(repr=False)
    hashes: tuple[str, ...] = ()
    """Those that the owner allows; all of them where there is none."""
    services: tuple[str, ...] = ("*",)
    flags: tuple[str, ...] = ()
    """y: the domain tries it out; s: the identity has no subdomain."""

    @classmethod
    def of(cls, record: str) -> "PublicKey":
        """Read a record. ValueError, with what is wrong, when it is no key that can be used."""
        found = tags.read(record)
        if found.get("v", "DKIM1") != "DKIM1" or ("v" in found and next(iter(found)) != "v"):
            raise ValueError("the key is of another version")
        if "p" not in found:
            raise ValueError("the record has no key")
        data = tags.unfolded(found["p"])
        if not data:
            raise ValueError("the key is revoked")
        kind = found.get("k", "rsa")
        try:
            public = _public(kind, base64.b64decode(data, validate=True))
        except binascii.Error as error:
            raise ValueError("the key is no base64") from error
        return cls(
            kind, public,
            _words(found.get("h", "")), _words(found.get("s", "*")) or ("*",), _words(found.get("t", "")),
        )  # fmt: skip

    def fits(self, signature: bytes, data: bytes, digest: bytes) -> bool:
        """Whether ``signature`` is one of ``data``, whose SHA-256 is ``digest``."""
        try:
            if self.kind == "rsa":
                self.public.verify(
                    signature, data, _padding(), _cryptography("hazmat.primitives.hashes").SHA256()
                )
            else:
                self.public.verify(signature, digest)
        except _cryptography("exceptions").InvalidSignature:
            return False
        return True


def _public(kind: str, data: bytes) -> Any:
    """The key object. ValueError with what is wrong."""
    if kind == "ed25519":
        if len(data) != 32:
            raise ValueError("an Ed25519 key has 32 bytes")
        return _cryptography("hazmat.primitives.asymmetric.ed25519").Ed25519PublicKey.from_public_bytes(data)
    if kind != "rsa":
        raise ValueError("the key is of an unknown kind")
    if len(data) > LARGEST // 8 + 100:
        raise ValueError("the key is too large")
    try:
        public = _cryptography("hazmat.primitives.serialization").load_der_public_key(data)
        bits, exponent = public.key_size, public.public_numbers().e  # it is an RSA key, or this fails
    except Exception as error:  # the package has many
        raise ValueError("that is no RSA key") from error
    if not SMALLEST <= bits <= LARGEST:
        raise ValueError(f"an RSA key of {bits} bits")
    if exponent.bit_length() > EXPONENT:
        raise ValueError("the exponent of the key is too large")
    return public


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for part in value.split(":") if (word := part.strip().lower()))


def _padding() -> Any:
    return _cryptography("hazmat.primitives.asymmetric.padding").PKCS1v15()


def needed() -> None:
    """Raise ConfigError when the package is missing."""
    _cryptography("hazmat.primitives.serialization")


def _cryptography(module: str) -> Any:
    try:
        return importlib.import_module(f"cryptography.{module}")
    except ImportError as error:
        raise ConfigError("DKIM needs cryptography: pip install 'asgi-interfaces[email-auth]'") from error
