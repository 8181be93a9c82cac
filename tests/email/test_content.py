"""Content: dots, ends, lines and sizes, in any split of the bytes, against the standard library's client."""

import smtplib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.email.content import BARE, BIG, LONG, Content
from tests.email.talks import bytewise, cut

PLACES = st.lists(st.integers(0, 1000), max_size=8)
HOSTILE = st.lists(
    st.sampled_from([b"\r\n", b"\r\n", b"\r", b"\n", b".", b".", b"a", b"\0", b"x" * 9, b"\xc3\xa4"]),
    max_size=20,
).map(b"".join)


def read(
    *pieces: bytes, size: int = 0, line: int = 1000, normalise: bool = False
) -> tuple[Content, bytes, bytes]:
    """What reads DATA, the content it found (empty when there is a fault), and what is behind the end."""
    content, found, rest = Content(size, line, normalise=normalise), b"", b""
    for piece in pieces:
        rest, at = rest + piece, 0
        while not content.ended:
            before = at
            part, at = content.data(rest, at)
            found += part
            if at == before:
                break
        rest = rest[at:]
    return content, b"" if content.fault else found, rest


def chunks(*pieces: bytes, size: int = 0, line: int = 1000, normalise: bool = False) -> tuple[Content, bytes]:
    """What reads BDAT, each piece a chunk of its own and the last one the last, and the content."""
    content, found = Content(size, line, normalise=normalise), b""
    for at, piece in enumerate(pieces):
        content.expect(len(piece), last=at == len(pieces) - 1)
        part, end = content.chunk(piece, 0)
        assert end == len(piece)
        found += part
    return content, b"" if content.fault else found


# --- RFC 5321 §4.1.1.4, §4.5.2: the end and the dots ---


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n..\r\n.\r\n", b"..\r\n.\r\n"),
        (b".a\r\n.\r\n", b"a\r\n"),
        (b"a.\r\n.b.\r\n.\r\n", b"a.\r\nb.\r\n"),
        (b"\r\n..\r\n.\r\n", b"\r\n.\r\n"),
        (b"\0\xff\r\n.\r\n", b"\0\xff\r\n"),
    ],
)
def test_dots_and_the_end(data: bytes, content: bytes) -> None:
    """One dot at the beginning of a line is taken away, a line of one is the end; in one read or byte by byte."""
    for pieces in ([data], bytewise(data)):
        state, found, rest = read(*pieces)
        assert (found, state.ended, state.fault, rest) == (content, True, b"", b"")


def test_what_is_behind_the_end_is_left() -> None:
    """RFC 2920: the next command may come with it."""
    assert read(b"a\r\n.\r\nMAIL")[1:] == (b"a\r\n", b"MAIL")


@given(st.text("a.\r\n", max_size=60), PLACES)
def test_what_smtplib_sends_is_what_it_was_given(text: str, places: list[int]) -> None:
    """The standard library's client as the oracle: its lines, its dots, its end."""
    lines = smtplib._fix_eols(text).encode()  # type: ignore[attr-defined]
    sent = smtplib._quote_periods(lines)  # type: ignore[attr-defined]
    if not sent.endswith(b"\r\n"):
        sent, lines = sent + b"\r\n", lines + b"\r\n"
    state, found, rest = read(*cut(sent + b".\r\nNOOP\r\n", places))
    assert (found, state.fault) == (lines, b"")
    assert rest == b"NOOP\r\n"


# --- §2.3.8: lines end in CRLF ---


