"""interfaces.email.kept: a message to bytes and back."""

import msgspec
import pytest

from interfaces.email.body import Body
from interfaces.email.envelope import Address, Mail, Recipient
from interfaces.email.headers import split
from interfaces.email.kept import Mark, order, packed, unpacked
from interfaces.email.translate import Place, Transaction

CONTENT = b"Subject: one\r\nMessage-ID: <m@x>\r\n\r\nText\r\n"
TLS = {"version": "TLSv1.3", "cipher": "x", "client_subject": None}


def transaction(**place):
    """A message with everything that one can have."""
    where = Place(
        protocol="smtp", client=("192.0.2.1", 4000), server=("192.0.2.2", 25), helo="c.example",
        client_name="c.example", tls=TLS, auth={"user": "me", "mechanism": "PLAIN"},
    )  # fmt: skip
    for name, value in place.items():
        setattr(where, name, value)
    body = Body(10_000, head=b"Received: x\r\n")
    body.add(CONTENT)
    to = [
        Recipient(Address("b+tag", "b.example"), {"NOTIFY": "NEVER"}),
        Recipient(Address("postmaster", ""), {}),
    ]
    return Transaction("0123", where, Mail(Address("a", "a.example"), {"SIZE": 7}), to, 1000.25, body)


@pytest.mark.parametrize(
    "place", [{}, {"client": None, "server": ("/run/mail", None), "tls": None, "auth": None}]
)
def test_a_message_comes_back_as_it_was(place):
    """Scope, event and keys are the same, whatever the place."""
    one = transaction(**place)
    head = packed(one, {"authentication": {"spf": "pass"}})
    again, more = unpacked(head, Body.kept(one.body.whole, None, one.body.size))
    headers = one.headers(100)
    assert again.scope({}, headers) == one.scope({}, headers)
    assert again.event(again.headers(100)) == one.event(headers)
    assert again.keys() == one.keys()
    assert more == {"authentication": {"spf": "pass"}}


def test_nothing_added_is_nothing():
    """None as well."""
    assert unpacked(packed(transaction(), None), Body.kept(b"", None, 0))[1] == {}


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode([1]),
        msgspec.msgpack.encode({"version": 9}),
        msgspec.msgpack.encode({"version": 1}),
    ],
)
def test_what_is_no_message_is_told(head):
    """Of whatever makes it none."""
    with pytest.raises(ValueError, match=r"no message|version 9"):
        unpacked(head, Body.kept(b"", None, 0))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (b"References: <a@x> <b@x>\r\nIn-Reply-To: <b@x>\r\nMessage-ID: <c@x>\r\n", "a@x"),
        (b"In-Reply-To: <b@x>\r\nMessage-ID: <c@x>\r\n", "b@x"),
        (b"Message-ID: <c@x>\r\n", "c@x"),
        (b"", None),
    ],
)
def test_a_thread_is_one_conversation(fields, name):
    """A message that begins one is in it, so that its answers come behind it."""
    assert order(split(fields + b"\r\n", 100)) == name


@pytest.mark.parametrize(
    ("before", "late", "of", "left"),
    [
        (None, [0, 1], 2, None),
        (None, [1], 2, [1]),
        ([1, 3, 4], [0, 2], 3, [1, 4]),
        ([1, 3], [0, 1], 2, [1, 3]),
    ],
)
def test_who_is_left_is_told_by_its_place_among_all(
    before: list[int] | None, late: list[int], of: int, left: list[int] | None
) -> None:
    """Places of an attempt are of those that it was for; None stays all of them."""
    assert Mark(before, "x").again(late, of, "451") == Mark(left, "451")
