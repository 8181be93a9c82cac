"""One attempt to send mail, and what is told of it."""

import asyncio
from dataclasses import replace

import pytest

from interfaces.email.sending.outgoing import Result
from interfaces.email.sending.way import LARGE, SPLIT
from tests.email.sending.ways import AT, MAIL, attempt, way

GREY = ("deferred", 451, "4.7.1", "Greylisted")
NOBODY = ("failed", 550, "5.1.1", "No such user")
LOST = ("uncertain", None, None, "the connection was lost")


def tried(found, sending):
    """What became of one attempt."""
    return asyncio.run(found.attempt(sending))


def statuses(of):
    """Of each recipient, by the first letter."""
    return {one["recipient"][0]: one["status"] for one in of.told["results"]}


def test_a_message_is_sent():
    """The result has its Message-ID and what became of each recipient; the attempt had become irrevocable."""
    found, sending = way(), attempt(MAIL)
    said = tried(found, sending)
    (mail,) = found.transport.mails
    assert said.state == "sent"
    assert said.told == {
        "ok": True,
        "error": "",
        "message_id": mail.message_id,
        "results": [
            {"recipient": one, "status": "accepted", "code": 250, "enhanced": None, "text": "Ok"}
            for one in MAIL["to"]
        ],
    }
    assert sending.begun


def test_all_attempts_are_one_message():
    """Composed anew they are the same to the byte, as nothing but the message is kept."""
    found = way()
    for number in (1, 2):
        tried(found, attempt({**MAIL, "html": "<p>x</p>"}, number=number))
    one, other = found.transport.mails
    assert one == other


def test_who_was_deferred_alone_is_tried_again():
    """The others have the message, or never will: the next attempt is for the deferred ones, and told of all."""
    message = {**MAIL, "cc": "c@example.net"}
    found = way({"b@example.net": GREY, "c@example.net": NOBODY})
    first = tried(found, attempt(message))
    assert (first.state, statuses(first), first.down) == (
        "later",
        {"a": "accepted", "b": "deferred", "c": "failed"},
        False,
    )
    assert first.told["error"] == "b@example.net: Greylisted"
    second = tried(found, attempt(message, first.told, number=2))
    assert (second.state, statuses(second)) == ("failed", {"a": "accepted", "b": "accepted", "c": "failed"})
    assert [mail.recipients for mail in found.transport.mails][1] == ("b@example.net",)


def test_what_was_put_back_is_tried_for_all_who_do_not_have_it():
    """Somebody wants it: for who failed and who is uncertain, too, but for nobody twice who has it."""
    found = way({"a@example.net": NOBODY, "b@example.net": LOST})
    message = {**MAIL, "cc": "c@example.net"}
    first = tried(found, attempt(message))
    assert (first.state, first.told["ok"]) == ("uncertain", False)
    assert tried(found, attempt(message, first.told)).state == "uncertain"
    assert len(found.transport.mails) == 1
    again = tried(found, attempt(message, first.told, again=True))
    assert (again.state, statuses(again)) == ("sent", dict.fromkeys("abc", "accepted"))
    assert found.transport.mails[1].recipients == ("a@example.net", "b@example.net")


def test_a_destination_that_is_not_reached_is_down():
    """Nobody was heard: that is no reply of anybody."""
    said = tried(way("connection refused"), attempt(MAIL))
    assert (said.state, said.down, said.reason) == ("later", True, "connection refused")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"subject": "a\r\nBcc: x@example.org"}, "subject"),
        ({"to": []}, "recipients"),
        ({"colour": "red"}, "colour"),
        ({"not_before": 10**400}, "not_before"),
        ({"not_before": float("inf")}, "not_before"),
        ({"expires": float("nan")}, "expires"),
    ],
)
def test_what_cannot_be_sent_has_failed(message, words):
    """The result says why, in one line; nothing is tried."""
    found = way()
    said = tried(found, attempt({**MAIL, **message}))
    assert (said.state, said.told["ok"], said.letter) == ("failed", False, True)
    assert words in said.told["error"] and "\n" not in said.told["error"]
    assert found.transport.mails == []


def test_an_answer_to_a_robot_is_not_sent():
    """No loop begins; that is told, and no dead letter, as nobody is to put it back."""
    headers = [(b"from", b"robot@example.net"), (b"auto-submitted", b"auto-replied")]
    event = {
        "headers": headers,
        "from_address": "robot@example.net",
        "to_address": "desk@example.org",
        "to": [],
    }
    found = way()
    said = tried(found, attempt({"type": "email.send", "text": "hi", "reply_to_event": event}))
    assert (said.state, said.letter, said.told["suppressed"]) == ("failed", False, True)
    assert found.transport.mails == []


