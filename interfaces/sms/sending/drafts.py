"""What a message says that is to be sent: checked, and split. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from interfaces.shared.errors import ApplicationError
from interfaces.shared.options import did_you_mean
from interfaces.sms.messages import SmsCancel, SmsSend
from interfaces.sms.numbers import CHANNELS, address
from interfaces.sms.segments import segments
from interfaces.sms.sending.recipients import recipient

__all__ = ["TYPES", "Draft", "checked", "draft"]

_PART, _OF_MANY = 140, 134
"""Octets of a binary message in one part, and in each of several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as it can be sent, by whichever account."""

    recipient: str
    """E.164, or a short code; "whatsapp:" and the like in front."""
    sender: str
    """"": the first number of the account."""
    text: str = ""
    data: bytes = b""
    encoding: Literal["gsm7", "ucs2", "binary"] = "gsm7"
    segments: int = 1
    media: tuple[str, ...] = ()


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _urls(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


_NEEDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "to_address": (_is(str), "a number"),
    "from_address": (_is(str), "one of our numbers"),
    "account": (_is(str), "the name of an account"),
    "text": (_is(str), "a text"),
    "data": (_is(bytes), "bytes"),
    "media": (_urls, "a list of URLs"),
    "encoding": (("auto", "gsm7", "ucs2").__contains__, "auto, gsm7 or ucs2"),
    "transliterate": (_is(bool), "a bool"),
    "validity": (_number, "seconds"),
    "schedule_at": (_number, "Unix seconds"),
    "status": (_is(bool), "a bool"),
    "ignore_opt_out": (_is(bool), "a bool"),
    "urgent": (_is(bool), "a bool"),
    "id": (_is(str), "a text"),
}
"""What each key has to be."""
_KNOWN = {"sms.send": frozenset(SmsSend.__annotations__), "sms.cancel": frozenset(SmsCancel.__annotations__)}
TYPES = frozenset(_KNOWN)
"""What the channel sms.send takes."""
_COMMON = frozenset({"reply_channel", "dedupe_key", "not_before", "expires"})


def checked(message: Mapping[str, Any]) -> None:
    """Raise ApplicationError for keys that there are not, and values that cannot be."""
    kind = message.get("type")
    known = _KNOWN.get(str(kind))
    if known is None:
        raise ApplicationError(f"{kind}: the channel sms.send takes sms.send and sms.cancel")
    for key, value in message.items():
        if key not in known and key not in _COMMON:
            raise ApplicationError(f"{kind}: there is no {key}{did_you_mean(key, known)}")
        fits, what = _NEEDS.get(key, (None, ""))
        if fits is not None and value is not None and not fits(value):
            raise ApplicationError(f"{kind}: {key} is {what}, not {value!r:.100}")


def _content(message: Mapping[str, Any]) -> tuple[str, bytes, tuple[str, ...]]:
    """Text, data and media. ApplicationError for nothing, and for what does not go together."""
    text, data = message.get("text") or "", message.get("data") or b""
    media = tuple(message.get("media") or ())
    if not (text or data or media):
        raise ApplicationError("sms.send: it has a text, data, or media")
    if data and (text or media):
        raise ApplicationError("sms.send: data goes alone, without a text and media")
    return text, data, media


def draft(message: Mapping[str, Any], region: str = "") -> Draft:
    """The message of an ``sms.send``. Raises ApplicationError for one that nobody could send."""
    checked(message)
    text, data, media = _content(message)
    if not message.get("to_address"):
        raise ApplicationError("sms.send: to whom? It has no to_address")
    there = recipient(message["to_address"], region)
    sender = address(message.get("from_address") or "", region)
    if data:
        parts = 1 if len(data) <= _PART else -(-len(data) // _OF_MANY)
        return Draft(recipient=there, sender=sender, data=data, encoding="binary", segments=parts)
    split = segments(
        text, encoding=message.get("encoding") or "auto", transliterate=bool(message.get("transliterate"))
    )
    elsewhere = bool(media) or there.startswith(CHANNELS)  # no short message, and not in parts
    return Draft(
        recipient=there, sender=sender, text=split.text, encoding=split.encoding, media=media,
        segments=1 if elsewhere else len(split.parts),
    )  # fmt: skip
