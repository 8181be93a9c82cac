"""SASL as the fake network's side: PLAIN, EXTERNAL and SCRAM-SHA-256 (RFC 5802)."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping

from interfaces.irc.sasl import Chunks, chunks, read_plain

__all__ = ["Login"]

ROUNDS = 4096
SALT = b"fake-salt"


class Login:
    """One attempt by ``mechanism``; ``accounts``: passwords, ``certified``: whose a client's certificate is."""

    def __init__(self, mechanism: str, accounts: Mapping[str, str], certified: str = "") -> None:
        self.mechanism = mechanism
        self.account = ""
        """Once it has succeeded."""
        self.failed = False
        self._accounts = accounts
        self._certified = certified
        self._chunks = Chunks()
        self._step = 0
        self._said = ""
        self._name = ""

    def feed(self, text: str) -> list[str]:
        """The parameter of an AUTHENTICATE; those of what is said to it."""
        data = self._chunks.feed(text)
        if data is None:
            return []
        self._step += 1
        if self.mechanism == "EXTERNAL":
            self.account, self.failed = self._certified, not self._certified
            return []
        if self.mechanism == "PLAIN":
            account, password = read_plain(data)
            self.failed = self._accounts.get(account) != password
            self.account = "" if self.failed else account
            return []
        return self._scram(data.decode())

    def _scram(self, said: str) -> list[str]:
        if self._step == 1:
            bare = said.removeprefix("n,,")
            fields = dict(one.split("=", 1) for one in bare.split(","))
            self._name = fields["n"]
            challenge = f"r={fields['r']}more,s={b64encode(SALT).decode()},i={ROUNDS}"
            self._said = f"{bare},{challenge}"
            return chunks(challenge.encode())
        if self._step > 2:
            self.account = self._name
            return []
        without, _, proof = said.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", self._accounts.get(self._name, "?").encode(), SALT, ROUNDS)
        whole = f"{self._said},{without}".encode()
        client = hmac.digest(salted, b"Client Key", "sha256")
        signed = hmac.digest(hashlib.sha256(client).digest(), whole, "sha256")
        if bytes(one ^ other for one, other in zip(client, signed, strict=True)) != b64decode(proof):
            self.failed = True
            return []
        server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), whole, "sha256")
        return chunks(f"v={b64encode(server).decode()}".encode())
