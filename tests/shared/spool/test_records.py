"""interfaces.shared.spool.records: what a segment's bytes say, whatever a crash has left of them."""

from hypothesis import given
from hypothesis import strategies as st

from interfaces.shared.spool.records import (
    DONE,
    HEAD,
    LATER,
    PUT,
    TOP,
    Found,
    body_of,
    mark_of,
    record,
    scan,
    top,
)

MARK = b"8 random"
BODIES = st.lists(st.tuples(st.sampled_from((PUT, LATER, DONE)), st.binary(max_size=40)), max_size=6)


def segment(bodies):
    """A segment, and where each of its records begins and ends."""
    data, ends = top(MARK), []
    for number, (kind, body) in enumerate(bodies):
        begin = len(data)
        data += record(MARK, kind, number, body)
        ends.append((begin, len(data)))
    return data, ends


def test_a_segment_says_its_mark():
    """And what is none, or is torn in its top, has none."""
    assert mark_of(top(MARK) + b"more") == MARK
    assert mark_of(top(MARK)[:-1]) is None and mark_of(b"") is None
    assert mark_of(top(MARK)[:-1] + b"\0") is None


@given(BODIES)
def test_records_are_found_as_written(bodies):
    """Kind, number, place and body of each."""
    data, ends = segment(bodies)
    found = list(scan(MARK, data))
    assert [(one.at, one.at + one.length, one.kind, one.number) for one in found] == [
        (*span, kind, number) for number, (span, (kind, _)) in enumerate(zip(ends, bodies, strict=True))
    ]
    assert [body_of(MARK, data[begin:end]) for begin, end in ends] == [body for _, body in bodies]


@given(BODIES, st.data())
def test_a_torn_end_costs_what_is_torn_alone(bodies, choose):
    """Cut at any byte, the records before it are there, and the rest is told as one part."""
    data, ends = segment(bodies)
    cut = choose.draw(st.integers(TOP, len(data)))
    found = list(scan(MARK, data[:cut]))
    whole = [end for _, end in ends if end <= cut]
    assert [one.number for one in found if isinstance(one, Found)] == list(range(len(whole)))
    rest = whole[-1] if whole else TOP
    assert [one for one in found if not isinstance(one, Found)] == ([(rest, cut)] if rest < cut else [])


@given(BODIES.filter(bool), st.data())
def test_a_wrong_byte_costs_its_record_alone(bodies, choose):
    """Those before and behind it are found, and the damage is told."""
    data, ends = segment(bodies)
    at = choose.draw(st.integers(TOP, len(data) - 1))
    wrong = data[:at] + bytes([data[at] ^ choose.draw(st.integers(1, 255))]) + data[at + 1 :]
    hit = next(number for number, (begin, end) in enumerate(ends) if begin <= at < end)
    found = list(scan(MARK, wrong))
    assert [one.number for one in found if isinstance(one, Found)] == [
        number for number in range(len(bodies)) if number != hit
    ]
    assert ends[hit] in found


def test_no_content_passes_for_a_record():
    """What was written with another mark, as by somebody who knows the format, is found nowhere."""
    forged = record(b"guessed!", PUT, 7, b"forged")
    data = top(MARK) + record(MARK, PUT, 1, forged)
    assert [one.number for one in scan(MARK, data)] == [1]
    assert list(scan(MARK, data[:-1])) == [(TOP, len(data) - 1)]
    assert body_of(MARK, forged) is None


def test_a_body_has_to_be_all_there_is():
    """A record with something behind it, or less than its head, is not read as one."""
    one = record(MARK, PUT, 1, b"body")
    assert body_of(MARK, one + b"x") is None
    assert body_of(MARK, one[: HEAD - 1]) is None
