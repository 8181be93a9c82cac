"""SCRAM-SHA-256 as a client says it: the password is proven and never sent, and the server proves that it has it. Pure.

RFC 5802, RFC 7677. Refused: channel binding, which is not asked for; an extension that must be known (``m=``); a nonce
that is not an addition to ours; fewer rounds than RFC 7677 §4 asks for, which would give the password away, and so
many that they would stop everything else; a server that does not prove that it knows the password.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from typing import Final
from unicodedata import normalize

from interfaces.shared.errors import PeerError

__all__ = ["LEAST", "MECHANISM", "MOST", "Scram"]

MECHANISM: Final = "SCRAM-SHA-256"
LEAST: Final = 4096
"""Rounds that a server may ask for (RFC 7677 §4)."""
MOST: Final = 1_000_000
"""Some tenths of a second; usual are 4,096 to 64,000."""
_HEAD: Final = "n,,"
_CHALLENGE: Final = re.compile(
    r"r=(?P<nonce>[!-+\--~]+),s=(?P<salt>[A-Za-z0-9+/=]+),i=(?P<rounds>[1-9][0-9]{0,8})(?:,.*)?", re.DOTALL
)
_PROVEN: Final = re.compile(r"v=(?P<proof>[A-Za-z0-9+/=]+)(?:,.*)?", re.DOTALL)


class Scram:
    """One login; ``nonce`` is a random one, printable and without a comma, for it alone."""

    def __init__(self, account: str, password: str, nonce: str) -> None:
        name = normalize("NFKC", account).replace("=", "=3D").replace(",", "=2C")
        self._password = normalize("NFKC", password).encode()
        self._nonce = nonce
        self._bare = f"n={name},r={nonce}"
        self._signature = b""

    def __repr__(self) -> str:
        return f"<Scram {self._bare.partition(',')[0]}>"

    def first(self) -> bytes:
        """What begins it."""
        return f"{_HEAD}{self._bare}".encode()

    def final(self, challenge: bytes) -> bytes:
        """What answers the server's challenge; takes milliseconds. PeerError for one that does not fit."""
        said = _text(challenge)
        found = _CHALLENGE.fullmatch(said)
        if found is None:
            raise PeerError("SCRAM: the server's challenge is malformed")
        nonce, rounds = found["nonce"], int(found["rounds"])
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise PeerError("SCRAM: the server's challenge answers another login")
        if not LEAST <= rounds <= MOST:
            raise PeerError(
                f"SCRAM: the server asks for {rounds} rounds, neither {LEAST} nor {MOST} nor between"
            )
        bare = f"c={b64encode(_HEAD.encode()).decode()},r={nonce}"
        proof = self._prove(_bytes(found["salt"]), rounds, f"{self._bare},{said},{bare}".encode())
        return f"{bare},p={b64encode(proof).decode()}".encode()

    def _prove(self, salt: bytes, rounds: int, said: bytes) -> bytes:
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        client = hmac.digest(salted, b"Client Key", "sha256")
        self._signature = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said, "sha256")
        signed = hmac.digest(hashlib.sha256(client).digest(), said, "sha256")
        return bytes(one ^ other for one, other in zip(client, signed, strict=True))

    def verify(self, said: bytes) -> None:
        """Take the server's last word. PeerError for one that does not prove that it knows the password."""
        text = _text(said)
        if text.startswith("e="):
            raise PeerError(f"SCRAM: the server says {text[2:]!r}")
        found = _PROVEN.fullmatch(text)
        proof = _bytes(found["proof"]) if found else b""
        if not self._signature or not hmac.compare_digest(proof, self._signature):
            raise PeerError("SCRAM: the server does not prove that it knows the password")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise PeerError("SCRAM: the server says what is no UTF-8") from error


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except binascii.Error as error:
        raise PeerError("SCRAM: the server says what is no base64") from error
