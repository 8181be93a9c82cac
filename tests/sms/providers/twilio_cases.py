"""Requests of Twilio's, signed by its own SDK (twilio 9.13, RequestValidator)."""

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl

from interfaces.shared.webhook import Answer, Request
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Attached, Inbound, Receipt, Reply, Status
from tests.sms.providers.runner import FORM, JSON, OURS, THEIRS, Lacking, Posted, Suite, request  # fmt: skip
from tests.sms.providers.twilio_api import API, ASKS, HEARD, SID, SM, TOKEN

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/twilio"
TEXT = (
    f"ToCountry=CH&ToState=&SmsMessageSid={SM}&NumMedia=0&ToCity=&FromZip=&SmsSid={SM}&FromState=&SmsStatus=received"
    "&FromCity=&Body=Gr%C3%BCezi+%26+good+day%21&FromCountry=CH&To=%2B41445556677&ToZip=&NumSegments=1"
    f"&MessageSid={SM}&AccountSid={SID}&From=%2B41790000001&ApiVersion=2010-04-01"
)
SIGNED = "+ArhGlHWRBwHbp/eYMZ0lQZ+CjA="
FAILED = (
    f"SmsSid={SM}&SmsStatus=undelivered&MessageStatus=undelivered&To=%2B41790000001&MessageSid={SM}&AccountSid={SID}"
    "&From=%2B41445556677&ErrorCode=30003&RawDlrDoneDate=2311142213&ApiVersion=2010-04-01"
)
AS_JSON = (
    f'{{"MessageSid":"{SM}","SmsStatus":"received","From":"+41790000001","To":"+41445556677","Body":"hi"}}'
)
DIGEST = "a47d6be1f189bea55916a60f539457b17cec1e182d65b4266c87dd15708561a8"
JSON_URL = f"{URL}?bodySHA256={DIGEST}"
SETTINGS = "x-twilio-webhooks-signature-settings"


def recorded(body: str, signature: str, kind: str = FORM, url: str = URL, settings: str = "") -> Request:
    """A request with the signature that was recorded."""
    return request(body, kind, url, {"x-twilio-signature": signature, SETTINGS: settings})


