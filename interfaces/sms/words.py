"""What an application says to a message: verdicts, and answers that stand in the provider's own. Pure."""

from typing import Any

from interfaces.shared.asgi import Event
from interfaces.shared.delivery import ACCEPTED, DEFERRED, Verdict
from interfaces.shared.errors import ApplicationError
from interfaces.sms.providers.base import Reply

__all__ = ["POSTED", "WORDS", "reply_of"]


def _reject(event: Event) -> Verdict:
    status = event.get("status", 400)
    if not isinstance(status, int) or isinstance(status, bool) or not 1 <= status <= 599:
        raise ApplicationError(f"sms.reject: status is HTTP's or SMPP's, a number, not {status!r}")
    return Verdict("reject", {"status": status, "text": str(event.get("text") or "Refused")})


WORDS: Any = {
    "sms.accept": lambda _event: ACCEPTED,
    "sms.reject": _reject,
    "sms.defer": lambda _event: DEFERRED,
}
"""Types of messages that are verdicts, and what makes each one."""
POSTED = frozenset({"sms.send", "sms.reply", "sms.cancel"})
"""Types of messages that go out."""


def reply_of(event: Event) -> Reply:
    """What an sms.reply says. Raises ApplicationError for one that says nothing."""
    text, media = event.get("text") or "", event.get("media") or ()
    if not isinstance(text, str) or not isinstance(media, list | tuple) or not (text or media):
        raise ApplicationError("sms.reply: it has a text, or media, a list of URLs")
    return Reply(text=text, media=tuple(map(str, media)))
