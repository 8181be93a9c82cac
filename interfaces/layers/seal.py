"""Signing and encryption of what lies in a broker, where whoever may write runs consumers.

Encryption is Fernet (AES-128-CBC with HMAC-SHA256), each key derived by SHA-256 from the text that the operator gave:
the ``symmetric_encryption_keys`` of channels_redis mean the same here. A signature is HMAC-SHA256 before the data.
The first key of each kind is used for what is sent, every key for what is read, so keys are rotated by putting a new
one first, and taking the old one away once nothing of it is left. Pure.
"""

import base64
import hashlib
import hmac
import importlib
from collections.abc import Sequence
from typing import Any

from interfaces.shared.errors import ConfigError

__all__ = ["Seal", "Unsealed"]

_SIZE = hashlib.sha256().digest_size


class Unsealed(ValueError):  # noqa: N818 - what the data is
    """Data that was not sealed with one of our keys, or was changed since."""


class Seal:
    """Encrypts, then signs; without keys it gives everything back as it is.

    Raises ConfigError when encryption is asked for and cryptography is missing.
    """

    def __init__(
        self, encryption_keys: Sequence[str | bytes] = (), signing_keys: Sequence[str | bytes] = ()
    ) -> None:
        self._signing = [_bytes(key) for key in signing_keys]
        self._fernet: Any = None
        self._refusal: tuple[type[Exception], ...] = ()
        if encryption_keys:
            self._fernet, self._refusal = _fernet(encryption_keys)

    def __bool__(self) -> bool:
        """Whether there are keys."""
        return bool(self._signing or self._fernet)

    def __repr__(self) -> str:
        return f"<Seal{' encrypts' * bool(self._fernet)}{' signs' * bool(self._signing)}>"

    def seal(self, data: bytes, /) -> bytes:
        """What may be given to a broker."""
        if self._fernet:
            data = self._fernet.encrypt(data)
        return _digest(self._signing[0], data) + data if self._signing else data

    def open(self, data: bytes, /) -> bytes:
        """What was sealed. Raises Unsealed."""
        if self._signing:
            shown, data = data[:_SIZE], data[_SIZE:]
            if not any(hmac.compare_digest(shown, _digest(key, data)) for key in self._signing):
                raise Unsealed("not signed with one of our keys")
        if self._fernet:
            try:
                return bytes(self._fernet.decrypt(data))
            except self._refusal:
                raise Unsealed("not encrypted with one of our keys") from None
        return data


def _fernet(keys: Sequence[str | bytes]) -> tuple[Any, tuple[type[Exception], ...]]:
    """Encrypts with the first key and decrypts with all; and what it raises."""
    try:
        fernet: Any = importlib.import_module("cryptography.fernet")
    except ImportError:
        raise ConfigError(
            "symmetric_encryption_keys needs cryptography: pip install 'asgi-interfaces[crypto]'"
        ) from None
    derived = [base64.urlsafe_b64encode(hashlib.sha256(_bytes(key)).digest()) for key in keys]
    return fernet.MultiFernet([fernet.Fernet(key) for key in derived]), (fernet.InvalidToken,)


def _digest(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _bytes(key: str | bytes) -> bytes:
    return key.encode() if isinstance(key, str) else key
