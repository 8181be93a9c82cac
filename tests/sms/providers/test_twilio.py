"""interfaces.sms.providers.twilio, through its webhook: what a table has no place for."""

import asyncio
import re

from tests.sms.harness import Desk
from tests.sms.providers import twilio_cases
from tests.sms.providers.runner import opened, through

(SUITE,) = twilio_cases.SUITES
MESSAGE = twilio_cases.SHORT + "hi"


def desk(heard, *said):
    """A service whose application says that to each message, and notes it."""

    async def app(scope, receive, send):
        heard.append(await receive())
        for event in said:
            await send(event)

    return Desk(app=app)


def posted(made, *bodies):
    """Status and body of the answer to each."""
    answers = asyncio.run(through(made, opened(SUITE), *map(twilio_cases.signed, bodies)))
    return [(status, body.decode()) for status, _, body in answers]


def test_a_reply_stands_in_the_answer_and_its_marks_are_escaped():
    """What the application says while Twilio waits is TwiML."""
    made = desk([], {"type": "sms.reply", "text": "1 < 2 & so on"})
    ((status, body),) = posted(made, MESSAGE)
    assert (status, re.findall("<Body>(.*)</Body>", body)) == (200, ["1 &lt; 2 &amp; so on"])
    assert made.sent == []


def test_what_is_refused_is_answered_with_success_and_no_words():
    """Twilio would send 4xx to the fallback URL, and words to whoever has written."""
    made = desk([], {"type": "sms.reject", "status": 403, "text": "No"})
    ((status, body),) = posted(made, MESSAGE)
    assert status == 200
    assert body.endswith("<Response></Response>")


def test_what_is_deferred_is_answered_503():
    """Whether that is tried again is said in the webhook's URL."""
    assert posted(desk([], {"type": "sms.defer"}), MESSAGE)[0][0] == 503


def test_a_fallback_url_is_no_replay():
    """It has the same message with more fields; what is signed with other words under that id is one."""
    heard, more = [], "&ErrorCode=11200&ErrorUrl=https%3A%2F%2Fsms.example.org%2Fsms%2Ftwilio"
    made = desk(heard, {"type": "sms.defer"})
    answers = posted(made, MESSAGE, MESSAGE + more, twilio_cases.SHORT + "other")
    assert [status for status, _ in answers] == [503, 503, 403]
    assert [event["duplicate"] for event in heard] == [False, True]
