"""Requests of Plivo's, signed by its own SDK (plivo 4.63, utils), and what is asked of its API."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Sent, Status
from tests.sms.providers.runner import (
    FORM,
    JSON,
    Asks,
    Heard,
    Lacking,
    Posted,
    Suite,
    message,
    request,
)  # fmt: skip

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/plivo"
ID, TOKEN = "MAXXXXXXXXXXXXXXXXXX", "plivo-token-of-ours"
API = f"https://api.plivo.com/v1/Account/{ID}/Message/"
UUID, PARENT = "b2d9f5ea-1a2b-11ee-9c3b-0242ac110004", "a1d9f5ea-1a2b-11ee-9c3b-0242ac110004"
NONCE = "05429567804466091622"
OURS, THEIRS = "41445556677", "41790000001"
TEXT = (
    f"From={THEIRS}&To={OURS}&Type=sms&Text=Gr%C3%BCezi+%26+bye&MessageUUID={UUID}&Units=2&TotalRate=0&TotalAmount=0"
    "&PowerpackUUID="
)
SIGNED, SIGNED_V2 = (
    "pdIIPIbdMn2HsJ9SwAhmXmXPXYgsNmc4F6Ija/7unGU=",
    "2R6pNEbyqQmIksT2HQ3GNfmHVAL4FzmsyvaAncRKZEk=",
)
TWICE, QUERY = "yZsUAlhfnM9SNbu2Gvlr4b5pHZVf1HrVSzBhhmWMj7M=", "bgmhRQMFlLivFpL0Q26/Yj7xZe7V9l142CIsUmLs2Ig="
NOTHING = "dDAVZ5MaMH7MzHdlxWmHgXoQr3femLgxMBfY/3c9l4Y="


def recorded(body: str, signature: str, version: str = "v3", nonce: str = NONCE, url: str = URL) -> Request:
    """A request with the signature that was recorded."""
    return request(
        body, FORM, url,
        {f"x-plivo-signature-{version}": signature, f"x-plivo-signature-{version[-2:]}-nonce": nonce},
    )  # fmt: skip


def signed(body: bytes | str, kind: str = FORM, key: str = TOKEN) -> Request:
    """A request as Plivo signs it."""
    said = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    pairs = sorted(parse_qsl(said, keep_blank_values=True, errors="replace"))
    text = URL + ("?" if pairs else "") + "".join(name + value for name, value in pairs) + "." + NONCE
    made = hmac.new(key.encode(), text.encode("utf-8", "replace"), hashlib.sha256).digest()
    headers = {"x-plivo-signature-v3": base64.b64encode(made).decode(), "x-plivo-signature-v3-nonce": NONCE}
    return request(body, kind, URL, headers)


def inbound(**more: Any) -> list[Inbound]:
    """What a message says."""
    said = {"id": UUID, "sender": THEIRS, "recipient": OURS, "text": "Grüezi & bye", "segments": 2}
    return [Inbound(**{**said, **more})]


def short(more: str, **found: Any) -> Posted:
    """A message with more fields, and what it says."""
    body = f"From={THEIRS}&To={OURS}&MessageUUID={UUID}&{more}"
    return Posted(what=more, request=signed(body), found=inbound(**{"text": "", "segments": 1, **found}))


def status(more: str) -> Request:
    """A status callback."""
    return signed(f"From={OURS}&To={THEIRS}&MessageUUID={UUID}&{more}")


def receipt(said: Status, **more: Any) -> list[Receipt]:
    """What a receipt says."""
    return [Receipt(**{"provider_id": UUID, "status": said, "sender": OURS, "recipient": THEIRS, **more})]


WORDS: dict[str, Status] = {
    "queued": "queued", "sent": "sent", "delivered": "delivered", "undelivered": "undelivered", "failed": "failed",
    "rejected": "rejected", "expired": "expired", "read": "read", "Delivered": "delivered", "brand-new": "queued",
}  # fmt: skip
POSTED = [
    Posted(what="a text", request=recorded(TEXT, SIGNED), found=inbound()),
    Posted(what="several signatures", request=recorded(TEXT, f"other, {SIGNED}"), found=inbound()),
    Posted(what="signed for the main account", request=recorded(TEXT, SIGNED, "ma-v3"), found=inbound()),
    Posted(what="fields twice", request=recorded(TEXT + "&Text=again", TWICE), found=inbound()),
    Posted(
        what="a query, with blank values and one twice",
        request=recorded(TEXT, QUERY, url=f"{URL}?b=2&a=1&a=0&c="),
        url=f"{URL}?b=2&a=1&a=0&c=",
        found=inbound(),
    ),
    Posted(what="nothing but a query", request=recorded("", NOTHING, nonce="n1", url=f"{URL}?a=1"), url=f"{URL}?a=1",
           found=400),
    Posted(what="signed by V2, which has no query", request=recorded(TEXT, SIGNED_V2, "v2"), url=f"{URL}?x=1",
           found=inbound()),
    Posted(what="signed by V2 for the main account", request=recorded(TEXT, SIGNED_V2, "ma-v2"), found=inbound()),
    Posted(what="V2, and V3 is wanted", request=recorded(TEXT, SIGNED_V2, "v2"), account={"more": ("signature=v3",)},
           found=403),
    Posted(what="V3 that is wrong beside V2", found=403,
           request=request(TEXT, FORM, URL, {"x-plivo-signature-v3": "x", "x-plivo-signature-v3-nonce": NONCE,
                                             "x-plivo-signature-v2": SIGNED_V2, "x-plivo-signature-v2-nonce": NONCE})),
    Posted(what="another nonce", request=recorded(TEXT, SIGNED, nonce="1"), found=403),
    Posted(what="no nonce", request=recorded(TEXT, SIGNED, nonce=""), found=403),
    Posted(what="another token", request=signed(TEXT, key="another"), found=403),
    Posted(what="a new token beside the old one", request=recorded(TEXT, SIGNED), account={"signing": ("new", TOKEN)},
           found=inbound()),
    Posted(what="a blank field that went lost", found=403,
           request=recorded(TEXT.replace("&PowerpackUUID=", ""), SIGNED)),
    Posted(what="no signature", request=request(TEXT, FORM, URL), found=403),
    Posted(what="another host", request=recorded(TEXT, SIGNED), url="https://10.0.0.1/sms/plivo", found=403),
    Posted(what="what is no URL", request=recorded(TEXT, SIGNED), url="https://[", found=403),
    Posted(what="no id", request=signed(f"From={THEIRS}&Text=x&MessageUUID="), found=400),
    Posted(what="too many fields", request=signed("a=&" * 501), found=400),
    short("Text=x&Units=x", text="x"),
    short(
        "Type=mms&Body=look&MediaCount=2&Media0=https%3A%2F%2Fmedia.plivo.com%2F0&Media1=https%3A%2F%2Fmedia.plivo.com%2F1",
        text="look",
        media=(Attached(url="https://media.plivo.com/0"), Attached(url="https://media.plivo.com/1")),
    ),
    short("Type=whatsapp&Body=x&ContentType=media&MimeType=image%2Fpng&Media1=https%3A%2F%2Fmedia.plivo.com%2F1",
          text="x", sender=f"whatsapp:{THEIRS}", recipient=f"whatsapp:{OURS}",
          media=(Attached(url="https://media.plivo.com/1", content_type="image/png"),)),
    short("Type=whatsapp&Text=x", text="x", sender=f"whatsapp:{THEIRS}", recipient=f"whatsapp:{OURS}"),
    short("Text=Schluss&MessageIntent=optout", text="Schluss", keyword="STOP"),
    short("Text=x&MessageIntent=None", text="x"),
    Posted(
        what="a part of a message that is not delivered",
        request=status(f"Status=undelivered&ErrorCode=080&PartInfo=2+of+2&ParentMessageUUID={PARENT}"
                       "&DeliveryReportTime=2023-11-14+22%3A13%3A20%2B00%3A00"),
        found=receipt("undelivered", provider_id=PARENT, error_code="80", error_text="out of reach for now",
                      at=1_700_000_000.0),
    ),
    Posted(what="no error", request=status("Status=delivered&ErrorCode=000&SentTime=soon"), found=receipt("delivered")),
    Posted(what="an error that is new", request=status("Status=failed&ErrorCode=12345"),
           found=receipt("failed", error_code="12345")),
    Posted(what="a receipt of nothing", request=signed("Status=sent"), found=400),
    *(
        Posted(what=f"the status {word!r}", request=status(f"Status={word}"), found=receipt(said))
        for word, said in WORDS.items()
    ),
]  # fmt: skip
TO = {"dst": "+41790000001", "src": "+41445556677", "type": "sms", "text": "Hi"}
ASKS = [
    Asks(
        what="a text", message=message(), body=TO,
        headers={"authorization": "Basic " + base64.b64encode(f"{ID}:{TOKEN}".encode()).decode(), "content-type": JSON},
    ),
    Asks(
        what="all that there is",
        message=message("Grüezi", media=("https://a.example/1",), validity=60.5, status_url="https://s.example/"),
        body={**TO, "type": "mms", "text": "Grüezi", "media_urls": ["https://a.example/1"], "url": "https://s.example/",
              "method": "POST", "message_expiry": 61},
    ),
    Asks(what="WhatsApp, for as long as Plivo can", body={**TO, "type": "whatsapp", "message_expiry": 10800},
         message=message(sender="whatsapp:+41445556677", recipient="whatsapp:+41790000001", validity=1e9)),
    Asks(what="a moment, without receipts", message=message(validity=0.1, status=False, status_url="https://s.example/"),
         body={**TO, "message_expiry": 5}),
    Asks(what="a Powerpack", message=message(sender=""), account={"more": ("powerpack=p-1",), "api_url": "http://p.test/"},
         url=f"http://p.test/v1/Account/{ID}/Message/",
         body={"dst": "+41790000001", "type": "sms", "powerpack_uuid": "p-1", "text": "Hi"}),
    Asks(what="to several", message=message(recipient="+41790000001<+41790000002"), error="parts recipients"),
    Asks(what="later", message=message(schedule_at=1e9), error="not_before"),
    Asks(what="too many pictures", message=message(media=("https://a.example/",) * 11), error="10 media"),
    Asks(what="too long", message=message("x" * 1601), error="1600"),
]  # fmt: skip


def error(text: str) -> str:
    """An error of the API."""
    return json.dumps({"api_id": "a", "error": text})


HEARD = [
    Heard(what="taken", status=202, body='{"message": "message(s) queued", "message_uuid": ["u1"], "api_id": "a"}',
          sent=Sent(state="sent", provider_ids=("u1",))),
    Heard(what="too many", status=429, body=error("too many requests"), headers={"retry-after": "2"},
          sent=Sent(state="later", error="too many requests", retry_after=2.0, wide=True)),
    Heard(what="a wrong token", status=401, body="Could not verify your access level",
          sent=Sent(state="later", error="HTTP 401", wide=True)),
    Heard(what="no credit", status=402, body=error("no credit"),
          sent=Sent(state="later", error="no credit", wide=True)),
    Heard(what="a wrong number", status=400, body=error("dst is not valid"),
          sent=Sent(state="failed", error="dst is not valid")),
    Heard(what="a server's error", status=500, body="", sent=Sent(state="uncertain", error="HTTP 500")),
    Heard(what="a success that is none", status=202, body='{"message_uuid": []}',
          sent=Sent(state="uncertain", error="HTTP 202")),
]  # fmt: skip
EMPTY = Answer(
    200, content=(b"application/xml", b'<?xml version="1.0" encoding="UTF-8"?>\n<Response></Response>')
)
SUITES = [
    Suite(
        account=Account(provider="plivo", account=ID, secret=TOKEN),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"account": ""}, words="account is missing: the Auth ID"),
            Lacking(account={"secret": ""}, words="secret is missing: the Auth Token"),
            Lacking(account={"more": ("signature=v2",)}, words="there is signature=v3"),
            Lacking(account={"more": ("powerpac=1",)}, words="did you mean"),
        ],
        replies=[((), EMPTY)],
        refused=(EMPTY, 404),
    )
]