@pytest.mark.parametrize("bare", [b"\n", b"\r", b"\n\r", b"\r\r\n", b"\n\n", b"a\rb", b"a\nb", b"\r\0\n"])
def test_a_cr_or_lf_alone_is_a_fault(bare: bytes) -> None:
    """Wherever it stands, in DATA and in BDAT, whatever the split."""
    for data in (bare + b"\r\n.\r\n", b"a" + bare + b"b\r\n.\r\n", b"\r\n" + bare + b"\r\n.\r\n"):
        for pieces in ([data], bytewise(data)):
            state, found, rest = read(*pieces)
            assert (state.fault, found, state.ended, rest) == (BARE, b"", True, b"")
            assert chunks(*pieces)[0].fault == BARE


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"a\nb\rc\r\n.\r\n", b"a\r\nb\r\nc\r\n"),
        (b"\n.\n.\r\n.\r\n", b"\r\n.\r\n.\r\n"),
        (b"\r\r\n.\r\n", b"\r\n\r\n"),
        (b"\n\r\n.\r\n", b"\r\n\r\n"),
        (b"\r.\r\r\n.\r\n", b"\r\n.\r\n\r\n"),
        (b"a\r\n.\nb\r\n.\r\n", b"a\r\n\r\nb\r\n"),
    ],
)
def test_normalised_they_are_lines_but_no_ends(data: bytes, content: bytes) -> None:
    """A client of one's own may send them: they become CRLF, and only CRLF.CRLF is an end."""
    for pieces in ([data], bytewise(data)):
        state, found, rest = read(*pieces, normalise=True)
        assert (found, state.fault, state.ended, rest) == (content, b"", True, b"")


def test_a_crlf_may_be_split_by_chunks() -> None:
    """RFC 3030: chunks are no lines."""
    assert chunks(b"a\r", b"\nb\r", b"\n")[1] == b"a\r\nb\r\n"
    assert chunks(b"a\r", b"", b"\nb", b"\r", b"\n")[1] == b"a\r\nb\r\n"
    assert chunks(b"a\r", b"b")[0].fault == BARE
    assert chunks(b"a\r", b"")[0].fault == BARE
    assert chunks(b"a\r", b"", normalise=True)[1] == b"a\r\n"


def test_chunks_have_no_dots_and_need_no_last_crlf() -> None:
    """RFC 3030 §2: no transparency."""
    assert chunks(b".\r\n", b"..a\r\n.\r\n", b"end")[1] == b".\r\n..a\r\n.\r\nend"


# --- §4.5.3.1: limits ---


def test_a_line_may_have_as_many_octets_as_the_limit_with_its_crlf() -> None:
    """§4.5.3.1.6: 1000 in all."""
    for most, fault in ((998, b""), (999, LONG)):
        data = b"x" * most + b"\r\n"
        for pieces in ([data], bytewise(data), [data[:500], data[500:]]):
            assert read(*pieces, b".\r\n")[0].fault == fault
            assert chunks(*pieces)[0].fault == fault


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_a_long_line_among_short_ones_is_found(count: int) -> None:
    """The check steps over many lines at once; each place of a long one is found, and none that is not there."""
    for at in range(count):
        lines = [b"a" * 8 + b"\r\n"] * count
        assert read(b"".join(lines) + b".\r\n", line=10)[0].fault == b""
        lines[at] = b"a" * 9 + b"\r\n"
        assert read(b"".join(lines) + b".\r\n", line=10)[0].fault == LONG


def test_normalised_bare_crs_end_lines_for_the_limit_too() -> None:
    """Many short lines without any LF are no long one."""
    data = b"abcdefgh\r" * 50 + b"\r\n.\r\n"
    for pieces in ([data], bytewise(data)):
        state, found, _ = read(*pieces, line=10, normalise=True)
        assert (state.fault, found.count(b"\r\n"), state.ended) == (b"", 51, True)


def test_a_dot_behind_the_cut_of_a_long_line_is_no_end() -> None:
    """Where we cut is no line's beginning: the true end alone is one, at every split."""
    data = b"x" * 40 + b".\r\nMAIL\r\n.\r\nrest"
    for place in range(len(data)):
        state, _, rest = read(data[:place], data[place:], line=10)
        assert (state.fault, state.ended, rest) == (LONG, True, b"rest")
    state, _, rest = read(*bytewise(data[:-4]), line=10)
    assert (state.fault, state.ended, rest) == (LONG, True, b"")


def test_the_size_counts_content_without_the_dots_and_the_end() -> None:
    """RFC 1870 §5: CRLFs are counted, what transparency adds is not."""
    for pieces in ([b"..abc\r\n.\r\n"], bytewise(b"..abc\r\n.\r\n")):
        assert read(*pieces, size=6)[0].fault == b""
        assert read(*pieces, size=5)[0].fault == BIG
    assert chunks(b"abc", b"de", size=5)[0].fault == b""
    assert chunks(b"abc", b"def", size=5)[0].fault == BIG


