"""Mailgun's routes: forward("https://…/email/mailgun/mime"), which posts the raw message as ``body-mime``. Pure.

Signed: HMAC-SHA-256 of timestamp and token, with the webhook signing key. That says nothing of the content, so a token
is good for one content only. 200 and 406 are not tried again, all else is for eight hours.
"""

from collections.abc import Sequence
from typing import ClassVar

from interfaces.email.webhooks.form import TYPES, fields
from interfaces.email.webhooks.posted import Posted, Provider, Read, address
from interfaces.shared.webhook import Once, Request, fresh, hmac_hex, refusal, same

__all__ = ["Mailgun"]

WINDOW = 43_200.0
"""Seconds that a signature is good for: longer than Mailgun tries."""


class Mailgun(Provider):
    """Checks with signing keys, several while one replaces another."""

    name: ClassVar[str] = "mailgun"
    types: ClassVar[tuple[str, ...]] = TYPES
    growth: ClassVar[float] = 3.0  # each byte may be three, as %XX
    rejected: ClassVar[int] = 406

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(secrets)
        self.once = Once(WINDOW)

    def read(self, request: Request, now: float) -> Read:
        """Check the signature, and read the message. Raises PeerError."""
        form = fields(request)
        time, token, signature = (form.get(name, b"") for name in ("timestamp", "token", "signature"))
        fitting = [same(signature, hmac_hex(key, time, token)) for key in self.secrets]
        if not any(fitting):
            raise refusal(401, "The signature does not fit: is it the signing key of this account?")
        if not fresh(time.decode("latin-1"), now, WINDOW):
            raise refusal(401, "The signature is too old, or the clock is wrong")
        content = form.get("body-mime")
        if content is None:
            raise refusal(400, "No body-mime: the URL of the route has to end with /mime")
        if not self.once.fits(token.decode("latin-1"), hmac_hex("", content), now):
            raise refusal(401, "The token came with another message before")
        recipients = form.get("recipient", b"").decode("utf-8", "replace").split(",")
        sender = form.get("sender", b"").decode("utf-8", "replace")
        return Posted(sender=address(sender), recipients=tuple(map(address, recipients)), content=content)
