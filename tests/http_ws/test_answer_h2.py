"""Answers of HTTP/2 as blocks and data: every status, length, trailer and hint, and what is refused."""

from types import SimpleNamespace
from typing import Any

import pytest
from hpack import Decoder

from interfaces.http_ws.answer import COMPLETE, STARTED, TRAILERS
from interfaces.http_ws.answer_h2 import GO_ON, AnswerH2, refusal
from interfaces.http_ws.hpack_encoder import Encoder
from interfaces.shared.errors import ApplicationError

SAID = b"Thu, 01 Jan 1970 00:00:00 GMT"
CLOCK = SimpleNamespace(date_block=Encoder().field(b"date", SAID))
DATE = (b"date", SAID)


def answer(head_only: bool = False) -> AnswerH2:
    """To a new request."""
    return AnswerH2(CLOCK, head_only)


def fields(block: bytes) -> list[tuple[bytes, bytes]]:
    """What hpack reads in a block."""
    return [(bytes(name), bytes(value)) for name, value in Decoder().decode(block, raw=True)]


@pytest.mark.parametrize("head_only", [False, True])
@pytest.mark.parametrize("status", [200, 204, 304, 404, 999])
def test_statuses_with_and_without_content(status: int, head_only: bool) -> None:
    """HEAD, 204 and 304 have no data, whatever the application says; others have what it says."""
    it = answer(head_only)
    it.start(status, [(b"x", b"y")], b"")
    assert it.phase == STARTED and not it.on_the_wire and it.status == status
    bare = head_only or status in (204, 304)
    assert it.body(b"ab", True) == (b"" if bare else b"ab")
    assert it.on_the_wire
    assert it.body(b"c", False) == (b"" if bare else b"c")
    assert it.phase == COMPLETE and it.bodiless == bare and it.sent == (0 if bare else 3)
    assert [fields(block) for block in it.blocks] == [[(b":status", b"%d" % status), (b"x", b"y"), DATE]]


@pytest.mark.parametrize("make", [list, tuple, iter, lambda pairs: ([*pair] for pair in pairs)])
def test_fields_of_any_kind(make: Any) -> None:
    """Lists, tuples and generators: the length among them is seen, and names are written in lower case."""
    for _ in range(2):  # the second time the block is remembered
        it = answer()
        it.start(200, make([(b"Content-Length", b"3"), (b"Connection", b"close"), (b"X-A", b"b")]), b"")
        with pytest.raises(ApplicationError, match="shorter than its content-length"):
            it.body(b"ab", False)
        assert it.body(b"abc", False) == b"abc"
        assert fields(it.blocks[0]) == [(b":status", b"200"), (b"content-length", b"3"), (b"x-a", b"b"), DATE]


def test_the_applications_date_counts() -> None:
    """It is the only one then, however it is spelt."""
    it = answer()
    it.start(200, [(b"Date", b"today")], b"")
    assert fields(it.blocks[0]) == [(b":status", b"200"), (b"date", b"today")]


def test_204_has_no_length() -> None:
    """As RFC 9110 §8.6 says; 304 and HEAD may."""
    for status, said in ((204, False), (304, True)):
        it = answer()
        it.start(status, [(b"content-length", b"5")], b"")
        assert (b"content-length", b"5") in fields(it.blocks[0]) or not said
        assert it.body(b"hello", False) == b""


@pytest.mark.parametrize("values", [[b"1", b"1"], [b"-1"], [b"a"], [b""], [b"1, 1"]])
def test_content_length_is_one_number(values: list[bytes]) -> None:
    """Nothing else is sent, also when it is tried again, and the mistake can be made good."""
    it = answer()
    for _ in range(2):
        with pytest.raises(ApplicationError, match="not one number"):
            it.start(200, [(b"content-length", value) for value in values], b"")
    it.start(200, [], b"")
    assert len(it.blocks) == 1


@pytest.mark.parametrize("parts", [[b"abcd"], [b"ab", b"cd"], [b"ab", b""], [b""]])
def test_a_body_of_another_length_is_refused(parts: list[bytes]) -> None:
    """Longer or shorter than its content-length: the application is told, and what was wrong is not sent."""
    it = answer()
    it.start(200, [(b"content-length", b"3")], b"")
    for part in parts[:-1]:
        it.body(part, True)
    with pytest.raises(ApplicationError, match="than its content-length"):
        it.body(parts[-1], False)
    assert it.phase != COMPLETE


