"""Requests of Bird's, which was MessageBird, signed as it says; and what is asked of its API."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Inbound, Receipt, Sent, Status
from tests.sms.providers.runner import (
    FORM,
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

URL = "https://sms.example.org/sms/bird"
ACCESS, KEY = "access-key-of-ours", "signing-key-of-ours"
API = "https://rest.messagebird.com/messages"
HEADER = "messagebird-signature-jwt"
NAME = "e8077d803532c0b5937c639b60216938"


def part(said: bytes) -> str:
    """A part of a JWT."""
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def token(claims: Mapping[str, Any], key: str = KEY, algorithm: str = "HS256") -> str:
    """A JWT."""
    text = (
        f"{part(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    )
    return f"{text}.{part(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())}"


def signed(body: bytes | str, kind: str = JSON, url: str = URL, *, key: str = KEY, **claims: Any) -> Request:
    """A request as Bird signs it; ``claims`` that are None are left out."""
    said = body.encode() if isinstance(body, str) else body
    made: dict[str, Any] = {
        "iss": "MessageBird",
        "nbf": int(NOW),
        "exp": int(NOW) + 60,
        "jti": "6c1d3d1a-4f87-4c4b-a6ad-3dbcd5e6b3c1",
        "url_hash": hashlib.sha256(url.encode()).hexdigest(),
    }
    if said:
        made["payload_hash"] = hashlib.sha256(said).hexdigest()
    made = {name: value for name, value in {**made, **claims}.items() if value is not None}
    return request(said, kind, url, {HEADER: token(made, key)})


def got(**fields: str) -> tuple[Request, str]:
    """A GET, and its URL."""
    url = f"{URL}?{urlencode(fields)}"
    return signed("", "", url), url


TEXT = {
    "id": NAME,
    "recipient": "41445556677",
    "originator": "41790000001",
    "body": "Grüezi & good day!",
    "createdDatetime": "2023-11-14T22:13:20+00:00",
}
HELLO = Inbound(
    id=NAME, sender="41790000001", recipient="41445556677", text="Grüezi & good day!", sent_at=NOW
)
REPORT = {
    "id": NAME,
    "reference": "our-1",
    "recipient": "41790000001",
    "status": "delivered",
    "statusReason": "successfully delivered",
    "statusErrorCode": "0",
    "statusDatetime": "2023-11-14T22:13:20+00:00",
    "originator": "",
}
ENDED = Receipt(provider_id=NAME, status="delivered", id="our-1", recipient="41790000001", at=NOW)
WORDS: dict[str, tuple[Status, str]] = {
    "scheduled": ("queued", ""),
    "buffered": ("sent", ""),
    "sent": ("sent", ""),
    "expired": ("expired", "9"),
    "delivery_failed": ("undelivered", "9"),
    "invented": ("queued", ""),
}


def report(word: str, status: Status, code: str) -> Posted:
    """A report with another status."""
    asked, url = got(id=NAME, status=word, statusReason="absent subscriber", statusErrorCode="9")
    found = Receipt(
        provider_id=NAME, status=status, error_code=code, error_text="absent subscriber" if code else ""
    )
    return Posted(what=f"a report: {word}", request=asked, url=url, found=[found])


GET, GET_URL = got(**REPORT)
TEXT_GET, TEXT_URL = got(**TEXT)
SAID = json.dumps(TEXT)
POSTED = [
    Posted(what="a text", request=signed(SAID), found=[HELLO]),
    Posted(what="a text in a form", request=signed(urlencode(TEXT), FORM), found=[HELLO]),
    Posted(what="a text in a query", request=TEXT_GET, url=TEXT_URL, found=[HELLO]),
    Posted(what="a report in a query, with a blank value", request=GET, url=GET_URL, found=[ENDED]),
    Posted(what="a report in a query that another is put before", request=GET, url=f"{GET_URL}&x=", found=403),
    Posted(what="a report in JSON", request=signed(json.dumps(REPORT)), found=[ENDED]),
    *(report(word, *more) for word, more in WORDS.items()),
    Posted(what="another name for the text", request=signed('{"originator":"1","payload":"x"}'),
           found=[Inbound(id="", sender="1", recipient="", text="x")]),
    Posted(what="no signature", request=request(SAID, JSON, URL), found=403),
    Posted(what="a signature that is none", request=request(SAID, JSON, URL, {HEADER: "a.b"}), found=403),
    Posted(what="another key", request=signed(SAID, key="another"), found=403),
    Posted(what="no algorithm", request=request(SAID, JSON, URL, {HEADER: token({}, algorithm="none")}), found=403),
    Posted(what="another issuer", request=signed(SAID, iss="Somebody"), found=403),
    Posted(what="another URL", request=signed(SAID, url=f"{URL}/x"), found=403),
    Posted(what="another body", request=signed(SAID, payload_hash=hashlib.sha256(b"{}").hexdigest()), found=403),
    Posted(what="a body that is not signed", request=signed(SAID, payload_hash=None), found=403),
    Posted(what="a signed body that is not there", request=signed("", FORM, payload_hash="0" * 64), found=403),
    Posted(what="no URL", request=signed(SAID, url_hash=None), found=403),
    Posted(what="a URL that is no text", request=signed(SAID, url_hash={"a": 1}), found=403),
    Posted(what="no time", request=signed(SAID, nbf=None), found=403),
    Posted(what="no end", request=signed(SAID, exp=None), found=403),
    Posted(what="over", request=signed(SAID), now=NOW + 121, found=403),
    Posted(what="almost over", request=signed(SAID), now=NOW + 119, found=[HELLO]),
    Posted(what="not yet", request=signed(SAID), now=NOW - 61, found=403),
    Posted(what="a clock that is late", request=signed(SAID), now=NOW - 59, found=[HELLO]),
    Posted(what="a new key beside the old one", request=signed(SAID), account={"signing": ("n", KEY)}, found=[HELLO]),
    Posted(what="nothing", request=signed("", ""), found=400),
    Posted(what="a report of nothing", request=signed('{"status":"sent"}'), found=400),
    Posted(what="too many fields", request=signed("a=&" * 501, FORM), found=400),
]  # fmt: skip
PLAIN = {"originator": OURS[1:], "recipients": [THEIRS[1:]], "reference": "our-1"}
ASKS = [
    Asks(
        what="a text",
        message=message(),
        headers={"authorization": f"AccessKey {ACCESS}"},
        body={**PLAIN, "body": "Hi", "datacoding": "plain"},
    ),
    Asks(
        what="all of it",
        message=message("я", encoding="ucs2", status_url=URL, schedule_at=NOW + 60, validity=59.5),
        body={
            **PLAIN,
            "body": "я",
            "datacoding": "unicode",
            "reportUrl": URL,
            "validity": 60,
            "scheduledDatetime": "2023-11-14T22:14:20Z",
        },
    ),
    Asks(
        what="from a name, without a report",
        message=message(sender="ACME", status=False, status_url=URL, id=""),
        body={"originator": "ACME", "recipients": [THEIRS[1:]], "body": "Hi", "datacoding": "plain"},
    ),
    Asks(what="a picture", message=message(media=("https://a.example/1",)), error="no media"),
    Asks(what="too long", message=message("x" * 1378), error="1377 characters"),
    Asks(what="nothing", message=message(""), error="no text"),
]
HEARD = [
    Heard(
        what="taken",
        status=201,
        body='{"id": "e8", "recipients": {"items": [{"messagePartCount": 2, "status": "sent"}]}}',
        sent=Sent(state="sent", provider_ids=("e8",), segments=2),
    ),
    Heard(
        what="taken, in short", status=201, body='{"id": "e8"}', sent=Sent(state="sent", provider_ids=("e8",))
    ),
    Heard(
        what="no balance",
        status=422,
        body='{"errors": [{"code": 25, "description": "Not enough balance", "parameter": null}]}',
        sent=Sent(state="later", error="25 Not enough balance", wide=True),
    ),
    Heard(
        what="too many",
        status=429,
        body='{"errors": [{"code": 98, "description": "Too many requests"}]}',
        headers={"retry-after": "1"},
        sent=Sent(state="later", error="98 Too many requests", retry_after=1.0, wide=True),
    ),
    Heard(
        what="a wrong key",
        status=401,
        body='{"errors": [{"code": 2, "description": "Request not allowed (incorrect access_key)"}]}',
        sent=Sent(state="later", error="2 Request not allowed (incorrect access_key)", wide=True),
    ),
    Heard(
        what="two mistakes",
        status=422,
        body='{"errors": [{"code": 9, "description": "no recipients found"}, {"code": 10, "description": "x"}]}',
        sent=Sent(state="failed", error="9 no recipients found; 10 x"),
    ),
    Heard(what="away", status=502, body="", sent=Sent(state="uncertain", error="HTTP 502")),
    Heard(
        what="a success that is none", status=200, body="{}", sent=Sent(state="uncertain", error="HTTP 200")
    ),
]
SUITES = [
    Suite(
        account=Account(provider="bird", secret=ACCESS, signing=(KEY,)),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"secret": ""}, words="secret is missing: the access key"),
            Lacking(account={"signing": ()}, words="signing is missing: the signing key"),
            Lacking(account={"more": ("region=eu",)}, words="bird has nothing"),
            Lacking(account={"api_url": "rest"}, words="https://HOST"),
        ],
        refused=(Answer(200), 410),
        cancel=f"{API}/id-1",
    )
]
