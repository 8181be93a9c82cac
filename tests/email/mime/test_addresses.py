"""interfaces.email.mime.addresses: who is named in From, To, Cc and Reply-To, in linear time."""

from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime import Limits, MimeError
from interfaces.email.mime.addresses import Address, addresses
from tests.email.mime.work import lines_run


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"joe@x.example", [("", "joe@x.example")]),
        (b"Joe Doe <joe@x.example>", [("Joe Doe", "joe@x.example")]),
        (
            b'"Doe, Joe" <joe@x.example>, ann@y.example',
            [("Doe, Joe", "joe@x.example"), ("", "ann@y.example")],
        ),
        (b'"say \\"hi\\"" <q@r.example>', [('say "hi"', "q@r.example")]),
        (b"joe@x.example (Joe (nested) Doe)", [("Joe (nested) Doe", "joe@x.example")]),
        (b"(a comment) Joe <joe@x.example> (another)", [("Joe", "joe@x.example")]),
        (b"joe(who)@(where)x.example", [("who", "joe@x.example")]),
        (b"=?utf-8?q?J=C3=B6rg?= <j@x.example>", [("Jörg", "j@x.example")]),
        (b'"=?utf-8?q?J=C3=B6rg?=" <j@x.example>', [("Jörg", "j@x.example")]),
        ("Jörg <jörg@exämple.org>".encode(), [("Jörg", "jörg@exämple.org")]),
        (b"J\xf6rg <j@x.example>", [("Jörg", "j@x.example")]),
        (b"<@a.example,@b.example:c@d.example>", [("", "c@d.example")]),
        (b"joe . doe @ x . example", [("", "joe.doe@x.example")]),
        (b'"joe doe"@x.example', [("", '"joe doe"@x.example')]),
        (b'Joe <"joe doe"@x.example>', [("Joe", '"joe doe"@x.example')]),
        (b"joe@[192.0.2.1], ann@[IPv6:::1]", [("", "joe@[192.0.2.1]"), ("", "ann@[IPv6:::1]")]),
        (b"root", [("", "root")]),
        (b"John joe@x.example", [("John", "joe@x.example")]),
        (b"a@x.example,,  ,b@x.example,", [("", "a@x.example"), ("", "b@x.example")]),
        (b"", []),
        (b"undisclosed-recipients:;", []),
        (b"<>", []),
        (b"Joe <joe@x.example", [("Joe", "joe@x.example")]),
        (b"> Joe <joe@x.example>> , b@c", [("Joe", "joe@x.example"), ("", "b@c")]),
    ],
)
def test_addresses_are_read(value: bytes, found: list[tuple[str, str]]) -> None:
    """As the standard has them, in its obsolete forms, and as they are written without regard to it."""
    assert [(one.name, one.address) for one in addresses(value)] == found


def test_groups_name_their_members() -> None:
    """Until the semicolon."""
    assert addresses(b"Team: a@b.example, C <c@d.example>; e@f.example") == [
        Address("", "a@b.example", "Team"),
        Address("C", "c@d.example", "Team"),
        Address("", "e@f.example"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        b"a@b@c.example",
        b"<a b@c.example>",
        b"alice@a.example)bob@b.example",
        b"a\x00@b.example",
        b"<a@b\x0bc.example>",
        b'"a@b.example',
        b"\\@a",
    ],
)
def test_what_is_no_address_is_none(value: bytes) -> None:
    """It is shown as a name, so that nobody writes to what others read otherwise."""
    assert [one.address for one in addresses(value) if "@" in one.address] == []


def test_what_is_shown_beside_an_address_is_no_address() -> None:
    """A name may look like one."""
    (one,) = addresses(b'"boss@bank.example" <thief@x.example>')
    assert (one.name, one.address) == ("boss@bank.example", "thief@x.example")
    assert (one.local, one.domain, str(one)) == ("thief", "x.example", "boss@bank.example <thief@x.example>")
    assert Address("", "Root").domain == "" and Address("", "Root").local == "Root"


