"""What is noted of a call: each event, when the application was done with it, and what became of it."""

import asyncio
from typing import Any

import pytest

from interfaces.console.book import Book
from interfaces.console.calls import Watch
from interfaces.shared.errors import NoRoute, PeerGone, Unavailable
from tests.console.kit import EVENTS, watch


def noted(book: Book) -> list[tuple[str, str, str]]:
    """Direction, type and verdict of all."""
    return [(one.direction, one.type, one.verdict) for one in book.after(0)]


def begun(kind: str, **scope: Any) -> tuple[Book, Watch]:
    """A call that has asked for its event and got it."""
    book = Book()
    one = watch(kind, book, **scope)
    one.asks()
    one.hears(EVENTS[kind])
    return book, one


@pytest.mark.parametrize("kind", ["email", "slack", "sms"])
@pytest.mark.parametrize(
    ("word", "verdict"),
    [("accept", "accepted"), ("reject", "rejected"), ("defer", "deferred"), ("", "accepted")],
)
def test_a_delivery_has_its_verdict(kind: str, word: str, verdict: str) -> None:
    """The word that was said; none and a normal end is accepted."""
    book, one = begun(kind)
    assert noted(book) == [("in", EVENTS[kind]["type"], "running")]
    if word:
        one.said(one.says({"type": f"{kind}.{word}"}))
    one.ends(None)
    assert next(book.after(0)).verdict == verdict
    assert len(book) == 1 + bool(word)


def test_a_delivery_that_asks_again_is_accepted() -> None:
    """Channels' consumers do; being released then is a normal end."""
    book, one = begun("email")
    one.asks()
    assert noted(book) == [("in", "email.receive", "accepted")]
    one.ends(asyncio.CancelledError())
    assert noted(book) == [("in", "email.receive", "accepted")] and next(book.after(0)).error == ""


@pytest.mark.parametrize(
    ("kind", "error", "verdict", "told"),
    [
        ("email", ValueError("no luck"), "failed", "ValueError: no luck"),
        ("http", ValueError("no luck"), "failed", "ValueError: no luck"),
        ("websocket", ValueError(), "failed", "ValueError"),
        ("email", NoRoute("nobody"), "rejected", "NoRoute: nobody"),
        ("sms", Unavailable("later"), "deferred", "Unavailable: later"),
        ("slack", asyncio.CancelledError(), "deferred", ""),
        ("websocket", asyncio.CancelledError(), "ended", ""),
        ("http", PeerGone("gone"), "ended", ""),
    ],
)
def test_what_was_raised_is_told(kind: str, error: BaseException, verdict: str, told: str) -> None:
    """With its line, as the verdict that the peer gets by it."""
    book, one = begun(kind)
    one.ends(error)
    last = next(book.after(0))
    assert (last.verdict, last.error) == (verdict, told)


def test_an_error_after_the_verdict_changes_no_verdict() -> None:
    """It is told; the peer has heard something else."""
    book, one = begun("email")
    one.says({"type": "email.accept"})
    one.ends(ValueError("late"))
    first = next(book.after(0))
    assert (first.verdict, first.error) == ("accepted", "ValueError: late")


def test_an_error_before_any_event_has_an_entry() -> None:
    """Else nobody would see it."""
    book = Book()
    watch("udp", book).ends(ValueError("at once"))
    assert noted(book) == [("in", "udp.raised", "failed")]


def test_a_socket_is_done_with_a_message_when_it_asks_for_the_next() -> None:
    """Each has its own time."""
    times = iter([0.0, 1.5, 2.0, 2.25])
    book = Book()
    one = watch("websocket", book, clock=lambda: next(times))
    one.asks()
    one.hears({"type": "websocket.connect"})
    one.asks()
    one.hears(EVENTS["websocket"])
    one.asks()
    assert [(each.verdict, each.took_ms) for each in book.after(0)] == [("ended", 1500.0), ("ended", 250.0)]


def test_a_request_is_one_entry_however_many_its_pieces() -> None:
    """So is its response; it is done when that is complete."""
    book = Book()
    one = watch("http", book)
    assert noted(book) == [("in", "http.request", "running")]
    for piece, more in ((b"ab", True), (b"cd", False)):
        one.asks()
        one.hears({"type": "http.request", "body": piece, "more_body": more})
    one.said(one.says({"type": "http.response.start", "status": 200, "headers": []}))
    one.said(one.says({"type": "http.response.body", "body": b"12", "more_body": True}))
    assert noted(book)[0] == ("in", "http.request", "running")
    one.said(one.says({"type": "http.response.body", "body": b"34"}))
    assert noted(book) == [("in", "http.request", "ended"), ("out", "http.response.start", "")]
    first, second = book.after(0)
    assert (bytes(first.event["body"]), bytes(second.event["body"])) == (b"abcd", b"1234")
    assert first.event["more_body"] is False
    one.hears({"type": "http.disconnect"})
    one.ends(None)
    assert len(book) == 2


