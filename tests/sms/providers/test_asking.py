"""interfaces.sms.providers.asking: requests, and what statuses say."""

import json
from urllib.parse import parse_qsl

import pytest

from interfaces.shared.errors import ApplicationError
from interfaces.sms.providers.asking import only_text, post_form, post_json, retry_after, short, stamp, usual
from interfaces.sms.providers.base import Sent
from tests.sms.providers.runner import message


def test_a_form_is_posted():
    """In UTF-8, with all that has the same name; the headers that are given count."""
    asked = post_form("https://a.example", [("a", "ü &"), ("a", "")], {"accept": "x"})
    assert (asked.method, asked.url, asked.idempotent) == ("POST", "https://a.example", False)
    assert parse_qsl(asked.body.decode(), keep_blank_values=True) == [("a", "ü &"), ("a", "")]
    assert asked.headers == {"content-type": "application/x-www-form-urlencoded", "accept": "x"}


def test_json_is_posted():
    """It may be repeated where it has a key that keeps it from being done twice."""
    asked = post_json("https://a.example", {"a": "ü"}, {})
    assert json.loads(asked.body) == {"a": "ü"}
    assert asked.headers["content-type"] == "application/json"
    assert not asked.idempotent
    assert post_json("https://a.example", {}, {"idempotency-key": "1"}).idempotent


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"data": b"x"}, "no binary"),
        ({"encoding": "binary"}, "no binary"),
        ({"text": ""}, "no text"),
        ({"text": "x" * 11}, "10 characters, not 11"),
    ],
)
def test_what_cannot_be_sent_is_the_applications_fault(more, words):
    """Said before anything is asked."""
    with pytest.raises(ApplicationError, match=words):
        only_text(message(**more), "It", 10)


def test_what_can_be_sent():
    """Up to the last letter; a picture needs no text."""
    only_text(message("x" * 10), "It", 10)
    only_text(message("", media=("https://a.example/",)), "It", 10)


def test_a_time_is_written_in_utc():
    """Seconds, no part of them; none that no calendar has."""
    assert stamp(1_700_000_000.9) == "2023-11-14T22:13:20Z"
    for at in (1e18, -1e18, float("inf"), float("nan")):
        with pytest.raises(ApplicationError, match="is no time"):
            stamp(at)


def test_an_error_is_one_line_of_bounded_length():
    """However long the answer is."""
    assert short(" a\r\n b\t") == "a b"
    assert len(short("x" * 999)) == 200


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("3", 3.0),
        (" 120 ", 120.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 7, None),
        ("²", None),
    ],
)
def test_how_long_nothing_is_wanted(said, seconds):
    """Whole seconds; a date is left out, and the sender's own pace holds."""
    assert retry_after({"retry-after": said}) == seconds
    assert retry_after({}) is None


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, Sent(state="failed", error="no")),
        (401, Sent(state="later", error="no", retry_after=7.0, wide=True)),
        (402, Sent(state="later", error="no", retry_after=7.0, wide=True)),
        (403, Sent(state="failed", error="no")),
        (404, Sent(state="failed", error="no")),
        (429, Sent(state="later", error="no", retry_after=7.0, wide=True)),
        (499, Sent(state="failed", error="no")),
        (200, Sent(state="uncertain", error="no")),
        (302, Sent(state="uncertain", error="no")),
        (500, Sent(state="uncertain", error="no")),
        (503, Sent(state="uncertain", error="no")),
    ],
)
def test_what_a_status_says(status, sent):
    """Whose fault it is, and whether it may have been done."""
    assert usual(status, {"retry-after": "7"}, "no") == sent


def test_without_words_the_status_is_the_error():
    """There is always something to tell."""
    assert usual(404, {}).error == "HTTP 404"
    assert usual(404, {}, " \n").error == "HTTP 404"