@pytest.mark.parametrize(("how", "status"), [("unknown", "uncertain"), ("given_up", "failed")])
def test_what_is_told_without_an_attempt(how, status):
    """Who has an end keeps it; others are uncertain, or have failed for what was heard last."""
    found = way({"b@example.net": GREY})
    first = tried(found, attempt(MAIL))
    more = () if how == "unknown" else ("expired",)
    said = getattr(found, how)(attempt(MAIL, first.told), *more)
    assert (said.state, statuses(said)) == (status, {"a": "accepted", "b": status})
    b = Result(**said.told["results"][1])
    assert (b.text == "Greylisted") == (how == "given_up")
    untried = getattr(found, how)(attempt(MAIL), *more)
    assert statuses(untried) == {"a": status, "b": status}
    broken = getattr(found, how)(attempt({**MAIL, "to": []}), *more)
    assert (broken.state, broken.told["results"]) == (status, [])


def test_it_is_signed_when_it_is_complete():
    """What is signed is what is sent; the message may ask for none."""

    def sign(mail, at):
        return replace(mail, content=b"Signed: %d\r\n" % at + mail.content)

    found = way(sign=sign)
    tried(found, attempt(MAIL))
    tried(found, attempt({**MAIL, "dkim": False}))
    signed, plain = found.transport.mails
    assert signed.content == b"Signed: %d\r\n" % AT + plain.content


def test_a_return_path_is_put_on():
    """The sender of the envelope is what finds the message again."""
    found = way(return_path=lambda mail: replace(mail, mail_from=f"bounce+{mail.id}@example.org"))
    tried(found, attempt(MAIL))
    assert found.transport.mails[0].mail_from == "bounce+m1@example.org"


def test_large_ones_are_made_beside_the_loop():
    """They are the same as others."""
    found = way()
    content = {"filename": "x.bin", "content": bytes(LARGE)}
    tried(found, attempt({**MAIL, "attachments": [content]}))
    assert len(found.transport.mails[0].content) > LARGE


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"to": "Ann <a@One.example>"}, "one.example"),
        ({"to": [], "cc": ["c@two.example", "d@three.example"]}, "two.example"),
        ({"to": []}, ""),
    ],
)
def test_the_place_of_a_message(message, place):
    """One for all, or the domain of its first recipient."""
    assert way(by_domain=True).place({**MAIL, "to": None, **message}) == place
    assert way().place({**MAIL, **message}) == ""


def test_a_time_that_was_asked_for_is_its_date():
    """A message for later is dated then."""
    found = way()
    tried(found, attempt({**MAIL, "not_before": AT + 86_400}))
    assert b"Date: Wed, 15 Nov 2023" in found.transport.mails[0].content


@pytest.mark.parametrize("to", [5, {"a": 1}, [5], [], None, "Ann <a@Example.NET>"])
def test_a_place_is_found_for_anything(to):
    """What is no address is refused by the attempt, with a result, and not before."""
    assert way(by_domain=True).place({**MAIL, "to": to}) == ("example.net" if isinstance(to, str) else "")


@pytest.mark.parametrize(("code", "down"), [(530, True), (535, True), (450, False), (421, False)])
def test_a_refusal_of_who_we_are_is_none_of_the_message(code, down):
    """So it is told once, and all rest."""
    reply = ("deferred", code, None, "no")
    said = tried(way(dict.fromkeys(MAIL["to"], reply)), attempt(MAIL))
    assert (said.state, said.down) == ("later", down)


def test_whom_a_server_takes_not_at_once_it_takes_at_once_after():
    """So many recipients of one message, and no more, is no reason to wait; that nobody is taken is."""
    full = ("deferred", 452, "4.5.3", "Too many recipients")
    some = tried(way({"b@example.net": full}), attempt(MAIL))
    assert (some.state, some.delay) == ("later", 0.0)
    for replies in (dict.fromkeys(MAIL["to"], full), {"b@example.net": GREY}):
        assert tried(way(replies), attempt(MAIL)).delay is None
    assert tried(way({"b@example.net": full}), attempt(MAIL, number=SPLIT + 1)).delay is None
