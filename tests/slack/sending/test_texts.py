"""interfaces.slack.sending.texts: escaped and split as Slack takes it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.slack.sending.texts import TEXT, escape, split


def test_what_is_escaped_is_shown_as_it_is():
    """The three characters that Slack reads, and no other, each once."""
    assert escape("a & b <!channel> &amp;") == "a &amp; b &lt;!channel&gt; &amp;amp;"


def test_a_short_text_stays_whole():
    """Up to the limit, whatever is in it; also one of blanks."""
    for text in ("", "hi", "x" * TEXT, "```\ncode", " \n "):
        assert split(text) == [text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 15 + "\n\n" + "b" * 8 + "\nb", ["a" * 15, "b" * 8 + "\nb"]),
        ("a" * 15 + "\n" + "b c d e f", ["a" * 15, "b c d e f"]),
        ("one two three four five", ["one two three", "four five"]),
        ("x" * 30, ["x" * 16, "x" * 14]),
        ("x" * 12 + "&amp;&amp;" + "y", ["x" * 12, "&amp;&amp;y"]),
        ("word <http://abc|b c d e f g> end", ["word", "<http://abc|b c", "d e f g> end"]),
        ("to <http://a|b c> and on", ["to", "<http://a|b c>", "and on"]),
        ("a " * 7 + "e\u0301" * 6, [("a " * 7).strip(), "e\u0301" * 6]),
    ],
    ids=["paragraph", "line", "word", "hard", "entity", "link that is too long", "link", "words"],
)
def test_where_it_is_cut(text, parts):
    """At a paragraph before a line, a line before a word, and around what is whole."""
    assert split(text, 20) == parts


@pytest.mark.parametrize(
    "sign",
    ["e\u0301", "\U0001f469\u200d\U0001f4bb", "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea", "\ud83d\ude00"],
    ids=["accent", "joined", "skin", "flag", "surrogates"],
)
def test_a_sign_of_several_characters_is_not_cut(sign):
    """Wherever the limit falls."""
    for shift in range(len(sign)):
        for part in split(
            "x" * shift + sign * 5 + "-" + sign * 5 if "\U0001f1e9" in sign else "x" * shift + sign * 9, 20
        ):
            assert part.lstrip("x").replace("-", "").replace(sign, "") == ""


def test_a_code_fence_is_closed_and_opened_again():
    """So each part shows code as code, and what follows it as text."""
    text = "see\n```\n" + "line 1\n" * 8 + "```\nand the rest of it is text"
    parts = split(text, 40)
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert parts[0].startswith("see\n```\n") and parts[1].startswith("```\n")
    assert "\n".join(parts).count("line 1") == 8
    assert all(len(part) <= 40 for part in parts)


WORDS = [
    "a",
    "bc",
    " ",
    "\n",
    "\n\n",
    "```",
    "&amp;",
    "&",
    "<http://x|y z>",
    "<",
    "e\u0301",
    "\U0001f44d\U0001f3fd",
    "x" * 30,
]


@given(st.lists(st.sampled_from(WORDS), max_size=60).map("".join), st.integers(24, 60))
def test_nothing_is_lost_and_nothing_is_too_long(text, most):
    """Beside blanks and fences all of it is there in its order; no link and no entity that fits is torn."""
    parts = split(text, most)
    assert all(len(part) <= most for part in parts) or parts == [text]

    def bare(said):
        return re.sub(r"[`\s]+", "", said)

    assert bare("".join(parts)) == bare(text)
    if len(parts) > 1:
        assert all(part.strip("` \n\t") for part in parts)
        assert sum(part.count("&amp;") for part in parts) == text.count("&amp;")
        assert sum(part.count("\u0301") for part in parts) == text.count("\u0301")
        assert not any(part.startswith(("\u0301", "\U0001f3fd")) for part in parts)
