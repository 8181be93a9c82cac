"""Requests of Sinch's: one signed by Sinch itself (of its documentation), others as it says they are."""

import base64
import hmac
import json
from typing import Any

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
)

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/sinch"
PLAN, TOKEN, SECRET = "plan-1", "api-token-of-ours", "hmac-secret-of-ours"
API = f"https://us.sms.api.sinch.com/xms/v1/{PLAN}/batches"
HEADER = "x-sinch-webhook-signature"
PASSWORD = {"signing": ("sinch:pass:word",)}
# of the documentation of Sinch's webhooks ("Validating callbacks"), with the secret foo_secret1234
RECORDED = (
    '{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4",'
    '"contact_create_notification":{"contact":{"id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":'
    '"SMS","identity":"48123456789","app_id":""}],"display_name":"New Test Contact","email":"new.contact@email.com",'
    '"external_id":"","metadata":"","language":"EN_US"}},"message_metadata":""}'
)
FOO = {"signing": ("foo_secret1234",)}


def signed(
    body: bytes | str,
    kind: str = JSON,
    *,
    key: str = SECRET,
    at: float | str = NOW,
    algorithm: str = "HmacSHA256",
) -> Request:
    """A request as Sinch signs it."""
    said = body.encode() if isinstance(body, str) else body
    stamp = at if isinstance(at, str) else str(int(at))
    digest = {"HmacSHA512": "sha512", "HmacSHA384": "sha384"}.get(algorithm, "sha256")
    made = hmac.new(key.encode(), said + b".nonce." + stamp.encode(), digest).digest()
    headers = {
        HEADER: base64.b64encode(made).decode(),
        f"{HEADER}-timestamp": stamp,
        f"{HEADER}-nonce": "nonce",
        f"{HEADER}-algorithm": algorithm,
    }
    return request(body, kind, URL, headers)


def posted(said: dict[str, Any], **how: Any) -> Request:
    """JSON, signed."""
    return signed(json.dumps(said), **how)


def by_password(user: str) -> Request:
    """A request with a name and a password."""
    coded = base64.b64encode(user.encode()).decode()
    return request(json.dumps(TEXT), JSON, URL, {"authorization": f"Basic {coded}"})


TEXT: dict[str, Any] = {
    "type": "mo_text",
    "id": "01FC66621XXXXX119Z8PMV1QPA",
    "from": "41790000001",
    "to": "41445556677",
    "body": "Grüezi & good day!",
    "operator_id": "22801",
    "sent_at": "2023-11-14T22:13:18.000Z",
    "received_at": "2023-11-14T22:13:20.000Z",
}
HELLO = Inbound(
    id="01FC66621XXXXX119Z8PMV1QPA",
    sender="41790000001",
    recipient="41445556677",
    text="Grüezi & good day!",
    sent_at=1_699_999_998.0,
)
REPORT: dict[str, Any] = {
    "type": "recipient_delivery_report_sms",
    "batch_id": "01FC66621XXXXX119Z8PMV1QPA",
    "recipient": "41790000001",
    "code": 0,
    "status": "Delivered",
    "at": "2023-11-14T22:13:20.000Z",
    "operator_status_at": "2023-11-14T22:13:19Z",
    "client_reference": "our-1",
    "applied_originator": "41445556677",
}
ENDED = Receipt(
    provider_id="01FC66621XXXXX119Z8PMV1QPA",
    status="delivered",
    id="our-1",
    sender="41445556677",
    recipient="41790000001",
    at=1_699_999_999.0,
)
WORDS: dict[str, tuple[int, Status, str, str]] = {
    "Queued": (400, "queued", "", ""),
    "Dispatched": (401, "sent", "", ""),
    "Aborted": (403, "failed", "403", "an internal error"),
    "Cancelled": (407, "failed", "407", "cancelled"),
    "Rejected": (402, "rejected", "402", "no route"),
    "Deleted": (408, "failed", "408", "rejected by Sinch"),
    "Failed": (404, "failed", "404", "not delivered, for now"),
    "Expired": (406, "expired", "406", "its validity ended at Sinch"),
    "Unknown": (499, "sent", "499", ""),
    "Invented": (0, "queued", "", ""),
}


def report(word: str, code: int, status: Status, error: str, text: str) -> Posted:
    """A report with another status."""
    found = Receipt(
        provider_id=ENDED.provider_id, status=status, recipient=THEIRS[1:], error_code=error, error_text=text
    )
    said = {
        "type": "recipient_delivery_report_sms",
        "batch_id": ENDED.provider_id,
        "recipient": THEIRS[1:],
        "code": code,
        "status": word,
    }
    return Posted(what=f"a report: {word}", request=posted(said), found=[found])


