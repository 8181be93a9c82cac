"""interfaces.email.webhooks.ses: the messages in what SNS posts, and the glue to it."""

import pytest

from interfaces.email.webhooks.posted import Wanted
from interfaces.email.webhooks.ses import Ses
from interfaces.shared.errors import ConfigError, PeerError
from tests.email.webhooks.signing import CERTIFICATE, MESSAGE, NOW, TOPIC, certificate, received, ses


def provider():
    """One that has the certificate."""
    made = Ses([TOPIC])
    assert made.got(Wanted(CERTIFICATE, "certificate"), certificate()) is None
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


def test_a_content_elsewhere():
    """In S3 it stays there; SNS keeps the notification for a while, the log says what to change."""
    said = received()
    del said["content"]
    assert status(ses(said)) == 503


@pytest.mark.parametrize("said", [{"notificationType": "AmazonSnsSubscriptionSucceeded"}, "text", []])
def test_what_else_a_topic_is_told_of(said):
    """Is no mail: 200, or it would come again."""
    assert provider().read(ses(said), NOW).status == 200


def test_a_content_that_is_no_base64():
    """400: it will not become one."""
    assert status(ses(received(content=b"x") | {"content": "ä"})) == 400


def test_what_has_to_be_fetched():
    """The certificate first, then the message is read; a confirmation is an answer, and nothing is kept of it."""
    made = Ses([TOPIC])
    assert made.read(ses(), NOW) == Wanted(CERTIFICATE, "certificate")
    assert made.got(Wanted(CERTIFICATE, "certificate"), certificate()) is None
    assert made.read(ses(), NOW).content == MESSAGE
    assert made.got(Wanted("https://sns.eu-west-1.amazonaws.com/?x", "confirmation"), b"<ok/>").status == 200


@pytest.mark.parametrize(
    "topic",
    [
        "mail",
        "arn:aws:sqs:eu-west-1:123456789012:mail",
        "arn:aws:sns:eu-west-1:1:mail",
        f"{TOPIC} ",
        f"{TOPIC}/x",
        "",
    ],
)
def test_a_topic_is_an_arn(topic):
    """A name alone would let nothing in, and nobody would be told why."""
    with pytest.raises(ConfigError, match=r"--email-ses-topics .*: write the ARN of a topic, arn:aws:sns:"):
        Ses([TOPIC, topic])


@pytest.mark.parametrize(
    "topic",
    ["arn:aws:sns:eu-west-1:123456789012:mail", "arn:aws-cn:sns:cn-north-1:123456789012:a_b-1",
     "arn:aws-us-gov:sns:us-gov-west-1:123456789012:mail.fifo"],
)  # fmt: skip
def test_topics_of_every_partition(topic):
    """China's and the government's, too."""
    assert Ses([topic]).secrets == (topic,)
