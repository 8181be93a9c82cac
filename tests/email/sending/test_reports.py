"""interfaces.email.sending.reports: who sent us what some refuse is told, once."""

import asyncio

import pytest

from interfaces.email.sending.bounces import read
from interfaces.email.sending.reports import Reports
from tests.email.harness import Bench, mail, scene
from tests.email.sending.desk import Durable, desk


async def some_refuse(scope, receive, send):
    """Takes a message for the one, and refuses it for the other."""
    await receive()
    await send({"type": "email.status", "recipient": "no@b.example", "code": 550, "text": "Gone away"})


def both(peer, sender="a@a.example"):
    """A message to one who takes it and one who does not."""
    content = b"Subject: Hi\r\nMessage-ID: <7@a.example>\r\n\r\nText\r\n"
    return peer.codes(mail(content, "yes@b.example", "no@b.example", sender=sender))


@scene
@pytest.mark.parametrize("sender_", ["a@a.example", ""], ids=["a sender", "nobody"])
async def test_who_refuses_is_told_to_the_sender(monkeypatch, sender_):
    """The message is taken, and a report is on its way before that is said; a bounce is answered by none."""
    async with desk(monkeypatch, some_refuse, layer=Durable()) as (_, peer, transport):
        found = await both(peer, sender_)
        while len(found) < 5:
            await asyncio.sleep(0)
            found += await peer.codes()
        assert found == [250, 250, 250, 354, 250]
        while sender_ and not transport.mails:
            await asyncio.sleep(0)
    if not sender_:
        assert transport.mails == []
        return
    (out,) = transport.mails
    assert (out.mail_from, out.recipients) == ("", ("a@a.example",))
    told = {"headers": [], "to": [], "body": out.content, "body_ref": None, "kind": "bounce"}
    (bounce,) = read(told, None, now=0.0)
    assert (bounce["recipient"], bounce["message_id"]) == ("no@b.example", "7@a.example")
    assert "Gone away" in bounce["diagnostic"]


@scene
async def test_without_a_layer_that_keeps_it_the_client_tries_again(monkeypatch):
    """A report in memory could be lost with the process: so it is 451, as without a sender."""
    async with desk(monkeypatch, some_refuse) as (_, peer, transport):
        found = await both(peer)
        while len(found) < 5:
            await asyncio.sleep(0)
            found += await peer.codes()
        assert found == [250, 250, 250, 354, 451]
    assert transport.mails == []


@scene
async def test_a_report_is_one_however_often_it_is_said(monkeypatch):
    """A message that comes again has the same report, with the same key."""
    said = []

    async def keep(message):
        said.append(message)

    async with Bench(some_refuse) as bench:
        bench.service.bounces = Reports(keep, "mx.example.org", lambda: 1_700_000_000.0)
        for _ in range(2):
            peer = await bench.greeted()
            found = await both(peer)
            while len(found) < 5:
                await asyncio.sleep(0)
                found += await peer.codes()
    assert len(said) == 2
    assert said[0]["dedupe_key"] == said[1]["dedupe_key"]


@scene
@pytest.mark.parametrize(
    ("parameters", "told"),
    [("", True), (" NOTIFY=FAILURE,DELAY", True), (" NOTIFY=NEVER", False), (" NOTIFY=SUCCESS", False)],
)
async def test_who_asked_for_no_report_has_none(parameters, told):
    """RFC 3461 §4.1: the message is taken all the same, since the others have it."""
    said = []

    async def keep(message):
        said.append(message)

    async with Bench(some_refuse) as bench:
        bench.service.bounces = Reports(keep, "mx.example.org", lambda: 1_700_000_000.0)
        peer = await bench.greeted()
        words = [b"MAIL FROM:<a@a.example>", b"RCPT TO:<yes@b.example>"]
        words += [
            b"RCPT TO:<no@b.example>" + parameters.encode(),
            b"DATA",
            b"Subject: Hi",
            b"",
            b"Text",
            b".",
        ]
        found = await peer.codes(b"".join(word + b"\r\n" for word in words))
        while len(found) < 5:
            await asyncio.sleep(0)
            found += await peer.codes()
        assert found == [250, 250, 250, 354, 250]
    assert [one["to"] for one in said] == ([["a@a.example"]] if told else [])