def signed(body: bytes | str, kind: str = FORM, url: str = URL, key: str = TOKEN) -> Request:
    """A request as Twilio signs it."""
    said = body.encode() if isinstance(body, str) else body
    text = url
    if kind == JSON:
        text = url = f"{url}?bodySHA256={hashlib.sha256(said).hexdigest()}"
    else:
        pairs = parse_qsl(said.decode("utf-8", "replace"), keep_blank_values=True, errors="replace")
        text += "".join(name + value for name, value in sorted(set(pairs)))
    made = hmac.new(key.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    return request(body, kind, url, {"x-twilio-signature": base64.b64encode(made).decode()})


def status(word: str, more: str = "") -> Request:
    """A status callback."""
    return signed(f"MessageSid={SM}&MessageStatus={word}&From=%2B41445556677&To=%2B41790000001{more}")


WORDS: dict[str, Status] = {
    "accepted": "queued", "scheduled": "queued", "queued": "queued", "sending": "queued", "sent": "sent",
    "partially_delivered": "sent", "delivered": "delivered", "undelivered": "undelivered", "failed": "failed",
    "canceled": "failed", "read": "read",
}  # fmt: skip
HELLO = Inbound(id=SM, sender=THEIRS, recipient=OURS, text="Grüezi & good day!")
SHORT = f"MessageSid={SM}&From=%2B41790000001&To=%2B41445556677&Body="


def short(more: str, **found: object) -> Posted:
    """A message with more fields, and what more it says."""
    return Posted(
        what=more,
        request=signed(SHORT + more),
        url=URL,
        found=[Inbound(**{"id": SM, "sender": THEIRS, "recipient": OURS, **found})],
    )


POSTED = [
    Posted(what="a text", request=recorded(TEXT, SIGNED), found=[HELLO]),
    Posted(
        what="a query in the URL, with a blank value",
        request=recorded(TEXT, "pcvvR2T2l3+ROHXdiSmad4nM3tQ=", url=f"{URL}?a=1&b="),
        url=f"{URL}?a=1&b=",
        found=[HELLO],
    ),
    Posted(
        what="signed with the port, and the public URL has none",
        request=recorded(TEXT, "xBmUlm0qdOGnSYBJ5GPARZ61Sxk="),
        found=[HELLO],
    ),
    Posted(
        what="signed without the port, and the public URL has one",
        request=recorded(TEXT, SIGNED),
        url="https://sms.example.org:443/sms/twilio",
        found=[HELLO],
    ),
    Posted(
        what="http has another port",
        request=signed(TEXT, url="http://sms.example.org:80/sms/twilio"),
        url="http://sms.example.org/sms/twilio",
        found=[HELLO],
    ),
    Posted(
        what="an address, and a name with a password",
        request=signed(TEXT, url="https://u:p@[2001:db8::1]/sms/twilio"),
        url="https://u:p@[2001:db8::1]:443/sms/twilio",
        found=[HELLO],
    ),
    Posted(
        what="signed with SHA-256 by a shared key",
        request=recorded(
            TEXT,
            "l+9kX06mQFbt/Cc9L8yEp/pjdyVNZiwSfVAyk3w8hwo=",
            settings="key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
        ),
        found=[HELLO],
    ),
    Posted(
        what="an algorithm that nobody knows",
        request=recorded(TEXT, SIGNED, settings="algorithm=NONE"),
        found=403,
    ),
    Posted(
        what="fields twice, and blank",
        request=recorded(TEXT + "&Body=again&Extra=&Extra=", "S9RBWDYj12Ejimh6kkFKSIYmP2k="),
        found=[HELLO],
    ),
    Posted(
        what="JSON, whose digest is in the query",
        request=recorded(AS_JSON, "LGt6TRWLuYVLzz6KTSHRZfB9Dm4=", JSON, JSON_URL),
        url=JSON_URL,
        found=[Inbound(id=SM, sender=THEIRS, recipient=OURS, text="hi")],
    ),
    Posted(
        what="JSON with the digest of another",
        request=recorded(AS_JSON + " ", "LGt6TRWLuYVLzz6KTSHRZfB9Dm4=", JSON, JSON_URL),
        url=JSON_URL,
        found=403,
    ),
    Posted(
        what="JSON without a digest",
        request=recorded(AS_JSON, signed("").header(b"x-twilio-signature"), JSON),
        found=403,
    ),
    Posted(
        what="a new token beside the old one",
        request=recorded(TEXT, SIGNED),
        account={"signing": ("new", TOKEN)},
        found=[HELLO],
    ),
    Posted(what="another token", request=signed(TEXT, key="another"), found=403),
    Posted(what="no signature", request=request(TEXT, FORM, URL), found=403),
    Posted(
        what="a blank field that went lost",
        request=recorded(TEXT.replace("&ToState=", ""), SIGNED),
        found=403,
    ),
    Posted(
        what="a field that went lost", request=recorded(TEXT.replace("&NumMedia=0", ""), SIGNED), found=403
    ),
    Posted(what="another host", request=recorded(TEXT, SIGNED), url="https://10.0.0.1/sms/twilio", found=403),
    Posted(
        what="another scheme, behind a proxy",
        request=recorded(TEXT, SIGNED),
        url="http://sms.example.org/sms/twilio",
        found=403,
    ),
    Posted(what="what is no URL", request=recorded(TEXT, SIGNED), url="https://[", found=403),
    Posted(what="nothing", request=signed(""), found=400),
    Posted(what="nobody has sent it", request=signed(f"MessageSid={SM}&Body=x&From="), found=400),
    Posted(what="too many fields", request=signed("a=&" * 501), found=400),
    short("", text=""),
    short("&SmsStatus=receiving", text=""),
    short("&SmsStatus=received", text=""),
    short(
        "&NumMedia=2&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2Fa&MediaContentType0=image%2Fjpeg"
        "&MediaUrl1=https%3A%2F%2Fapi.twilio.com%2Fb",
        media=(
            Attached(url="https://api.twilio.com/a", content_type="image/jpeg"),
            Attached(url="https://api.twilio.com/b"),
        ),
    ),
    short("&NumMedia=999999999", text=""),
    short("&NumMedia=x&NumSegments=-1", text=""),
    short("x&NumSegments=3", text="x", segments=3),
    short("Schluss&OptOutType=STOP", text="Schluss", keyword="STOP"),
    short("JOIN&OptOutType=START", text="JOIN", keyword="START"),
    short("x&OptOutType=OTHER", text="x"),
    short(
        "x&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fsms.example.org%2Fsms%2Ftwilio", text="x", duplicate=True
    ),
    Posted(
        what="WhatsApp",
        request=signed(
            f"SmsSid={SM}&Body=hi&From=whatsapp%3A%2B41790000001&To=whatsapp%3A%2B41445556677&WaId=41790000001"
        ),
        found=[Inbound(id=SM, sender=f"whatsapp:{THEIRS}", recipient=f"whatsapp:{OURS}", text="hi")],
    ),
    Posted(
        what="what could not be delivered",
        request=recorded(FAILED, "rDVnSPzsEPGeRyZJIeUJIuDd31g="),
        found=[
            Receipt(
                provider_id=SM,
                status="undelivered",
                sender=OURS,
                recipient=THEIRS,
                error_code="30003",
                error_text="the handset cannot be reached",
                at=1699999980.0,
            )
        ],
    ),
    Posted(
        what="a receipt in the older words",
        request=signed(f"SmsSid={SM}&SmsStatus=delivered&RawDlrDoneDate=99"),
        found=[Receipt(provider_id=SM, status="delivered")],
    ),
    Posted(
        what="a channel says why",
        request=status("failed", "&ErrorCode=63016&ChannelStatusMessage=no+template"),
        found=[
            Receipt(
                provider_id=SM,
                status="failed",
                sender=OURS,
                recipient=THEIRS,
                error_code="63016",
                error_text="no template",
            )
        ],
    ),
    Posted(what="a receipt for nothing", request=signed("MessageStatus=sent"), found=400),
    *(
        Posted(
            what=f"the status {word!r}",
            request=status(word),
            found=[
                Receipt(
                    provider_id=SM,
                    status=said,
                    sender=OURS,
                    recipient=THEIRS,
                    error_text="canceled" if word == "canceled" else "",
                )
            ],
        )
        for word, said in [*WORDS.items(), ("brand-new", "queued")]
    ),
]
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def twiml(inner: str) -> Answer:
    """An answer in TwiML."""
    return Answer(200, content=(b"application/xml", f"{XML}<Response>{inner}</Response>".encode()))


SUITES = [
    Suite(
        account=Account(provider="twilio", account=SID, secret=TOKEN),
        url=URL,
        asks_url=f"{API}.json",
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"account": ""}, words="account is missing: the Account SID"),
            Lacking(account={"secret": ""}, words="secret is missing: the Auth Token"),
            Lacking(account={"more": ("key=SK1",)}, words="signing is missing: the Auth Token"),
            Lacking(account={"more": ("servic=MG1",)}, words="did you mean"),
            Lacking(account={"more": ("service",)}, words="key=value"),
            Lacking(account={"api_url": "api.twilio.com"}, words="https://HOST"),
        ],
        replies=[
            ((), twiml("")),
            ((Reply(text='a < b & "c"\x00\ud800'),),
             twiml('<Message><Body>a &lt; b &amp; "c"</Body></Message>')),
            ((Reply(text="x", media=("https://a.example/?a&b",)), Reply(media=("https://b.example/",))),
             twiml("<Message><Body>x</Body><Media>https://a.example/?a&amp;b</Media></Message>"
                   "<Message><Media>https://b.example/</Media></Message>")),
        ],
        refused=(twiml(""), 410),
        cancel=f"{API}/id-1.json",
    )
]  # fmt: skip
