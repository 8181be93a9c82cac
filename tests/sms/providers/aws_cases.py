"""Notifications of SNS as AWS End User Messaging publishes them (of its documentation), and what its API is asked."""

import json
from typing import Any

from interfaces.shared.webhook import Answer, Request, Wanted
from interfaces.sms.accounts import Account
from interfaces.sms.providers.base import Inbound, Provider, Receipt, Sent, Status
from tests.shared.notifications import CERTIFICATE, certificate, notification
from tests.sms.providers.runner import (
    NOW,
    OURS,
    THEIRS,
    Asks,
    Heard,
    Lacking,
    Posted,
    Suite,
    message,
    request,
)

__all__ = ["SUITES"]

URL = "https://sms.example.org/sms/aws"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:sms"
API = "https://sms-voice.eu-west-1.amazonaws.com/"
PEM = certificate(since=NOW - 1e6)
TEXT = "text/plain"


def signed(body: bytes | str, media: str = TEXT, **how: Any) -> Request:
    """A notification with this message, or with that of this notification, as SNS signs it; ``how`` it is made."""
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    said = notification(inner(text), **{"topic": TOPIC, "at": NOW, "version": "2", **how})
    return request(said, media, URL, {"x-amz-sns-message-type": "Notification"})


def inner(text: str) -> str:
    """The message of a notification, as far as ``text`` is one."""
    try:
        return str(json.loads(text)["Message"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return text


def posted(said: Any, **how: Any) -> Request:
    """A notification about JSON."""
    return signed(json.dumps(said), **how)


def forged(given: Request) -> Request:
    """With another message."""
    said = json.loads(given.body)
    return request(json.dumps({**said, "Message": said["Message"] + " "}), TEXT, URL)


def prepare(made: Provider) -> None:
    """Give it the certificate."""
    made.got(Wanted(CERTIFICATE, "certificate"), PEM)


SAID = {
    "originationNumber": THEIRS,
    "destinationNumber": OURS,
    "messageKeyword": "JOIN",
    "messageBody": "Grüezi & good day!",
    "inboundMessageId": "cae173d2-66b9-564c-8309-21f858e9fb84",
    "previousPublishedMessageId": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
HELLO = Inbound(
    id="cae173d2-66b9-564c-8309-21f858e9fb84",
    sender=THEIRS,
    recipient=OURS,
    text="Grüezi & good day!",
    sent_at=NOW,
)
EVENT: dict[str, Any] = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": 1_700_000_000_500,
    "isFinal": True,
    "originationPhoneNumber": OURS,
    "destinationPhoneNumber": THEIRS,
    "isoCountryCode": "CH",
    "messageId": "862a8790-60c0-4430-9b2b-658bdexample",
    "messageRequestTimestamp": 1_699_999_999_000,
    "messageEncoding": "GSM",
    "messageType": "TRANSACTIONAL",
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "Message has been accepted by phone",
    "context": {"id": "our-1"},
    "totalMessageParts": 1,
}


def event(word: str, status: Status, *, kind: str = "TEXT") -> Posted:
    """Another event."""
    fine = status in ("queued", "sent", "delivered", "read")
    found = Receipt(
        provider_id=EVENT["messageId"],
        status=status,
        id="our-1",
        sender=OURS,
        recipient=THEIRS,
        error_code="" if fine else word,
        error_text="" if fine else "Some words",
        at=NOW + 0.5,
    )
    said = {**EVENT, "eventType": f"{kind}_{word}", "messageStatusDescription": "Some words"}
    return Posted(what=f"an event: {kind}_{word}", request=posted(said), found=[found])


WORDS: dict[str, Status] = {
    "QUEUED": "queued", "PENDING": "queued", "SUCCESSFUL": "sent", "DELIVERED": "delivered", "UNKNOWN": "sent",
    "BLOCKED": "rejected", "CARRIER_BLOCKED": "rejected", "SPAM": "rejected", "PROTECT_BLOCKED": "rejected",
    "INVALID": "failed", "INVALID_MESSAGE": "failed", "UNREACHABLE": "undelivered",
    "CARRIER_UNREACHABLE": "undelivered", "TTL_EXPIRED": "expired", "INVENTED": "queued",
}  # fmt: skip
CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
POSTED = [
    Posted(what="a text", request=posted(SAID), found=[HELLO]),
    Posted(what="signed with SHA-1", request=posted(SAID, version="1"), found=[HELLO]),
    Posted(what="with a subject", request=posted(SAID, subject="hi"), found=[HELLO]),
    *(event(word, status) for word, status in WORDS.items()),
    event("DELIVERED", "delivered", kind="MEDIA"),
    Posted(
        what="a second topic",
        request=posted(SAID, topic=f"{TOPIC}-too"),
        account={"account": f"{TOPIC}, {TOPIC}-too"},
        found=[HELLO],
    ),
    Posted(what="another topic", request=posted(SAID, topic=f"{TOPIC}-too"), found=403),
    Posted(what="another certificate, which is wanted first",
           request=posted(SAID, SigningCertURL=CERTIFICATE.replace("abcd", "abce")),
           found=Wanted(CERTIFICATE.replace("abcd", "abce"), "certificate")),
    Posted(what="a certificate elsewhere", found=403,
           request=posted(SAID, SigningCertURL="https://evil.example/a.pem")),
    Posted(what="changed", request=posted(SAID, tamper={"Message": "{}"}), found=403),
    Posted(what="old", request=posted(SAID, at=NOW - 7201), found=403),
    Posted(what="of the future", request=posted(SAID, at=NOW + 301), found=403),
    Posted(what="a subscription", request=posted("welcome", kind="SubscriptionConfirmation"),
           found=Wanted(CONFIRM, "confirmation")),
    Posted(what="a subscription to another topic", found=403,
           request=posted("welcome", kind="SubscriptionConfirmation", topic=f"{TOPIC}-too")),
    Posted(what="a subscription to be confirmed elsewhere", found=403,
           request=posted("x", kind="SubscriptionConfirmation", SubscribeURL="https://evil.example/?x")),
    Posted(what="the end of a subscription", request=posted("bye", kind="UnsubscribeConfirmation"),
           found=Answer(200, "It is as you say")),
    Posted(what="raw, without a signature", request=request(json.dumps(SAID), TEXT, URL), found=400),
    Posted(what="something else", request=posted({"a": 1}), found=Answer(200, "Nothing that is read here")),
    Posted(what="no JSON", request=signed("hello"), found=Answer(200, "Nothing that is read here")),
    Posted(what="a voice", request=posted({**EVENT, "eventType": "VOICE_COMPLETED"}),
           found=Answer(200, "Nothing that is read here")),
    Posted(what="an event of nothing", request=posted({"eventType": "TEXT_DELIVERED"}), found=400),
]  # fmt: skip
PLAIN = {"DestinationPhoneNumber": THEIRS, "OriginationIdentity": OURS, "Context": {"id": "our-1"}}
TARGET = "PinpointSMSVoiceV2.SendTextMessage"
ASKS = [
    Asks(
        what="a text",
        message=message(now=NOW),
        headers={
            "x-amz-target": TARGET,
            "content-type": "application/x-amz-json-1.0",
            "x-amz-date": "20231114T221320Z",
        },
        body={**PLAIN, "MessageBody": "Hi", "MessageType": "TRANSACTIONAL"},
    ),
    Asks(
        what="all of it, in another region, with a temporary key",
        message=message(now=NOW, validity=1),
        account={
            "more": ("set=receipts", "type=promotional", "region=us-east-1"),
            "secret": "AKID:secret-of-ours:token",
        },
        url=API.replace("eu-west-1", "us-east-1"),
        headers={"x-amz-security-token": "token"},
        body={
            **PLAIN,
            "MessageBody": "Hi",
            "MessageType": "PROMOTIONAL",
            "ConfigurationSetName": "receipts",
            "TimeToLive": 5,
        },
    ),
    Asks(
        what="by the account's own choice, for long, without receipts",
        message=message(sender="", id="", now=NOW, validity=1e9, status=False),
        account={"more": ("set=receipts",)},
        body={
            "DestinationPhoneNumber": THEIRS,
            "MessageBody": "Hi",
            "MessageType": "TRANSACTIONAL",
            "TimeToLive": 259_200,
        },
    ),
    Asks(
        what="a picture",
        message=message("", now=NOW, media=("s3://bucket/a.png",)),
        headers={"x-amz-target": "PinpointSMSVoiceV2.SendMediaMessage"},
        body={**PLAIN, "MediaUrls": ["s3://bucket/a.png"]},
    ),
    Asks(
        what="a picture elsewhere", message=message(media=("https://a.example/1",)), error="s3://BUCKET/KEY"
    ),
    Asks(what="two pictures", message=message(media=("s3://bucket/a",) * 2), error="one media"),
    Asks(what="scheduled", message=message(schedule_at=NOW), error="not_before"),
    Asks(what="too long", message=message("x" * 1601), error="1600 characters"),
    Asks(what="nobody sends", message=message(), account={"secret": ""}, error="no secret"),
]


def failed(kind: str, **more: str) -> str:
    """An error."""
    return json.dumps({"__type": f"com.amazonaws.pinpointsmsvoicev2#{kind}", "Message": "Some words", **more})


HEARD = [
    Heard(what="taken", status=200, body='{"MessageId": "m"}', sent=Sent(state="sent", provider_ids=("m",))),
    Heard(
        what="too many",
        status=400,
        body=failed("ThrottlingException"),
        sent=Sent(state="later", error="ThrottlingException Some words", wide=True),
    ),
    Heard(
        what="no money",
        status=402,
        body=failed("ServiceQuotaExceededException", Reason="MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
        sent=Sent(
            state="later",
            error="ServiceQuotaExceededException MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT Some words",
            wide=True,
        ),
    ),
    Heard(
        what="a wrong key",
        status=400,
        body='{"__type": "UnrecognizedClientException", "message": "The security token is invalid."}',
        sent=Sent(
            state="later", error="UnrecognizedClientException The security token is invalid.", wide=True
        ),
    ),
    Heard(
        what="they have said STOP",
        status=400,
        body=failed("ConflictException", Reason="DESTINATION_PHONE_NUMBER_OPTED_OUT"),
        sent=Sent(state="failed", error="ConflictException DESTINATION_PHONE_NUMBER_OPTED_OUT Some words"),
    ),
    Heard(
        what="away",
        status=500,
        body=failed("InternalServerException"),
        sent=Sent(state="uncertain", error="InternalServerException Some words"),
    ),
    Heard(
        what="a success that is none", status=200, body="{}", sent=Sent(state="uncertain", error="HTTP 200")
    ),
]
SUITES = [
    Suite(
        account=Account(provider="aws", account=TOPIC, secret="AKIDEXAMPLE:secret-of-ours"),
        url=URL,
        asks_url=API,
        sign=signed,
        posted=POSTED,
        asks=ASKS,
        heard=HEARD,
        lacking=[
            Lacking(account={"account": ""}, words="account is missing: the ARN"),
            Lacking(account={"account": f"{TOPIC},sms"}, words="account: write the ARN"),
            Lacking(account={"account": "sms"}, words="account: write the ARN"),
            Lacking(account={"secret": "AKID"}, words="write KEY:SECRET"),
            Lacking(account={"secret": "AKID::x"}, words="write KEY:SECRET"),
            Lacking(account={"more": ("type=urgent",)}, words="TRANSACTIONAL and PROMOTIONAL"),
            Lacking(account={"more": ("sett=x",)}, words="did you mean"),
            Lacking(account={"api_url": "x"}, words="https://HOST"),
        ],
        refused=(Answer(410), 410),
        forged=forged,
        prepare=prepare,
    )
]
