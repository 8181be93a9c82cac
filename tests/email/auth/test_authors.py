import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.email.auth.authors import MOST, domains
from interfaces.email.auth.canonical import fields
from interfaces.email.mime.addresses import addresses


def of(value: str) -> list[str]:
    """The domains of one From field."""
    return domains(fields(b"From:" + value.encode() + b"\r\n"))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (" a@x.example", ["x.example"]), (" A <a@X.Example>", ["x.example"]), ("<a@x.example>", ["x.example"]),
        (' "b@y.example" <a@x.example>', ["x.example"]), (" b@y.example <a@x.example>", ["x.example"]),
        (r' "b\" <b@y.example>" <a@x.example>', ["x.example"]), (" (b@y.example) a@x.example (c)", ["x.example"]),
        (" (b (c) <b@y.example>) <a@x.example>", ["x.example"]), (' "a b"@x.example', ["x.example"]),
        (" a@x.example, B <b@y.example>", ["x.example", "y.example"]),
        (" team: a@x.example, b@y.example;", ["x.example", "y.example"]),
        (" undisclosed:;", []), ("", []), (" Nobody", ["nobody"]), (" A\r\n <a@x.example>", ["x.example"]),
        (' "a" <"@y.example"@x.example>', ["x.example"]), (" a@\u00e4.example", ["\u00e4.example"]), (" <>", []),
    ],
)  # fmt: skip
def test_domains_of_authors(value: str, found: list[str]) -> None:
    """What a reader is shown as the address counts: nothing in quotes, in comments or in front of an angle bracket."""
    assert of(value) == found


@pytest.mark.parametrize(
    "value",
    [
        "<v@bank.example> <t@x.example>", "v@bank.example \\t@x.example", "v@bank.example t@x.example",
        "v@bank.example )t@x.example", "v@bank.example>\tt@x.example", "v@bank.example@x.example",
        "t@x.example <v@bank.example <t@x.example>",
    ],
)  # fmt: skip
def test_where_readers_differ_both_are_authors(value: str) -> None:
    """Who has one of them proven is not shown as the other: two authors are refused."""
    assert len({*of(value)}) > 1


PIECES = st.sampled_from(
    [
        "v@bank.example",
        "t@x.example",
        "v@bank.example",
        "<",
        ">",
        '"',
        "\\",
        "(",
        ")",
        ",",
        ";",
        ":",
        " ",
        "@",
        "[",
        "]",
        ".",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=10).map("".join))
def test_an_application_is_shown_whom_dmarc_is_asked_about(value: str) -> None:
    """Whatever From says: where one domain is looked up, no address of another is what applications read there."""
    named = {*of(value)}
    shown = {one.domain for one in addresses(value.encode())} & {"bank.example", "x.example"}
    assert len(named) != 1 or not named <= {"bank.example", "x.example"} or shown <= named


@pytest.mark.parametrize("value", ["[t@x.example(,@] v@bank.example", ":[v@bank.example(,]; t@x.example"])
def test_brackets_hold_no_comments_and_no_commas(value: str) -> None:
    """Found by the test above: one reader saw a comment begin there, and the other a word."""
    assert {one.domain for one in addresses(value.encode())} <= {*of(value), ""}


def test_two_fields_count_both() -> None:
    """A second From field adds its authors."""
    assert domains(fields(b"From: a@x.example\r\nFrom: b@y.example\r\n")) == ["x.example", "y.example"]


@pytest.mark.parametrize(
    "value", ["(" * 60_000, '"' * 60_001, "a@x.example," * 5000, "<" * 60_000, "\\" * 60_000]
)
def test_hostile_fields(value: str) -> None:
    """A field of 60 KB is read once, whatever is in it, and no more addresses are told apart than the limit."""
    assert len(of(value)) <= MOST + 1
