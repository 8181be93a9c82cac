"""interfaces.email.mime.fields: a word and its parameters, as the standards have them and as mailers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.mime.fields import LONGEST, MOST, media_type, parameters, word


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"text/plain", {}),
        (b"text/plain; charset=utf-8", {"charset": "utf-8"}),
        (b'text/plain; CharSet = "utf-8" ; format=flowed', {"charset": "utf-8", "format": "flowed"}),
        (b"text/plain;charset=utf-8 (Unicode); x=1", {"charset": "utf-8", "x": "1"}),
        (b'a/b; name="a;b=\\"c\\" \\\\d"', {"name": 'a;b="c" \\d'}),
        (b'a/b; name="no end; x=1', {"name": "no end; x=1"}),
        (b"a/b; name=one; name=two", {"name": "one"}),
        (b"a/b; name=Report 1.pdf; x=y", {"name": "Report", "x": "y"}),
        (b"a/b; filename*=utf-8''J%C3%B6rg.txt", {"filename": "Jörg.txt"}),
        (b"a/b; filename=plain.txt; filename*=utf-8'de'J%C3%B6rg.txt", {"filename": "Jörg.txt"}),
        (b"a/b; filename*=nonsense''J%C3%B6rg.txt", {"filename": "Jörg.txt"}),
        (b'a/b; name*0="a b"; name*1=c; name*2="d"', {"name": "a bcd"}),
        (b"a/b; name*1=b; name*0=a; name*3=d", {"name": "ab"}),
        (b"a/b; n*0*=utf-8''J%C3; n*1*=%B6rg; n*2=%41", {"n": "Jörg%41"}),
        (b"a/b; n*1*=x", {"n": ""}),
        (b'a/b; name="=?utf-8?q?J=C3=B6rg?="', {"name": "Jörg"}),
        ("a/b; name=Jörg".encode(), {"name": "Jörg"}),
        (b"a/b; name=J\xf6rg", {"name": "Jörg"}),
        (b"a/b; filename*=utf-8''a%0D%0Ab", {"filename": "a b"}),
        (b"a/b;;; ; =x; y; z=", {"z": ""}),
        (b"a/b; boundary=----=_Part_1?2", {"boundary": "----=_Part_1?2"}),
    ],
)
def test_parameters_are_read(value: bytes, found: dict[str, str]) -> None:
    """Quoted, in pieces, with a charset, with comments, and broken."""
    assert parameters(value) == found


def test_what_is_too_long_is_not_looked_at() -> None:
    """Neither parameters beyond so many nor bytes beyond so many."""
    assert len(parameters(b"a/b" + b"".join(b"; p%d=x" % n for n in range(2 * MOST)))) == MOST
    assert parameters(b"a/b" + b" " * LONGEST + b"; x=1") == {}


@given(st.binary(max_size=200))
def test_any_value_has_parameters(value: bytes) -> None:
    """No error; names in lower case, values in one line."""
    for name, said in parameters(b"a/b;" + value).items():
        assert name == name.lower() and not any(char < " " for char in said)
    word(value)
    media_type(value)


def test_the_word_of_a_field() -> None:
    """In lower case; the default where there is none."""
    assert word(b'ATTACHMENT; filename="x"') == "attachment"
    assert word(b" (c) x") == "" == word(b"")
    assert word(b"", default="7bit") == "7bit"
    assert media_type(b"", "message/rfc822") == "message/rfc822"
