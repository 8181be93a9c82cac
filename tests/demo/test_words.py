"""What a visitor may send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.demo.words import Refused, parse, read_key, read_name, read_text, read_who


def refusal(read, value):
    """The code with which ``read`` refuses ``value``."""
    with pytest.raises(Refused) as caught:
        read(value)
    return caught.value.code


@pytest.mark.parametrize("frame", [None, "", "{", "[]", "1", '"join"', "[" * 9000, " " * 16_385])
def test_a_frame_that_is_no_short_json_object_is_refused(frame):
    """Binary frames, broken, deep, long or other JSON end as a refusal, never as an exception of json's."""
    assert refusal(parse, frame) == "malformed"


@given(st.text())
def test_any_text_is_parsed_or_refused(text):
    """No text raises anything but Refused."""
    try:
        found = parse(text)
    except Refused:
        return
    assert found == json.loads(text)


@pytest.mark.parametrize(
    ("given", "kept"), [("Ada", "Ada"), ("  Ada \t  L. ", "Ada L."), ("e\u0301", "é"), ("x" * 32, "x" * 32)]
)
def test_a_name_is_tidied(given, kept):
    """Blanks are made one, and letters composed, so that equal names look and compare equal."""
    assert read_name(given) == kept


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 33, "a\u202eb", "a\u200bb", "a\0b", "\ud800", None, 7, ["Ada"]]
)
def test_a_name_that_could_deceive_is_refused(name):
    """Empty and long names, invisible and direction-changing characters and non-texts are refused."""
    assert refusal(read_name, name) == "name"


@pytest.mark.parametrize("text", ["hi", "two\nlines\tand a tab", "<b>not bold</b>", "x" * 2000, "👩‍👩‍👧"])
def test_a_message_is_kept_as_it_was_written(text):
    """Markup and joined characters pass unchanged: the page shows text as text."""
    assert read_text(text) == text


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001, "a\0b", "\x1b[31m", "\ud800", None, 7, {}])
def test_a_message_no_page_or_database_can_keep_is_refused(text):
    """Empty and long messages, control characters and half surrogate pairs are refused."""
    assert refusal(read_text, text) == "text"


@pytest.mark.parametrize("value", ["", "short", "x" * 37, "with blank", "ключключ", None, 12345678])
def test_an_identifier_has_one_form(value):
    """What is no short ASCII token is refused."""
    assert refusal(read_key, value) == "malformed"


def test_a_visitors_secret_is_not_shown():
    """The public name is always the same for a secret, and does not contain it."""
    assert read_who("secret-1") == read_who("secret-1") != read_who("secret-2")
    assert "secret-1" not in read_who("secret-1")
