"""Keys of the tests, made once a run; and a DNS for dkimpy."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from interfaces.email.auth.keys import Key

__all__ = ["answers", "ed25519", "pem", "rsa", "written"]


@cache
def rsa(bits: int = 2048) -> Key:
    """An RSA key of example.org, selector "r"."""
    return Key("example.org", "r", "rsa-sha256", generate_private_key(65537, bits))


@cache
def ed25519() -> Key:
    """An Ed25519 key of example.org, selector "e"."""
    return Key("example.org", "e", "ed25519-sha256", Ed25519PrivateKey.generate())


def pem(key: Key) -> bytes:
    """The private key as its file has it."""
    kind = PrivateFormat.TraditionalOpenSSL if key.algorithm.startswith("rsa") else PrivateFormat.PKCS8
    shown: bytes = key.private.private_bytes(Encoding.PEM, kind, NoEncryption())
    return shown


def written(key: Key, folder: Path) -> str:
    """``domain:selector:file`` of ``key``, which is written into ``folder``."""
    path = folder / f"{key.selector}.pem"
    path.write_bytes(pem(key))
    return f"{key.domain}:{key.selector}:{path}"


def answers(*keys: Key) -> Callable[..., bytes | None]:
    """What dkimpy asks for TXT records."""
    records = {f"{key.selector}._domainkey.{key.domain}.": key.record.encode() for key in keys}

    def txt(name: bytes, timeout: float = 5) -> bytes | None:
        return records.get(name.decode())

    return txt
