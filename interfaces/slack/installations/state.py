"""OAuth's ``state``: a text that only we make, for one browser, good for a while (RFC 6749, 10.12). Pure.

``TIME.NONCE.MAC``: Unix seconds in hexadecimal, 16 random bytes, and an HMAC-SHA-256 over both and the browser's cookie
by a key made of the client secret. Nothing is stored, so the browser may come back to another container. That it is
good for one use is kept in each process by itself; Slack takes a code only once in any case.
"""

import base64
import hmac
import re
import secrets

from interfaces.shared.webhook import AHEAD, Once

__all__ = ["STATES", "StateError", "States", "new_browser", "read_browser"]

STATES = 10_000
"""States that are remembered as used; of more the oldest is forgotten."""
_FORM = re.compile(r"([0-9a-f]{1,12})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")


class StateError(ValueError):
    """A state that is not good: ``word`` is invalid_state, invalid_browser, expired_state or used_state."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def new_browser() -> str:
    """What a browser gets as its cookie: 32 random bytes."""
    return secrets.token_urlsafe(32)


def read_browser(cookies: str, name: str) -> str:
    """Our cookie in a ``Cookie`` header; "" where there is none."""
    for pair in cookies.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name and _BROWSER.fullmatch(value):
            return value
    return ""


class States:
    """Makes and checks them. ``lifetime`` in seconds; ``now`` are Unix seconds."""

    def __init__(self, client_secret: str, lifetime: float) -> None:
        self._key = hmac.digest(client_secret.encode(), b"interfaces.slack oauth state", "sha256")
        self._lifetime = lifetime
        self._used = Once(lifetime + AHEAD, STATES)

    def make(self, browser: str, now: float) -> str:
        """One for the browser with this cookie."""
        said = f"{int(now):x}.{secrets.token_urlsafe(16)}"
        return f"{said}.{self._mac(said, browser)}"

    def use(self, state: str, browser: str, now: float) -> None:
        """Take it; it is good for nothing any more. Raises StateError."""
        found = _FORM.fullmatch(state)
        if found is None:
            raise StateError("invalid_state")
        if not browser:
            raise StateError("invalid_browser")
        begun, nonce, mac = found.groups()
        if not hmac.compare_digest(mac, self._mac(f"{begun}.{nonce}", browser)):
            raise StateError("invalid_state")
        if not now - self._lifetime <= int(begun, 16) <= now + AHEAD:
            raise StateError("expired_state")
        if not self._used.fits(nonce, secrets.token_hex(8), now):  # no repeat has the same mark
            raise StateError("used_state")

    def _mac(self, said: str, browser: str) -> str:
        digest = hmac.digest(self._key, f"{said}.{browser}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
