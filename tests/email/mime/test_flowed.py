"""interfaces.email.mime.flowed: paragraphs that a mailer has broken into lines are whole again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime import Parsed
from interfaces.email.mime.flowed import MOST_LINES, unflowed


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one \ntwo \nthree\nfour", "one two three\nfour"),
        ("one\n\ntwo \n\nthree", "one\n\ntwo \nthree"),
        ("> a \n> b\nc", "> a b\nc"),
        (">> a \n> b \nc \n", ">> a \n> b \nc "),
        (" From here\n >no quote", "From here\n>no quote"),
        ("text \n-- \nBob \nB.", "text \n-- \nBob B."),
        (">a\n>>b", "> a\n>> b"),
        ("no end ", "no end "),
        ("", ""),
    ],
)
def test_lines_are_joined_as_they_were_broken(text: str, found: str) -> None:
    """But for those of different depths, empty ones, and the line above a signature."""
    assert unflowed(text) == found


def test_the_blank_at_a_break_may_be_part_of_it() -> None:
    """DelSp, for languages that have no blanks."""
    assert unflowed("日本 \n語", delsp=True) == "日本語"


def test_a_text_of_too_many_lines_stays() -> None:
    """As it came."""
    assert unflowed("a \n" * MOST_LINES) == "a " * MOST_LINES
    assert unflowed("a \n" * (MOST_LINES + 1)).startswith("a \na \n")


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("", "one \ntwo"),
        ("; format=flowed", "one two"),
        ("; format=Flowed; DelSp=Yes", "onetwo"),
        ("; format=fixed", "one \ntwo"),
    ],
)
def test_a_message_says_how_it_is_broken(parameters: str, text: str) -> None:
    """By Content-Type; otherwise lines are lines."""
    assert Parsed.of(f"Content-Type: text/plain{parameters}\r\n\r\none \r\ntwo".encode()).text == text


@given(st.text(st.sampled_from("> a-\n"), max_size=60))
def test_nothing_but_breaks_and_stuffing_is_lost(text: str) -> None:
    """Whatever the text is."""
    assert "".join(unflowed(text).replace(">", "").split()) == "".join(text.replace(">", "").split())
