"""Logging in by SASL: one client's way through AUTHENTICATE.

IRCv3 sasl-3.1, sasl-3.2: PLAIN where there is TLS, or the operator trusts the network; EXTERNAL by the certificate
that a client has shown, whose common name is the account. Whoever fails too often is hung up on. While the
operator's function is asked nothing else is read.
"""

from typing import Any, Final

from interfaces.irc.gateway import actions
from interfaces.irc.gateway.accounts import common_name, is_account
from interfaces.irc.gateway.waits import ASKED
from interfaces.irc.numerics import (
    ERR_SASLABORTED,
    ERR_SASLALREADY,
    ERR_SASLFAIL,
    RPL_LOGGEDIN,
    RPL_SASLMECHS,
    RPL_SASLSUCCESS,
    text_of,
)
from interfaces.irc.sasl import Chunks, read_plain
from interfaces.shared.errors import PeerError

__all__ = ["ATTEMPTS", "Login", "mechanisms"]

ATTEMPTS: Final = 5
"""Failures of one connection."""
SAID: Final = 2000
"""Octets of base64 in all lines of one message: an account and a password."""


def mechanisms(client: Any) -> list[str]:
    """Those that ``client`` may use."""
    gateway = client.gateway
    if not gateway.accounts:
        return []
    found = ["PLAIN"] if client.secure is not None or gateway.options.auth_unencrypted else []
    return [*found, "EXTERNAL"] if common_name(client.secure) else found


class Login:
    """That of one client."""

    __slots__ = ("_chunks", "_client", "_failures", "_mechanism", "_task")

    def __init__(self, client: Any) -> None:
        self._client = client
        self._mechanism = ""
        self._chunks: Chunks | None = None
        self._failures = 0
        self._task: Any = None

    def __repr__(self) -> str:
        return f"<Login {self._mechanism}{', asked' if self.busy else ''}>"

    @property
    def busy(self) -> bool:
        """Whether the operator's function is asked."""
        return self._task is not None

    def said(self, text: str) -> None:
        """A parameter of AUTHENTICATE."""
        client = self._client
        if client.user.account is not None:
            client.fault(ERR_SASLALREADY)
        elif text == "*":
            self._over()
            client.fault(ERR_SASLABORTED)
            self._failed()
        elif not self._mechanism:
            self._begin(text.upper())
        else:
            self._more(text)

    def _begin(self, mechanism: str) -> None:
        client = self._client
        known = mechanisms(client)
        if mechanism in known:
            self._mechanism, self._chunks = mechanism, Chunks(SAID)
            client.say("AUTHENTICATE", "+")
            return
        client.numeric(RPL_SASLMECHS, ",".join(known) or "*", text_of(RPL_SASLMECHS))
        client.fault(ERR_SASLFAIL)
        self._failed()

    def _more(self, text: str) -> None:
        client, chunks = self._client, self._chunks
        try:
            whole = chunks.feed(text) if chunks is not None else None
            if whole is None:
                return
            if self._mechanism == "EXTERNAL":
                self._certified(whole)
            else:
                self._ask(*read_plain(whole))
        except PeerError as error:
            self._over()
            client.fault(f"{error.answer}")
            self._failed()

    def _certified(self, whole: bytes) -> None:
        account = common_name(self._client.secure)
        if whole.decode(errors="replace") not in ("", account):
            raise PeerError("an EXTERNAL that is to act as another", ERR_SASLFAIL)
        self._over()
        self._proved(account)

    def _ask(self, account: str, password: str) -> None:
        client = self._client
        if not is_account(account):
            raise PeerError("an account that cannot be", ERR_SASLFAIL)
        self._over()
        client.hold(ASKED)
        self._task = client.loop.create_task(self._asked(account, password, client.keep()))

    async def _asked(self, account: str, password: str, answer: Any) -> None:
        client = self._client
        gateway = client.gateway
        try:
            fits = await gateway.accounts.fits(account, password, gateway.options.decide_timeout)
        finally:
            self._task = None
        if client.lost or client.quit:
            return
        client.resume(answer, self._judged, account, fits)
        client.done(answer)
        client.release(ASKED)
        client.go_on()

    def _judged(self, account: str, fits: bool | None) -> None:
        if fits:
            self._proved(account)
            return
        client = self._client
        later = "SASL authentication failed, try again later"
        client.numeric(ERR_SASLFAIL, later if fits is None else text_of(ERR_SASLFAIL))
        self._failed()

    def _proved(self, account: str) -> None:
        client = self._client
        user, gateway = client.user, client.gateway
        if client.registration is not None:
            user.account = account
            user.host = gateway.cloak.host(client.address, account)
            user.named(user.nick)
        source = f"{user.nick}!{user.user or '*'}@{user.host}"
        client.numeric(RPL_LOGGEDIN, source, account, f"You are now logged in as {account}")
        client.fault(RPL_SASLSUCCESS)
        if client.registration is None:
            actions.account(gateway, user, account)
            client.tell(self._event(account))
        else:
            client.registration.go()

    def _event(self, account: str) -> dict[str, Any]:
        client = self._client
        stamped = client.gateway.stamped()
        return {
            "type": "irc.account",
            "source": client.user.says(),
            "account": account,
            "realname": None,
            "tags": {},
            "time": stamped["received_at"],
            "is_history": False,
            **stamped,
        }

    def _failed(self) -> None:
        client = self._client
        client.gateway.count("irc.gateway.unproved")
        self._failures += 1
        if self._failures >= ATTEMPTS:
            client.end("Too many failed logins", 1008)

    def _over(self) -> None:
        self._mechanism, self._chunks = "", None

    def close(self) -> None:
        """The client is gone: what is asked is not awaited."""
        if self._task is not None:
            self._task.cancel()
