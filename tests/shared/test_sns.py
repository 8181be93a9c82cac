"""interfaces.shared.sns: notifications, signed and not, and what has to be fetched."""

import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from interfaces.shared.errors import ConfigError, PeerError
from interfaces.shared.sns import CERTIFICATES, WINDOW, Sns
from interfaces.shared.webhook import Wanted
from tests.shared.notifications import CERTIFICATE, NOW, certificate, notification

OTHER = rsa.generate_private_key(65537, 2048)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"


def posted(message="hi", **said):
    """A notification of our topic."""
    return notification(message, **{"topic": TOPIC, "subject": "hello", **said})


def sns(*names, refused=503):
    """One that has no certificate yet."""
    return Sns(frozenset(names), what="--email-webhooks ses", option="--topics", refused=refused)


def topics(pem=None, *names):
    """One that has the certificate."""
    made = sns(*(names or [TOPIC]))
    made.keep(CERTIFICATE, pem or certificate())
    return made


def status(body, *, of=None):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        (of or topics()).read(body, NOW)
    return caught.value.answer.status


def test_what_is_signed_is_believed():
    """Whichever hash is signed: its fields are given."""
    for version in ("1", "2"):
        assert topics().read(posted("text", version=version), NOW)["TopicArn"] == TOPIC


def test_the_certificate_is_wanted_once():
    """Then it is kept, a few of them, and the oldest goes."""
    made = sns(TOPIC)
    assert made.read(posted(), NOW) == Wanted(CERTIFICATE, "certificate")
    for number in range(CERTIFICATES):
        made.keep(f"x{number}", certificate())
    made.keep(CERTIFICATE, certificate())
    assert len(made._certificates) == CERTIFICATES and "x0" not in made._certificates
    assert made.read(posted(), NOW)["TopicArn"] == TOPIC


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
    assert status(posted(SigningCertURL=url), of=sns(TOPIC)) == 503


@pytest.mark.parametrize("tamper", [{"Message": "{}"}, {"Subject": "x"}, {"MessageId": "2"}, {"Signature": "eA=="},
                                    {"Signature": "ä"}, {"Signature": None}, {"SignatureVersion": "3"}])  # fmt: skip
def test_what_does_not_fit_is_to_be_tried_again(tamper):
    """503, since after 4xx it would be lost."""
    assert status(posted(tamper=tamper)) == 503


def test_another_key_and_a_certificate_that_is_over():
    """Neither signs."""
    assert status(posted(key=OTHER)) == 503
    assert status(posted(), of=topics(certificate(until=NOW - 1))) == 503


@pytest.mark.parametrize("at", [NOW - WINDOW - 1, NOW + 301])
def test_a_notification_has_its_time(at):
    """One from long ago, or from the future, is none; nor is one without any."""
    assert status(posted(at=at)) == 503
    assert status(posted(Timestamp="yesterday")) == 503


def test_other_topics():
    """Are not ours, and nothing is fetched for them."""
    assert status(posted(topic="arn:aws:sns:eu-west-1:9:mail"), of=sns(TOPIC)) == 503


def test_a_subscription_is_confirmed_for_our_topics():
    """When it is signed, and nowhere but at SNS."""
    made = topics()
    wanted = made.read(posted("welcome", kind="SubscriptionConfirmation"), NOW)
    assert wanted == Wanted(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t", "confirmation"
    )
    for url in ("https://evil.example/?x", "https://sns.eu-west-1.amazonaws.com.evil.example/?x", ""):
        assert status(posted("welcome", kind="SubscriptionConfirmation", SubscribeURL=url)) == 503
    assert status(posted("welcome", kind="SubscriptionConfirmation", key=OTHER)) == 503


def test_an_end_of_the_subscription():
    """Is taken note of; it is not begun again."""
    assert topics().read(posted("bye", kind="UnsubscribeConfirmation"), NOW).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"Type":"Other"}', b'{"Type":1}', b"\xff", b'{"Type":"\xff"}', b"[" * 100_000],
)
def test_what_is_no_notification(body):
    """400."""
    assert status(body) == 400


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_is_none(pem):
    """503: it may be one the next time."""
    with pytest.raises(PeerError) as caught:
        sns(TOPIC).keep(CERTIFICATE, pem)
    assert caught.value.answer.status == 503


def test_no_topic_and_no_package(monkeypatch):
    """Nothing is taken; one line."""
    assert status(posted(), of=sns()) == 503
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ConfigError, match=r"ses needs cryptography: pip install 'asgi-interfaces\[crypto\]'"):
        sns(TOPIC)


def test_what_is_refused_may_be_refused_for_good():
    """With the status that is asked for; a certificate that is none may be one the next time."""
    made = sns(TOPIC, refused=403)
    made.keep(CERTIFICATE, certificate())
    assert status(posted(key=OTHER), of=made) == 403
    assert status(posted(at=NOW - WINDOW - 1), of=made) == 403
    assert status(posted(topic="arn:aws:sns:eu-west-1:9:mail"), of=made) == 403
    assert status(posted(SigningCertURL="https://evil.example/a.pem"), of=made) == 403
    with pytest.raises(PeerError, match="--topics"):
        sns(refused=403).read(posted(), NOW)
