"""Frames in a hub's mail: what waits for credit, what is given back, and who is gone."""

import asyncio
from typing import Any

import pytest

from interfaces.shared.errors import Unavailable
from interfaces.workers.transports.post import KIND, Post, Postbox
from interfaces.workers.wire import CREDIT, EVENT, encode
from tests.workers.transports.fakes import Mail, turns


def box(mail: Mail) -> tuple[Postbox, list[Any], list[Any]]:
    """A postbox, what it heard and what it lost; what is malformed counts as lost by "malformed"."""
    heard: list[Any] = []
    lost: list[Any] = []
    made = Postbox(
        mail,
        lambda post, frame: heard.append((post.to, frame)),
        lambda *what: lost.append((what[0].to, what[1])),
        lambda what, why: lost.append(("malformed", what)),
    )
    return made, heard, lost


def test_a_frame_leaves_at_once_where_there_is_credit() -> None:
    """As it is, and its bytes are told."""
    mail = Mail()
    post = Post(mail, "them")
    assert post.post(EVENT, 3, "x") == len(encode(EVENT, 3, "x"))
    assert mail.posted == [("them", (EVENT, 3, "x"))] and not post.blocked


def test_what_finds_no_credit_waits_in_order() -> None:
    """What comes after it waits behind it even if it would fit, and who wants to write goes on at the end."""

    async def main() -> None:
        mail = Mail()
        mail.credit = 20
        post = Post(mail, "them")
        post.post(EVENT, 1, bytes(100))
        post.post(EVENT, 2, "")
        waiting = asyncio.ensure_future(post.writable())
        await turns()
        assert post.blocked and mail.posted == [] and not waiting.done()
        mail.give(1000)
        await waiting
        assert [frame[1] for frame in mail.frames()] == [1, 2] and not post.blocked
        post.post(EVENT, 3, "")
        assert [frame[1] for frame in mail.frames()] == [1, 2, 3]

    asyncio.run(main())


@pytest.mark.parametrize("gone", [True, False])
def test_who_waits_for_a_hub_that_is_gone_goes_on(gone: bool) -> None:
    """Whether it is told as gone or the mail fails; nothing of what waited is sent later."""

    async def main() -> None:
        mail = Mail()
        mail.credit = 0
        post = Post(mail, "them")
        post.post(EVENT, 1, "x")
        waiting = asyncio.ensure_future(post.writable())
        await turns()
        if gone:
            post.end()
        else:
            mail.fail(Unavailable("no broker"))
        await asyncio.wait_for(waiting, 5)
        mail.give(1000)
        await turns()
        assert mail.posted == [] and not post.blocked
        assert repr(post) == ("<Post to them gone>" if gone else "<Post to them>")

    asyncio.run(main())


def test_a_broker_that_is_away_swallows_frames() -> None:
    """Nothing waits for it, and what cannot travel is still said."""
    mail = Mail()
    mail.trouble = Unavailable("away")
    post = Post(mail, "them")
    assert post.post(EVENT, 1, "x") > 0 and not post.blocked
    with pytest.raises(RuntimeError, match="has to be plain"):
        post.post(EVENT, 1, object())


def test_mail_is_given_back_exactly_once() -> None:
    """The size that the mail counted, to its sender, for good frames and for nonsense alike."""
    mail = Mail()
    _, heard, lost = box(mail)
    assert list(mail.handlers) == [KIND]
    body = encode(CREDIT, 7, 5)
    mail.handlers[KIND]("them", body, 50)
    mail.handlers[KIND]("them", b"\xc1", 3)
    mail.handlers[KIND]("others", ["no bytes"], 4)
    assert mail.read == [("them", 50), ("them", 3), ("others", 4)]
    assert heard == [("them", (CREDIT, 7, 5, len(body)))]
    said = [f"hub {who} sent what cannot be understood" for who in ("them", "others")]
    assert lost == [("malformed", line) for line in said]


def test_a_hub_that_is_gone_is_told_once() -> None:
    """Its post is over, and the next one to the same address is another."""
    mail = Mail()
    made, _, lost = box(mail)
    post = made.to("them")
    assert made.to("them") is post
    mail.lose("them", "crashed")
    assert lost == [("them", "crashed")] and post.gone
    post.post(EVENT, 1, "x")
    assert mail.posted == [] and made.to("them") is not post


def test_a_closed_box_watches_nobody() -> None:
    """Every hub is let go, no handler stays, and nothing counts as lost; forgetting twice is once."""
    mail = Mail()
    made, _, lost = box(mail)
    one, two = made.to("one"), made.to("two")
    made.forget(one)
    made.forget(one)
    assert list(mail.watched) == ["two"]
    made.close()
    assert (mail.watched, mail.handlers, lost) == ({}, {}, []) and two.gone
