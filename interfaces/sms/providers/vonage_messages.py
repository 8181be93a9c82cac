"""Vonage's Messages API, version 1: what it posts and is asked. Pure.

Numbers have no plus there; those of WhatsApp have "whatsapp:" in front here.

Source: developer.vonage.com: "Messages API reference", "Messages API webhooks", "Messages API errors".
"""

from collections.abc import Mapping
from math import ceil
from typing import Any
from urllib.parse import urlsplit

from interfaces.shared.errors import ApplicationError
from interfaces.shared.webhook import refusal
from interfaces.sms.numbers import digits
from interfaces.sms.providers.asking import post_json, usual
from interfaces.sms.providers.base import Asked, Attached, Inbound, Outgoing, Receipt, Sent, Status
from interfaces.sms.providers.values import moment, record, said, text, whole

__all__ = ["API", "LONGEST", "answered", "ask", "read"]

API = "https://api.nexmo.com"
LONGEST = 3200
"""Characters of a text."""
VALIDITY = (20, 604_800)
"""Seconds that a message may be good for."""
STATUS: Mapping[str, Status] = {
    "submitted": "sent", "delivered": "delivered", "rejected": "rejected", "undeliverable": "undelivered",
    "read": "read",
}  # fmt: skip
KINDS = ("image", "video", "audio", "file", "vcard", "sticker")
NAMES: Mapping[str, str] = {
    "jpg": "image", "jpeg": "image", "png": "image", "gif": "image", "webp": "image", "mp4": "video", "3gp": "video",
    "mpeg": "video", "mp3": "audio", "aac": "audio", "m4a": "audio", "amr": "audio", "ogg": "audio", "wav": "audio",
    "vcf": "vcard",
}  # fmt: skip
"""What a medium is, by how its name ends."""
CHANNELS = ("whatsapp", "messenger", "rcs")
"""Channels that stand in front of an address."""


def read(found: Mapping[str, Any]) -> Inbound | Receipt:
    """What is posted. Raises PeerError."""
    name, channel = text(found.get("message_uuid")), text(found.get("channel"))
    sender, recipient = (_named(channel, text(found.get(key))) for key in ("from", "to"))
    at = moment(found.get("timestamp"))
    if "status" in found:
        error = record(found.get("error"))
        return Receipt(
            provider_id=name,
            status=STATUS.get(text(found.get("status")), "queued"),
            id=text(found.get("client_ref")),
            sender=sender,
            recipient=recipient,
            error_code=text(error.get("title")) or text(error.get("type")).rpartition("#")[2],
            error_text=text(error.get("detail")),
            at=at,
            raw=dict(found),
        )
    if not sender or not text(found.get("message_type")):
        raise refusal(400, "Neither a message nor a status: from, or message_type, is missing")
    media = [
        (Attached(url=url), text(one.get("caption")))
        for kind in KINDS
        if (url := text((one := record(found.get(kind))).get("url")))
    ]
    return Inbound(
        id=name,
        sender=sender,
        recipient=recipient,
        text=text(found.get("text")) or next((caption for _, caption in media if caption), ""),
        segments=max(1, whole(record(found.get("sms")).get("num_messages"))),
        media=tuple(one for one, _ in media),
        sent_at=at,
        raw=dict(found),
    )


def _named(channel: str, address: str) -> str:
    return f"{channel}:{address}" if address and channel in CHANNELS else address


def ask(message: Outgoing, base: str, headers: Mapping[str, str]) -> Asked:
    """``POST /v1/messages``. ApplicationError."""
    channel, colon, to = message.recipient.partition(":")
    if not colon:
        channel, to = "mms" if message.media else "sms", message.recipient
    asked: dict[str, Any] = {
        "channel": channel,
        "to": digits(to),
        "from": digits(message.sender.removeprefix(f"{channel}:")),
        "client_ref": message.id,
        **_content(message),
    }
    if channel == "sms":
        asked["sms"] = {"encoding_type": "unicode" if message.encoding == "ucs2" else "text"}
    if message.status and message.status_url:
        asked |= {"webhook_url": message.status_url, "webhook_version": "v1"}
    if message.validity > 0 and channel in ("sms", "mms"):
        least = VALIDITY[0] if channel == "sms" else 300
        asked["ttl"] = min(VALIDITY[1] if channel == "sms" else 259_200, max(least, ceil(message.validity)))
    return post_json(f"{base}/v1/messages", asked, headers)


def _content(message: Outgoing) -> dict[str, Any]:
    """A text, or one medium with the text as its caption; of which kind that is, its name says."""
    if not message.media:
        return {"message_type": "text", "text": message.text}
    if len(message.media) > 1:
        raise ApplicationError("sms.send: Vonage takes one medium a message")
    (url,) = message.media
    kind = NAMES.get(urlsplit(url).path.rpartition(".")[2].lower(), "file")
    return {"message_type": kind, kind: {"url": url, **({"caption": message.text} if message.text else {})}}


def answered(status: int, headers: Mapping[str, str], body: bytes) -> Sent:
    """An id, or a problem (RFC 9457)."""
    found = record(said(body))
    name = text(found.get("message_uuid"))
    if 200 <= status < 300 and name:
        return Sent(state="sent", provider_ids=(name,))
    code = text(found.get("type")).rpartition("#")[2]
    return usual(status, headers, f"{code} {text(found.get('detail')) or text(found.get('title'))}".strip())
