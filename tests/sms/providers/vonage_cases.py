"""Requests of both of Vonage's APIs, signed by its SDK (vonage-http-client 1.5, PyJWT), and what is asked of them."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Sent, Status
from tests.sms.providers.runner import (
    FORM,
    JSON,
    NOW,
    Asks,
    Heard,
    Lacking,
    Posted,
    Suite,
    message,
    request,
)  # fmt: skip

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/vonage"
KEY, SECRET, SIGNING = "a1b2c3d4", "api-secret-of-ours", "signature-secret-of-ours"
MESSAGES, SMS = "https://api.nexmo.com/v1/messages", "https://rest.nexmo.com/sms/json"
OURS, THEIRS = "41445556677", "41790000001"
UUID = "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
HELLO = (
    f'{{"channel":"sms","message_uuid":"{UUID}","to":"{OURS}","from":"{THEIRS}","timestamp":"2023-11-14T22:13:10Z",'
    '"context_status":"none","message_type":"text","text":"Grüezi","sms":{"num_messages":"2","keyword":"GRÜEZI"},'
    '"usage":{"currency":"EUR","price":"0.0333"}}'
)
TOKEN = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImp0aSI6ImM1YmE4ZjI0LTFhMTQtNGMxMC1iZmRmLTNmYmU4Y2U1M"
    "TFiNSIsImlzcyI6IlZvbmFnZSIsInBheWxvYWRfaGFzaCI6IjE0NGNlMTQ5YzJjOWVkMmMyOGM5OTJiN2Y4MTJmMDc5NTA0MjI3OTg1NGI4ODhkYTI4"
    "NmRlNmRmNzdjZWE1YTYiLCJhcGlfa2V5IjoiYTFiMmMzZDQiLCJhcHBsaWNhdGlvbl9pZCI6ImFhYWFhYWFhLWJiYmItY2NjYy1kZGRkLTAxMjM0NTY"
    "3ODlhYiJ9.zOQLZv3JqIkSeGKNGaRBJ2Ch-XjU-xF0lTB-lT7pRYc"
)
OLD_ID = "0A0000000123ABCD1"
FIELDS = (
    f"msisdn={THEIRS}&to={OURS}&messageId={OLD_ID}&text=a%3Db+%26+c&type=text&keyword=A%3DB&api-key={KEY}"
    "&message-timestamp=2023-11-14+22%3A13%3A10&timestamp=1700000000&nonce=6f8c0ac8&empty="
)
SIGNATURES = {
    "md5": "47a60f123e0bd80e7aad54f34fd73fd4",
    "sha1": "296fa8d0c22dbf1f9d4b155caa6092f03871959e",
    "sha256": "1e72cf0e292af1199dc02813769ee5c004eb5bd6f155ccb6653d54e4d9ab0856",
    "sha512": "ecd97b95a2e8e7184084b5436630cc0ea808990e36d2399bdeec9f65cb8b0ad14df120948cbd2435b809263e0b12231a"
    "aa6062fc3fe032c6347efff996f0c6df",
}


def coded(said: bytes) -> str:
    """As a JWT has it."""
    return base64.urlsafe_b64encode(said).decode().rstrip("=")


def token(body: bytes, key: str = SIGNING, algorithm: str = "HS256", **claims: Any) -> str:
    """A token for ``body``."""
    said = {"iat": int(NOW), "payload_hash": hashlib.sha256(body).hexdigest(), **claims}
    text = f"{coded(json.dumps({'alg': algorithm}).encode())}.{coded(json.dumps(said).encode())}"
    return f"{text}.{coded(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())}"


def bearer(
    body: bytes | str, given: str = "", kind: str = JSON, scheme: str = "Bearer", **more: Any
) -> Request:
    """A request of the Messages API."""
    said = body.encode() if isinstance(body, str) else body
    return request(said, kind, URL, {"authorization": f"{scheme} {given or token(said, **more)}"})


def signed_bearer(body: bytes, kind: str) -> Request:
    """A request of the Messages API, of any kind."""
    return bearer(body, kind=kind)


def signature(pairs: list[tuple[str, str]], key: str = SIGNING) -> str:
    """The hash that an account has by default."""
    text = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(pairs))
    return hashlib.md5(text.encode() + key.encode()).hexdigest()


def field(said: dict[str, str], kind: str = FORM, key: str = SIGNING) -> Request:
    """A request of the SMS API."""
    pairs = [*{"timestamp": str(int(NOW)), **said}.items()]
    whole = dict([*pairs, ("sig", signature(pairs, key))])
    return request(urlencode(whole) if kind == FORM else json.dumps(whole), kind, URL)


def signed_field(body: bytes, kind: str) -> Request:
    """A request of the SMS API with these fields, and no others."""
    pairs = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
    return field({name: value for name, value in pairs.items() if name != "sig"}, kind)


def forged(given: Request) -> Request:
    """A request of the SMS API with another signature."""
    said = given.body.replace(b"sig=", b"sig=0").replace(b'"sig": "', b'"sig": "0')
    return replace(given, body=said)


def inbound(**more: Any) -> list[Inbound]:
    """What a message says."""
    said = {"id": UUID, "sender": THEIRS, "recipient": OURS, "sent_at": 1_699_999_990.0}
    return [Inbound(**{**said, **more})]


GRUEZI = inbound(text="Grüezi", segments=2)


def said(what: str, found: Any, **more: Any) -> Posted:
    """A message of the Messages API, with other fields."""
    body = {
        "channel": "sms",
        "message_uuid": UUID,
        "to": OURS,
        "from": THEIRS,
        "timestamp": "2023-11-14T22:13:10Z",
    }
    return Posted(what=what, request=bearer(json.dumps({**body, **more})), found=found)


def became(status: str, found: Status, expected: dict[str, Any] | None = None, **more: Any) -> Posted:
    """A status of the Messages API."""
    given = {
        "provider_id": UUID, "status": found, "id": "our-1", "sender": OURS, "recipient": THEIRS,
        "at": 1_699_999_990.0,
    }  # fmt: skip
    turned = {"status": status, "client_ref": "our-1", "to": THEIRS, "from": OURS, "destination": {}, **more}
    return said(f"the status {status!r} {more or ''}", [Receipt(**{**given, **(expected or {})})], **turned)


ERROR = {
    "type": "https://developer.vonage.com/api-errors/messages#1320", "title": "1320", "detail": "Unreachable",
    "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
}  # fmt: skip
POSTED = [
    Posted(what="a text", request=bearer(HELLO, TOKEN), found=GRUEZI),
    Posted(what="in small letters", request=bearer(HELLO, TOKEN, scheme="bearer"), found=GRUEZI),
    Posted(what="a new secret beside the old one", request=bearer(HELLO, TOKEN), account={"signing": ("n", SIGNING)},
           found=GRUEZI),
    Posted(what="another URL, which is not signed", request=bearer(HELLO, TOKEN), url="http://10.0.0.1/", found=GRUEZI),
    Posted(what="another secret", request=bearer(HELLO, key="another"), found=403),
    Posted(what="another body", request=bearer(HELLO + " ", TOKEN), found=403),
    Posted(what="an algorithm of nobody's", request=bearer(HELLO, algorithm="none"), found=403),
    Posted(what="no token", request=bearer(HELLO, "a.b.c"), found=403),
    Posted(what="another scheme", request=bearer(HELLO, TOKEN, scheme="Basic"), found=403),
    Posted(what="a digest that is none", request=bearer(HELLO, payload_hash=None), found=403),
    Posted(what="tried again after most of a day", request=bearer(HELLO, TOKEN), now=NOW + 86_400, found=GRUEZI),
    Posted(what="too old", request=bearer(HELLO, TOKEN), now=NOW + 86_401, found=403),
    Posted(what="from the future", request=bearer(HELLO, TOKEN), now=NOW - 301, found=403),
    Posted(what="without a time", request=bearer(HELLO, iat=None), found=403),
    said("a picture", inbound(text="look", media=(Attached(url="https://a.example/1.jpg"),)), channel="mms",
         message_type="image", image={"url": "https://a.example/1.jpg", "name": "1.jpg", "caption": "look"}),
    said("WhatsApp", inbound(sender=f"whatsapp:{THEIRS}", recipient=f"whatsapp:{OURS}", text="x"), channel="whatsapp",
         message_type="text", text="x", profile={"name": "Jane"}),
    said("nobody has sent it", 400, message_type="text", text="x", **{"from": None}),
    said("of no kind", 400, text="x"),
    became("submitted", "sent"),
    became("delivered", "delivered"),
    became("read", "read"),
    became("rejected", "rejected", {"error_code": "1320", "error_text": "Unreachable"}, error=ERROR),
    became("undeliverable", "undelivered", {"error_code": "1320", "error_text": "Unreachable"},
           error={**ERROR, "title": None}),
    became("brand-new", "queued"),
    became("delivered", "delivered", {"id": "", "at": None}, client_ref=None, timestamp="soon"),
    Posted(what="nothing", request=bearer("{}"), found=400),
    Posted(what="no JSON", request=bearer("hello"), found=400),
]  # fmt: skip
OLD = {
    "msisdn": THEIRS, "to": OURS, "messageId": OLD_ID, "text": "Hi", "type": "text", "api-key": KEY,
    "message-timestamp": "2023-11-14 22:13:10",
}  # fmt: skip
RECEIPT = {
    "msisdn": THEIRS, "to": OURS, "network-code": "22801", "messageId": OLD_ID, "price": "0.03330000",
    "status": "delivered", "scts": "2311142213", "err-code": "0", "api-key": KEY, "client-ref": "our-1",
    "message-timestamp": "2023-11-14 22:13:10",
}  # fmt: skip


def old(what: str, found: Any, kind: str = FORM, **more: str) -> Posted:
    """A message of the SMS API, with other fields."""
    given = {**OLD, **{name.replace("_", "-"): value for name, value in more.items()}}
    return Posted(what=what, request=field(given, kind), found=found)


def old_inbound(**more: Any) -> list[Inbound]:
    """What it says."""
    return inbound(**{"id": OLD_ID, "text": "Hi", **more})


def old_became(status: str, found: Status, code: str = "0", **more: Any) -> Posted:
    """A receipt of the SMS API."""
    given = {
        "provider_id": OLD_ID, "status": found, "id": "our-1", "sender": OURS, "recipient": THEIRS,
        "at": 1_699_999_980.0, **more,
    }  # fmt: skip
    turned = {**RECEIPT, "status": status, "err-code": code}
    return Posted(what=f"the status {status!r} {code}", request=field(turned), found=[Receipt(**given)])


RECORDED = old_inbound(text="a=b & c")
PART = {"concat": "true", "concat-ref": "108", "concat-total": "2", "concat-part": "1"}
POSTED_SMS = [
    *(
        Posted(what=f"signed by HMAC {name}", request=request(f"{FIELDS}&sig={sig}", FORM, URL), found=RECORDED,
               account={"more": (f"signature={name}", "api=sms")})
        for name, sig in SIGNATURES.items()
    ),
    Posted(what="signed in capitals", request=request(f"{FIELDS}&sig={SIGNATURES['sha256'].upper()}", FORM, URL),
           account={"more": ("signature=sha256",)}, found=RECORDED),
    Posted(what="signed by another method", request=request(f"{FIELDS}&sig={SIGNATURES['md5']}", FORM, URL), found=403),
    Posted(what="a blank field that went lost", found=403, account={"more": ("signature=sha256",)},
           request=request(f"{FIELDS.removesuffix('&empty=')}&sig={SIGNATURES['sha256']}", FORM, URL)),
    old("a text", old_inbound()),
    old("in JSON", old_inbound(), JSON),
    old("Unicode", old_inbound(text="Grüß 🙂", encoding="ucs2"), text="Grüß 🙂", type="unicode"),
    old("binary", old_inbound(text="", data=b"\x00\xff", encoding="binary"), text="", type="binary",
        data="00FF", udh="00"),
    old("binary that is none", 400, type="binary", data="xyz"),
    old("the time in words", old_inbound(), message_timestamp="2023-11-14 22:13:10 +0000"),
    old("a time that is none", old_inbound(sent_at=None), message_timestamp="soon"),
    Posted(what="a part tells which it is", request=field({**OLD, **PART}),
           found=old_inbound(raw={"timestamp": str(int(NOW)), **OLD, **PART, "api-key": KEY})),
    old("nobody has sent it", 400, msisdn=""),
    old("no id", 400, messageId=""),
    old("too old", 403, timestamp=str(int(NOW) - 86_401)),
    old("without a time", 403, timestamp=""),
    Posted(what="another secret", request=field(OLD, key="another"), found=403),
    Posted(what="no signature", request=request(urlencode(OLD), FORM, URL), found=403),
    Posted(what="an empty one", request=request(urlencode(OLD) + "&sig=", FORM, URL), found=403),
    old_became("delivered", "delivered"),
    old_became("accepted", "sent"),
    old_became("buffered", "sent"),
    old_became("unknown", "sent"),
    old_became("expired", "expired", "2", error_code="2", error_text="absent for now"),
    old_became("failed", "failed", "14", error_code="14", error_text="the carrier blocks it"),
    old_became("rejected", "rejected", "77", error_code="77"),
    old_became("deleted", "failed"),
    old_became("brand-new", "queued"),
    Posted(what="a receipt without its time", request=field({**RECEIPT, "scts": "x", "client-ref": ""}),
           found=[Receipt(provider_id=OLD_ID, status="delivered", sender=OURS, recipient=THEIRS)]),
]  # fmt: skip
BASIC = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
TO = {"to": THEIRS, "from": OURS, "client_ref": "our-1"}
TEXT = {"message_type": "text", "text": "Hi"}
PNG = "https://a.example/1.PNG?x=1"
ASKS = [
    Asks(what="a text", message=message(), headers={"authorization": BASIC, "content-type": JSON},
         body={"channel": "sms", **TO, **TEXT, "sms": {"encoding_type": "text"}}),
    Asks(
        what="all that there is",
        message=message("Grüß 🙂", sender="ACME", encoding="ucs2", validity=60.5, status_url="https://s.example/"),
        body={"channel": "sms", **TO, "from": "ACME", "message_type": "text", "text": "Grüß 🙂", "ttl": 61,
              "sms": {"encoding_type": "unicode"}, "webhook_url": "https://s.example/", "webhook_version": "v1"},
    ),
    Asks(what="a moment, without receipts", message=message(validity=1, status=False, status_url="https://s.example/"),
         body={"channel": "sms", **TO, **TEXT, "ttl": 20, "sms": {"encoding_type": "text"}}),
    Asks(what="a picture", message=message("look", media=(PNG,), validity=1),
         body={"channel": "mms", **TO, "message_type": "image", "image": {"url": PNG, "caption": "look"}, "ttl": 300}),
    Asks(what="a file of a kind that nobody knows", message=message("", media=("https://a.example/1",)),
         body={"channel": "mms", **TO, "message_type": "file", "file": {"url": "https://a.example/1"}}),
    Asks(what="WhatsApp", account={"api_url": "https://v.test/"}, url="https://v.test/v1/messages",
         message=message(sender="whatsapp:+41445556677", recipient="whatsapp:+41790000001", validity=9),
         body={"channel": "whatsapp", **TO, **TEXT}),
    Asks(what="two pictures", message=message(media=(PNG, PNG)), error="one medium"),
    Asks(what="later", message=message(schedule_at=1e9), error="not_before"),
    Asks(what="too long", message=message("x" * 3201), error="3200"),
]  # fmt: skip
FIELDS_TO = [("to", THEIRS), ("from", OURS), ("text", "Hi")]
ASKS_SMS = [
    Asks(what="a text", message=message(), body=[*FIELDS_TO, ("client-ref", "our-1")],
         headers={"authorization": BASIC, "content-type": FORM}),
    Asks(
        what="all that there is",
        message=message("Grüß 🙂", encoding="ucs2", validity=60, status_url="https://s.example/"),
        body=[("to", THEIRS), ("from", OURS), ("text", "Grüß 🙂"), ("type", "unicode"), ("client-ref", "our-1"),
              ("callback", "https://s.example/"), ("ttl", "60000")],
    ),
    Asks(what="without receipts, a moment", message=message(status=False, validity=1, status_url="https://s.example/"),
         body=[*FIELDS_TO, ("client-ref", "our-1"), ("status-report-req", "false"), ("ttl", "20000")]),
    Asks(what="media", message=message(media=(PNG,)), error="api=messages"),
]  # fmt: skip
PROBLEM = {
    "type": "https://developer.vonage.com/api-errors/messages#1070",
    "title": "Low",
    "detail": "No credit",
}
HEARD = [
    Heard(what="taken", status=202, body=json.dumps({"message_uuid": UUID}),
          sent=Sent(state="sent", provider_ids=(UUID,))),
    Heard(what="too many", status=429, body='{"title": "Rate Limit Hit"}', headers={"retry-after": "5"},
          sent=Sent(state="later", error="Rate Limit Hit", retry_after=5.0, wide=True)),
    Heard(what="no credit", status=402, body=json.dumps(PROBLEM),
          sent=Sent(state="later", error="1070 No credit", wide=True)),
    Heard(what="a wrong secret", status=401, body="", sent=Sent(state="later", error="HTTP 401", wide=True)),
    Heard(what="a wrong number", status=422, body=json.dumps({**PROBLEM, "detail": "Invalid\nto"}),
          sent=Sent(state="failed", error="1070 Invalid to")),
    Heard(what="a server's error", status=500, body="", sent=Sent(state="uncertain", error="HTTP 500")),
    Heard(what="a success that is none", status=202, body="[]", sent=Sent(state="uncertain", error="HTTP 202")),
]  # fmt: skip


def parts(*told: tuple[str, str]) -> str:
    """What the SMS API answers: a status and an id, or an error, for each part."""
    said = [
        {"status": status, **({"message-id": text} if status == "0" else {"error-text": text})}
        for status, text in told
    ]
    return json.dumps({"message-count": str(len(said)), "messages": said})


HEARD_SMS = [
    Heard(what="taken, in two parts", status=200, body=parts(("0", "a"), ("0", "b")),
          sent=Sent(state="sent", provider_ids=("a", "b"), segments=2)),
    Heard(what="one part was taken", status=200, body=parts(("0", "a"), ("1", "Throughput Rate Exceeded")),
          sent=Sent(state="uncertain", provider_ids=("a",), error="1 Throughput Rate Exceeded")),
    *(
        Heard(what=f"the account is to rest, {code}", status=200, body=parts((code, "x")),
              sent=Sent(state="later", error=f"{code} x", wide=True))
        for code in ("1", "4", "8", "9", "10")
    ),
    Heard(what="Vonage does not know", status=200, body=parts(("5", "x")), sent=Sent(state="uncertain", error="5 x")),
    *(
        Heard(what=f"the message is wrong, {code}", status=200, body=parts((code, "x")),
              sent=Sent(state="failed", error=f"{code} x"))
        for code in ("2", "3", "6", "7", "12", "15", "29", "77")
    ),
    Heard(what="too many", status=429, body="", sent=Sent(state="later", error="HTTP 429", wide=True)),
    Heard(what="a server's error", status=502, body="<html>", sent=Sent(state="uncertain", error="HTTP 502")),
    Heard(what="a success that is none", status=200, body="{}", sent=Sent(state="uncertain", error="HTTP 200")),
]  # fmt: skip
ACCOUNT = {"provider": "vonage", "account": KEY, "secret": SECRET, "signing": (SIGNING,)}
SUITES = [
    Suite(
        account=Account(**ACCOUNT),
        url=URL,
        asks_url=MESSAGES,
        sign=signed_bearer,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"account": ""}, words="account is missing: the API key"),
            Lacking(account={"secret": ""}, words="secret is missing: the API secret"),
            Lacking(account={"signing": ()}, words="signing is missing: the signature secret"),
            Lacking(account={"more": ("api=voice",)}, words="there is messages, sms"),
            Lacking(account={"more": ("signature=md4",)}, words="there is md5hash, md5"),
        ],
        replies=[((), Answer(200))],
        refused=(Answer(200), 404),
    ),
    Suite(
        account=Account(**ACCOUNT, more=("api=sms",)),
        url=URL,
        asks_url=SMS,
        sign=signed_field,
        forged=forged,
        posted=POSTED_SMS,
        asks=ASKS_SMS,
        heard=HEARD_SMS,
        lacking=[],
        replies=[((), Answer(200))],
        refused=(Answer(200), 404),
    ),
]
