"""What is asked of Twilio's API, and what it answers."""

import base64

from interfaces.sms.providers.base import Sent
from tests.sms.providers.runner import FORM, OURS, THEIRS, Asks, Heard, message

__all__ = ["API", "ASKS", "HEARD", "SID", "SM", "TOKEN"]

SID, TOKEN = "AC00000000000000000000000000000001", "auth-token-of-ours"
SM = "SM0123456789abcdef0123456789abcdef"
API = f"https://api.twilio.com/2010-04-01/Accounts/{SID}/Messages"
BASIC = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
SERVICE = {"more": ("service=MG1",)}
ADDRESSED = [("To", THEIRS), ("From", OURS)]
ASKS = [
    Asks(
        what="a text",
        message=message("Grüezi & bye"),
        body=[*ADDRESSED, ("Body", "Grüezi & bye")],
        headers={"authorization": BASIC, "content-type": FORM},
    ),
    Asks(
        what="all that there is",
        message=message(
            media=("https://a.example/1", "https://a.example/2"),
            validity=60.5,
            status_url="https://s.example/",
        ),
        body=[
            *ADDRESSED,
            ("Body", "Hi"),
            ("MediaUrl", "https://a.example/1"),
            ("MediaUrl", "https://a.example/2"),
            ("StatusCallback", "https://s.example/"),
            ("ValidityPeriod", "61"),
        ],
    ),
    Asks(
        what="no receipts, longer than Twilio keeps it",
        message=message(validity=1e9, status=False, status_url="https://s.example/"),
        body=[*ADDRESSED, ("Body", "Hi"), ("ValidityPeriod", "36000")],
    ),
    Asks(
        what="a picture alone",
        message=message("", media=("https://a.example/1",)),
        body=[*ADDRESSED, ("MediaUrl", "https://a.example/1")],
    ),
    Asks(
        what="a service, later",
        message=message(sender="", schedule_at=1_700_000_900.7),
        account=SERVICE,
        body=[
            ("To", THEIRS),
            ("MessagingServiceSid", "MG1"),
            ("Body", "Hi"),
            ("ScheduleType", "fixed"),
            ("SendAt", "2023-11-14T22:28:20Z"),
        ],
    ),
    Asks(
        what="a number of a service",
        message=message(),
        account=SERVICE,
        body=[*ADDRESSED, ("MessagingServiceSid", "MG1"), ("Body", "Hi")],
    ),
    Asks(
        what="with an API key, elsewhere",
        message=message(),
        account={
            "more": ("key=SK1",),
            "secret": "s",
            "signing": (TOKEN,),
            "api_url": "https://api.dublin.ie1.twilio.com/",
        },
        url=f"https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/{SID}/Messages.json",
        headers={"authorization": "Basic " + base64.b64encode(b"SK1:s").decode()},
        body=[*ADDRESSED, ("Body", "Hi")],
    ),
    Asks(what="later, without a service", message=message(schedule_at=1e9), error="messaging service"),
    Asks(what="a time that is none", message=message(schedule_at=1e99), account=SERVICE, error="is no time"),
    Asks(what="too long", message=message("x" * 1601), error="1600"),
    Asks(what="too many pictures", message=message(media=("https://a.example/",) * 11), error="10 media"),
    Asks(what="nothing", message=message(""), error="no text"),
]
LATER = '{"code": 20429, "message": "Too Many\\nRequests", "status": 429}'


def failed(code: int, text: str = "x") -> str:
    """An error of the API."""
    return (
        f'{{"code": {code}, "message": "{text}", "more_info": "https://www.twilio.com/docs/errors/{code}"}}'
    )


HEARD = [
    Heard(
        what="taken",
        status=201,
        body=f'{{"sid": "{SM}", "status": "queued", "num_segments": "2"}}',
        sent=Sent(state="sent", provider_ids=(SM,), segments=2),
    ),
    Heard(
        what="a service has no segments yet",
        status=201,
        body=f'{{"sid": "{SM}", "num_segments": "0"}}',
        sent=Sent(state="sent", provider_ids=(SM,)),
    ),
    Heard(
        what="too many",
        status=429,
        body=LATER,
        headers={"retry-after": "3"},
        sent=Sent(state="later", error="20429 Too Many Requests", retry_after=3.0, wide=True),
    ),
    Heard(
        what="too many, and no more is said",
        status=429,
        body="",
        headers={"retry-after": "Wed, 21 Oct"},
        sent=Sent(state="later", error="HTTP 429", wide=True),
    ),
    Heard(
        what="one number's queue is full",
        status=400,
        body=failed(21611),
        sent=Sent(state="later", error="21611 x"),
    ),
    Heard(
        what="too many, as another status has it",
        status=400,
        body=failed(20429),
        sent=Sent(state="later", error="20429 x", wide=True),
    ),
    Heard(
        what="a server's error about a queue",
        status=500,
        body=failed(30001),
        sent=Sent(state="uncertain", error="30001 x"),
    ),
    Heard(
        what="the queue is full", status=400, body=failed(30001), sent=Sent(state="later", error="30001 x")
    ),
    Heard(
        what="they have said STOP", status=400, body=failed(21610), sent=Sent(state="failed", error="21610 x")
    ),
    Heard(
        what="no number",
        status=400,
        body=failed(21211, "Invalid 'To'"),
        sent=Sent(state="failed", error="21211 Invalid 'To'"),
    ),
    Heard(
        what="a wrong token",
        status=401,
        body=failed(20003),
        sent=Sent(state="later", error="20003 x", wide=True),
    ),
    Heard(what="no such account", status=404, body="<html>", sent=Sent(state="failed", error="HTTP 404")),
    Heard(
        what="a server's error", status=500, body=failed(20500), sent=Sent(state="uncertain", error="20500 x")
    ),
    Heard(what="a proxy's error", status=503, body="<html>", sent=Sent(state="uncertain", error="HTTP 503")),
    Heard(
        what="a success that is none",
        status=200,
        body="hello",
        sent=Sent(state="uncertain", error="HTTP 200"),
    ),
]
