"""interfaces.email.webhooks.form: forms as providers post them, and as nobody should."""

import time
import tracemalloc
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.webhooks import form as module
from interfaces.email.webhooks.form import FIELDS, fields
from interfaces.shared.errors import PeerError
from tests.email.webhooks.signing import form, request

PLAIN = "application/x-www-form-urlencoded"
NAMES = st.text("abcdefghijklmnop-_", min_size=1)


@given(st.dictionaries(NAMES, st.binary(max_size=60), max_size=8))
def test_what_is_put_into_a_form_comes_out(values):
    """Any bytes, boundaries' beginnings among them."""
    assert fields(request(*form(values))) == values


def test_a_part_may_be_a_file_and_hold_almost_a_boundary():
    """Files are fields; a line that begins as the boundary does, but for its dashes, is content."""
    content = b"a\r\n--xYzZ\r\n-xYzZY\r\n--xYzZYmore\r\n--xYzZY-\r\n\r\nb\r\n--xYzZY1--"
    values = {"email": ("a.eml", content), "x": b"\r\n"}
    assert fields(request(*form(values))) == {"email": content, "x": b"\r\n"}


def test_urlencoded_bytes():
    """Percent and plus are undone, nothing is decoded; the first of a name counts."""
    found = fields(request(b"a=1%2B2+3&b=%E4%0D%0A&a=2&c&%64=%zz&=x", PLAIN))
    assert found == {"a": b"1+2 3", "b": b"\xe4\r\n", "c": b"", "d": b"%zz", "": b"x"}


def test_a_preamble_and_a_quoted_boundary():
    """RFC 2046 allows both."""
    body, _ = form({"a": "1"}, "a b")
    assert fields(request(b"ignored\r\n" + body, 'multipart/form-data; Boundary="a b"')) == {"a": b"1"}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--x\r\n\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n', "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="a"\r\n1\r\n--x--', "multipart/form-data; boundary=x"),
        (b"--x--\r\n", "multipart/form-data"),
        (b"&".join(b"n%d" % n for n in range(FIELDS + 1)), PLAIN),
        form({f"n{n}": "" for n in range(FIELDS + 1)}),
    ],
)
def test_what_is_no_form_is_refused(body, kind):
    """No end, no boundary, no name, too many fields: 400."""
    with pytest.raises(PeerError) as caught:
        fields(request(body, kind))
    assert caught.value.answer.status == 400


def test_as_many_fields_as_there_may_be():
    """The last one is read."""
    many = {f"n{n}": str(n) for n in range(FIELDS)}
    assert len(fields(request(*form(many)))) == FIELDS


@pytest.mark.parametrize("piece", [b"\r\n--xYzZ", b"\r\n", b"--", b"\r\n--xYzZY;", b'; name="'])
def test_hostile_forms_take_linear_time(piece):
    """Four megabytes of beginnings are read, or refused, in less CPU than a message of that size has."""
    body = b'--xYzZY\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + piece * (4_000_000 // len(piece))
    began = time.process_time()
    try:
        fields(request(body + b"\r\n--xYzZY--", "multipart/form-data; boundary=xYzZY"))
    except PeerError:
        pass
    assert time.process_time() - began < 1


@given(st.binary(max_size=30), st.integers(1, 9))
def test_percents_are_undone_in_pieces(value, size):
    """Wherever a piece ends, none ends within the digits of a percent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PIECE", size + 2)
        coded = quote_plus(value).encode() + b"%zz%4"
        assert fields(request(b"a=" + coded, PLAIN))["a"] == value + b"%zz%4"


def test_a_value_is_decoded_when_it_is_asked_for():
    """And no byte of the others is: three megabytes of percents cost next to nothing, in memory as in time."""
    body = b"a=1&b=" + b"%41" * 1_000_000 + b"&c=2"
    tracemalloc.start()
    found = fields(request(body, PLAIN))
    assert (found["a"], found["c"]) == (b"1", b"2")
    assert tracemalloc.get_traced_memory()[1] < 100_000
    assert found["b"] == b"A" * 1_000_000
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
    tracemalloc.stop()
