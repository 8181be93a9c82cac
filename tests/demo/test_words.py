"""What a visitor may send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.demo.words import (
    NAME_MAX,
    Refused,
    author,
    fit,
    key_of,
    parse,
    read_key,
    read_name,
    read_text,
    read_who,
)


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


def test_somebody_from_elsewhere_is_always_the_same():
    """By the account on a side, whatever the name; and what is kept of both is what a room takes."""
    one, again, other = (
        author(*who) for who in [("irc", "dan", "dan"), ("irc", "dan", "Dan"), ("slack", "dan", "dan")]
    )
    assert one["who"] == again["who"] != other["who"]
    assert len(author("email", "a@\ud800", "x" * 99)["name"]) == NAME_MAX
    assert author("sms", "+41", "\u202e")["name"] == "sms"


@pytest.mark.parametrize(
    ("text", "lines", "kept"),
    [
        ("a  b\nc", False, "a b c"),
        ("a  b \r\n\x00c\n\n", True, "a  b\n c"),
        ("\u202eabc", False, "abc"),
        ("x" * 11, False, "x" * 9 + "…"),
        ("x" * 10, True, "x" * 10),
        ("  ", True, ""),
        ("\ud800", False, "\ufffd"),
    ],
)
def test_what_comes_from_elsewhere_is_made_to_fit(text, lines, kept):
    """Printable, without blanks at its ends, and cut where it is too long; in lines or in one."""
    assert fit(text, 10, lines=lines) == kept


@given(st.text(max_size=300), st.booleans())
def test_what_fits_is_a_message(text, lines):
    """Whatever comes, a room takes what is left of it, or nothing is left."""
    kept = fit(text, 50, lines=lines)
    assert len(kept) <= 50
    assert kept == "" or read_text(kept) == kept


def test_a_key_from_elsewhere_is_a_key():
    """The same for the same, another for another, and such as a browser could have made."""
    assert key_of("mail 1") == key_of("mail 1") != key_of("mail 2")
    assert read_key(key_of("\ud800" * 500))
