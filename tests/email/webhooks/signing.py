"""Requests as providers sign them, with keys of our own."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from urllib.parse import quote_plus, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from interfaces.shared.webhook import Request

NOW = 1_800_000_000.0
MESSAGE = b"Received: from a\r\n\tby b\r\nSubject: hi\r\n\r\n8-bit: \xe4 +&=%\r\n\r\n.\r\n"
KEY = "key-of-ours"
USER = "mail:pass:word"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"


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


RSA = rsa.generate_private_key(65537, 2048)


def certificate(key=RSA, until=NOW + 1e6):
    """A certificate as SNS has it, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (NOW - 1e6, until))
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def received(content=MESSAGE, *, encoding="BASE64", **more):
    """What SES publishes about a message."""
    said = base64.b64encode(content).decode() if encoding == "BASE64" else content.decode()
    action = {"type": "SNS", "topicArn": TOPIC, "encoding": encoding}
    return {"notificationType": "Received", "mail": {"source": "me@a.example", "destination": ["x"]},
            "receipt": {"recipients": ["you@b.example"], "action": action}, "content": said, **more}  # fmt: skip


def ses(message=None, *, kind="Notification", at=NOW, key=RSA, version="1", tamper=None, **fields):
    """What SNS posts."""
    stamp = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = {"Type": kind, "MessageId": "m-1", "TopicArn": TOPIC, "Timestamp": stamp,
            "Message": json.dumps(received() if message is None else message), "Subject": "Amazon SES"}  # fmt: skip
    if kind != "Notification":
        del said["Subject"]
        said |= {
            "Token": "t",
            "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t",
        }
    said |= {"SignatureVersion": version, "SigningCertURL": CERTIFICATE, **fields}
    of = {"Notification": "Message MessageId Subject Timestamp TopicArn Type"}
    names = of.get(kind, "Message MessageId SubscribeURL Timestamp Token TopicArn Type").split()
    text = "".join(f"{name}\n{said[name]}\n" for name in names if said.get(name) is not None)
    made = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(version, hashes.SHA256())
    said["Signature"] = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), made)).decode()
    return request(json.dumps({**said, **(tamper or {})}).encode(), "text/plain; charset=UTF-8")
