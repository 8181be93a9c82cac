"""interfaces.slack.routes: which paths and texts a route matches, and what it makes keywords of."""

import re
from typing import Any

import pytest

from interfaces.shared.errors import ConfigError
from interfaces.slack import routes
from interfaces.slack.routes import SEARCHED, SlackRoute

KINDS = ("command", "action", "options", "shortcut", "view", "view_closed", "event")


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Do nothing."""


def made(word: str, *values: Any) -> SlackRoute:
    """A route, by the name of its function."""
    route: SlackRoute = getattr(routes, word)(*values, app)
    return route


@pytest.mark.parametrize("word", KINDS)
def test_an_id_is_matched_whole(word: str) -> None:
    """As it is, or by a regular expression; of its own kind alone; and letters count."""
    route = made(word, "a.b+c")
    assert route.path(f"{word}/a.b+c") == {}
    for other in (
        f"{word}/a.b+cd",
        f"{word}/xa.b+c",
        f"{word}/A.B+C",
        f"{word}/",
        word,
        "message",
        f"x{word}/a.b+c",
    ):
        assert route.path(other) is None, other
    route = made(word, r"approve-(?P<id>\d+)")
    assert route.path(f"{word}/approve-12") == {"id": "12"}
    assert route.path(f"{word}/approve-12\n") is None and route.path(f"{word}/approve-") is None
    assert [other for other in KINDS if route.path(f"{other}/approve-1") is not None] == [word]


def test_a_command_may_have_its_slash() -> None:
    """As Slack shows it, or as the path has it."""
    for name in ("/deploy", "deploy", re.compile("dep(?:loy)?")):
        assert made("command", name).path("command/deploy") == {}
    assert made("command", "/a/b").path("command/a/b") == {}


def test_a_compiled_pattern_has_its_flags() -> None:
    """Who does not care for letters says so."""
    assert made("message", re.compile("HI", re.IGNORECASE)).event({"text": "oh hi"}) == {}
    assert made("message", "HI").event({"text": "oh hi"}) is None


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("", "", {}),
        ("hi", "oh, hi there", {}),
        ("^hi$", "oh, hi", None),
        (r"ticket (?P<number>\d+)", "see ticket 12 and ticket 13", {"number": "12"}),
        (r"(?P<a>x)|y", "y", {"a": None}),
        ("x", None, None),
    ],
)
def test_a_message_is_searched(pattern: str, text: Any, found: Any) -> None:
    """Anywhere in its text; named groups are keywords, those that matched nothing None."""
    assert made("message", pattern).event({"text": text, "subtype": None}) == found


def test_only_what_was_said_is_a_message() -> None:
    """Edits and joins are events by their subtypes; a message without is the event "message"."""
    route = made("message", "")
    assert route.event({"text": "x", "subtype": "file_share"}) == {}
    assert route.event({"text": "x", "subtype": "message_changed"}) is None
    assert made("event", "message_changed").event({"subtype": "message_changed"}) == {}
    assert made("event", "message_(?P<what>changed|deleted)").event({"subtype": "message_deleted"}) == {
        "what": "deleted"
    }
    assert made("event", "message").event({"subtype": None}) == {}
    assert made("event", "message").event({"subtype": "channel_join"}) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<@UBOT1> deploy web", {"what": "web"}),
        ("  <@W1|bot>  deploy web", {"what": "web"}),
        ("deploy web", {"what": "web"}),
        ("please <@UBOT1> deploy web", None),
        (None, None),
    ],
)
def test_a_mention_is_searched_behind_the_name(text: Any, found: Any) -> None:
    """So that ^ is where what is said to the app begins."""
    assert made("mention", r"^deploy (?P<what>\w+)").event({"event": {"text": text}}) == found
    assert made("mention", "").event({"event": None}) is None


def test_no_more_is_searched_than_a_message_may_have() -> None:
    """Whatever a pattern makes of a text, the text has a bound."""
    long = "x" * SEARCHED
    assert made("message", "y").event({"text": long + "y"}) is None
    assert made("message", "y").event({"text": long[1:] + "y"}) == {}
    assert made("mention", "y").event({"event": {"text": long + "y"}}) is None


@pytest.mark.parametrize(
    ("word", "wrong", "why"),
    [
        ("action", "a(", "no regular expression"),
        ("action", r"a(\d)", "a name"),
        ("message", r"(a)", "a name"),
        ("action", "", "write an id"),
        ("command", "/", "write an id"),
        ("mention", 1, "no regular expression"),
    ],
)
def test_what_is_no_pattern_is_told(word: str, wrong: Any, why: str) -> None:
    """At the start, with the route as it stands there."""
    with pytest.raises(ConfigError, match=why) as error:
        made(word, wrong)
    assert str(error.value).startswith(f"{word}(")


def test_an_application_can_be_called() -> None:
    """A consumer class is none, but its as_asgi()."""
    for route in (lambda: routes.action("a", None), lambda: routes.anything("x")):  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="as_asgi"):
            route()
    assert repr(routes.anything(app)) == "anything()" and repr(made("message", "a")) == "message('a')"
    assert routes.anything(app).path("whatever") == {}
