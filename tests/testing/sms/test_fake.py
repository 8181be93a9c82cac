"""The fake as a whole: texts, replies, media, an account, and many phones at once."""

import json
import time

import aiohttp
import pytest

from interfaces.sms.options import SmsOptions
from interfaces.sms.providers.base import Attached
from interfaces.sms.providers.fake import Fake
from interfaces.testing.sms import FakeSms, Fault
from tests.testing.sms.kit import ANN, BEN, OURS, ask, outgoing, read, run, with_sms

REPLY = (200, {"replies": [{"text": "welcome", "media": []}, {"text": "", "media": ["https://x.example/a"]}]})


@with_sms(REPLY)
async def test_a_text_is_posted_and_the_answer_shown(sms, app):
    """Signed as the provider's file wants it; what stands in the answer comes to the phone."""
    ann = sms.phone(ANN)
    sent = await ann.texts("hi", to=OURS)
    (found,) = read(sms, app, time.time())
    assert (found.id, found.sender, found.recipient, found.text) == (sent.id, ANN, OURS, "hi")
    assert (found.encoding, found.segments, found.duplicate) == ("gsm7", 1, False)
    assert abs(found.sent_at - sms.clock.time()) < 10
    assert sent.replies == ["welcome", ""]
    shown = await ann.gets(2)
    assert [(one.text, one.sender, one.answer) for one in shown] == [
        ("welcome", OURS, True),
        ("", OURS, True),
    ]
    assert shown[1].media == ("https://x.example/a",)
    assert ann.shown == ["welcome", ""]


@with_sms()
async def test_letters_bytes_and_pictures(sms, app):
    """UCS-2 in parts, binary data, and media that can be fetched."""
    ann = sms.phone(ANN)
    url = sms.store(b"picture", "image/png")
    await ann.texts("я" * 71)
    await ann.texts(data=b"\x00\xff")
    await ann.texts(media=[url, "https://x.example/y"])
    letters, data, picture = read(sms, app, time.time())
    assert (letters.encoding, letters.segments, letters.recipient) == ("ucs2", 2, OURS)
    assert (data.encoding, data.data) == ("binary", b"\x00\xff")
    assert picture.media == (
        Attached(url=url, content_type="image/png", size=7),
        Attached(url="https://x.example/y"),
    )
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/png", b"picture")


@with_sms()
async def test_a_message_goes_over_http_and_its_receipts_come_back(sms, app):
    """Asked as the provider's file says it, over a socket; shown, and told."""
    provider = Fake(sms.account())
    asked = provider.ask(outgoing(status_url=app.url))
    async with (
        aiohttp.ClientSession() as session,
        session.request(asked.method, asked.url, headers=asked.headers, data=asked.body) as response,
    ):
        sent = provider.answered(response.status, {}, await response.read())
    assert (sent.state, sent.segments) == ("sent", 1)
    await sms.settled()
    assert sms.phone(ANN).shown == ["hello"]
    found = read(sms, app, time.time())
    assert [(one.provider_id, one.id, one.status) for one in found] == [
        (sent.provider_ids[0], "m1", "sent"),
        (sent.provider_ids[0], "m1", "delivered"),
    ]
    assert [(one.name, one.status) for one in sms.calls] == [("send", 202)]
    assert sms.messages[0].told == ["sent", "delivered"]


@with_sms((200, {"replies": []}))
async def test_many_phones_text_at_once(sms, app):
    """A thousand, each phone's in its order, and what became of each in the order given."""
    texts = [(f"+4179{at % 50:07}", str(at)) for at in range(1000)]
    sent = await sms.pour(texts, at_once=20)
    assert [one.payload["text"] for one in sent] == [text for _, text in texts]
    assert all(one.acknowledged and one.tried == 1 for one in sent)
    seen: dict[str, list[int]] = {}
    for body in app.bodies:
        (row,) = body["messages"]
        seen.setdefault(row["from"], []).append(int(row["text"]))
    assert len(seen) == 50
    assert all(line == sorted(line) and len(line) == 20 for line in seen.values())


def test_the_account_is_one_of_the_options():
    """In Python and in the environment."""
    sms = FakeSms(numbers=(OURS, "+41445556678"))
    account = sms.account(name="one", rate=5.0)
    assert SmsOptions(accounts=(account,)).names == ["one"]
    assert (account.numbers, account.rate) == ((OURS, "+41445556678"), 5.0)
    (said,) = json.loads(sms.variables["INTERFACES_SMS_ACCOUNTS"])
    assert (said["provider"], said["numbers"]) == ("fake", [OURS, "+41445556678"])
    assert sms.secret not in repr(account)
    assert repr(sms) == "FakeSms(not entered, 0 messages)"


@with_sms()
async def test_a_connection_is_cut_in_place_of_an_answer(sms, app):
    """Whoever asked sees it break, and the message is on its way when the fault says so."""
    sms.faults.fail("send", Fault(close=True, after=True))
    asked = Fake(sms.account()).ask(outgoing())
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.request(asked.method, asked.url, headers=asked.headers, data=asked.body)
    await sms.settled()
    assert sms.phone(ANN).shown == ["hello"]
    assert sms.calls[0].status == 0


def test_what_is_no_request_is_not_served():
    """No WebSocket."""
    with pytest.raises(NotImplementedError):
        run(lambda: FakeSms()({"type": "websocket"}, None, None))


@with_sms()
async def test_phones_are_told_apart(sms, app):
    """One by its number, always the same."""
    assert sms.phone(ANN) is sms.phone(ANN)
    await ask(sms, recipient=BEN)
    await sms.settled()
    assert (sms.phone(ANN).shown, sms.phone(BEN).shown) == ([], ["hello"])
    assert repr(sms.phone(BEN)) == f"<Phone {BEN}, 1 messages>"
