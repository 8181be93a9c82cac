"""interfaces.email.webhooks.sns: notifications, signed and not, and what has to be fetched."""

import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from interfaces.email.webhooks.posted import Wanted
from interfaces.email.webhooks.sns import CERTIFICATES, WINDOW, Sns
from interfaces.shared.errors import ConfigError, PeerError
from tests.email.webhooks.signing import CERTIFICATE, NOW, TOPIC, certificate, request, ses

OTHER = rsa.generate_private_key(65537, 2048)


def topics(pem=None, *names):
    """One that has the certificate."""
    made = Sns(frozenset(names or [TOPIC]))
    made.keep(CERTIFICATE, pem or certificate())
    return made


def status(request, *, of=None):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        (of or topics()).read(request.body, NOW)
    return caught.value.answer.status


def test_what_is_signed_is_believed():
    """Whichever hash is signed: its fields are given."""
    for version in ("1", "2"):
        assert topics().read(ses("text", version=version).body, NOW)["TopicArn"] == TOPIC


def test_the_certificate_is_wanted_once():
    """Then it is kept, a few of them, and the oldest goes."""
    made = Sns(frozenset([TOPIC]))
    assert made.read(ses().body, NOW) == Wanted(CERTIFICATE, "certificate")
    for number in range(CERTIFICATES):
        made.keep(f"x{number}", certificate())
    made.keep(CERTIFICATE, certificate())
    assert len(made._certificates) == CERTIFICATES and "x0" not in made._certificates
    assert made.read(ses().body, NOW)["TopicArn"] == TOPIC


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://s3.amazonaws.com/bucket/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://sns.eu-west-1.amazonaws.com/../a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem?x",
        "https://sns.eu-west-1.amazonaws.com/a.pem\n",
        "",
    ],
)
def test_no_other_certificate_is_wanted(url):
    """Whoever could choose one could sign anything, and have us ask for anything."""
    assert status(ses(SigningCertURL=url), of=Sns(frozenset([TOPIC]))) == 503


@pytest.mark.parametrize("tamper", [{"Message": "{}"}, {"Subject": "x"}, {"MessageId": "2"}, {"Signature": "eA=="},
                                    {"Signature": "ä"}, {"Signature": None}, {"SignatureVersion": "3"}])  # fmt: skip
def test_what_does_not_fit_is_to_be_tried_again(tamper):
    """503, since after 4xx it would be lost."""
    assert status(ses(tamper=tamper)) == 503


def test_another_key_and_a_certificate_that_is_over():
    """Neither signs."""
    assert status(ses(key=OTHER)) == 503
    assert status(ses(), of=topics(certificate(until=NOW - 1))) == 503


@pytest.mark.parametrize("at", [NOW - WINDOW - 1, NOW + 301])
def test_a_notification_has_its_time(at):
    """One from long ago, or from the future, is none; nor is one without any."""
    assert status(ses(at=at)) == 503
    assert status(ses(Timestamp="yesterday")) == 503


def test_other_topics():
    """Are not ours, and nothing is fetched for them."""
    assert status(ses(TopicArn="arn:aws:sns:eu-west-1:9:mail"), of=Sns(frozenset([TOPIC]))) == 503


def test_a_subscription_is_confirmed_for_our_topics():
    """When it is signed, and nowhere but at SNS."""
    made = topics()
    wanted = made.read(ses("welcome", kind="SubscriptionConfirmation").body, NOW)
    assert wanted == Wanted(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t", "confirmation"
    )
    for url in ("https://evil.example/?x", "https://sns.eu-west-1.amazonaws.com.evil.example/?x", ""):
        assert status(ses("welcome", kind="SubscriptionConfirmation", SubscribeURL=url)) == 503
    assert status(ses("welcome", kind="SubscriptionConfirmation", key=OTHER)) == 503


def test_an_end_of_the_subscription():
    """Is taken note of; it is not begun again."""
    assert topics().read(ses("bye", kind="UnsubscribeConfirmation").body, NOW).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"Type":"Other"}', b'{"Type":1}', b"\xff", b'{"Type":"\xff"}', b"[" * 100_000],
)
def test_what_is_no_notification(body):
    """400."""
    assert status(request(body, "text/plain")) == 400


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_is_none(pem):
    """503: it may be one the next time."""
    with pytest.raises(PeerError) as caught:
        Sns(frozenset([TOPIC])).keep(CERTIFICATE, pem)
    assert caught.value.answer.status == 503


def test_no_topic_and_no_package(monkeypatch):
    """Nothing is taken; one line."""
    assert status(ses(), of=Sns(frozenset())) == 503
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ConfigError, match=r"ses needs cryptography: pip install 'asgi-interfaces\[crypto\]'"):
        Sns(frozenset([TOPIC]))
