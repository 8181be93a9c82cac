"""Requests of the fake's, signed as :mod:`interfaces.testing.sms` signs them, and what it is asked."""

import json
from typing import Any

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Reply, Sent
from interfaces.testing.fakes.forged import Forged
from interfaces.testing.sms.signing import signed as headers_of
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
)

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/fake"
SECRET = "secret-of-the-fake"
API = "http://127.0.0.1:8002/messages"


def signed(body: bytes | str, kind: str = JSON, forged: Forged | None = None, at: float = NOW) -> Request:
    """A request as the fake signs it, or pretends to."""
    said = body.encode() if isinstance(body, str) else body
    return request(said, kind, URL, headers_of(SECRET, at, said, forged))


ROW: dict[str, Any] = {
    "id": "IM1", "from": THEIRS, "to": OURS, "text": "Grüezi", "data": "", "encoding": "gsm7", "segments": 2,
    "media": [{"url": "https://a.example/1", "content_type": "image/png", "size": 9}, {"url": "x", "size": -1}],
    "sent_at": NOW - 1, "duplicate": True,
}  # fmt: skip
HELLO = Inbound(
    id="IM1", sender=THEIRS, recipient=OURS, text="Grüezi", encoding="gsm7", segments=2, sent_at=NOW - 1,
    media=(Attached(url="https://a.example/1", content_type="image/png", size=9), Attached(url="x")),
    duplicate=True,
)  # fmt: skip
TOLD = {
    "id": "FM1", "reference": "our-1", "from": OURS, "to": THEIRS, "status": "undelivered", "error_code": "30003",
    "error_text": "away", "at": NOW,
}  # fmt: skip
ENDED = Receipt(
    provider_id="FM1", status="undelivered", id="our-1", sender=OURS, recipient=THEIRS, error_code="30003",
    error_text="away", at=NOW,
)  # fmt: skip
ONE = json.dumps({"messages": [ROW]})
BINARY = Inbound(id="IM2", sender=THEIRS, recipient="", encoding="binary", data=b"\x00\xff", raw={})
POSTED = [
    Posted(what="a text", request=signed(ONE), found=[HELLO]),
    Posted(what="a receipt", request=signed(json.dumps({"receipts": [TOLD]})), found=[ENDED]),
    Posted(what="both", request=signed(json.dumps({"receipts": [TOLD], "messages": [ROW]})), found=[HELLO, ENDED]),
    Posted(what="bytes", request=signed(json.dumps({"messages": [
        {"id": "IM2", "from": THEIRS, "encoding": "binary", "data": "AP8="}]})), found=[BINARY]),
    Posted(what="a status that nobody knows", request=signed('{"receipts": [{"id": "FM1", "status": "lost"}]}'),
           found=[Receipt(provider_id="FM1", status="sent")]),
    Posted(what="nothing", request=signed("{}"), found=[]),
    Posted(what="no object", request=signed("[]"), found=400),
    Posted(what="another secret", request=signed(ONE, forged=Forged(secret="other")), found=403),
    Posted(what="no signature", request=signed(ONE, forged=Forged(signature="")), found=403),
    Posted(what="another time", request=signed(ONE, forged=Forged(headers={"X-Fake-Timestamp": "1"})), found=403),
    Posted(what="old", request=signed(ONE, at=NOW - 301), found=403),
    Posted(what="of the future", request=signed(ONE, at=NOW + 301), found=403),
    Posted(what="a new secret beside the old one", request=signed(ONE), account={"signing": ("n", SECRET)},
           found=[HELLO]),
    Posted(what="the old secret alone", request=signed(ONE), account={"signing": ("n",)}, found=403),
]  # fmt: skip
PLAIN: dict[str, Any] = {
    "id": "our-1", "from": OURS, "to": THEIRS, "text": "Hi", "data": "", "encoding": "gsm7", "segments": 1,
    "media": [], "validity": 0.0, "schedule_at": 0.0, "status": True, "status_url": "",
}  # fmt: skip
ASKS = [
    Asks(
        what="a text",
        message=message(),
        headers={"authorization": f"Bearer {SECRET}", "idempotency-key": "our-1"},
        body=PLAIN,
        idempotent=True,
    ),
    Asks(
        what="all of it, without an id, elsewhere",
        message=message("", id="", data=b"\x00\xff", encoding="binary", segments=2, media=("m",), validity=60.0,
                        schedule_at=NOW, status=False, status_url=URL),
        account={"api_url": "https://fake.example/"},
        url="https://fake.example/messages",
        body={**PLAIN, "id": "", "text": "", "data": "AP8=", "encoding": "binary", "segments": 2, "media": ["m"],
              "validity": 60.0, "schedule_at": NOW, "status": False, "status_url": URL},
    ),
]  # fmt: skip
HEARD = [
    Heard(what="taken", status=202, body='{"id": "FM1", "segments": 2}',
          sent=Sent(state="sent", provider_ids=("FM1",), segments=2)),
    Heard(what="too many of a sender", status=429, body='{"error": "rate_limited", "scope": "sender"}',
          headers={"retry-after": "3"}, sent=Sent(state="later", error="429 rate_limited", retry_after=3.0)),
    Heard(what="too many", status=429, body='{"error": "rate_limited", "scope": "account"}',
          sent=Sent(state="later", error="429 rate_limited", wide=True)),
    Heard(what="refused", status=403, body='{"error": "blocked"}', sent=Sent(state="failed", error="403 blocked")),
    Heard(what="a wrong token", status=401, body='{"error": "unauthorized"}',
          sent=Sent(state="later", error="401 unauthorized", wide=True)),
    Heard(what="away", status=502, body="<html>", sent=Sent(state="uncertain", error="502")),
    Heard(what="a success that is none", status=200, body="x", sent=Sent(state="uncertain", error="200")),
]  # fmt: skip
SUITES = [
    Suite(
        account=Account(provider="fake", secret=SECRET),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"secret": ""}, words="secret is missing: as the fake says it"),
            Lacking(account={"api_url": "fake"}, words="https://HOST"),
        ],
        replies=[
            ((), Answer(200, content=(b"application/json", b'{"replies":[]}'))),
            (
                (Reply(text="hi"), Reply(media=("u",))),
                Answer(200, content=(b"application/json",
                                     b'{"replies":[{"text":"hi","media":[]},{"text":"","media":["u"]}]}')),
            ),
        ],
        refused=(Answer(410, headers=((b"x-fake-no-retry", b"1"),)), 410),
        cancel=f"{API}/id-1",
        binary=True,
    )
]  # fmt: skip
