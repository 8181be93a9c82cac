"""What is on its way, as values."""

import msgspec
import pytest

from interfaces.email.sending.outgoing import Outgoing, Result, results

MAIL = Outgoing(
    id="s1",
    mail_from="a@a.example",
    recipients=("b@b.example", "c@c.example"),
    content=b"Subject: x\r\n\r\n\xff\r\n",
    message_id="1@a.example",
    notify=("FAILURE", "DELAY"),
)


def test_it_survives_a_store() -> None:
    """As plain values, through msgpack and back, every byte of it."""
    stored = msgspec.msgpack.encode(MAIL.plain())
    assert Outgoing.of(msgspec.msgpack.decode(stored)) == MAIL
    assert type(MAIL.plain()["recipients"]) is list


def test_what_a_store_has_spoilt_is_told() -> None:
    """Instead of being sent."""
    with pytest.raises(msgspec.ValidationError, match="content"):
        Outgoing.of(MAIL.plain() | {"content": None})


def test_some_of_its_recipients_are_tried_again() -> None:
    """With all the rest as it was."""
    again = MAIL.only(["c@c.example"])
    assert again.recipients == ("c@c.example",)
    assert again.content is MAIL.content and again.id == "s1"


def test_it_knows_what_a_server_has_to_bear() -> None:
    """Eight bits, where raw content has them."""
    assert MAIL.eight_bit
    assert not Outgoing(id="", mail_from="", recipients=("b@b",), content=b"\r\n", message_id="").eight_bit


def test_one_result_for_each() -> None:
    """In their order, and in the words of ``email.result``."""
    one, two = results(MAIL.recipients, "deferred", "later", 451, "4.3.0")
    assert one.plain() == {
        "recipient": "b@b.example", "status": "deferred", "code": 451, "enhanced": "4.3.0", "text": "later",
    }  # fmt: skip
    assert two == Result("c@c.example", "deferred", 451, "4.3.0", "later")
