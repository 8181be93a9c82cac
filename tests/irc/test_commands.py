"""interfaces.irc.commands: what is a command, what its handler is given, and what help says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.irc.commands import Command, arguments, helped, read, usage
from interfaces.irc.names import folding


class Handlers:
    """Of all shapes."""

    def nothing(self, message: Any) -> None:
        """Do nothing."""

    def one(self, message: Any, where: str) -> None:
        """Go there.

        And back.
        """

    def two(self, message: Any, where: str, when: str = "now") -> None: ...

    def every(self, message: Any, *words: str) -> None: ...

    def some(self, message: Any, where: str, *words: str, loud: bool = False) -> None: ...


HANDLERS = Handlers()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("!deploy", Command("deploy")),
        ("  !deploy  web  now ", Command("deploy", "web  now")),
        ("!Roll-Back\tweb", Command("roll_back", "web")),
        ("bot: deploy web", Command("deploy", "web")),
        ("BOT[a]: deploy", None),
        ("Bot, deploy web", Command("deploy", "web")),
        ("bot:deploy", Command("deploy")),
        ("bot: !deploy web", Command("deploy", "web")),
        ("bot deploy", None),
        ("bots: deploy", None),
        ("bot:", None),
        ("bot: ", None),
        ("! deploy", None),
        ("!", None),
        ("", None),
        ("   ", None),
        ("deploy", None),
        ("!!", Command("_")),
        ("!\u00dcber", Command("\u00fcber")),
    ],
)
def test_a_command_is_behind_the_prefix_or_said_to_us(text: str, found: Command | None) -> None:
    """Nothing else is one; a name is what a method may be called."""
    assert read(text, "!", "bot") == found


def test_a_nick_is_compared_as_the_network_does() -> None:
    """The two forms of rfc1459 are one nick; where we have none nobody speaks to us."""
    assert read("BOT[A]: x", "!", "bot{a}", fold=folding("rfc1459")) == Command("x")
    assert read("BOT[A]: x", "!", "bot{a}", fold=folding("ascii")) is None
    assert read(": x", "!", "") is None


@pytest.mark.parametrize(("text", "prefix"), [("x a", ""), ("x a", "!"), ("!x a", "!"), ("bot: x a", ".,")])
def test_what_is_private_is_said_to_us(text: str, prefix: str) -> None:
    """So it needs no prefix, and may have one."""
    assert read(text, prefix, "bot", private=True) == Command("x", "a")


def test_without_a_prefix_nothing_begins_a_command() -> None:
    """An empty one does not make commands of all that is said."""
    assert read("x a", "", "bot") is None and read("bot, x a", "", "bot") == Command("x", "a")


@pytest.mark.parametrize(
    ("name", "rest", "found"),
    [
        ("nothing", "", []),
        ("nothing", "a b", []),
        ("one", "", None),
        ("one", "a", ["a"]),
        ("one", "a  b c", ["a  b c"]),
        ("two", "", None),
        ("two", "a", ["a"]),
        ("two", "a  b  c", ["a", "b  c"]),
        ("every", "", []),
        ("every", "a  b c", ["a", "b", "c"]),
        ("some", "", None),
        ("some", "a b", ["a", "b"]),
    ],
)
def test_a_handler_gets_what_it_takes(name: str, rest: str, found: list[str] | None) -> None:
    """The last has all that is left, what is too much is left out, and too little is told."""
    handler = getattr(HANDLERS, name)
    assert arguments(handler, rest) == found
    if found is not None:
        handler({}, *found)


def test_a_function_is_a_handler_too() -> None:
    """Its first parameter is the message."""
    assert arguments(lambda message, word: None, "a b") == ["a b"]
    assert arguments(lambda message: None, "a b") == []


@given(st.text(), st.sampled_from(["", "!", "bot"]), st.booleans())
def test_nothing_that_is_said_is_a_mistake(text: str, prefix: str, private: bool) -> None:
    """Whatever it is, it is a command that its handler can be called with, or none."""
    found = read(text, prefix, "bot", private=private)
    if found is not None:
        assert found.name and " " not in found.name and found.rest == found.rest.strip()
        for name in ("nothing", "one", "two", "every", "some"):
            handler = getattr(HANDLERS, name)
            words = arguments(handler, found.rest)
            if words is not None:
                handler({}, *words)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nothing", "!x"),
        ("one", "!x WHERE"),
        ("two", "!x WHERE [WHEN]"),
        ("every", "!x …"),
        ("some", "!x WHERE …"),
    ],
)
def test_a_usage_shows_what_is_needed(name: str, shown: str) -> None:
    """In capitals, and in brackets what may be left out."""
    assert usage("!", "x", getattr(HANDLERS, name)) == shown


def test_help_is_what_the_docstrings_say() -> None:
    """Of one command in one line, however it is written; else the names of all."""
    every = {"one": HANDLERS.one, "two": HANDLERS.two, "all": HANDLERS.every}
    assert helped(every, "!", "one") == "!one WHERE: Go there. And back."
    assert helped(every, "!", "!One please") == "!one WHERE: Go there. And back."
    assert helped(every, "!", "two") == "!two WHERE [WHEN]"
    for wanted in ("", "three", "!"):
        assert helped(every, "!", wanted) == "!all, !one, !two; !help COMMAND says more"
    assert helped({"one": HANDLERS.one}, "", "") == "one; help COMMAND says more"
