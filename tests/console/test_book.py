"""The book: bounds by count and by weight, what was lost, readers with cursors, conversations."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.console.book import OVERHEAD, Book, Reader
from interfaces.console.entries import Entry
from tests.console.kit import call, entry


def filled(count: int, **bounds: int) -> Book:
    """A book that ``count`` messages were put into."""
    book = Book(**bounds)
    for _ in range(count):
        book.add(entry())
    return book


def ids(entries: Any) -> list[int]:
    """Of entries, in their order."""
    return [one.id for one in entries]


def test_ids_grow_by_one_and_name_what_is_there() -> None:
    """From 1 on; what is not there is None."""
    book = filled(3)
    assert ids(book.after(0)) == [1, 2, 3] and book.last == 3 and len(book) == 3
    assert [book.get(number) and book.get(number).id for number in (0, 1, 3, 4)] == [None, 1, 3, None]


def test_the_oldest_fall_out_and_are_counted() -> None:
    """By their number."""
    book = filled(10, entries=4)
    assert (ids(book.after(0)), book.lost, book.first, book.last) == ([7, 8, 9, 10], 6, 7, 10)
    assert book.get(6) is None and book.get(7) is not None
    assert "6 lost" in repr(book)


def test_they_fall_out_by_weight_too() -> None:
    """What all of them hold is bounded, and is counted right."""
    book = Book(weight=3 * (1000 + OVERHEAD))
    for _ in range(5):
        book.add(entry(weight=1000))
    assert (len(book), book.lost, book.held) == (3, 2, 3 * (1000 + OVERHEAD))


def test_one_that_grows_pushes_others_out() -> None:
    """And the sum stays right when it falls out itself."""
    book = Book(weight=10_000)
    first, second = book.add(entry(weight=100)), book.add(entry(weight=100))
    book.heavier(second, second.grow("body", b"x" * 8900))
    assert book.get(first.id) is None and book.get(second.id) is second
    book.heavier(first, 5000)  # which is not there any more
    assert book.held == second.weight + OVERHEAD
    book.add(entry(weight=9000))
    assert (book.held, len(book)) == (9000 + OVERHEAD, 1)


@settings(max_examples=50, deadline=None)
@given(
    weights=st.lists(st.integers(0, 3000), max_size=40),
    entries=st.integers(1, 8),
    weight=st.integers(1, 8000),
)
def test_bounds_hold_whatever_comes(weights: list[int], entries: int, weight: int) -> None:
    """Never more than the bounds; what is there, and what is lost, are all."""
    book = Book(entries=entries, weight=weight)
    for one in weights:
        book.add(entry(weight=one))
        assert len(book) <= entries and book.held <= weight
        assert book.held == sum(each.weight + OVERHEAD for each in book.after(0))
    assert len(book) + book.lost == len(weights) == book.last


def test_pages_go_both_ways() -> None:
    """Behind an id oldest first, before one newest first; beyond the ends there is nothing."""
    book = filled(6, entries=5)
    assert ids(book.after(4)) == [5, 6] and ids(book.after(6)) == [] and ids(book.after(0)) == [2, 3, 4, 5, 6]
    assert (
        ids(book.before(4)) == [3, 2]
        and ids(book.before(99)) == [6, 5, 4, 3, 2]
        and ids(book.before(2)) == []
    )


def reader(book: Book, after: int = 0) -> tuple[Reader, list[int]]:
    """A reader, and how often it was woken."""
    woken: list[int] = []
    return book.follow(after, lambda: woken.append(1)), woken


def test_a_reader_gets_what_is_new_once() -> None:
    """In pieces, if it wants; it is woken for each."""
    book = filled(2)
    follower, woken = reader(book)
    book.add(entry())
    assert woken == [1]
    assert [ids(part) for part in follower.take(2)] == [[1, 2], []]
    assert [ids(part) for part in follower.take(2)] == [[3], []]
    assert [ids(part) for part in follower.take(2)] == [[], []]


def test_a_reader_hears_of_changes_of_what_it_has_seen() -> None:
    """Once each; of what it has not seen it hears by that itself."""
    book = filled(2)
    follower, _ = reader(book)
    follower.take(1)
    for number in (1, 1, 2):
        book.changed(book.get(number) or entry())
    assert [ids(part) for part in follower.take()] == [[2], [1]]
    book.leave(follower)
    book.changed(book.get(1) or entry())
    assert follower.take() == ([], [])


def test_what_a_slow_reader_holds_is_bounded_by_the_book() -> None:
    """Changes of what has fallen out are forgotten, and it is told that something was lost."""
    book = filled(3, entries=3)
    follower, _ = reader(book)
    follower.take()
    for one in list(book.after(0)):
        book.changed(one)
    assert not follower.missed()
    for _ in range(5):
        book.add(entry())
    assert follower.changed == {} and follower.missed() and not follower.missed()
    assert [ids(part) for part in follower.take()] == [[6, 7, 8], []]


def test_a_stranger_is_not_changed() -> None:
    """An entry that has fallen out, or never was in."""
    book = filled(1)
    follower, woken = reader(book, 1)
    book.changed(entry())
    assert woken == [] and follower.changed == {}


def test_conversations() -> None:
    """The one with the newest message first, each with its protocols, its count and its newest message."""

    def one(conversation: str, kind: str, text: str) -> Entry:
        return entry(kind, {"type": f"{kind}.x", "text": text}, conversation=conversation, call=call(kind))

    book = Book()
    for each in (one("a", "sms", "1"), one("b", "irc", "2"), one("a", "email", "3")):
        book.add(each)
    found = book.conversations()
    assert [(group["conversation"], group["count"], group["last"]) for group in found] == [
        ("a", 2, 3),
        ("b", 1, 2),
    ]
    assert sorted(found[0]["protocols"]) == ["email", "sms"] and "3" in found[0]["title"]


def test_clear_forgets_and_loses_nothing() -> None:
    """Ids go on; readers hear of nothing that is gone."""
    book = filled(3)
    follower, _ = reader(book)
    follower.take()
    book.changed(book.get(1) or entry())
    book.clear()
    assert (len(book), book.held, book.lost) == (0, 0, 0) and follower.take() == ([], [])
    assert book.add(entry()).id == 4 and ids(book.after(0)) == [4]


@pytest.mark.parametrize("number", [-5, 0, 10**12])
def test_odd_ids_are_nobody(number: int) -> None:
    """Negative ones and those of the future."""
    assert filled(2).get(number) is None
