"""Commands inside messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.ctcp import form, read
from interfaces.shared.errors import ApplicationError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\x01ACTION waves\x01", ("ACTION", "waves")),
        ("\x01action waves", ("ACTION", "waves")),
        ("\x01VERSION\x01", ("VERSION", "")),
        ("\x01PING 1  2 \x01", ("PING", "1  2 ")),
        ("\x01A b\x01 behind", ("A", "b")),
        ("\x01\x01", None),
        ("\x01", None),
        ("\x01 x\x01", None),
        ("hi \x01ACTION x\x01", None),
        ("", None),
    ],
)
def test_what_is_read(text: str, found: tuple[str, str] | None) -> None:
    """The sign at its end may be missing; one that does not begin the text is a part of it."""
    assert read(text) == found


@given(st.from_regex(r"[!-~]{1,20}", fullmatch=True), st.text(st.characters(exclude_characters="\x01")))
def test_what_is_formed_is_read(command: str, text: str) -> None:
    """In upper case."""
    assert read(form(command, text)) == (command.upper(), text)


@given(st.text())
def test_takes_anything(text: str) -> None:
    """And says what it is."""
    assert (read("x" + text), read(f"\x01X {text}")) == (None, ("X", text.partition("\x01")[0]))


@pytest.mark.parametrize(
    ("command", "text"), [("", "x"), ("A B", ""), ("A", "\x01"), ("\x01", ""), ("Ä", "")]
)
def test_what_would_be_read_as_something_else(command: str, text: str) -> None:
    """It is an application's word."""
    with pytest.raises(ApplicationError, match="is no CTCP"):
        form(command, text)
