"""interfaces.email.mime.plain: the text of HTML, in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime import MimeError
from interfaces.email.mime.plain import MARKS, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("hello", "hello"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<BR/>three", "one\ntwo\nthree"),
        ("<p>a\n  b\t c</p>", "a b c"),
        ("5 &lt; 6 &amp; x&nbsp;y &#246; &bogus;", "5 < 6 & x y ö &bogus;"),
        ("&lt;b&gt;", "<b>"),
        ("a < b and 5<6", "a < b and 5<6"),
        ("<ul><li>a<li>b</ul>", "- a\n- b"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n\n3"),
        ("<head><title>x</title></head><style>p {a: b}</style>text<script>if (a<b) c()</script>", "text"),
        ("a<!-- hidden <b> -->b", "a b"),
        ("a<!-- without end b", "a"),
        ("a<script>without end", "a"),
        ("a<b", "a<b"),
        ("a&#0;b\0", "a\ufffdb\ufffd"),
        ("<a href='https://x.example'>link</a><img src=cid:1>", "link"),
        (
            "said:<blockquote>one<blockquote>two</blockquote>three</blockquote>four",
            "said:\n> one\n>> two\n> three\nfour",
        ),
        ("</blockquote>a", "a"),
        ("", ""),
    ],
)
def test_html_is_read_as_text(html: str, text: str) -> None:
    """Lines where a reader sees lines; nothing that is hidden; quotes can be told."""
    assert plain(html) == text


@pytest.mark.parametrize("piece", ["<", "<b>", "&amp;", "<!--", "<script>", "<br>", "&#"])
def test_nothing_but_tags_is_refused(piece: str) -> None:
    """Before anything is done with them; as many as may be are read."""
    plain(piece * (MARKS // 2))
    with pytest.raises(MimeError):
        plain(piece * (MARKS * 4))


@given(st.text(st.sampled_from("<>/!-&;#x0bBlockquotescriptp \n\0"), max_size=100))
def test_any_html_has_a_text(html: str) -> None:
    """No error, no NUL, no blanks around it."""
    text = plain(html)
    assert "\0" not in text and text == text.strip()
