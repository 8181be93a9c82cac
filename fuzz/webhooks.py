"""Requests of mail's providers: whatever is posted, there is a message, an answer, or a refusal with a status."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from interfaces.email.webhooks.form import FIELDS, fields
from interfaces.email.webhooks.mailgun import Mailgun
from interfaces.email.webhooks.posted import Posted, Provider
from interfaces.email.webhooks.postmark import Postmark
from interfaces.email.webhooks.sendgrid import Sendgrid
from interfaces.email.webhooks.ses import Ses, _message
from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Answer, Request, basic, fresh

NOW = 1_800_000_000.0
EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC = EC.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
KINDS = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    'multipart/form-data; boundary="b b"; x=y',
    "application/json",
    "text/plain",
)
PART = b'--b\r\nContent-Disposition: form-data; name="'
SIGNED = urlencode({"timestamp": int(NOW), "token": "t",
                    "signature": hmac.new(b"key", b"1800000000t", hashlib.sha256).hexdigest()}).encode()  # fmt: skip
ENVELOPE = b'envelope"\r\n\r\n{"to":["a@b.example"],"from":"c@d.example"}\r\n'
RECEIVED = {
    "mail": {"source": "a@b"},
    "receipt": {"recipients": ["c@d"], "action": {"encoding": "BASE64"}},
    "content": "eA==",
}
SNS = {
    "Type": "Notification",
    "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
    "Timestamp": "2027-01-15T08:00:00.000Z",
    "Message": json.dumps(RECEIVED),
    "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem",
    "SignatureVersion": "1",
    "Signature": "eA==",
}
SEEDS = [
    b"\x00" + SIGNED + b"&recipient=a%40b.example&sender=&body-mime=Subject:+x%0D%0A%0D%0A%E4",
    b"\x01" + PART + ENVELOPE + PART + b'email"; filename=x\r\n\r\nSubject: x\r\n--b x\r\n\r\n--b--\r\n',
    b"\x02--b b\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n--b b--",
    b"\x03"
    + json.dumps(
        {"RawEmail": "Return-Path: <a@b>\n\nx", "OriginalRecipient": "c@d", "FromFull": {"Email": "e@f"}}
    ).encode(),
    b"\x04" + json.dumps(SNS).encode(),
    b"\x05" + json.dumps(RECEIVED).encode(),
]


def read(provider: Provider, request: Request) -> None:
    """What a provider makes of it is one of four things."""
    try:
        found = provider.read(request, NOW)
    except PeerError as error:
        answer = error.answer
        if not isinstance(answer, Answer) or not 400 <= answer.status <= 599 or "\n" in answer.text:
            raise AssertionError(f"refused with {answer!r}") from error
        return
    if isinstance(found, Posted):
        found.content.find(b"x")
        assert found.sender == found.sender.strip()


def one(data: bytes) -> None:
    """The first byte says what is posted."""
    if not data:
        return
    kind, body = data[0] % 6, data[1:]
    if kind == 5:
        try:
            _message(body.decode("utf-8", "replace"))
        except PeerError:
            pass
        return
    headers = {b"content-type": KINDS[kind].encode(), b"authorization": b"Basic YTpi"}
    time = b"%d" % NOW
    headers[b"x-twilio-email-event-webhook-timestamp"] = time
    if kind == 1:
        signature = EC.sign(time + body, ec.ECDSA(hashes.SHA256()))
        headers[b"x-twilio-email-event-webhook-signature"] = base64.b64encode(signature)
    request = Request("/email/x", b"", headers, body)
    for provider in (
        Mailgun(["key"]),
        Postmark(["a:b"]),
        Sendgrid([base64.b64encode(PUBLIC).decode()]),
        Ses(["arn:aws:sns:eu-west-1:123456789012:t"]),
    ):
        read(provider, request)
    try:
        found = dict(fields(request))
    except PeerError:
        found = {}
    if len(found) > FIELDS:
        raise AssertionError("more fields than there may be")
    text = body[:200].decode("latin-1")
    basic(Request("/", b"", {b"authorization": text.encode("latin-1")}, b""), ["a:b"])
    fresh(text, NOW, 10)
