"""interfaces.sms.providers.forms: what is posted as a form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.errors import PeerError
from interfaces.shared.webhook import Request
from interfaces.sms.providers.forms import FIELDS, LARGEST, first, is_json, pairs


@pytest.mark.parametrize(
    ("form", "found"),
    [
        (b"", []),
        (b"a=1&b=2", [("a", "1"), ("b", "2")]),
        (b"a=&b", [("a", ""), ("b", "")]),
        (b"a=1&a=2&a=1", [("a", "1"), ("a", "2"), ("a", "1")]),
        (b"a+b=c+d%2B%26", [("a b", "c d+&")]),
        (b"a=%C3%BC&b=\xc3\xbc", [("a", "ü"), ("b", "ü")]),
        (b"a=%FF\xff", [("a", "\ufffd\ufffd")]),
        (b"a=1;b=2", [("a", "1;b=2")]),
        (b"&&a=b=c&", [("a", "b=c")]),
        (b"a=%0&b=%zz", [("a", "%0"), ("b", "%zz")]),
    ],
)
def test_the_fields_of_a_form(form, found):
    """Blank ones, too, and all of those with the same name."""
    assert pairs(form) == found


def test_there_is_a_limit():
    """One field more is refused."""
    assert len(pairs(b"a=1&" * (FIELDS - 1) + b"a=1")) == FIELDS
    with pytest.raises(PeerError) as caught:
        pairs(b"a=1&" * FIELDS + b"a=1")
    assert caught.value.answer.status == 400


def test_a_form_has_a_size():
    """Up to the last byte; what is larger is not taken apart."""
    assert pairs(b"a=" + b"x" * (LARGEST - 2))
    with pytest.raises(PeerError) as caught:
        pairs(b"a=" + b"x" * (LARGEST - 1))
    assert caught.value.answer.status == 413


@given(st.binary(max_size=100))
def test_whatever_is_posted_has_fields(form):
    """Texts that can be encoded again."""
    for name, value in pairs(form):
        assert (name + value).encode().decode() == name + value


def test_the_first_of_a_name_counts():
    """As with providers' own libraries."""
    assert first([("a", "1"), ("b", ""), ("a", "2")]) == {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("kind", "json"),
    [
        (b"application/json", True),
        (b" Application/JSON; charset=utf-8", True),
        (b"text/plain", False),
        (b"", False),
    ],
)
def test_what_is_json(kind, json):
    """By its media type."""
    assert is_json(Request("/", b"", {b"content-type": kind}, b"")) is json