@pytest.mark.parametrize("status", [0, 100, 103, 199, 1000])
def test_only_final_statuses_start(status: int) -> None:
    """What is interim is the server's, or a hint."""
    with pytest.raises(ApplicationError, match="not a final status"):
        answer().start(status, [], b"")


def test_what_is_out_of_order_is_refused() -> None:
    """Body before start, start twice, anything after the end: ApplicationError, and nothing is written."""
    it = answer()
    for act in (lambda: it.body(b"", False), lambda: it.trailers([], True), lambda: it.sized(1)):
        with pytest.raises(ApplicationError, match="expected"):
            act()
    it.start(200, [], b"")
    for again in (lambda: it.start(200, [], b""), lambda: it.hint([b"a"]), lambda: it.trailers([], True)):
        with pytest.raises(ApplicationError):
            again()
    it.body(b"", False)
    for late in (lambda: it.body(b"", False), lambda: it.trailers([], True), lambda: it.start(200, [], b"")):
        with pytest.raises(ApplicationError):
            late()
    assert len(it.blocks) == 1


@pytest.mark.parametrize(
    "bad", [(b"a b", b"c"), (b"", b"c"), (b":status", b"200"), (b"a", b"b\r\nc: d"), (b"a", b"\0")]
)
def test_no_field_breaks_out(bad: tuple[bytes, bytes]) -> None:
    """Names are tokens, none is a pseudo-header field; values hold no CR, LF or NUL; so it is in trailers and hints."""
    it = answer()
    with pytest.raises(ApplicationError):
        it.start(200, [bad], b"")
    it.start(200, [], b"", True)
    it.body(b"", False)
    with pytest.raises(ApplicationError):
        it.trailers([bad], True)
    with pytest.raises(ApplicationError):
        answer().hint([b"</a>\r\nb: c"])


def test_trailers() -> None:
    """They make one block in however many parts they come; without any there is none."""
    it = answer()
    it.start(200, [], b"", True)
    assert it.body(b"a", False) == b"a" and it.phase == TRAILERS
    assert it.trailers([(b"A", b"1")], False, True) == b"" and it.phase == TRAILERS
    assert it.trailers([(b"b", b"2")], False) == b"" and it.phase == COMPLETE
    assert fields(it.blocks[1]) == [(b"a", b"1"), (b"b", b"2")]
    it = answer()
    it.start(200, [], b"", True)
    it.body(b"a", False)
    it.trailers([], False)
    assert it.phase == COMPLETE and len(it.blocks) == 1
    it = answer(True)
    it.start(200, [], b"", True)
    it.body(b"a", False)
    it.trailers([(b"a", b"1")], False)
    assert len(it.blocks) == 1


@pytest.mark.parametrize("name", [b"Content-Length", b"date"])
def test_framing_is_no_trailer(name: bytes) -> None:
    """RFC 9110 §6.5.1."""
    it = answer()
    it.start(200, [], b"", True)
    it.body(b"a", False)
    with pytest.raises(ApplicationError, match="framing"):
        it.trailers([(name, b"1")], True)


def test_sizes_of_files() -> None:
    """A file's size becomes the length, unless the application said that one already, or there is none."""
    it = answer()
    it.start(200, [], b"")
    it.sized(5)
    assert fields(it.blocks[0])[-1] == (b"content-length", b"5")
    it = answer()
    it.start(200, [(b"content-length", b"5")], b"")
    with pytest.raises(ApplicationError, match="the size of the file"):
        it.sized(6)
    it.sized(5)
    it = answer()
    it.start(204, [], b"")
    it.sized(5)
    assert b"content-length" not in dict(fields(it.blocks[0]))


def test_early_hints() -> None:
    """A block of 103 with each link, before the start; none without links."""
    it = answer()
    assert it.hint([]) == b"" and not it.blocks
    assert it.hint([b"</a>", b"</b>"]) == b""
    assert fields(it.blocks[0]) == [(b":status", b"103"), (b"link", b"</a>"), (b"link", b"</b>")]
    it.start(200, [], b"")


def test_answers_of_our_own() -> None:
    """Their length and kind; 503 says when to come again; and 100."""
    assert fields(refusal(404, 10)) == [
        (b":status", b"404"), (b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"10"),
    ]  # fmt: skip
    assert fields(refusal(503, 1, ((b"x", b"y"),)))[-2:] == [(b"x", b"y"), (b"retry-after", b"1")]
    assert fields(GO_ON) == [(b":status", b"100")]
