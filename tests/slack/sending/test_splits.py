"""Texts that are cut, whatever is in them: properties that each cut keeps."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interfaces.slack.sending.texts import FENCE, HARD, MARKDOWN, SECTION, TEXT, escape, split

SIGNS = [
    "e\u0301",
    "\U0001f469\u200d\U0001f4bb",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e9\U0001f1ea",
    "ä",
    "漢",
    "x",
]
LINKS = [
    "<https://x.example/a|a link>",
    "<@U061F7AUR>",
    "<#C024BE91L|general>",
    "<!here>",
    "&amp;",
    "&lt;",
    "&gt;",
]
LIMITS = st.integers(40, 90)


def bare(text):
    """Without blanks and fences."""
    return re.sub(r"[`\s]+", "", text)


@pytest.mark.parametrize("most", [TEXT, SECTION, MARKDOWN, HARD, 16])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_text_is_cut_where_it_is_too_long(most, over):
    """Not one character before that."""
    parts = split("x" * (most + over), most)
    assert len(parts) == (2 if over > 0 else 1)
    assert "".join(parts) == "x" * (most + over)


@given(st.text(st.sampled_from("ab \n"), max_size=400), LIMITS)
def test_words_stay_whole(text, most):
    """A part ends where a word ends, unless the word alone is too long."""
    parts = split(text, most)
    if all(len(word) <= most // 4 for word in text.split()):
        assert " ".join(parts).split() == text.split()
    assert all(len(part) <= most for part in parts) or parts == [text]


@given(st.lists(st.sampled_from([*LINKS, " ", "word", "\n"]), max_size=40), LIMITS)
def test_no_link_and_no_entity_is_torn(pieces, most):
    """Each is in one part as it was."""
    parts = split("".join(pieces), most)
    for link in LINKS:
        assert sum(part.count(link) for part in parts) == "".join(pieces).count(link)


@given(st.lists(st.sampled_from([*SIGNS, " "]), max_size=120), LIMITS)
def test_no_sign_is_torn(pieces, most):
    """No part begins with what belongs to the sign before it."""
    parts = split("".join(pieces), most)
    for part in parts[1:]:
        first = part.strip()[:1]
        assert unicodedata.category(first or "x") not in ("Mn", "Me", "Mc")
        assert first != "\u200d" and not "\U0001f3fb" <= first <= "\U0001f3ff"
    assert bare("".join(parts)) == bare("".join(pieces))


@given(st.lists(st.sampled_from(["line one\n", "x = 1\n", "```\n", "text ", "\n\n"]), max_size=60), LIMITS)
@example(["```\n"], 40)
@example(["```\n", "x = 1\n"] * 12, 40)
def test_every_part_has_its_fences(pieces, most):
    """Opened and closed in each, so that code stays code; an open one at the end of the text stays open."""
    text = "".join(pieces)
    parts = split(text, most)
    assert all(part.count(FENCE) % 2 == 0 for part in parts[:-1])
    assert all(len(part) <= most for part in parts) or parts == [text]
    for word in ("line one", "x = 1"):
        assert sum(part.count(word) for part in parts) == text.count(word)


@given(st.text(max_size=300), LIMITS)
def test_any_text_at_all(text, most):
    """Nothing of it is lost, nothing is added but fences, nothing is too long, and it ends."""
    parts = split(text, most)
    assert parts
    assert all(len(part) <= most for part in parts) or parts == [text]
    assert bare("".join(parts)) == bare(text)


@given(st.text(max_size=300), LIMITS)
def test_what_is_cut_is_not_cut_again(text, most):
    """Each part is one by itself."""
    for part in split(text, most):
        if len(part) <= most:
            assert split(part, most) == [part]


@given(st.text(max_size=100))
def test_what_is_escaped_comes_back_as_it_was(text):
    """It has no sign that Slack would read, and is unescaped to what it was."""
    said = escape(text)
    assert "<" not in said and ">" not in said
    assert said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
    assert not re.search(r"&(?!amp;|lt;|gt;)", said)


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("a\n\nb", 16, ["a\n\nb"]),
        ("one two\n\nthree four five", 18, ["one two", "three four five"]),
        ("one two\nthree four five", 18, ["one two", "three four five"]),
        ("aaaa bbbb cccc dddd", 16, ["aaaa bbbb", "cccc dddd"]),
        ("\n" * 40, 16, ["\n" * 40]),
        (" " * 40, 16, [" " * 40]),
        ("x\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\ny", 16, ["x", "y"]),
        ("```\n" + "a" * 20 + "\n```", 20, ["```\naaaaaaaaaaaa\n```", "```\naaaaaaaa\n```"]),
    ],
    ids=["short", "paragraph", "line", "word", "lines", "blanks", "gap", "fence"],
)
def test_examples_of_cuts(text, most, parts):
    """As people would cut them; a text of blanks alone stays what it is."""
    assert split(text, most) == parts
