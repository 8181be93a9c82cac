"""interfaces.email.webhooks.sendgrid: what Inbound Parse posts, signed and not."""

import base64
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from interfaces.email.webhooks.sendgrid import WINDOW, Sendgrid
from interfaces.shared.errors import ConfigError, PeerError
from tests.email.webhooks.signing import MESSAGE, NOW, PUBLIC, RSA, sendgrid

OTHER = ec.generate_private_key(ec.SECP256R1())


def refused(request, now=NOW):
    """The status and text of a refusal."""
    with pytest.raises(PeerError) as caught:
        Sendgrid([PUBLIC]).read(request, now)
    return caught.value.answer.status, str(caught.value)


def test_a_message_is_read_as_it_came():
    """Envelope and raw bytes."""
    posted = Sendgrid([PUBLIC]).read(sendgrid(), NOW)
    assert (posted.sender, posted.content) == ("me@a.example", MESSAGE)
    assert posted.recipients == ("you@b.example", "too@b.example")
    bounce = Sendgrid([PUBLIC]).read(sendgrid(envelope='{"to":["a@b.example"],"from":""}'), NOW)
    assert bounce.sender == ""


def test_a_new_key_beside_the_old_one():
    """Either signs; a key may stand between the lines of a PEM."""
    public = OTHER.public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()
    both = Sendgrid([PUBLIC, pem])
    assert both.read(sendgrid(), NOW) and both.read(sendgrid(key=OTHER), NOW)


@pytest.mark.parametrize("request_", [sendgrid(key=OTHER), sendgrid(tamper=b"\r\n")])
def test_what_does_not_fit_is_to_be_tried_again(request_):
    """503, since after 4xx it would be lost where the option has the wrong key."""
    assert refused(request_)[0] == 503


@pytest.mark.parametrize("name", [b"signature", b"timestamp"])
@pytest.mark.parametrize("value", [b"", b"\xe4", b"MEUCIQ==", b"1" * 20])
def test_headers_that_are_none(name, value):
    """Nothing raises but the refusal."""
    request = sendgrid()
    headers = {**request.headers, b"x-twilio-email-event-webhook-" + name: value}
    assert refused(type(request)("/", b"", headers, request.body))[0] == 503


@pytest.mark.parametrize("at", [NOW - WINDOW - 1, NOW + 301])
def test_a_signature_has_its_time(at):
    """One from long ago, or from the future, is none."""
    assert refused(sendgrid(at=at))[0] == 503


def test_a_webhook_that_posts_no_raw_message():
    """The answer says what to tick; SendGrid keeps the message meanwhile."""
    status, text = refused(sendgrid(None, text="parsed"))
    assert status == 503 and "raw, full MIME" in text


@pytest.mark.parametrize("envelope", ["", "{}", "[]", '{"to":"a@b.example"}', None])
def test_an_envelope_that_is_none(envelope):
    """400: it will not become one."""
    assert refused(sendgrid(envelope=envelope))[0] == 400


def test_keys_that_are_none():
    """One line that says which option, whatever stands there; no secret is in it."""
    rsa = RSA.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    for key in ("SG.secret", "MFkw", "ä", base64.b64encode(rsa).decode()):
        with pytest.raises(ConfigError, match="--email-sendgrid-key: that is not the public key") as caught:
            Sendgrid([key])
        assert key not in str(caught.value)


def test_without_its_package(monkeypatch):
    """One line that names the extra."""
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(
        ConfigError, match=r"sendgrid needs cryptography: pip install 'asgi-interfaces\[crypto\]'"
    ):
        Sendgrid([PUBLIC])
