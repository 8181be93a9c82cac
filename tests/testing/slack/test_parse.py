"""The arguments of a call, in whichever body they come."""

import base64

import pytest

from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.parse import basic, bearer, parse


def refused(*args):
    """The word with which it refuses."""
    with pytest.raises(SlackRefused) as caught:
        parse(*args)
    return caught.value.error


def test_a_form_has_json_in_structured_fields():
    """Blocks are read, texts stay as they are, and the body goes before the query."""
    body = b"channel=C1&text=%7B%7D&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D"
    found = parse(b"channel=C2&limit=3", {"content-type": "application/x-www-form-urlencoded"}, body)
    assert found == {"channel": "C1", "limit": "3", "text": "{}", "blocks": [{"type": "divider"}]}


def test_json_comes_as_it_is():
    """Also with a charset behind its type."""
    headers = {"content-type": "application/json;charset=utf-8"}
    assert parse(b"", headers, b'{"channel":"C1","n":1}') == {"channel": "C1", "n": 1}


def test_multipart_has_fields_and_files():
    """A part with a filename is bytes, one without is text."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="token"\r\n\r\nxoxb\r\n'
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n\x00\xff\r\n--x--\r\n'
    )
    assert parse(b"", {"content-type": "multipart/form-data; boundary=x"}, body) == {
        "token": "xoxb",
        "file": b"\x00\xff",
    }


@pytest.mark.parametrize(
    ("kind", "body", "word"),
    [
        ("application/json", b"{", "invalid_json"),
        ("application/json", b"[]", "json_not_object"),
        ("text/xml", b"<a/>", "invalid_post_type"),
        ("multipart/form-data", b"nothing", "invalid_form_data"),
        ("application/x-www-form-urlencoded", b"blocks=nope", "invalid_blocks_format"),
        ("application/x-www-form-urlencoded", b"view=nope", "invalid_arguments"),
    ],
)
def test_what_cannot_be_read_is_refused_in_slacks_words(kind, body, word):
    """Each kind of nonsense has its own."""
    assert refused(b"", {"content-type": kind}, body) == word


def test_tokens_and_clients_stand_in_the_header():
    """Bearer is a token, Basic a client; other things are neither."""
    assert bearer({"authorization": "Bearer xoxb-1"}) == "xoxb-1"
    assert bearer({"authorization": "Basic eA=="}) == bearer({}) == ""
    client = base64.b64encode(b"1.1:secret").decode()
    assert basic({"authorization": f"Basic {client}"}) == ("1.1", "secret")
    assert basic({"authorization": "Basic ???"}) is basic({"authorization": "Bearer x"}) is None
