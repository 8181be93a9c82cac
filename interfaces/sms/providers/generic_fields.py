"""Where a provider has what, that has no file of its own: rows of JSON, or a form, as messages and receipts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interfaces.shared.errors import ConfigError
from interfaces.shared.webhook import Request, refusal
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import STATUSES, Attached, Inbound, Receipt, Status
from interfaces.sms.providers.forms import first, is_json, pairs
from interfaces.sms.providers.paths import at
from interfaces.sms.providers.settings import named
from interfaces.sms.providers.values import moment, rows, said, text, whole

__all__ = ["FIELDS", "Fields", "fields"]

FIELDS = {
    "list": "the path of the messages, where there are several in a request",
    "id": "the path of the id",
    "from": "of who has sent it",
    "to": "of our number",
    "text": "of the text",
    "segments": "of the number of its parts",
    "media": "of its media: a URL, a list of URLs, or of objects with url",
    "sent_at": "of its time",
    "status": "of the status; where there is one it is a receipt",
    "reference": "of our id, in a receipt",
    "error": "of the error's code, in a receipt",
    "error_text": "of the error's words, in a receipt",
    "at": "of the time of a receipt",
}
"""The keys of ``more`` that say it, each a path; most are named as they are unless said."""
WORDS: Mapping[str, Status] = {
    **{word: word for word in STATUSES}, "accepted": "queued", "pending": "queued", "submitted": "sent",
    "success": "delivered", "delivrd": "delivered", "undeliv": "undelivered", "rejectd": "rejected",
    "acceptd": "sent", "enroute": "sent", "deleted": "failed", "error": "failed", "seen": "read",
}  # fmt: skip
"""What statuses usually say, SMPP's among them; ``status:WORD=…`` says others."""
MESSAGES = frozenset({"received", "receiving", "inbound"})
"""Statuses of what is no receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Paths by their names, and statuses by their words in lower case."""

    paths: Mapping[str, str]
    words: Mapping[str, Status] = field(default_factory=dict)

    def read(self, request: Request, *, query: bool) -> Sequence[Inbound | Receipt]:
        """What a request says that is believed, and its ``query`` where there is no body. Raises PeerError."""
        if is_json(request):
            found = said(request.body)
            if not isinstance(found, dict | list):
                raise refusal(400, "This is no JSON object")
            listed = at(found, self.paths["list"]) if self.paths.get("list") else found
            if listed is None:
                raise refusal(400, f"There is no {self.paths['list']} in it")
            return [self._row(one) for one in rows(listed)]
        said_in = request.body or (request.query if query else b"")
        return (self._row(first(pairs(said_in))),)

    def _text(self, row: Mapping[str, Any], name: str) -> str:
        return text(at(row, self.paths.get(name, name)))

    def _row(self, row: Mapping[str, Any]) -> Inbound | Receipt:
        status = self._text(row, "status").lower()
        if status and status not in MESSAGES:
            return self._receipt(row, status)
        sender = self._text(row, "from")
        if not sender:
            raise refusal(400, "Neither a message nor a receipt: nobody has sent it")
        return Inbound(
            id=self._text(row, "id"),
            sender=sender,
            recipient=self._text(row, "to"),
            text=self._text(row, "text"),
            segments=max(1, whole(at(row, self.paths.get("segments", "segments")), 1)),
            media=tuple(self._media(row)),
            sent_at=_time(at(row, self.paths.get("sent_at", "sent_at"))),
            raw=dict(row),
        )

    def _media(self, row: Mapping[str, Any]) -> list[Attached]:
        found = at(row, self.paths.get("media", "media"))
        listed = found if isinstance(found, list) else [found]
        made = []
        for one in listed:
            url = text(one.get("url")) if isinstance(one, dict) else text(one)
            kind = text(one.get("content_type") or one.get("type")) if isinstance(one, dict) else ""
            if url:
                made.append(Attached(url=url, content_type=kind))
        return made

    def _receipt(self, row: Mapping[str, Any], status: str) -> Receipt:
        name = self._text(row, "id")
        if not (name or self._text(row, "reference")):
            raise refusal(400, "A receipt of no message")
        return Receipt(
            provider_id=name,
            status=self.words.get(status) or WORDS.get(status, "queued"),
            id=self._text(row, "reference"),
            sender=self._text(row, "from"),
            recipient=self._text(row, "to"),
            error_code=self._text(row, "error"),
            error_text=self._text(row, "error_text"),
            at=_time(at(row, self.paths.get("at", "at"))),
            raw=dict(row),
        )


def _time(value: Any) -> float | None:
    """A time, or Unix seconds as a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        return float(value)
    return moment(value)


def fields(account: Account, more: Mapping[str, str]) -> Fields:
    """Of the keys of an account. ConfigError for a status that there is not."""
    words: dict[str, Status] = {}
    for key, value in more.items():
        if key.startswith("status:"):
            known = next((one for one in STATUSES if one == value), None)
            if known is None:
                raise ConfigError(f"{named(account)}: more {key}={value}: there is {', '.join(STATUSES)}")
            words[key.removeprefix("status:").lower()] = known
    return Fields(paths={key: more[key] for key in FIELDS if key in more}, words=words)
