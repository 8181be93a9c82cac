"""Pages of long lists: where each begins, how long it is, and what is no cursor."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.testing.slack.calls import Call
from interfaces.testing.slack.errors import SlackRefused
from interfaces.testing.slack.methods.pages import page


def paged(items, **args):
    """The page, and the cursor behind it."""
    found = page(Call(method="x", args=args), "items", items)
    assert found.keys() == {"items", "response_metadata"}
    return found["items"], found["response_metadata"]["next_cursor"]


@given(st.integers(0, 60), st.integers(1, 20))
def test_the_cursors_lead_through_everything_once(count, limit):
    """In order, no page longer than asked for, none empty but of an empty list; the last has no cursor."""
    items, found, cursor = list(range(count)), [], ""
    while True:
        part, cursor = paged(items, limit=limit, cursor=cursor)
        assert len(part) <= limit
        found += part
        if not cursor:
            break
        assert len(part) == limit
    assert found == items


def test_without_a_limit_a_page_has_a_hundred():
    """Also with one that is empty or null."""
    for args in ({}, {"limit": ""}, {"limit": None}, {"limit": 0}):
        part, cursor = paged(list(range(101)), **args)
        assert (len(part), bool(cursor)) == (100, True)


@pytest.mark.parametrize("limit", [1, "1", 1.0, "1.0"])
def test_a_limit_may_be_written_in_any_way(limit):
    """Forms have texts only."""
    assert paged(["a", "b"], limit=limit)[0] == ["a"]


@pytest.mark.parametrize("limit", [-1, "-5", 1001, "9999"])
def test_a_limit_has_limits(limit):
    """One to a thousand."""
    with pytest.raises(SlackRefused, match="invalid_limit"):
        paged([], limit=limit)


@pytest.mark.parametrize("limit", ["many", [5], {}, "1,5"])
def test_a_limit_is_a_number(limit):
    """An empty object counts as none at all, everything else is refused."""
    if limit == {}:
        assert paged([1], limit=limit)[0] == [1]
        return
    with pytest.raises(SlackRefused, match="invalid_arguments"):
        paged([], limit=limit)


@pytest.mark.parametrize("cursor", ["x", "!!!!", base64.b64encode(b"next").decode(), "=", "ä"])
def test_what_is_no_cursor_is_refused(cursor):
    """Whatever somebody made up."""
    with pytest.raises(SlackRefused, match="invalid_cursor"):
        paged([1, 2, 3], cursor=cursor)


def test_a_cursor_beyond_the_end_gives_nothing():
    """The list has become shorter in between."""
    cursor = base64.b64encode(b"50").decode()
    assert paged(list(range(10)), cursor=cursor) == ([], "")
