"""Requests of Telnyx's, as its documentation has them, signed with a key of ours; and what is asked of its API."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Sent, Status
from tests.sms.providers.runner import (
    JSON,
    NOW,
    OURS,
    THEIRS,
    Asks,
    Heard,
    Lacking,
    Posted,
    Suite,
    message,
    request,
)  # fmt: skip

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/telnyx"
API = "https://api.telnyx.com/v2/messages"
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
PUBLIC, OTHERS = (base64.b64encode(key.public_key().public_bytes_raw()).decode() for key in (KEY, OTHER))
ID = "84cca175-9755-4859-b67f-4730d7f58aa3"
CARRIER = {"carrier": "Swisscom", "line_type": "Wireless"}


def signed(
    body: bytes | str, kind: str = JSON, at: float | str = NOW, key: Ed25519PrivateKey = KEY, more: str = ""
) -> Request:
    """A request as Telnyx signs it."""
    said, stamp = (
        body.encode() if isinstance(body, str) else body,
        at if isinstance(at, str) else str(int(at)),
    )
    signature = base64.b64encode(key.sign(stamp.encode() + b"|" + said)).decode()
    return request(
        said + more.encode(), kind, URL, {"telnyx-signature-ed25519": signature, "telnyx-timestamp": stamp}
    )


def event(kind: str, payload: dict[str, Any], attempt: int = 1) -> str:
    """The body of a webhook."""
    data = {
        "event_type": kind, "id": "b301ed3f-1490-491f-995f-6e64e69674d4",
        "occurred_at": "2023-11-14T22:13:21.500+00:00",
        "payload": payload, "record_type": "event",
    }  # fmt: skip
    return json.dumps({"data": data, "meta": {"attempt": attempt, "delivered_to": URL}})


def received(**more: Any) -> dict[str, Any]:
    """What says a message."""
    return {
        "completed_at": None, "cost": None, "direction": "inbound", "encoding": "GSM-7", "errors": [],
        "from": {**CARRIER, "phone_number": THEIRS, "status": "webhook_delivered"}, "id": ID, "media": [],
        "messaging_profile_id": "740572b6-099c-44a1-89b9-6c92163bc68d", "parts": 1,
        "received_at": "2023-11-14T22:13:20.000+00:00", "record_type": "message", "sent_at": None, "tags": [],
        "text": "Hello there!", "to": [{**CARRIER, "phone_number": OURS, "status": "webhook_delivered"}], "type": "SMS",
        "valid_until": None, "webhook_failover_url": None, "webhook_url": URL, **more,
    }  # fmt: skip


def sent(*statuses: str, **more: Any) -> dict[str, Any]:
    """What says what became of a message, to one of each status."""
    return {
        "completed_at": "2023-11-14T22:13:25.250+00:00", "direction": "outbound", "encoding": "GSM-7", "errors": [],
        "from": {**CARRIER, "phone_number": OURS}, "id": ID, "parts": 1, "text": "Hi", "type": "SMS",
        "to": [{**CARRIER, "phone_number": THEIRS, "status": status} for status in statuses], **more,
    }  # fmt: skip


def inbound(**more: Any) -> list[Inbound]:
    """What a message says."""
    said = {
        "id": ID, "sender": THEIRS, "recipient": OURS, "text": "Hello there!", "encoding": "gsm7",
        "sent_at": 1_700_000_000.0,
    }  # fmt: skip
    return [Inbound(**{**said, **more})]


def receipt(status: Status, **more: Any) -> Receipt:
    """What a receipt says."""
    return Receipt(
        **{
            "provider_id": ID,
            "status": status,
            "sender": OURS,
            "recipient": THEIRS,
            "at": 1_700_000_005.25,
            **more,
        }
    )


def posted(
    what: str, payload: dict[str, Any], found: Any, kind: str = "message.received", attempt: int = 1
) -> Posted:
    """A row."""
    return Posted(what=what, request=signed(event(kind, payload, attempt)), found=found)


PICTURE = {"content_type": "image/png", "hash_sha256": "x", "size": 102400, "url": "https://a.example/1.png"}
WORDS: dict[str, Status] = {
    "scheduled": "queued", "queued": "queued", "sending": "queued", "sent": "sent", "delivered": "delivered",
    "delivery_unconfirmed": "sent", "dlr_timeout": "sent", "sending_failed": "failed", "gw_reject": "rejected",
    "gw_timeout": "failed", "delivery_failed": "undelivered", "expired": "expired", "cancelled": "failed",
    "read": "read", "brand-new": "queued", "": "queued",
}  # fmt: skip
HELLO = event("message.received", received())
POSTED = [
    posted("a text", received(), inbound()),
    posted("again", received(), inbound(duplicate=True), attempt=2),
    posted(
        "a picture, in two parts",
        received(
            media=[PICTURE, {"url": "https://a.example/2"}, {"size": 1}], parts=2, encoding="UCS-2", text=""
        ),
        inbound(
            media=(
                Attached(url="https://a.example/1.png", content_type="image/png", size=102400),
                Attached(url="https://a.example/2"),
            ),
            segments=2,
            encoding="ucs2",
            text="",
        ),
    ),
    posted(
        "STOP, by Telnyx's own list",
        received(text="Schluss", autoresponse_type="OPT_OUT"),
        inbound(text="Schluss", keyword="STOP"),
    ),
    *(
        posted(f"autoresponse_type {word}", received(autoresponse_type=word), inbound(keyword=keyword))
        for word, keyword in {
            "STOP": "STOP",
            "START": "START",
            "OPT_IN": "START",
            "HELP": "HELP",
            "JOIN": "",
        }.items()
    ),
    posted(
        "nulls in all places",
        received(text=None, encoding=None, media=None, parts=None, received_at="soon"),
        inbound(text="", encoding="", sent_at=None),
    ),
    posted("nobody has sent it", received(**{"from": None}), 400),
    posted("nobody gets it", received(to=[]), 400),
    posted("what is no object", received(to=OURS), 400),
    posted(
        "two who get it",
        sent("delivered", "delivery_failed"),
        [receipt("delivered"), receipt("undelivered")],
        "message.finalized",
    ),
    posted(
        "an error",
        sent(
            "sending_failed",
            errors=[{"code": "40300", "title": "Blocked", "detail": "Blocked as STOP message"}],
        ),
        [receipt("failed", error_code="40300", error_text="Blocked as STOP message")],
        "message.finalized",
    ),
    posted(
        "sent, and not complete yet",
        sent("sent", completed_at=None),
        [receipt("sent", at=1_700_000_001.5)],
        "message.sent",
    ),
    posted("a receipt of nothing", sent("sent", id=None), 400, "message.sent"),
    *(
        posted(f"the status {word!r}", sent(word), [receipt(status)], "message.finalized")
        for word, status in WORDS.items()
    ),
    posted("an event of another kind", {"id": "x"}, [], "10dlc.brand.update"),
    Posted(what="no event", request=signed("{}"), found=400),
    Posted(what="no JSON", request=signed("hello"), found=400),
    Posted(
        what="a new key beside the old one",
        request=signed(HELLO),
        account={"signing": (OTHERS, PUBLIC)},
        found=inbound(),
    ),
    Posted(what="another key", request=signed(HELLO, key=OTHER), found=403),
    Posted(what="another body", request=signed(HELLO, more=" "), found=403),
    Posted(
        what="no signature", request=request(HELLO, JSON, URL, {"telnyx-timestamp": str(int(NOW))}), found=403
    ),
    Posted(
        what="another URL, which is not signed",
        request=signed(HELLO),
        url="http://10.0.0.1/x",
        found=inbound(),
    ),
    Posted(what="old, but not too old", request=signed(HELLO), now=NOW + 300, found=inbound()),
    Posted(what="too old", request=signed(HELLO), now=NOW + 301, found=403),
    Posted(what="from the future", request=signed(HELLO), now=NOW - 301, found=403),
    Posted(what="a time that is none", request=signed(HELLO, at="now"), found=403),
]
TO = {"to": THEIRS, "from": OURS}
ASKS = [
    Asks(
        what="a text",
        message=message("Grüezi"),
        body={**TO, "text": "Grüezi"},
        headers={"authorization": "Bearer KEY-of-ours", "content-type": JSON, "idempotency-key": "our-1"},
        idempotent=True,
    ),
    Asks(
        what="all that there is",
        message=message("Hi 🙂", encoding="ucs2", media=("https://a.example/1.png",), status_url="https://s.example/",
                        schedule_at=1_700_000_900, validity=60),
        body={**TO, "text": "Hi 🙂", "encoding": "ucs2", "media_urls": ["https://a.example/1.png"],
              "webhook_url": "https://s.example/", "send_at": "2023-11-14T22:28:20Z"},
        idempotent=True,
    ),
    Asks(what="by a profile", message=message(sender="", status=False, status_url="https://s.example/"),
         account={"more": ("profile=p-1",), "api_url": "https://t.example"}, url="https://t.example/v2/messages",
         body={"to": THEIRS, "messaging_profile_id": "p-1", "text": "Hi"}, idempotent=True),
    Asks(what="an id that is no key", message=message(id="a.b ü"), body={**TO, "text": "Hi"}, idempotent=True,
         headers={"idempotency-key": hashlib.sha256("a.b ü".encode()).hexdigest()}),
    Asks(what="too long", message=message("x" * 1531), error="1530"),
    Asks(what="nothing", message=message(""), error="no text"),
]  # fmt: skip


def errors(code: str, title: str = "x", **more: str) -> str:
    """An error of the API."""
    return json.dumps({"errors": [{"code": code, "title": title, **more}]})


HEARD = [
    Heard(what="taken", status=200, body=json.dumps({"data": {"id": ID, "parts": 2, "to": [{"status": "queued"}]}}),
          sent=Sent(state="sent", provider_ids=(ID,), segments=2)),
    Heard(what="too many", status=429, body=errors("10011", "Too many requests"), headers={"retry-after": "1"},
          sent=Sent(state="later", error="10011 Too many requests", retry_after=1.0, wide=True)),
    Heard(what="its first try is not over", status=409, body="", headers={"retry-after": "1"},
          sent=Sent(state="later", error="HTTP 409", retry_after=1.0)),
    Heard(what="a number's queue is full", status=400, body=errors("40318", detail="Queue full"),
          sent=Sent(state="later", error="40318 Queue full")),
    Heard(what="they have said STOP", status=400, body=errors("40300", detail="Blocked as STOP message"),
          sent=Sent(state="failed", error="40300 Blocked as STOP message")),
    Heard(what="a wrong key", status=401, body=errors("10009", "Authentication failed"),
          sent=Sent(state="later", error="10009 Authentication failed", wide=True)),
    Heard(what="not a field of theirs", status=422, body=errors("10015"), sent=Sent(state="failed", error="10015 x")),
    Heard(what="a server's error", status=500, body="", sent=Sent(state="uncertain", error="HTTP 500")),
    Heard(what="a success that is none", status=200, body='{"data": {}}',
          sent=Sent(state="uncertain", error="HTTP 200")),
]  # fmt: skip
SUITES = [
    Suite(
        account=Account(provider="telnyx", secret="KEY-of-ours", signing=(PUBLIC,)),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"secret": ""}, words="secret is missing: an API key"),
            Lacking(account={"signing": ()}, words="signing is missing: the Public Key"),
            Lacking(account={"signing": ("abc",)}, words="signing is no public key"),
            Lacking(account={"more": ("profiles=1",)}, words="did you mean"),
        ],
        replies=[((), Answer(200))],
        refused=(Answer(200), 404),
        cancel=f"{API}/id-1",
    )
]
