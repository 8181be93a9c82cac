"""Signed return paths."""

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.sending.return_path import DAYS, KEY, ReturnPath
from interfaces.shared.errors import ApplicationError, ConfigError
from tests.email.sending.transports.peer import mail

PATH = ReturnPath(b"k" * KEY, "us.example")
NOW = 1e9


@pytest.mark.parametrize(
    "id", ["s1", "0123456789abcdef0123456789abcdef", "Order-17/ü", "x--y", "A", "a-b_c.d", "-", "a-"]
)
def test_what_was_signed_is_read(id: str) -> None:
    """Any id that fits, also by a server that changes the case."""
    address = PATH.sign(id, NOW)
    local, _, domain = address.partition("@")
    assert domain == "us.example" and len(local) <= 64 and local == local.lower()
    for written in (address, address.upper()):
        found = PATH.read(written, NOW)
        assert found is not None and found.id == id and found.of("anybody@b.example")


@given(st.text(string.printable, min_size=1, max_size=30))
def test_any_id_is_read_or_refused(id: str) -> None:
    """What is signed is an address, and comes back."""
    try:
        address = PATH.sign(id, NOW)
    except ApplicationError:
        assert len(id) > 15
        return
    found = PATH.read(address, NOW)
    assert found is not None and found.id == id


def test_one_recipient_has_an_address_of_its_own() -> None:
    """VERP: a bounce that names nobody still says of whom it is."""
    one, other = (PATH.sign("s1", NOW, to) for to in ("b@b.example", "c@c.example"))
    assert one != other != PATH.sign("s1", NOW)
    found = PATH.read(one, NOW)
    assert found is not None
    assert found.of("B@B.example") and not found.of("c@c.example")


def test_whatever_is_changed_is_not_ours() -> None:
    """Each character of it counts; so does the key."""
    address = PATH.sign("s1", NOW, "b@b.example")
    for at, char in enumerate(address):
        other = "a" if char != "a" else "b"
        assert PATH.read(address[:at] + other + address[at + 1 :], NOW) is None
    assert replace(PATH, key=b"x" * KEY).read(address, NOW) is None


@pytest.mark.parametrize(
    "address", ["", "@", "bounce@us.example", "bounce+@us.example", "bounce+x@us.example", "a" * 1000 + "@us.example",
                "bounce+s1-" + "a" * 23 + "@us.example", "bounce+x--1-" + "a" * 23 + "@us.example",
                "bounce+\ud800@us.example"],
)  # fmt: skip
def test_other_addresses_are_not_ours(address: str) -> None:
    """Whatever they look like."""
    assert PATH.read(address, NOW) is None


def test_an_address_has_its_time() -> None:
    """Neither one from the future nor one that is too old is valid."""
    address = PATH.sign("s1", NOW)
    assert PATH.read(address, NOW + DAYS * 86_400) is not None
    assert PATH.read(address, NOW + (DAYS + 1) * 86_400) is None
    assert PATH.read(address, NOW - 86_400) is None


def test_a_mail_gets_one() -> None:
    """Of its recipient where it has one; not a mail with the null sender."""
    signed = PATH.signed(mail("b@b.example"), NOW)
    assert signed.mail_from == PATH.sign("s1", NOW, "b@b.example")
    assert PATH.signed(mail("b@b.example", "c@c.example"), NOW).mail_from == PATH.sign("s1", NOW)
    assert PATH.signed(mail(mail_from=""), NOW).mail_from == ""


def test_what_is_wrong_with_it_is_told_at_once() -> None:
    """A short key, a domain that is none, an id for which there is no room."""
    with pytest.raises(ConfigError, match="16 at least"):
        ReturnPath(b"short", "us.example")
    with pytest.raises(ConfigError, match="return paths"):
        ReturnPath(b"k" * KEY, "us example")
    with pytest.raises(ConfigError, match="return paths"):
        replace(PATH, prefix="a b")
    with pytest.raises(ApplicationError, match="too long"):
        PATH.sign("x" * 34, NOW)
    assert "kkk" not in repr(PATH) + repr(PATH.read(PATH.sign("s1", NOW), NOW))


def test_an_id_that_is_no_text_is_signed_as_what_can_be_written_of_it() -> None:
    """Half a surrogate pair is a "?": the mail is sent, and its bounce is known, in place of an error each time."""
    found = PATH.read(PATH.sign("a\ud800", NOW, "b\ud800@b.example"), NOW)
    assert found is not None and found.id == "a?"
    assert found.of("b?@b.example") and not found.of("c@b.example")


@pytest.mark.parametrize(
    ("id", "fits"), [("x" * 33, True), ("x" * 34, False), ("Ä" * 9, True), ("Ä" * 10, False)]
)
def test_an_id_has_as_much_room_as_a_local_part_leaves(id: str, fits: bool) -> None:
    """64 octets (RFC 5321 §4.5.3.1.1): at the edge it is read again, one above it the application is told."""
    if not fits:
        with pytest.raises(ApplicationError, match="too long"):
            PATH.sign(id, NOW)
        return
    address = PATH.sign(id, NOW)
    assert len(address.partition("@")[0]) <= 64
    found = PATH.read(address, NOW)
    assert found is not None and found.id == id


def test_an_address_of_one_message_is_that_of_no_other() -> None:
    """Nor is the seal of one recipient that of another, or that of all."""
    seals = {
        PATH.sign(one, now, to)
        for one in ("s1", "s2")
        for now in (NOW, NOW + 86_400)
        for to in ("", "b@b.example", "c@c.example")
    }
    assert len(seals) == 12
    assert PATH.sign("s1", NOW, "B@b.example") == PATH.sign("s1", NOW, "b@B.example")


def test_another_domain_or_prefix_reads_nothing_of_ours() -> None:
    """Who has the same key for two services keeps them apart; a domain beyond ASCII is that of its A-labels."""
    address = PATH.sign("s1", NOW)
    assert replace(PATH, domain="other.example").read(address, NOW) is None
    assert replace(PATH, prefix="returns").read(address, NOW) is None
    umlaut = replace(PATH, domain="bücher.example")
    written = umlaut.sign("s1", NOW)
    assert written.endswith("@xn--bcher-kva.example")
    assert umlaut.read(written, NOW) is not None


@given(st.text(max_size=90))
def test_no_address_of_a_stranger_raises(address: str) -> None:
    """It is none of ours, whatever it is."""
    assert PATH.read(address, NOW) is None
    assert PATH.read(f"bounce+{address}@us.example", NOW) is None
