"""Replies: codes, enhanced codes, lines, and what an application's words cannot do to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email import replies
from interfaces.email.replies import ENHANCED, reply
from tests.email.talks import replies as parsed


def test_a_reply_is_a_code_an_enhanced_code_and_text() -> None:
    """RFC 5321 §4.2 and RFC 2034."""
    assert reply(550, "5.1.1", "No such user") == b"550 5.1.1 No such user\r\n"


def test_lines_of_text_are_lines_of_the_reply_each_with_the_codes() -> None:
    """RFC 5321 §4.2.1: a hyphen behind the code in all lines but the last; RFC 2034 §4: the code in each."""
    assert (
        reply(554, "5.7.1", "One\nTwo\r\nThree") == b"554-5.7.1 One\r\n554-5.7.1 Two\r\n554 5.7.1 Three\r\n"
    )


def test_text_that_is_empty_makes_a_reply_all_the_same() -> None:
    """No text at all is one line without any."""
    assert reply(250, "2.0.0", "") == b"250 2.0.0 \r\n"


def test_what_is_not_printable_ascii_becomes_a_question_mark() -> None:
    """A reply is ASCII; controls could be shown to somebody."""
    assert reply(550, "5.0.0", "Grüße\x00\x1b[1m") == b"550 5.0.0 Gr?e?[1m\r\n"


def test_a_long_line_is_cut_where_512_octets_end() -> None:
    """RFC 5321 §4.5.3.1.5."""
    (line,) = reply(550, "5.999.999", "x" * 2000).splitlines(keepends=True)
    assert 490 < len(line) <= 512


@given(st.text())
def test_no_text_makes_a_second_reply(text: str) -> None:
    """Whatever an application says is one reply, and its end is where we put it."""
    assert len(parsed(reply(451, "4.0.0", text))) == 1


@pytest.mark.parametrize("name", [name for name in vars(replies) if name.isupper() and name != "GO"])
def test_every_reply_that_is_kept_fits_its_enhanced_code(name: str) -> None:
    """RFC 2034 §4: the class of the enhanced code is the first digit of the code."""
    said = getattr(replies, name)
    if not isinstance(said, bytes):
        return
    (line,) = parsed(said)
    code, enhanced, *_ = line.split(" ")
    assert ENHANCED.fullmatch(enhanced)
    assert code[0] == enhanced[0] or (code, enhanced[0]) == ("354", "2")