@pytest.mark.parametrize(
    ("address", "local", "domain"),
    [
        ("joe@X.example", "joe", "x.example"), ('"a@b"@x.example', '"a@b"', "x.example"), ("root", "root", ""),
        ('"v@bank.example"', '"v@bank.example"', ""), ("a@[192.0.2.1]", "a", "[192.0.2.1]"), ("", "", ""),
    ],
)  # fmt: skip
def test_an_address_has_two_parts(address: str, local: str, domain: str) -> None:
    """What is quoted is before the last "@", and may be alone: no domain stands within quotes."""
    one = Address("", address)
    assert (one.local, one.domain) == (local, domain)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"A <a@b.example> B", [("A", "a@b.example", None)]),
        (b"g: <a@b.example>, h: c@d.example; e@f.example",
         [("", "a@b.example", "g"), ("h:", "c@d.example", "g"), ("", "e@f.example", None)]),
        (b"<a@b.example, c@d.example>", [("", "a@b.example", None), ("", "c@d.example", None)]),
        (b"A < a @ b.example >", [("A", "a@b.example", None)]),
        (b"(no end a@b.example", []), (b"A <>", [("A", "", None)]), (b",,;;", []),
        (b"a@b.example c@d.example", [("a@b.example c@d.example", "", None)]),
        (b"<a@b.example:c>", [("<a@b.example: c>", "", None)]),
    ],
)  # fmt: skip
def test_what_is_written_without_regard_to_the_standard(
    value: bytes, found: list[tuple[str, str, str | None]]
) -> None:
    """Words behind a bracket, groups in groups, brackets without end: an address is told only where there is one."""
    assert [(one.name, one.address, one.group) for one in addresses(value)] == found


@pytest.mark.parametrize(
    "value", [b"a@b," * 1001, b"," * 60_000, b"()" * 30_000, b"(" * 60_000, b"a" * 70_000]
)
def test_too_many_are_refused(value: bytes) -> None:
    """Addresses, commas, comments, and bytes."""
    with pytest.raises(MimeError):
        addresses(value)


def test_a_limit_is_what_may_be() -> None:
    """As many as it says."""
    assert len(addresses(b"a@b," * 3, Limits(addresses=3))) == 3
    with pytest.raises(MimeError):
        addresses(b"a@b," * 4, Limits(addresses=3))


@pytest.mark.parametrize(
    "piece", [b"a ", b"<", b'"', b"@", b"a@b ", b'\\"', b"a:", b"[", b"=?", b". ", b"(a", b"a,"]
)
def test_twice_as_long_is_twice_the_work(piece: bytes) -> None:
    """No token is looked at again for what comes behind it."""
    half, whole = lines_run(lambda: addresses(piece * 400)), lines_run(lambda: addresses(piece * 800))
    assert whole <= 2.1 * half + 50


def test_a_thousand_nested_comments_are_one() -> None:
    """Depth costs nothing."""
    (one,) = addresses(b"(" * 1000 + b"x" + b")" * 1000 + b" a@b.example")
    assert one.address == "a@b.example"


@given(st.binary(max_size=200))
def test_any_value_is_read(value: bytes) -> None:
    """No error, and no address that would say something else in a field or an envelope."""
    for one in addresses(value):
        assert not any(char <= " " and not one.address.startswith('"') for char in one.address)
        assert not {*"\r\n\0"} & {*(one.name + one.address)}


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=30).map(
                lambda name: " ".join(name.split())
            ),
            st.from_regex(r"[a-z0-9+_.-]{1,20}@[a-z0-9-]{1,20}\.example", fullmatch=True),
        ),
        max_size=5,
    )
)
def test_what_the_standard_library_writes_is_read(people: list[tuple[str, str]]) -> None:
    """Names with commas, quotes and words encoded, as they were put in."""
    value = ", ".join(formataddr(one) for one in people)
    assert [(one.name, one.address) for one in addresses(value.encode())] == people
