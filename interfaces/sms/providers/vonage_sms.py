"""Vonage's SMS API: what it posts and is asked, by names as old as Nexmo. Pure.

Source: developer.vonage.com: "SMS API reference", "Inbound SMS", "Delivery receipts", "Troubleshooting".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Any

from interfaces.shared.errors import ApplicationError
from interfaces.shared.webhook import refusal
from interfaces.sms.numbers import digits
from interfaces.sms.providers.asking import post_form, short, usual
from interfaces.sms.providers.base import Asked, Inbound, Outgoing, Receipt, Sent, Status
from interfaces.sms.providers.values import moment, record, rows, said, text

__all__ = ["API", "LONGEST", "answered", "ask", "read"]

API = "https://rest.nexmo.com"
LONGEST = 3200
"""Characters of a text."""
VALIDITY = (20_000, 604_800_000)
"""Milliseconds that a message may be good for."""
STATUS: Mapping[str, Status] = {
    "accepted": "sent", "buffered": "sent", "unknown": "sent", "delivered": "delivered", "expired": "expired",
    "failed": "failed", "rejected": "rejected", "deleted": "failed",
}  # fmt: skip
ERRORS: Mapping[str, str] = {
    "1": "an error that is not known", "2": "absent for now", "3": "absent for good", "4": "the subscriber bars calls",
    "5": "the number was ported wrongly", "6": "it is taken for spam", "7": "the handset is busy",
    "8": "the network has an error", "9": "the number is illegal", "10": "the message is illegal",
    "11": "no way there", "12": "out of reach", "13": "the subscriber is too young", "14": "the carrier blocks it",
    "15": "the subscriber has no credit", "39": "the sender is illegal", "50": "an entity is not registered",
    "51": "the sender is not registered", "52": "the text is not registered", "53": "there is no consent",
    "54": "a rule of the country forbids it", "99": "an error of the network",
}  # fmt: skip
REST = frozenset({"1", "4", "8", "9", "10"})
"""Statuses that are the account's: too fast, a wrong secret, barred, no credit, too many at once."""
DOUBT = frozenset({"5"})
"""Vonage does not know itself whether it has taken it."""


def read(found: Mapping[str, Any]) -> Inbound | Receipt:
    """What is posted. Raises PeerError."""
    name = text(found.get("messageId"))
    if not (name and text(found.get("msisdn"))):
        raise refusal(400, "Neither a message nor a receipt: messageId or msisdn is missing")
    if "status" in found:
        return _receipt(found, name)
    kind, hexed = text(found.get("type")), text(found.get("data"))
    try:
        data = bytes.fromhex(hexed) if kind == "binary" else b""
    except ValueError:
        raise refusal(400, "data is not hexadecimal") from None
    sent = text(found.get("message-timestamp"))
    return Inbound(
        id=name,
        sender=text(found.get("msisdn")),
        recipient=text(found.get("to")),
        text=text(found.get("text")),
        data=data,
        encoding="binary" if data else "ucs2" if kind == "unicode" else "",
        sent_at=moment(sent.removesuffix(" UTC").replace(" +", "+")),
        raw=_raw(found),
    )


def _raw(found: Mapping[str, Any]) -> dict[str, Any]:
    """All but what proves who has posted it."""
    return {name: value for name, value in found.items() if name not in ("sig", "nonce")}


def _receipt(found: Mapping[str, Any], name: str) -> Receipt:
    code = text(found.get("err-code"))
    code = "" if code == "0" else code
    return Receipt(
        provider_id=name,
        status=STATUS.get(text(found.get("status")), "queued"),
        id=text(found.get("client-ref")),
        sender=text(found.get("to")),
        recipient=text(found.get("msisdn")),
        error_code=code,
        error_text=ERRORS.get(code, ""),
        at=_done(text(found.get("scts"))),
        raw=_raw(found),
    )


def _done(scts: str) -> float | None:
    """YYMMDDHHMM, in UTC."""
    try:
        return datetime.strptime(scts, "%y%m%d%H%M").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def ask(message: Outgoing, base: str, headers: Mapping[str, str]) -> Asked:
    """``POST /sms/json``. ApplicationError."""
    if message.media:
        raise ApplicationError("sms.send: Vonage's SMS API sends no media: more = ['api=messages'] does")
    fields = [("to", digits(message.recipient)), ("from", digits(message.sender)), ("text", message.text)]
    if message.encoding == "ucs2":
        fields.append(("type", "unicode"))
    fields.append(("client-ref", message.id))
    if not message.status:
        fields.append(("status-report-req", "false"))
    elif message.status_url:
        fields.append(("callback", message.status_url))
    if message.validity > 0:
        fields.append(("ttl", str(min(VALIDITY[1], max(VALIDITY[0], ceil(message.validity * 1000))))))
    return post_form(f"{base}/sms/json", fields, headers)


def answered(status: int, headers: Mapping[str, str], body: bytes) -> Sent:
    """One status a part: all are taken, none, or some, of which nobody can say what is read in the end."""
    told = rows(record(said(body)).get("messages"))
    if not 200 <= status < 300 or not told:
        return usual(status, headers)
    names = tuple(
        name for one in told if text(one.get("status")) == "0" and (name := text(one.get("message-id")))
    )
    wrong = [one for one in told if text(one.get("status")) != "0"]
    if not wrong:
        return Sent(state="sent", provider_ids=names, segments=len(told))
    code = text(wrong[0].get("status"))
    error = short(f"{code} {text(wrong[0].get('error-text'))}")
    if names or code in DOUBT:
        return Sent(state="uncertain", provider_ids=names, error=error)
    if code in REST:
        return Sent(state="later", error=error, wide=True)
    return Sent(state="failed", error=error)
