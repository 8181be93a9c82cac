"""Request smuggling (RFC 9112 §11.2), framing: bytes after a doubtful message are never a second request."""

import pytest

from tests.abuse.server import statuses

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: test\r\n\r\n"
POST = b"POST /read HTTP/1.1\r\nhost: test\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
LAST = b"0\r\n\r\n"


def post(*lines, body=LAST):
    """A POST with these header lines, a body, and a request behind it."""
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


CODINGS = (
    b"gzip, chunked", b"chunked, chunked", b"chunked, gzip", b"gzip", b"identity", b"chunked;q=1",
    b"xchunked", b'"chunked"', b"chunked,", b",chunked", b"\x0bchunked", b"chunked\x0c", b"chunked\xa0", b"",
    b"CHUN\xc3\x8bED",
)  # fmt: skip
LENGTHS = (
    b"+0", b"-1", b"0x0", b"0, 0", b"0,0", b"1_0", b" ", b"", b"0 0", b"\xb20",
    b"00000000000000000000000000001a", b"99999999999999999999", b"0\x0b", b"1e0", b"0;",
)  # fmt: skip
CASES = {
    "CL and TE": post(b"content-length: 5", b"transfer-encoding: chunked"),
    "TE and CL": post(b"transfer-encoding: chunked", b"content-length: 5"),
    "two different CL": post(b"content-length: 0", b"content-length: 5"),
    "two equal CL": post(b"content-length: 5", b"content-length: 5"),
    "two TE": post(b"transfer-encoding: chunked", b"transfer-encoding: chunked"),
    "two TE, one of them hidden": post(b"transfer-encoding: chunked", b"transfer-encoding: identity"),
    "TE split over two lines": post(b"transfer-encoding:", b" chunked"),
    "folded line": post(b"x: a", b" b", b"content-length: 5"),
    "folded first line": POST.replace(b"host", b" x: y\r\nhost") + b"content-length: 5\r\n\r\n" + LAST,
    "TE before a folded line": post(b"transfer-encoding: chunked", b"\tx"),
    "blank before the colon": post(b"transfer-encoding : chunked"),
    "blank before a name": post(b"x: y", b" transfer-encoding: chunked"),
    "CL with a blank before the colon": post(b"content-length : 5"),
    "NUL in a name": post(b"transfer-encoding\0: chunked"),
    "NUL in a value": post(b"transfer-encoding: chunked\0"),
    "no colon": post(b"transfer-encoding chunked"),
    "empty name": post(b": chunked"),
    "bare LF after a field": post(b"x: y\ntransfer-encoding: chunked"),
    "bare CR in a field": post(b"x: y\rtransfer-encoding: chunked"),
    "bare LF ends the head": POST + b"content-length: 5\r\n\n" + LAST,
    "LF LF ends the head": POST.replace(b"\r\n", b"\n") + b"content-length: 5\n\n" + LAST,
    "CR CR ends the head": POST + b"content-length: 5\r\n\r\r" + LAST,
    "HTTP/1.0 with TE": post(b"transfer-encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0"),
    "HTTP/0.9": b"GET /read\r\n",
    "HTTP/2.0": post().replace(b"HTTP/1.1", b"HTTP/2.0"),
    "HTTP/1.2": post().replace(b"HTTP/1.1", b"HTTP/1.2"),
    "http/1.1 in lower case": post().replace(b"HTTP/1.1", b"http/1.1"),
    "two blanks in the request line": post().replace(b"POST ", b"POST  "),
    "tab in the request line": post().replace(b"POST ", b"POST\t"),
    "blank after the version": post().replace(b"HTTP/1.1", b"HTTP/1.1 "),
    **{f"TE {value!r}": post(b"transfer-encoding: " + value) for value in CODINGS},
    **{f"CL {value!r}": post(b"content-length: " + value, body=b"") for value in LENGTHS},
}
CHUNKS = {
    "no size": b"\r\n" + LAST,
    "0x": b"0x0\r\n\r\n",
    "sign": b"+0\r\n\r\n",
    "minus": b"-1\r\n\r\n",
    "blank before": b" 0\r\n\r\n",
    "underscore": b"0_0\r\n\r\n",
    "17 digits": b"00000000000000000\r\n\r\n",
    "2 to the 64": b"10000000000000005\r\nhello\r\n" + LAST,
    "not hexadecimal": b"g\r\n",
    "bare LF after the size": b"5\nhello\r\n" + LAST,
    "bare CR after the size": b"5\rhello\r\n" + LAST,
    "bare LF after the data": b"5\r\nhello\n" + LAST,
    "no CRLF after the data": b"5\r\nhello" + LAST,
    "too much data": b"5\r\nhello!!\r\n" + LAST,
    "bare LF in an extension": b"5;a\nb\r\nhello\r\n" + LAST,
    "bare CR in an extension": b"5;a\rb\r\nhello\r\n" + LAST,
    "no semicolon": b"5 a\r\nhello\r\n" + LAST,
    "NUL in an extension": b"5;a=\0\r\nhello\r\n" + LAST,
    "bare LF ends the trailers": b"0\r\n\n",
    "bare LF in a trailer": b"0\r\nx: y\n\r\n",
    "folded trailer": b"0\r\nx: y\r\n z\r\n\r\n",
    "trailer without a colon": b"0\r\nGET / HTTP/1.1\r\n\r\n",
}


def refused(server, data):
    """Whether nothing behind ``data`` was served, and the connection closed; what was answered."""
    before = server.calls("/smuggled")
    with server.client(data + SMUGGLED) as client:
        said = client.rest()
    assert server.calls("/smuggled") == before, said
    return statuses(said)


def test_a_real_second_request_is_counted(server):
    """The control: where the framing is right, what follows is served, so the counter of the others works."""
    before = server.calls("/smuggled")
    with server.client(CHUNKED + b"5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n" + SMUGGLED) as client:
        client.until(rb"(HTTP/1.1 200.*){2}hello")
    assert server.calls("/smuggled") == before + 1


@pytest.mark.parametrize("name", CASES)
def test_a_doubtful_head_ends_the_connection(server, name):
    """One refusal and the end: what follows a head that two parsers may read differently is not read."""
    (status,) = refused(server, CASES[name])
    assert status in {400, 413, 501, 505}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_doubtful_chunk_ends_the_connection(server, name):
    """As above, for what stands in a chunked body."""
    assert refused(server, CHUNKED + CHUNKS[name]) == [400]


@pytest.mark.parametrize("cut", range(0, 40, 3))
def test_a_refusal_does_not_depend_on_the_packets(server, cut):
    """CL with TE is refused however its bytes come in."""
    data = CASES["CL and TE"]
    with server.client(data[: 60 + cut]) as client:
        client.send(data[60 + cut :] + SMUGGLED)
        assert statuses(client.rest()) == [400]


@pytest.mark.parametrize("name", CASES)
def test_a_doubtful_head_after_a_good_one(server, name):
    """What a connection remembers of its last head makes no doubtful one good."""
    good = post(b"content-length: 5", body=b"hello")
    found = refused(server, good + CASES[name])
    assert found[0] == 200 and len(found) == 2 and found[1] in {400, 413, 501, 505}


def test_names_with_an_underscore_frame_nothing(server):
    """They are dropped: the request has no body, and what was meant to be one is no request."""
    assert refused(server, post(b"transfer_encoding: chunked", b"content_length: 5")) == [200, 400]
