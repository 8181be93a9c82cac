"""Logging in by SASL: which mechanism, what is said in its turn, what comes after a refusal. Pure.

IRCv3 sasl-3.1 and sasl-3.2, RFC 4616 (PLAIN), RFC 4422 appendix A (EXTERNAL), RFC 5802 and 7677 (SCRAM-SHA-256). A
refusal is followed by the next mechanism there is a secret for. None is tried after a server that could not prove in
SCRAM that it knows the password: it is not to get that in the clear. Without TLS, PLAIN has to be asked for by name.
"""

from collections.abc import Sequence

from interfaces.irc.client.identity import Identity
from interfaces.irc.line import Line
from interfaces.irc.sasl import Chunks, chunks, plain
from interfaces.irc.scram import Scram
from interfaces.shared.errors import PeerError

__all__ = ["TURNS", "Login", "Said", "mechanisms"]

Said = tuple[str, ...]
"""A command and its parameters."""
TURNS = 20
"""AUTHENTICATEs of a server; then it is aborted."""
_PLAIN, _EXTERNAL, _SCRAM = "PLAIN", "EXTERNAL", "SCRAM-SHA-256"
_NUMERICS = frozenset({"900", "901", "902", "903", "904", "905", "906", "907", "908"})


def mechanisms(identity: Identity) -> list[str]:
    """Those that there is a secret for, the best first."""
    word = identity.sasl
    if word == "none":
        return []
    if word != "auto":
        return [word.upper()]
    found = [_EXTERNAL] if identity.certificate else []
    if identity.account_password:
        found += [_SCRAM, _PLAIN] if identity.secure else [_SCRAM]
    return found


class Login:
    """One login. ``nonce`` is for SCRAM; ``offered`` the value of the capability, "" where it does not say which."""

    def __init__(self, identity: Identity, nonce: str, offered: str = "") -> None:
        self.account: str | None = None
        """Whom we are logged in as."""
        self.over = False
        self.error = ""
        """Why we are not."""
        self.refused = False
        """Whether a secret was refused, so that it is the operator's to mend."""
        self._identity = identity
        self._nonce = nonce
        self._left = mechanisms(identity)
        self._mechanism = ""
        self._chunks = Chunks()
        self._scram: Scram | None = None
        self._step = 0
        self._turns = 0
        self._fatal = False
        if offered:
            self._among(offered.split(","))

    def __repr__(self) -> str:
        return f"<Login {self._mechanism} {self.account or self.error or 'on its way'}>"

    def knows(self, line: Line) -> bool:
        """Whether ``line`` is part of it."""
        return line.command == "AUTHENTICATE" or line.command in _NUMERICS

    def begin(self) -> list[Said]:
        """The first line, or the next mechanism's; it is over when there is none."""
        if not self._left:
            self.over = True
            self.error = self.error or "the server has no way to log in that there is a secret for"
            return []
        self._mechanism = self._left.pop(0)
        self._step = 0
        self._chunks = Chunks()
        return [("AUTHENTICATE", self._mechanism)]

    def feed(self, line: Line) -> list[Said]:
        """A line that it knows; what to say to it."""
        if self.over:
            return []
        if line.command == "AUTHENTICATE":
            return self._challenged(line.param(0))
        if line.command == "900":
            self.account = line.param(2) or self.account
        elif line.command in ("903", "907"):
            return self._succeeded()
        elif line.command == "908":
            self._among(line.param(1).split(","))
        elif line.command in ("902", "904", "905", "906"):
            return self._failed(line)
        return []

    # --- what the server says ---------------------------------------------------------------------

    def _challenged(self, text: str) -> list[Said]:
        self._turns += 1
        if self._turns > TURNS:
            return self._abort("the server asks again and again")
        try:
            data = self._chunks.feed(text)
            return [] if data is None else self._answered(data)
        except PeerError as error:
            return self._abort(str(error))

    def _answered(self, data: bytes) -> list[Said]:
        self._step += 1
        if self._mechanism == _SCRAM:
            return self._scrammed(data)
        if self._step > 1:
            return self._abort(f"{self._mechanism} has no second question")
        if self._mechanism == _EXTERNAL:
            return _saying(b"")
        return _saying(plain(self._identity.account, self._identity.account_password))

    def _scrammed(self, data: bytes) -> list[Said]:
        if self._step == 1:
            self._scram = Scram(self._identity.account, self._identity.account_password, self._nonce)
            return _saying(self._scram.first())
        if self._scram is None or self._step > 3:
            return self._abort("SCRAM has no such question")
        if self._step == 2:
            return _saying(self._scram.final(data))
        self._scram.verify(data)
        return _saying(b"")

    def _succeeded(self) -> list[Said]:
        self.over = True
        if self._mechanism == _SCRAM and self._step < 3:
            self.account = None
            self.error = "the server did not prove that it knows the password"
            return []
        self.error = ""
        self.account = self.account or self._identity.account
        return []

    def _failed(self, line: Line) -> list[Said]:
        self.error = self.error or f"{line.command} {line.params[-1] if line.params else ''}".strip()
        self.account = None
        if line.command in ("902", "904") and not self._fatal:
            self.refused = True
        if self._fatal or line.command == "902":
            self.over = True
            return []
        return self.begin()

    def _among(self, offered: Sequence[str]) -> None:
        known = {one.strip().upper() for one in offered}
        self._left = [one for one in self._left if one in known]

    def _abort(self, why: str) -> list[Said]:
        """Go no further; a server that fools us in SCRAM gets nothing else."""
        self.error = why
        self._fatal = self._fatal or self._mechanism == _SCRAM
        if self._turns > TURNS + 1:
            self.over = True
        return [("AUTHENTICATE", "*")]


def _saying(data: bytes) -> list[Said]:
    return [("AUTHENTICATE", one) for one in chunks(data)]
