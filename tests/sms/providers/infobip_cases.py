"""Requests of Infobip's, of its documentation, by a password and with an HMAC; and what is asked of its API."""

import base64
import hmac
import json
from typing import Any

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Inbound, Receipt, Sent, Status
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

URL = "https://sms.example.org/sms/infobip"
API_KEY, KEY, USER = "api-key-of-ours", "hmac-key-of-ours", "infobip:pass:word"
API = "https://abc123.api.infobip.com/sms/3/messages"


def signed(
    body: bytes | str, kind: str = JSON, *, key: str = KEY, digest: str = "sha256", header: str = "x-infobip-signature",
    prefix: str = "", coded: bool = False,
) -> Request:  # fmt: skip
    """A request with the HMAC of its body, in hexadecimal or base64."""
    said = body.encode() if isinstance(body, str) else body
    made = hmac.new(key.encode(), said, digest).digest()
    value = prefix + (base64.b64encode(made).decode() if coded else made.hex())
    return request(said, kind, URL, {header: value})


def by_password(body: bytes | str, kind: str = JSON, user: str = USER) -> Request:
    """A request with a name and a password."""
    coded = base64.b64encode(user.encode()).decode()
    return request(body, kind, URL, {"authorization": f"Basic {coded}"})


TEXT: dict[str, Any] = {
    "messageId": "817790313235066447",
    "from": "41790000001",
    "to": "41445556677",
    "text": "QUIZ Grüezi & good day!",
    "cleanText": "Grüezi & good day!",
    "keyword": "QUIZ",
    "receivedAt": "2023-11-14T22:13:20.000+0000",
    "smsCount": 2,
    "price": {"pricePerMessage": 0, "currency": "EUR"},
    "callbackData": "callbackData",
}
HELLO = Inbound(
    id="817790313235066447",
    sender="41790000001",
    recipient="41445556677",
    text="QUIZ Grüezi & good day!",
    segments=2,
    sent_at=NOW,
)
REPORT: dict[str, Any] = {
    "bulkId": "BULK-ID-123-xyz",
    "messageId": "MESSAGE-ID-123-xyz",
    "to": "41790000001",
    "sentAt": "2023-11-14T22:13:19.000+0000",
    "doneAt": "2023-11-14T22:13:20.000+0000",
    "smsCount": 1,
    "callbackData": "our-1",
    "price": {"pricePerMessage": 0.01, "currency": "EUR"},
    "status": {
        "groupId": 3,
        "groupName": "DELIVERED",
        "id": 5,
        "name": "DELIVERED_TO_HANDSET",
        "description": "x",
    },
    "error": {"groupId": 0, "groupName": "Ok", "id": 0, "name": "NO_ERROR", "description": "No Error"},
}
ENDED = Receipt(
    provider_id="MESSAGE-ID-123-xyz", status="delivered", id="our-1", recipient="41790000001", at=NOW
)
GROUPS: dict[str, Status] = {
    "ACCEPTED": "queued", "PENDING": "sent", "UNDELIVERABLE": "undelivered", "EXPIRED": "expired",
    "REJECTED": "rejected", "INVENTED": "queued",
}  # fmt: skip
BOTH = json.dumps({"results": [TEXT, REPORT], "messageCount": 2, "pendingMessageCount": 0})
ONE = json.dumps({"results": [TEXT]})


def report(group: str, status: Status) -> Posted:
    """A report with another group."""
    said = {
        "messageId": "m",
        "sender": "1",
        "destination": "2",
        "status": {"groupName": group, "id": 9},
        "error": {"id": 1, "name": "EC_UNKNOWN_SUBSCRIBER", "description": "Unknown Subscriber"},
    }
    found = Receipt(
        provider_id="m",
        status=status,
        sender="1",
        recipient="2",
        error_code="1",
        error_text="Unknown Subscriber",
    )
    return Posted(what=f"a report: {group}", request=signed(json.dumps({"results": [said]})), found=[found])


