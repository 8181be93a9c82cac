"""What commands answer."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.gateway.replies import shown
from interfaces.irc.line import form


@given(st.text().filter(lambda text: not set(text) & set("\r\n\0")))
def test_any_word_of_a_client_can_be_shown(word: str) -> None:
    """In the middle of a line, and not too long for it."""
    found = shown(word)
    form("403", ["ann", found, "No such channel"])
    assert 0 < len(found) <= 100


def test_a_usual_word_is_shown_as_it_is() -> None:
    """Of others the beginning."""
    assert shown("#Ops") == "#Ops"
    assert shown("::a b") == "a"
    assert shown(": a") == "*"
    assert shown("") == "*"
    assert shown("ä" * 150) == "ä" * 100