POSTED = [
    Posted(what="a text", request=posted(TEXT), found=[HELLO]),
    Posted(
        what="the documentation's, signed by Sinch: its signature is right, and it is no callback of this API",
        request=request(
            RECORDED,
            JSON,
            URL,
            {
                HEADER: "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=",
                f"{HEADER}-nonce": "01FJA8B4A7BM43YGWSG9GBV067",
                f"{HEADER}-timestamp": "1634579353",
            },
        ),
        now=1_634_579_400.0,
        account=FOO,
        found=400,
    ),
    Posted(
        what="the documentation's, with a letter more",
        request=request(
            RECORDED + " ",
            JSON,
            URL,
            {
                HEADER: "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE=",
                f"{HEADER}-nonce": "01FJA8B4A7BM43YGWSG9GBV067",
                f"{HEADER}-timestamp": "1634579353",
            },
        ),
        now=1_634_579_400.0,
        account=FOO,
        found=403,
    ),
    Posted(what="SHA-512", request=posted(TEXT, algorithm="HmacSHA512"), found=[HELLO]),
    Posted(what="SHA-384", request=posted(TEXT, algorithm="HmacSHA384"), found=[HELLO]),
    Posted(what="an algorithm that nobody knows", request=posted(TEXT, algorithm="HmacMD5"), found=403),
    Posted(what="another secret", request=posted(TEXT, key="another"), found=403),
    Posted(what="an empty secret", request=posted(TEXT, key=""), found=403),
    Posted(what="no signature", request=request(json.dumps(TEXT), JSON, URL), found=403),
    Posted(what="old", request=posted(TEXT, at=NOW - 301), found=403),
    Posted(what="of the future", request=posted(TEXT, at=NOW + 301), found=403),
    Posted(what="not as old as all that", request=posted(TEXT, at=NOW - 299), found=[HELLO]),
    Posted(what="a time that is none", request=posted(TEXT, at="soon"), found=403),
    Posted(
        what="a new secret beside the old one",
        request=posted(TEXT),
        account={"signing": ("new", SECRET)},
        found=[HELLO],
    ),
    Posted(what="a password", request=by_password("sinch:pass:word"), account=PASSWORD, found=[HELLO]),
    Posted(what="another password", request=by_password("sinch:pass"), account=PASSWORD, found=403),
    Posted(what="a password that is not asked for", request=by_password(f":{SECRET}"), found=403),
    Posted(what="no JSON", request=signed("type=mo_text"), found=400),
    Posted(what="without a type", request=posted({"id": "x"}), found=400),
    Posted(
        what="another type",
        request=posted({"type": "mo_fax"}),
        found=Answer(200, "Nothing that is read here"),
    ),
    Posted(what="without an id", request=posted({**TEXT, "id": ""}), found=400),
    Posted(what="from nobody", request=posted({**TEXT, "from": None}), found=400),
    Posted(
        what="bytes",
        request=posted({**TEXT, "type": "mo_binary", "body": "AP8=", "udh": "050003CC0201"}),
        found=[
            Inbound(
                id=HELLO.id,
                sender=HELLO.sender,
                recipient=HELLO.recipient,
                encoding="binary",
                data=b"\x00\xff",
                sent_at=HELLO.sent_at,
            )
        ],
    ),
    Posted(
        what="pictures, one of which was not kept",
        request=posted(
            {
                "type": "mo_media",
                "id": "m",
                "from": "1",
                "to": "2",
                "body": {
                    "subject": "s",
                    "message": "look",
                    "media": [
                        {
                            "url": "https://a.example/1",
                            "content_type": "image/png",
                            "status": "Uploaded",
                            "code": 0,
                        },
                        {"content_type": "image/png", "status": "Failed", "code": 1},
                    ],
                },
                "received_at": "2023-11-14T22:13:20.000Z",
            }
        ),
        found=[
            Inbound(
                id="m",
                sender="1",
                recipient="2",
                text="look",
                sent_at=NOW,
                media=(Attached(url="https://a.example/1", content_type="image/png"),),
            )
        ],
    ),
    Posted(what="a report", request=posted(REPORT), found=[ENDED]),
    *(report(word, *more) for word, more in WORDS.items()),
    Posted(
        what="a report of a batch, in full",
        request=posted(
            {
                "type": "delivery_report_sms",
                "batch_id": "b",
                "client_reference": "our-1",
                "total_message_count": 3,
                "statuses": [
                    {"code": 0, "status": "Delivered", "count": 2, "recipients": ["1", "2"]},
                    {"code": 402, "status": "Rejected", "count": 1},
                ],
            }
        ),
        found=[
            Receipt(provider_id="b", status="delivered", id="our-1", recipient="1"),
            Receipt(provider_id="b", status="delivered", id="our-1", recipient="2"),
            Receipt(provider_id="b", status="rejected", id="our-1", error_code="402", error_text="no route"),
        ],
    ),
    Posted(
        what="a report of nothing",
        request=posted({"type": "delivery_report_sms", "batch_id": "b"}),
        found=400,
    ),
    Posted(what="a report of no batch", request=posted({"type": "recipient_delivery_report_sms"}), found=400),
]
PLAIN = {"type": "mt_text", "to": [THEIRS[1:]], "from": OURS[1:], "client_reference": "our-1"}
ASKS = [
    Asks(
        what="a text",
        message=message(),
        headers={"authorization": f"Bearer {TOKEN}"},
        body={**PLAIN, "body": "Hi", "delivery_report": "per_recipient"},
    ),
    Asks(
        what="all of it",
        message=message(status_url=URL, schedule_at=NOW + 60, validity=60.5, now=NOW),
        body={
            **PLAIN,
            "body": "Hi",
            "delivery_report": "per_recipient",
            "callback_url": URL,
            "send_at": "2023-11-14T22:14:20Z",
            "expire_at": "2023-11-14T22:15:20Z",
        },
    ),
    Asks(
        what="for a minute, from a name, in Europe",
        message=message(sender="ACME", status=False, status_url=URL, validity=60, now=NOW, id=""),
        account={"more": ("region=eu",)},
        url=API.replace("us.", "eu."),
        body={
            "type": "mt_text",
            "to": [THEIRS[1:]],
            "from": "ACME",
            "body": "Hi",
            "delivery_report": "none",
            "expire_at": "2023-11-14T22:14:20Z",
        },
    ),
    Asks(
        what="a picture",
        message=message("look", media=("https://a.example/1",), sender=""),
        body={
            "type": "mt_media",
            "to": [THEIRS[1:]],
            "client_reference": "our-1",
            "body": {"url": "https://a.example/1", "message": "look"},
            "delivery_report": "per_recipient",
        },
    ),
    Asks(what="two pictures", message=message(media=("https://a.example/1",) * 2), error="one media"),
    Asks(what="too long", message=message("x" * 2001), error="2000 characters"),
    Asks(what="nothing", message=message(""), error="no text"),
    Asks(what="at no time", message=message(schedule_at=1e20), error="is no time"),
]
HEARD = [
    Heard(what="taken", status=201, body='{"id": "01FC"}', sent=Sent(state="sent", provider_ids=("01FC",))),
    Heard(
        what="too many",
        status=429,
        body="",
        headers={"retry-after": "2"},
        sent=Sent(state="later", error="HTTP 429", retry_after=2.0, wide=True),
    ),
    Heard(
        what="what it does not understand",
        status=400,
        body='{"code": "syntax_invalid_parameter_format", "text": "Not a number"}',
        sent=Sent(state="failed", error="syntax_invalid_parameter_format Not a number"),
    ),
    Heard(what="a wrong token", status=401, body="", sent=Sent(state="later", error="HTTP 401", wide=True)),
    Heard(what="away", status=503, body="<html>", sent=Sent(state="uncertain", error="HTTP 503")),
    Heard(
        what="a success that is none", status=200, body="[]", sent=Sent(state="uncertain", error="HTTP 200")
    ),
]
SUITES = [
    Suite(
        account=Account(provider="sinch", account=PLAN, secret=TOKEN, signing=(SECRET,)),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"account": ""}, words="account is missing: the service plan's id"),
            Lacking(account={"secret": ""}, words="secret is missing: the API token"),
            Lacking(account={"signing": ()}, words="signing is missing: the HMAC secret"),
            Lacking(account={"more": ("region=mars",)}, words="there is us, eu"),
            Lacking(account={"api_url": "x"}, words="https://HOST"),
        ],
        refused=(Answer(410), 410),
        cancel=f"{API}/id-1",
    ),
    Suite(
        account=Account(provider="sinch", account=PLAN, secret=TOKEN, signing=("sinch:pass:word",)),
        url=URL,
        asks_url=API,
        sign=None,
        posted=[Posted(what="a text, by a password", request=by_password("sinch:pass:word"), found=[HELLO])],
        asks=[],
        heard=[],
        lacking=[],
        refused=(Answer(400), 429),
        cancel=f"{API}/id-1",
    ),
]