POSTED = [
    Posted(what="a text", request=signed(ONE), found=[HELLO]),
    Posted(what="a text and a report in one", request=signed(BOTH), found=[HELLO, ENDED]),
    *(report(group, status) for group, status in GROUPS.items()),
    Posted(what="in base64", request=signed(ONE, coded=True), found=[HELLO]),
    Posted(what="with its algorithm in front", request=signed(ONE, prefix="sha256="), found=[HELLO]),
    Posted(
        what="another header, and another digest",
        request=signed(ONE, header="x-hub-signature", digest="sha1"),
        account={"more": ("header=X-Hub-Signature", "digest=sha1")},
        found=[HELLO],
    ),
    Posted(what="another digest than is told", request=signed(ONE, digest="sha1"), found=403),
    Posted(what="another key", request=signed(ONE, key="another"), found=403),
    Posted(what="an empty key", request=signed(ONE, key=""), found=403),
    Posted(what="no signature", request=request(ONE, JSON, URL), found=403),
    Posted(
        what="a new key beside the old one",
        request=signed(ONE),
        account={"signing": ("n", KEY)},
        found=[HELLO],
    ),
    Posted(what="a password that is not asked for", request=by_password(ONE, user=f":{KEY}"), found=403),
    Posted(what="no results", request=signed("{}"), found=400),
    Posted(what="results that are none", request=signed('{"results": {}}'), found=400),
    Posted(what="no results at all", request=signed('{"results": []}'), found=[]),
    Posted(what="a result without an id", request=signed('{"results": [{"text": "x"}]}'), found=400),
]
PLAIN = {"sender": OURS[1:], "destinations": [{"to": THEIRS[1:]}], "content": {"text": "Hi"}}
ASKS = [
    Asks(
        what="a text",
        message=message(),
        headers={"authorization": f"App {API_KEY}"},
        body={"messages": [PLAIN]},
    ),
    Asks(
        what="all of it",
        message=message(status_url=URL, schedule_at=NOW + 60, validity=61),
        body={
            "messages": [
                {
                    **PLAIN,
                    "destinations": [{"to": THEIRS[1:], "messageId": "our-1"}],
                    "options": {"validityPeriod": {"amount": 2, "timeUnit": "MINUTES"}},
                    "webhooks": {"delivery": {"url": URL}, "contentType": JSON, "callbackData": "our-1"},
                }
            ],
            "options": {"schedule": {"bulkId": "our-1", "sendAt": "2023-11-14T22:14:20Z"}},
        },
    ),
    Asks(
        what="by another address, from a name, for as long as can be",
        message=message(sender="ACME", status=False, status_url=URL, validity=1e6),
        account={"account": ""},
        url="https://api.infobip.com/sms/3/messages",
        body={
            "messages": [
                {
                    **PLAIN,
                    "sender": "ACME",
                    "options": {"validityPeriod": {"amount": 2880, "timeUnit": "MINUTES"}},
                }
            ]
        },
    ),
    Asks(what="a picture", message=message(media=("https://a.example/1",)), error="no media"),
    Asks(what="too long", message=message("x" * 1601), error="1600 characters"),
    Asks(what="nothing", message=message(""), error="no text"),
]


def taken(group: str) -> str:
    """An answer with this status."""
    status = {"groupId": 1, "groupName": group, "id": 12, "name": "SOME_NAME", "description": "Some words"}
    return json.dumps(
        {"bulkId": "b", "messages": [{"messageId": "m", "status": status, "details": {"messageCount": 2}}]}
    )


HEARD = [
    Heard(
        what="taken",
        status=200,
        body=taken("PENDING"),
        sent=Sent(state="sent", provider_ids=("m",), segments=2),
    ),
    Heard(
        what="refused, with 200",
        status=200,
        body=taken("REJECTED"),
        sent=Sent(state="failed", error="12 SOME_NAME: Some words"),
    ),
    Heard(
        what="a wrong key",
        status=401,
        body='{"requestError": {"serviceException": {"messageId": "UNAUTHORIZED", "text": "Invalid login details"}}}',
        sent=Sent(state="later", error="UNAUTHORIZED Invalid login details", wide=True),
    ),
    Heard(
        what="what it does not understand",
        status=400,
        body='{"errorCode": "E400", "description": "Request cannot be processed."}',
        sent=Sent(state="failed", error="E400 Request cannot be processed."),
    ),
    Heard(
        what="too many",
        status=429,
        body="",
        headers={"retry-after": "5"},
        sent=Sent(state="later", error="HTTP 429", retry_after=5.0, wide=True),
    ),
    Heard(what="away", status=500, body="<html>", sent=Sent(state="uncertain", error="HTTP 500")),
    Heard(
        what="a success that is none", status=200, body="{}", sent=Sent(state="uncertain", error="HTTP 200")
    ),
]
ACCOUNT = Account(provider="infobip", account="abc123", secret=API_KEY, signing=(KEY,))
CANCEL = "https://abc123.api.infobip.com/sms/1/bulks/status?bulkId=id-1"
SUITES = [
    Suite(
        account=ACCOUNT,
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"secret": ""}, words="secret is missing: an API key"),
            Lacking(account={"signing": ()}, words="signing is missing: NAME:PASSWORD"),
            Lacking(account={"more": ("digest=md5",)}, words="sha1, sha256 and sha512"),
            Lacking(account={"more": ("heder=x",)}, words="did you mean"),
            Lacking(account={"api_url": "abc"}, words="https://HOST"),
        ],
        refused=(Answer(200), 410),
        cancel=CANCEL,
    ),
    Suite(
        account=Account(provider="infobip", account="abc123", secret=API_KEY, signing=(USER, "other:one")),
        url=URL,
        asks_url=API,
        sign=by_password,
        posted=[
            Posted(what="a text, by a password", request=by_password(ONE), found=[HELLO]),
            Posted(what="another password", request=by_password(ONE, user="infobip:pass"), found=403),
            Posted(what="an HMAC with the password", request=signed(ONE, key=USER), found=403),
        ],
        asks=[],
        heard=[],
        lacking=[],
        refused=(Answer(200), 410),
        cancel=CANCEL,
    ),
]
