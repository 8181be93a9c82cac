"""Who is there: both sides of a connection prove that they know the token, without saying it. Pure.

Each side says HELLO with a random nonce, then proves itself by HMAC-SHA256 over role, identity and nonce of both.
The roles differ, so that no proof can be sent back to who made it. Without a token the socket's permissions decide.
"""

import hmac
from typing import Any

from interfaces.shared.errors import PeerError
from interfaces.workers.wire import HELLO, PROOF, REFUSE, VERSIONS, Unlike, agreed

__all__ = ["Handshake", "Refused"]

ROLES = {"relay": "worker", "worker": "relay"}
NONCE = 16
"""Bytes of a nonce at least."""


class Refused(Unlike):
    """The other side does not want us; the message is its reason."""


class Handshake:
    """One side of it; ``role`` is "relay" or "worker". ``done`` when the other side has proved itself.

    ``peer`` is its identity, ``version`` what both speak; both are there before the proof is.
    """

    def __init__(self, role: str, identity: str, token: bytes, nonce: bytes) -> None:
        self.done = False
        self.peer = ""
        self.version = 0
        self._role = role
        self._identity = identity
        self._token = token
        self._nonce = nonce
        self._theirs = b""

    def hello(self) -> dict[str, Any]:
        """The payload of our HELLO."""
        return {"versions": VERSIONS, "role": self._role, "id": self._identity, "nonce": self._nonce}

    def heard(self, kind: int, payload: Any) -> dict[str, Any] | None:
        """Take a frame; the payload of our PROOF, when that is due. PeerError for a peer that is to be refused."""
        if kind == REFUSE:
            raise Refused(str(payload.get("reason", "")) if isinstance(payload, dict) else "")
        if not isinstance(payload, dict):
            raise PeerError("malformed frame")
        if kind == HELLO and not self.peer:
            return self._greeted(payload)
        if kind == PROOF and self.peer and not self.done:
            proof = payload.get("proof")
            if not isinstance(proof, bytes) or not hmac.compare_digest(proof, self._proof(of_peer=True)):
                raise Unlike("the tokens differ")
            self.done = True
            return None
        raise PeerError("it does not introduce itself")

    def _greeted(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.version = agreed(payload.get("versions"))
        nonce, peer = payload.get("nonce"), payload.get("id")
        if payload.get("role") != ROLES[self._role]:
            raise Unlike(f"it is no {ROLES[self._role]}")
        if not isinstance(nonce, bytes) or len(nonce) < NONCE or not isinstance(peer, str) or not peer:
            raise PeerError("malformed frame")
        self._theirs, self.peer = nonce, peer
        return {"proof": self._proof(of_peer=False)}

    def _proof(self, *, of_peer: bool) -> bytes:
        """What proves one side to the other."""
        ours = [self._role.encode(), self._identity.encode(), self._nonce]
        theirs = [ROLES[self._role].encode(), self.peer.encode(), self._theirs]
        parts = [*theirs, *ours] if of_peer else [*ours, *theirs]
        text = b"".join(b"%d:%b" % (len(part), part) for part in parts)
        return hmac.digest(self._token, text, "sha256")
