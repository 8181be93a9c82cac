"""interfaces.email.webhooks.form: forms as providers post them, and as nobody should."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    values = {"email": ("a.eml", b"a\r\n--xYzZ\r\n-xYzZY\r\n\r\nb"), "x": b"\r\n"}
    assert fields(request(*form(values))) == {"email": b"a\r\n--xYzZ\r\n-xYzZY\r\n\r\nb", "x": b"\r\n"}


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
        (b"&" * FIELDS, PLAIN),
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
