import pytest

from interfaces.email.auth.authors import MOST, domains
from interfaces.email.auth.canonical import fields


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


def test_two_fields_count_both() -> None:
    """A second From field adds its authors."""
    assert domains(fields(b"From: a@x.example\r\nFrom: b@y.example\r\n")) == ["x.example", "y.example"]


@pytest.mark.parametrize(
    "value", ["(" * 60_000, '"' * 60_001, "a@x.example," * 5000, "<" * 60_000, "\\" * 60_000]
)
def test_hostile_fields(value: str) -> None:
    """A field of 60 KB is read once, whatever is in it, and no more addresses are told apart than the limit."""
    assert len(of(value)) <= MOST + 1
