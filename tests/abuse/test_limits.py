"""What httptools lets pass and we must not: sizes without bound, bytes that are no text, doubtful hosts."""

import pytest

from tests.abuse.server import MIB, statuses

GOOD = b"GET / HTTP/1.1\r\nhost: test\r\n\r\n"
REFUSED = {400, 414, 431, 501, 505}
SIZES = {
    "request line of 1 MiB": b"GET /" + b"a" * MIB + b" HTTP/1.1\r\nhost: test\r\n\r\n",
    "header line of 1 MiB": b"GET / HTTP/1.1\r\nhost: test\r\nx: " + b"a" * MIB + b"\r\n\r\n",
    "header name of 1 MiB": b"GET / HTTP/1.1\r\nhost: test\r\n" + b"a" * MIB + b": x\r\n\r\n",
    "a header of 64 KiB": b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: %b\r\n" % (b"a" * 1000) * 65 + b"\r\n",
    "10,000 headers": b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: y\r\n" * 10_000 + b"\r\n",
    "129 headers": b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: y\r\n" * 128 + b"\r\n",
    "a header without end": b"GET / HTTP/1.1\r\nhost: test\r\n" + b"x: y\r\n" * 100_000,
    "a line without end": b"a" * MIB,
    "blanks without end": b"GET" + b" " * MIB,
    "100,000 empty lines": b"\r\n" * 100_000 + GOOD,
    "two empty lines": b"\r\n\r\n" + GOOD,
    "bare LF before": b"\n" + GOOD,
    "bare CR before": b"\r" + GOOD,
}
HEADS = {
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
    "a list of Hosts": b"GET / HTTP/1.1\r\nhost: a, b\r\n\r\n",
    "Host with a path": b"GET / HTTP/1.1\r\nhost: a/b\r\n\r\n",
    "Host with a user": b"GET / HTTP/1.1\r\nhost: u@a\r\n\r\n",
    "Host with a blank": b"GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
    "Host with a wrong port": b"GET / HTTP/1.1\r\nhost: a:b\r\n\r\n",
    "two Hosts, absolute": b"GET http://c/ HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
    "fragment": b"GET /#x HTTP/1.1\r\nhost: test\r\n\r\n",
    "no slash": b"GET x HTTP/1.1\r\nhost: test\r\n\r\n",
    "asterisk": b"GET * HTTP/1.1\r\nhost: test\r\n\r\n",
    "CONNECT": b"CONNECT test:80 HTTP/1.1\r\nhost: test\r\n\r\n",
    "user in the target": b"GET http://u@test/ HTTP/1.1\r\nhost: test\r\n\r\n",
    "other scheme": b"GET ftp://test/ HTTP/1.1\r\nhost: test\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nhost: test\r\n\r\n",
    "unknown method": b"FETCH / HTTP/1.1\r\nhost: test\r\n\r\n",
    "method in lower case": b"get / HTTP/1.1\r\nhost: test\r\n\r\n",
    "control byte in the method": b"G\x01T / HTTP/1.1\r\nhost: test\r\n\r\n",
    "method beyond ASCII": b"G\xc3\x89T / HTTP/1.1\r\nhost: test\r\n\r\n",
    "unknown expectation": b"POST /read HTTP/1.1\r\nhost: test\r\nexpect: x\r\ncontent-length: 1\r\n\r\n",
}  # fmt: skip
CONTROLS = [*range(9), *range(10, 32), 127]
MORE = (*CONTROLS, 0x85)
HEAD = b"GET / HTTP/1.1\r\nhost: test\r\n"
BYTES = {
    **{f"{byte:#04x} in a value": HEAD + b"x: a%cb\r\n\r\n" % byte for byte in CONTROLS},
    **{f"{byte:#04x} in a name": HEAD + b"x%cy: a\r\n\r\n" % byte for byte in MORE},
    **{f"{byte:#04x} in the target": b"GET /a%cb HTTP/1.1\r\nhost: test\r\n\r\n" % byte for byte in CONTROLS},
    **{f"{byte:#04x} before the colon": HEAD + b"x%c: a\r\n\r\n" % byte for byte in MORE},
}  # fmt: skip
TRAILERS = {
    "a chunk extension of 1 MiB": b"5;a=" + b"b" * MIB + b"\r\nhello\r\n0\r\n\r\n",
    "1 MiB of small chunk extensions": b"1;a=%b\r\nx\r\n" % (b"b" * 500) * 2000 + b"0\r\n\r\n",
    "trailers of 1 MiB": b"0\r\n" + b"x: y\r\n" * (MIB // 6) + b"\r\n",
    "one trailer of 1 MiB": b"0\r\nx: " + b"y" * MIB + b"\r\n\r\n",
    "a chunk size of 1 MiB": b"0" * MIB + b"\r\n\r\n",
}


def answers(server, data, slices=1):
    """The statuses that come back before the connection is closed."""
    with server.client() as client:
        step = len(data) // slices + 1
        for at in range(0, len(data), step):
            if not client.send(data[at : at + step]):
                break
        return statuses(client.rest())


@pytest.mark.parametrize("slices", [1, 40])
@pytest.mark.parametrize("name", SIZES)
def test_what_is_too_much_ends_the_connection(server, name, slices):
    """One refusal at most (a client that still sends may miss it), then the end; none of it is kept."""
    memory = server.rss()
    found = answers(server, SIZES[name], slices)
    assert not found or (len(found) == 1 and found[0] in REFUSED)
    assert server.rss() - memory < 2 * MIB


@pytest.mark.parametrize("name", TRAILERS)
def test_what_a_chunked_body_carries_beside_its_content_is_bounded(server, name):
    """Extensions and trailers end the connection where they become more than anybody needs."""
    head = b"POST /read HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"
    assert not set(answers(server, head + TRAILERS[name])) - {400, 431}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_none_is_refused(server, name):
    """Each is a malformed message, and the end of the connection."""
    (status,) = answers(server, HEADS[name] + GOOD)
    assert status in REFUSED | {417, 404}


@pytest.mark.parametrize("name", BYTES)
def test_bytes_that_are_no_text_are_refused(server, name):
    """Control bytes reach no application, wherever they stand."""
    assert answers(server, BYTES[name] + GOOD) in ([400], [501])


@pytest.mark.parametrize("name", [*HEADS, *(name for name in BYTES if "target" in name)])
def test_a_head_that_is_none_is_refused_after_a_good_one(server, name):
    """A head with the very fields of the one before is still looked at as a whole."""
    head = {**HEADS, **BYTES}[name]
    fields = head[head.index(b"\r\n") :]
    first = b"GET / HTTP/1.1" + (fields if fields.count(b"\r\nhost: test") == 1 else GOOD[14:])
    found = answers(server, first + head + GOOD)
    assert len(found) == 2 - (b"expect" in head) and found[-1] in REFUSED | {417, 404}


def test_blanks_around_a_value_are_no_part_of_it(server):
    """Trailing blanks of a value are cut off: a Content-Length with some is the number alone."""
    head = b"POST /read HTTP/1.1\r\nhost: test \t\r\ncontent-length: \t5 \t \r\n\r\nhello"
    with server.client(head) as client:
        assert client.until(rb"\r\n\r\n5$")


@pytest.mark.parametrize(
    "pieces", [[b"\r\n" + GOOD], [b"\r", b"\n" + GOOD], [b"\r\n", GOOD], [b"\r\n\r\n" + GOOD]]
)
def test_one_empty_line_is_forgiven_however_it_comes(server, pieces):
    """RFC 9112 §2.2: one before a request, whatever the packets; not two."""
    with server.client() as client:
        for piece in pieces:
            client.send(piece)
            server.polite()
        client.end()
        assert statuses(client.rest()) == [400 if b"\r\n\r\n" in pieces[0][:4] else 200]


def test_empty_lines_one_by_one_are_not_forgiven_for_ever(server):
    """The second one ends the connection, though each came alone."""
    with server.client(b"\r\n") as client:
        server.polite()
        client.send(b"\r\n")
        assert statuses(client.rest()) == [400]


def test_an_absolute_target_names_the_host(server):
    """The application sees one host, the target's (RFC 9112 §3.2.2): no second opinion."""
    before = server.calls("/x")
    with server.client(
        b"GET http://a.test/x HTTP/1.1\r\nhost: b.test\r\nconnection: close\r\n\r\n"
    ) as client:
        assert statuses(client.rest()) == [200]
    assert server.calls("/x") == before + 1
