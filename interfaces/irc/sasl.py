"""SASL in AUTHENTICATE: what is said in pieces of 400 octets, and PLAIN. Pure.

IRCv3 sasl-3.1 and sasl-3.2; RFC 4616 (PLAIN). A piece of 400 octets has another behind it, "+" where nothing is left.
Refused: a piece that is longer, a whole that is, what is no base64, a PLAIN that is to act as another.
"""

import binascii
from base64 import b64decode, b64encode
from typing import Final

from interfaces.irc.numerics import ERR_SASLFAIL, ERR_SASLTOOLONG
from interfaces.shared.errors import ConfigError, PeerError

__all__ = ["LIMIT", "PIECE", "Chunks", "chunks", "plain", "read_plain"]

PIECE: Final = 400
"""Octets of base64 in a line."""
LIMIT: Final = 16_000
"""Octets of base64 in all its lines."""


def chunks(data: bytes) -> list[str]:
    """The parameter of each AUTHENTICATE that says ``data``."""
    text = b64encode(data).decode()
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    if not len(text) % PIECE:
        pieces.append("+")
    return pieces


class Chunks:
    """What a peer says, gathered; to be used again once it is whole."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._text = ""

    def feed(self, text: str) -> bytes | None:
        """The whole with the last of its pieces, else None. PeerError, with the numeric to answer."""
        if len(text) > PIECE or len(self._text) + len(text) > self._limit:
            self._text = ""
            raise PeerError("a SASL message is too long", ERR_SASLTOOLONG)
        if text != "+":
            self._text += text
            if len(text) == PIECE:
                return None
        whole, self._text = self._text, ""
        try:
            return b64decode(whole.encode(errors="replace"), validate=True)
        except binascii.Error as error:
            raise PeerError(f"a SASL message is no base64: {error}", ERR_SASLFAIL) from error


def plain(account: str, password: str) -> bytes:
    """What proves ``account``. ConfigError for a NUL, which would end it."""
    if "\0" in account or "\0" in password or not account:
        raise ConfigError("sasl: an account has a name, and neither it nor its password a NUL")
    return f"{account}\0{account}\0{password}".encode()


def read_plain(data: bytes) -> tuple[str, str]:
    """The account and the password. PeerError, with the numeric to answer, for what is no PLAIN."""
    try:
        act, account, password = data.decode().split("\0")
    except ValueError as error:
        raise PeerError("malformed SASL PLAIN", ERR_SASLFAIL) from error
    if not account or act not in ("", account):
        raise PeerError("a SASL PLAIN that is to act as another", ERR_SASLFAIL)
    return account, password