def test_the_worst_fault_is_told_whatever_came_first() -> None:
    """Too big before a bare LF before a long line, so no split decides."""
    long, bare, big = b"x" * 30 + b"\r\n", b"a\nb\r\n", b"y\r\n" * 40
    assert read(long, bare, b".\r\n", size=100, line=20)[0].fault == BARE
    for parts in ((long, bare, big), (bare, big, long), (big, long, bare)):
        assert read(*parts, b".\r\n", size=100, line=20)[0].fault == BIG
        assert read(b"".join(parts) + b".\r\n", size=100, line=20)[0].fault == BIG


@given(HOSTILE, PLACES, st.booleans(), st.sampled_from([0, 12, 40]))
def test_any_split_reads_the_same(data: bytes, places: list[int], normalise: bool, size: int) -> None:
    """Content, fault, end, and what is behind it, for bare CRs, LFs and dots in any order."""

    def seen(pieces: list[bytes]) -> object:
        state, found, rest = read(*pieces, size=size, line=10, normalise=normalise)
        return state.fault, found, state.ended, rest

    data += b"\r\n.\r\n"
    assert seen([data]) == seen(cut(data, places)) == seen(bytewise(data))


@given(HOSTILE, PLACES, st.booleans(), st.sampled_from([0, 12, 40]))
def test_any_chunks_are_the_same_content(data: bytes, places: list[int], normalise: bool, size: int) -> None:
    """However a message is cut into chunks of BDAT."""
    options = {"size": size, "line": 10, "normalise": normalise}
    whole, content = chunks(data, **options)  # type: ignore[arg-type]
    for pieces in (cut(data, places), [*bytewise(data), b""]):
        state, found = chunks(*pieces, **options)  # type: ignore[arg-type]
        assert (state.fault, found, state.ended) == (whole.fault, content, True)


@given(HOSTILE)
def test_what_is_taken_has_whole_lines_only(data: bytes) -> None:
    """No content without a fault has a CR or LF alone, normalised or not."""
    for normalise in (False, True):
        _, found, _ = read(data + b"\r\n.\r\n", normalise=normalise)
        assert b"\r" not in found.replace(b"\r\n", b"")
        assert b"\n" not in found.replace(b"\r\n", b"")


# --- linear time ---


class Counted(bytes):
    """Bytes that count those which are copied out of them and searched in them."""

    copied: int = 0
    searched: int = 0

    def __getitem__(self, key: object) -> bytes:  # type: ignore[override]
        found = super().__getitem__(key)  # type: ignore[call-overload]
        Counted.copied += len(found) if isinstance(found, bytes) else 1
        return found  # type: ignore[no-any-return]

    def find(self, what: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        found = super().find(what, start, end)
        Counted.searched += (found if found >= 0 else len(self)) - start
        return found

    def rfind(self, what: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        found = super().rfind(what, start, end)
        Counted.searched += len(self) - max(found, start)
        return found


@pytest.mark.parametrize(
    "line", [b"..\r\n", b"..a\r\n", b"\r\n", b"x" * 70 + b"\r\n", b"a\n", b"\r\r\n.", b"x" * 2000]
)
def test_dots_are_taken_away_in_linear_time(line: bytes) -> None:
    """A megabyte in one read is searched three times at most and copied once, whatever is in it."""
    data = Counted(line * (1_000_000 // len(line)) + b"z\r\n.\r\n")
    Counted.copied = Counted.searched = 0
    state, at, steps = Content(0, 1000), 0, 0
    while not state.ended:
        _, at = state.data(data, at)
        steps += 1
    assert at == len(data)
    assert Counted.copied <= len(data)
    assert Counted.searched <= 3 * len(data)
    assert steps <= 2


def test_byte_by_byte_no_more_than_a_line_is_looked_at_again() -> None:
    """What is not read yet never exceeds the limit of a line, so each byte costs a constant at most."""
    for data in (b"x" * 5000, b"a\r\n.." * 1000, b"\r" * 5000, b"\r\n." * 1500):
        state, rest = Content(0, 100), b""
        for byte in bytewise(data):
            rest += byte
            _, at = state.data(rest, 0)
            rest = rest[at:]
            assert len(rest) <= 101