@pytest.mark.parametrize("wrong", ["text", 2**40, [b"a"], {"a": 1}])
def test_a_piece_that_is_none_is_shown_as_it_is(wrong: Any) -> None:
    """A body of text is the commonest mistake of all; no bytes are made of a number."""
    book, one = begun("http")
    one.says({"type": "http.response.start", "status": 200, "headers": []})
    one.unsaid(one.says({"type": "http.response.body", "body": wrong}), TypeError("no bytes"))
    one.hears({"type": "http.request", "body": wrong})
    assert [each.event.get("body") for each in book.after(0) if each.type == "http.response.body"] == [wrong]
    assert "TypeError: no bytes" in [each.error for each in book.after(0)]


def test_a_request_whose_body_nobody_reads_is_there() -> None:
    """As of most views."""
    book = Book()
    watch("http", book).ends(None)
    assert noted(book) == [("in", "http.request", "ended")]


def test_mail_in_pieces_is_one_entry() -> None:
    """With what only the last piece says."""
    book = Book()
    one = watch("email", book)
    for event in ({"type": "email.receive", "body": b"a", "more_body": True, "subject": "hi"},
                  {"type": "email.receive", "body": b"b", "more_body": False, "digest": "d"}):  # fmt: skip
        one.asks()
        one.hears(event)
    only = next(book.after(0))
    assert len(book) == 1 and bytes(only.event["body"]) == b"ab"
    assert (only.event["digest"], only.event["subject"], only.verdict) == ("d", "hi", "running")


def test_what_was_not_sent_is_told() -> None:
    """Whether the peer has gone, or the interface refused it."""
    book, one = begun("websocket")
    one.unsaid(one.says({"type": "websocket.send", "text": "a"}), PeerGone("x"))
    one.unsaid(one.says({"type": "nonsense"}), ValueError("no such word"))
    one.unsaid(None, ValueError())
    assert [each.error for each in book.after(1)] == ["the peer has gone", "ValueError: no such word"]


def test_the_time_in_the_queue_is_known_by_received_at() -> None:
    """Never below 0, whatever the clocks say."""
    book, _ = begun("email")
    assert next(book.after(0)).queued_ms == 1000.0
    book = Book()
    watch("email", book, clock=lambda: 999.0).hears(EVENTS["email"])
    assert next(book.after(0)).queued_ms == 0.0


def test_the_application_may_name_the_conversation() -> None:
    """By the state of its scope, also while it handles the event; "" says nothing."""
    state: dict[str, Any] = {}
    book, one = begun("email", state=state)
    assert next(book.after(0)).conversation == "email:1@x.org"
    state["conversation"] = "ticket-1"
    one.says({"type": "email.accept"})
    assert [each.conversation for each in book.after(0)] == ["ticket-1", "ticket-1"]
    state["conversation"] = ""
    assert one.says({"type": "email.send"}).conversation == "ticket-1"


def test_secrets_of_the_scope_are_masked_in_all_entries_of_the_call() -> None:
    """What stands in a cookie may stand in a body, too."""
    book = Book()
    one = watch("http", book, headers=[(b"cookie", b"sid=abcdefgh12")])
    one.says({"type": "http.response.start", "status": 200, "headers": [(b"x", b"abcdefgh12")]})
    one.says({"type": "http.response.body", "body": b"your abcdefgh12"})
    assert "abcdefgh12" not in str([each.detail() for each in book.after(0)])


def test_a_dropped_one_says_so() -> None:
    """It has an entry, and the verdict that the peer gets."""
    book = Book()
    watch("sms", book).dropped()
    assert noted(book) == [("in", "sms.dropped", "deferred")]
    book = Book()
    watch("http", book).dropped()
    assert noted(book) == [("in", "http.request", "deferred")]


def test_a_scope_is_weighed_with_its_first_entry() -> None:
    """Long headers would else be kept beside the bounds."""
    book = Book()
    one = watch("http", book, headers=[(b"x", b"y" * 10_000)])
    one.says({"type": "http.response.start", "status": 200})
    first, second = book.after(0)
    assert first.weight > 10_000 > second.weight and first.size < 10_000


def test_ends_counts_once() -> None:
    """Whoever says it first."""
    book, one = begun("email")
    one.ends(None)
    one.ends(ValueError())
    assert noted(book) == [("in", "email.receive", "accepted")]
