"""Notifications as SNS signs them, with a key and a certificate of our own."""

import base64
import datetime as dt
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

NOW = 1_800_000_000.0
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
RSA = rsa.generate_private_key(65537, 2048)


def certificate(key=RSA, until=NOW + 1e6, since=NOW - 1e6):
    """A certificate as SNS has it, PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (since, until))
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, end).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def notification(
    message, *, topic, subject=None, kind="Notification", at=NOW, key=RSA, version="1", tamper=None, **fields
):
    """What SNS posts about ``message``, a text."""
    stamp = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    said = {"Type": kind, "MessageId": "m-1", "TopicArn": topic, "Timestamp": stamp, "Message": message}
    if kind != "Notification":
        said |= {
            "Token": "t",
            "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t",
        }
    elif subject is not None:
        said["Subject"] = subject
    said |= {"SignatureVersion": version, "SigningCertURL": CERTIFICATE, **fields}
    of = {"Notification": "Message MessageId Subject Timestamp TopicArn Type"}
    names = of.get(kind, "Message MessageId SubscribeURL Timestamp Token TopicArn Type").split()
    text = "".join(f"{name}\n{said[name]}\n" for name in names if said.get(name) is not None)
    made = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(version, hashes.SHA256())
    said["Signature"] = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), made)).decode()
    return json.dumps({**said, **(tamper or {})}).encode()
