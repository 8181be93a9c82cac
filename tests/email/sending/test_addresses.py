"""Addresses that an application writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.sending.addresses import Mailbox, addresses, domain, mailbox, mailboxes, text_of
from interfaces.shared.errors import ApplicationError


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("a@b.example", "", "a@b.example"),
        (" a@b.example ", "", "a@b.example"),
        ("<a@b.example>", "", "a@b.example"),
        ("Ann Bee <a@b.example>", "Ann Bee", "a@b.example"),
        ('"Bee, Ann" <a@b.example>', "Bee, Ann", "a@b.example"),
        (r'"say \"a\"" <a@b.example>', 'say "a"', "a@b.example"),
        ('"c@d.example <c@d.example>" <a@b.example>', "c@d.example <c@d.example>", "a@b.example"),
        ('"\\">" <a@b.example>', '">', "a@b.example"),
        ("Jörg <jörg@b.example>", "Jörg", "jörg@b.example"),
        ('"a b"@b.example', "", '"a b"@b.example'),
        ('"a@c"@b.example', "", '"a@c"@b.example'),
        ("a@[127.0.0.1]", "", "a@[127.0.0.1]"),
        ("a@bücher.example", "", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "", "a@xn--bcher-kva.example"),
        ("a@straße.example", "", "a@xn--strae-oqa.example"),
        ("a@例え.テスト", "", "a@xn--r8jz45g.xn--zckzah"),
        ("a@B.Example", "", "a@B.Example"),
    ],
)
def test_an_address_is_read(written: str, name: str, address: str) -> None:
    """With or without a name; a domain becomes what DNS knows, and ß stays what it is (IDNA 2008)."""
    assert mailbox(written, "to") == Mailbox(name, address)


@pytest.mark.parametrize(
    "written",
    [
        "", "a", "@", "a@", "@b.example", "postmaster", "a@b.example, c@d.example", "a@b.example c@d.example",
        "a@b.example\r\nBcc: c@d.example", "a@b.example\n", "a\0@b.example", "Ann\r\nX: y <a@b.example>",
        "a@b.example\u2028", "a@b..example", ".a@b.example", "a..b@b.example", "a b@b.example", "a@b example",
        "a@b.example> NOTIFY=NEVER", "<a@b.example> SIZE=1", "<<a@b.example>>", "@c.example:a@b.example",
        "<@c.example:a@b.example>", "group: a@b.example;", "a@-b.example", "a@b.example.", "a@" + "b" * 64 + ".example",
        "a" * 256 + "@b.example", "a@" + "b." * 150 + "example", "a@\u0301b.example", "a@①.example", "a@b．example",
        "a@b.exam\ud800ple", "a (comment)@b.example", "a" * 2000, "N" * 501 + " <a@b.example>", "a@😀.example",
        "<a@b.example> <c@d.example>", "a@b@c.example", '"x" <a@b.example>, "y" <c@d.example>',
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(written: str) -> None:
    """By one line that names where it stands; nothing gets into a command or a header that way."""
    with pytest.raises(ApplicationError, match=r"^cc\b") as told:
        mailbox(written, "cc")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.parametrize(
    "value", [b"a@b.example", 1, {"a@b.example": 1}, ["a@b.example", None], [["a@b.example"]]]
)
def test_other_types_are_refused(value: object) -> None:
    """Bytes and dicts iterate, but over something else than addresses."""
    with pytest.raises(ApplicationError, match=r"^to is a "):
        mailboxes(value, "to")


def test_one_or_several() -> None:
    """A text is one address, a list has several, None is none."""
    assert mailboxes(None, "to") == mailboxes("", "to") == mailboxes([], "to") == []
    assert mailboxes("a@b.example", "to") == mailboxes(["a@b.example"], "to") == [Mailbox("", "a@b.example")]


def test_an_address_is_sent_to_once() -> None:
    """Domains have no case, local parts may have one (RFC 5321 §2.4); the first of each counts."""
    boxes = mailboxes(["a@b.example", "c@d.example", "X <a@B.EXAMPLE>", "A@b.example"], "to")
    assert addresses(boxes) == ["a@b.example", "c@d.example", "A@b.example"]


def test_a_label_is_not_guessed() -> None:
    """What would have to be mapped is to be written as it is meant."""
    with pytest.raises(ApplicationError, match="write it as xn--"):
        domain("ａ.example", "host")
    assert domain("[IPv6:::1]", "host") == "[IPv6:::1]"


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_an_error_of_one_line(written: str) -> None:
    """What is taken has no blank and no control outside of quotes, and one at."""
    told = ""
    try:
        box = mailbox(written, "to")
    except ApplicationError as error:
        box, told = None, str(error)
    if box is None:
        assert len(told.splitlines()) == 1
        return
    local, _, place = box.address.rpartition("@")
    assert place.isascii() and place
    assert local and (" " not in local or local.startswith('"'))
    assert all(char.isprintable() or char > "\x9f" for char in box.address)


def test_a_line_of_text() -> None:
    """Is a str without controls, and bounded."""
    assert text_of("x ü", "subject", 3) == "x ü"
    for value, told in [
        (b"x", "bytes"),
        ("a\nb", "control"),
        ("long", "3 are the most"),
        ("\x85", "control"),
    ]:
        with pytest.raises(ApplicationError, match=f"^subject .*{told}"):
            text_of(value, "subject", 3)
