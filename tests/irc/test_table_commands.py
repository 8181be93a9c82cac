"""Commands in what people say, in a table: by a prefix, by name, privately; and what their handlers are given."""

from typing import Any

import pytest

from interfaces.irc.commands import Command, arguments, read, usage
from interfaces.irc.names import folding

DEPLOY, WEB = Command("deploy"), Command("deploy", "web now")


@pytest.mark.parametrize(
    ("text", "prefix", "nick", "private", "found"),
    [
        # by a prefix
        ("!deploy", "!", "bot", False, DEPLOY),
        ("!deploy  web now ", "!", "bot", False, WEB),
        ("!DEPLOY web now", "!", "bot", False, WEB),
        ("!!deploy", "!!", "bot", False, DEPLOY),
        ("!!deploy", "!", "bot", False, Command("_deploy")),
        (".deploy", "!", "bot", False, None),
        ("hey !deploy", "!", "bot", False, None),
        ("! deploy", "!", "bot", False, None),
        ("bot deploy", "bot ", "bot", False, DEPLOY),
        # by name
        ("bot: deploy", "", "bot", False, DEPLOY),
        ("bot,deploy web now", "", "bot", False, WEB),
        ("BOT: !deploy", "!", "bot", False, DEPLOY),
        ("bot: ! deploy", "!", "bot", False, None),
        ("bot; deploy", "!", "bot", False, None),
        ("bot", "!", "bot", False, None),
        ("bot:", "", "bot", False, None),
        ("bot_: deploy", "", "bot", False, None),
        ("b{t: deploy", "", "B[t", False, DEPLOY),
        ("deploy", "", "", False, None),
        (": deploy", "", "", False, None),
        # privately
        ("deploy web now", "!", "bot", True, WEB),
        ("!deploy web now", "!", "bot", True, WEB),
        ("bot: deploy", "!", "bot", True, DEPLOY),
        ("  ", "!", "bot", True, None),
        ("!", "!", "bot", True, None),
        # names that a method may have
        ("!roll-back.now", "!", "bot", False, Command("roll_back_now")),
        ("!__init__", "!", "bot", False, Command("__init__")),
        ("!deploy\u00a0web now", "!", "bot", False, WEB),
        ("!deploy\tweb now", "!", "bot", False, WEB),
    ],
)
def test_what_is_a_command(text: str, prefix: str, nick: str, private: bool, found: Command | None) -> None:
    """Behind the prefix, by our name as the network compares it, or privately; nothing else is."""
    assert read(text, prefix, nick, fold=folding("rfc1459"), private=private) == found


def _none(message: Any) -> None: ...
def _one(message: Any, a: str) -> None: ...
def _may(message: Any, a: str = "x") -> None: ...
def _three(message: Any, a: str, b: str, c: str = "x") -> None: ...
def _every(message: Any, *words: str) -> None: ...
def _some(message: Any, a: str, *words: str, loud: bool = False) -> None: ...


@pytest.mark.parametrize(
    ("handler", "shown", "given"),
    [
        (_none, "!x", {"": [], "a b": []}),
        (_one, "!x A", {"": None, "a": ["a"], "a  b": ["a  b"]}),
        (_may, "!x [A]", {"": [], "a": ["a"], "a b": ["a b"]}),
        (_three, "!x A B [C]", {"a": None, "a b": ["a", "b"], "a b c  d": ["a", "b", "c  d"]}),
        (_every, "!x …", {"": [], "a  b c": ["a", "b", "c"]}),
        (_some, "!x A …", {"": None, "a": ["a"], "a  b c": ["a", "b", "c"]}),
    ],
)
def test_a_handler_is_given_what_it_takes(handler: Any, shown: str, given: dict[str, Any]) -> None:
    """A word for each parameter, the rest for the last; too little is None, and its usage says what is needed."""
    assert usage("!", "x", handler) == shown
    assert {rest: arguments(handler, rest) for rest in given} == given
    for words in given.values():
        assert words is None or handler({}, *words) is None
