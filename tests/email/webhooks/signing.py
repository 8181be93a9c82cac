"""Requests as providers sign them, with keys of our own."""

import base64
import hashlib
import hmac
import json
from urllib.parse import quote_plus, urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from interfaces.shared.webhook import Request
from tests.shared.notifications import CERTIFICATE, NOW, RSA, certificate, notification

__all__ = [
    "CERTIFICATE", "EC", "KEY", "MESSAGE", "NOW", "PUBLIC", "RSA", "TOPIC", "USER", "certificate", "form", "mailgun",
    "postmark", "received", "request", "sendgrid", "ses",
]  # fmt: skip

MESSAGE = b"Received: from a\r\n\tby b\r\nSubject: hi\r\n\r\n8-bit: \xe4 +&=%\r\n\r\n.\r\n"
KEY = "key-of-ours"
USER = "mail:pass:word"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"


def request(body, kind, **headers):
    """A request whose body is ``body``."""
    fields = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return Request(
        "/email/x", b"", {b"content-type": kind.encode(), **fields}, body, ("192.0.2.7", 443), secure=True
    )


def form(fields, boundary="xYzZY"):
    """multipart/form-data, and its content type; a value that is a pair is a file with its name."""
    body = b""
    for name, value in fields.items():
        file, value = value if isinstance(value, tuple) else ("", value)
        more = f'; filename="{file}"\r\nContent-Type: message/rfc822' if file else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        body += (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def mailgun(content=MESSAGE, *, key=KEY, at=NOW, token="token", multipart=False, **fields):
    """What a route posts to a URL that ends with mime."""
    time = str(int(at))
    signature = hmac.new(key.encode(), (time + token).encode(), hashlib.sha256).hexdigest()
    said = {"recipient": "you@b.example", "sender": "me@a.example", "timestamp": time, "token": token,
            "signature": signature, "body-mime": content, **fields}  # fmt: skip
    if multipart:
        return request(*form(said))
    return request(urlencode(said, quote_via=quote_plus).encode(), "application/x-www-form-urlencoded")


def postmark(
    content="Return-Path: <bounce@a.example>\r\nSubject: hi\r\n\r\nGrüße\r\n", *, user=USER, **fields
):
    """What the inbound webhook posts."""
    said = {
        "FromFull": {"Email": "me@a.example", "Name": ""},
        "From": "me@a.example",
        "MessageID": "1-2",
        "OriginalRecipient": "you@b.example",
        "RawEmail": content,
        "Attachments": [{"Content": "eA=="}],
        **fields,
    }
    coded = base64.b64encode(user.encode()).decode()
    return request(json.dumps(said).encode(), "application/json", authorization=f"Basic {coded}")


EC = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    EC.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
).decode()


def sendgrid(content=MESSAGE, *, key=EC, at=NOW, tamper=b"", **fields):
    """What Inbound Parse posts with a security policy."""
    envelope = json.dumps({"to": ["you@b.example", "too@b.example"], "from": "me@a.example"})
    said = {"envelope": envelope, "subject": "hi", "email": content, **fields}
    body, kind = form({name: value for name, value in said.items() if value is not None})
    time = str(int(at))
    signed = base64.b64encode(key.sign(time.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    return request(body + tamper, kind, x_twilio_email_event_webhook_signature=signed,
                   x_twilio_email_event_webhook_timestamp=time)  # fmt: skip


def received(content=MESSAGE, *, encoding="BASE64", **more):
    """What SES publishes about a message."""
    said = base64.b64encode(content).decode() if encoding == "BASE64" else content.decode()
    action = {"type": "SNS", "topicArn": TOPIC, "encoding": encoding}
    return {"notificationType": "Received", "mail": {"source": "me@a.example", "destination": ["x"]},
            "receipt": {"recipients": ["you@b.example"], "action": action}, "content": said, **more}  # fmt: skip


def ses(message=None, *, kind="Notification", at=NOW, key=RSA, version="1", tamper=None, **fields):
    """What SNS posts."""
    text = json.dumps(received() if message is None else message)
    said = {"kind": kind, "at": at, "key": key, "version": version, "tamper": tamper, **fields}
    return request(notification(text, topic=TOPIC, subject="Amazon SES", **said), "text/plain; charset=UTF-8")
