"""interfaces.email.webhooks.ses: what SNS posts, signed and not, and what has to be fetched."""

import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from interfaces.email.webhooks.posted import Wanted
from interfaces.email.webhooks.ses import CERTIFICATES, WINDOW, Ses
from interfaces.shared.errors import ConfigError, PeerError
from tests.email.webhooks.signing import CERTIFICATE, MESSAGE, NOW, TOPIC, certificate, received, request, ses

OTHER = rsa.generate_private_key(65537, 2048)


def provider(pem=None):
    """One that has the certificate."""
    made = Ses([TOPIC])
    assert made.got(Wanted(CERTIFICATE, "certificate"), pem or certificate()) is None
    return made


def status(request, now=NOW, *, of=None):
    """The status of a refusal."""
    with pytest.raises(PeerError) as caught:
        (of or provider()).read(request, now)
    return caught.value.answer.status


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_is_read_as_it_came(version):
    """Whichever hash is signed."""
    posted = provider().read(ses(version=version), NOW)
    assert (posted.sender, posted.recipients, posted.content) == ("me@a.example", ("you@b.example",), MESSAGE)


def test_a_content_in_plain():
    """As the rule says it is encoded; a bounce has no sender."""
    said = received(b"Subject: x\r\n\r\n", encoding="UTF8", mail={"source": "<>"})
    posted = provider().read(ses(said), NOW)
    assert (posted.sender, posted.content) == ("", b"Subject: x\r\n\r\n")


def test_a_notification_without_a_subject():
    """It is not signed then; null is the same."""
    assert provider().read(ses(Subject=None), NOW).content == MESSAGE


def test_the_certificate_is_wanted_once():
    """Then it is kept, a few of them."""
    made = Ses([TOPIC])
    assert made.read(ses(), NOW) == Wanted(CERTIFICATE, "certificate")
    for number in range(CERTIFICATES):
        made.got(Wanted(f"x{number}", "certificate"), certificate())
    made.got(Wanted(CERTIFICATE, "certificate"), certificate())
    assert len(made._certificates) == CERTIFICATES
    assert made.read(ses(), NOW).content == MESSAGE


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
    assert status(ses(SigningCertURL=url), of=Ses([TOPIC])) == 503


@pytest.mark.parametrize("tamper", [{"Message": "{}"}, {"Subject": "x"}, {"MessageId": "2"}, {"Signature": "eA=="},
                                    {"Signature": "ä"}, {"Signature": None}, {"SignatureVersion": "3"}])  # fmt: skip
def test_what_does_not_fit_is_to_be_tried_again(tamper):
    """503, since after 4xx it would be lost."""
    assert status(ses(tamper=tamper)) == 503


def test_another_key_and_a_certificate_that_is_over():
    """Neither signs."""
    assert status(ses(key=OTHER)) == 503
    assert status(ses(), of=provider(certificate(until=NOW - 1))) == 503


@pytest.mark.parametrize("at", [NOW - WINDOW - 1, NOW + 301])
def test_a_notification_has_its_time(at):
    """One from long ago, or from the future, is none; nor is one without any."""
    assert status(ses(at=at)) == 503
    assert status(ses(Timestamp="yesterday")) == 503


def test_other_topics():
    """Are not ours, and nothing is fetched for them."""
    assert status(ses(TopicArn="arn:aws:sns:eu-west-1:9:mail"), of=Ses([TOPIC])) == 503


def test_a_subscription_is_confirmed_for_our_topics():
    """When it is signed, and nowhere but at SNS."""
    made = provider()
    wanted = made.read(ses("welcome", kind="SubscriptionConfirmation"), NOW)
    assert wanted == Wanted(
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t", "confirmation"
    )
    assert made.got(wanted, b"<ok/>").status == 200
    for url in ("https://evil.example/?x", "https://sns.eu-west-1.amazonaws.com.evil.example/?x", ""):
        assert status(ses("welcome", kind="SubscriptionConfirmation", SubscribeURL=url)) == 503
    assert status(ses("welcome", kind="SubscriptionConfirmation", key=OTHER)) == 503


def test_an_end_of_the_subscription():
    """Is taken note of; it is not begun again."""
    assert provider().read(ses("bye", kind="UnsubscribeConfirmation"), NOW).status == 200


def test_a_content_elsewhere():
    """In S3 it stays there; SNS keeps the notification for a while, the log says what to change."""
    said = received()
    del said["content"]
    assert status(ses(said)) == 503


@pytest.mark.parametrize("said", [{"notificationType": "AmazonSnsSubscriptionSucceeded"}, "text", []])
def test_what_else_a_topic_is_told_of(said):
    """Is no mail: 200, or it would come again."""
    assert provider().read(ses(said), NOW).status == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"Type":"Other"}', b'{"Type":1}', b"\xff", b'{"Type":"\xff"}', b"[" * 100_000],
)
def test_what_is_no_notification(body):
    """400."""
    assert status(request(body, "text/plain")) == 400


def test_a_content_that_is_no_base64():
    """400: it will not become one."""
    assert status(ses(received(content=b"x") | {"content": "ä"})) == 400


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"])
def test_a_certificate_that_is_none(pem):
    """503: it may be one the next time."""
    with pytest.raises(PeerError) as caught:
        Ses([TOPIC]).got(Wanted(CERTIFICATE, "certificate"), pem)
    assert caught.value.answer.status == 503


def test_no_topic_and_no_package(monkeypatch):
    """Nothing is taken; one line."""
    assert status(ses(), of=Ses([])) == 503
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ConfigError, match=r"ses needs cryptography: pip install 'asgi-interfaces\[crypto\]'"):
        Ses([TOPIC])
