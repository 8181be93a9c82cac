"""SCRAM-SHA-256 (RFC 5802, RFC 7677): a password is proven and never sent, and what is stored does not log in. Pure.

A key is kept as RFC 5803 and PostgreSQL write it: ``SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey``, in base64.

Refused, although lenient peers take it: channel binding, which is not offered; to act as another; a name with a NUL or
an "=" that is no code; a nonce that is not the one that was said; anything behind the proof.
"""

import binascii
import hashlib
import hmac
import os
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from unicodedata import normalize

from interfaces.email.replies import AUTH_WRONG
from interfaces.shared.errors import PeerError

__all__ = ["MECHANISM", "Exchange", "Key", "matches", "parsed", "stored", "unknown"]

MECHANISM = "SCRAM-SHA-256"
ITERATIONS = 15_000
"""Of a key that is made here: RFC 7677 §4 asks for 4,096, and says that a client should not have to wait."""
_KEY = re.compile(r"SCRAM-SHA-256\$([0-9]{1,8}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)")
_FIRST = re.compile(
    r"(?P<head>[ny],(?:a=(?P<act>[^,]*))?,)(?P<bare>n=(?P<user>[^,]+),r=(?P<nonce>[!-+\--~]+))"
)
_FINAL = re.compile(
    r"(?P<bare>c=(?P<head>[A-Za-z0-9+/=]+),r=(?P<nonce>[!-+\--~]+)),p=(?P<proof>[A-Za-z0-9+/=]+)"
)
_ESCAPED = re.compile(r"=(?:2C|3D)|=")


@dataclass(frozen=True, slots=True)
class Key:
    """What is stored of a password."""

    salt: bytes
    iterations: int
    stored: bytes = field(repr=False)
    server: bytes = field(repr=False)

    def __str__(self) -> str:
        salt, stored, server = (b64encode(one).decode() for one in (self.salt, self.stored, self.server))
        return f"{MECHANISM}${self.iterations}:{salt}${stored}:{server}"


def stored(password: str, salt: bytes | None = None, iterations: int = ITERATIONS) -> str:
    """The key to store for ``password``; the salt is a random one unless given."""
    return str(_key(password, salt or os.urandom(16), iterations))


def parsed(text: str) -> Key:
    """A key as it is stored. ValueError for what is none."""
    found = _KEY.fullmatch(text)
    if found is None or not int(found[1]):
        raise ValueError(f"this is no key such as {MECHANISM}$4096:salt$stored:server")
    try:
        salt, first, second = (b64decode(found[at], validate=True) for at in (2, 3, 4))
    except binascii.Error as error:
        raise ValueError(f"this is no key of {MECHANISM}: {error}") from error
    if not salt or len(first) != 32 or len(second) != 32:
        raise ValueError(f"this is no key of {MECHANISM}: it has another length")
    return Key(salt, int(found[1]), first, second)


def unknown(user: str, secret: bytes, iterations: int = ITERATIONS) -> Key:
    """A key for who has none, always the same for a name: nobody learns by it who has one, and nothing fits it.

    ``iterations``: as many as the others have, since the client is told.
    """
    made = hmac.digest(secret, user.encode("utf-8", "surrogatepass"), "sha256")
    return Key(made[:16], iterations, made, made)


def matches(key: Key, password: str) -> bool:
    """Whether a password that was said in full is the one; takes milliseconds."""
    return hmac.compare_digest(_key(password, key.salt, key.iterations).stored, key.stored)


def _key(password: str, salt: bytes, iterations: int) -> Key:
    words = normalize("NFKC", password).encode("utf-8", "surrogatepass")
    salted = hashlib.pbkdf2_hmac("sha256", words, salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    return Key(
        salt, iterations, hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    )


class Exchange:
    """One login, begun by the client's first message. PeerError, with the reply, for one that is malformed."""

    def __init__(self, message: str) -> None:
        found = _FIRST.fullmatch(message)
        if found is None:
            raise _wrong()
        self.user: str = _name(found["user"])
        if found["act"] and _name(found["act"]) != self.user:
            raise _wrong()
        self._head: str = found["head"]
        self._bare: str = found["bare"]
        self._nonce: str = found["nonce"]
        self._first: str = ""
        self._key: Key | None = None

    def challenge(self, key: Key, nonce: str) -> str:
        """What is said to the client, with the key of its user and a nonce of our own."""
        self._key = key
        self._nonce += nonce
        self._first = f"r={self._nonce},s={b64encode(key.salt).decode()},i={key.iterations}"
        return self._first

    def proven(self, message: str) -> str:
        """What is said to a client that has proven the password, by its last message; "" to one that has not."""
        found, key = _FINAL.fullmatch(message), self._key
        if found is None or key is None or found["nonce"] != self._nonce:
            return ""
        try:
            head, proof = b64decode(found["head"], validate=True), b64decode(found["proof"], validate=True)
        except binascii.Error:
            return ""
        if head != self._head.encode() or len(proof) != len(key.stored):
            return ""
        said = f"{self._bare},{self._first},{found['bare']}".encode()
        signature = hmac.digest(key.stored, said, "sha256")
        client = bytes(one ^ other for one, other in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client).digest(), key.stored):
            return ""
        return f"v={b64encode(hmac.digest(key.server, said, 'sha256')).decode()}"


def _name(text: str) -> str:
    """A name as it was before "," and "=" became codes (RFC 5802 §5.1)."""
    if "\0" in text or "=" in _ESCAPED.findall(text):
        raise _wrong()
    return normalize("NFKC", text.replace("=2C", ",").replace("=3D", "="))


def _wrong() -> PeerError:
    return PeerError("malformed SCRAM", AUTH_WRONG)
