"""Commands in what people say: "!deploy web", or to us by name: "bot: deploy web", "bot, deploy web". Pure.

A handler says by its parameters what it takes after the message: a word each, of which the last has all that is left,
or with ``*args`` all words. What is too much is left out; for what is too little there is a usage.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["Command", "arguments", "helped", "read", "usage"]

Handler = Callable[..., Any]
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Command(NamedTuple):
    """What somebody wants done."""

    name: str
    """In lower case; what is no letter, digit or underscore is an underscore: "roll_back"."""
    rest: str = ""
    """What comes after it, without blanks around it."""


class _Takes(NamedTuple):
    """What a handler takes after the message: names, how many of them are needed, whether all words are taken."""

    names: tuple[str, ...]
    needed: int
    every: bool


def read(
    text: str,
    prefix: str,
    nick: str = "",
    *,
    fold: Callable[[str], str] = str.casefold,
    private: bool = False,
) -> Command | None:
    """The command in ``text``: behind ``prefix``, or said to ``nick``. None: there is none.

    ``prefix`` or ``nick`` may be "", and then mark none. What is ``private`` is said to us without any of them.
    """
    said = text.strip()
    called = _to(said, nick, fold)
    if called is not None:
        said = called
    elif not private and not (prefix and said.startswith(prefix)):
        return None
    said = said.removeprefix(prefix)
    if not said or said[0].isspace():
        return None
    word, *rest = said.split(None, 1)
    return Command(re.sub(r"\W", "_", word).lower(), *rest)


def _to(text: str, nick: str, fold: Callable[[str], str]) -> str | None:
    """What is said to ``nick``; None: nothing is."""
    here = len(nick)
    if not nick or text[here : here + 1] not in (":", ",") or fold(text[:here]) != fold(nick):
        return None
    return text[here + 1 :].strip()


def arguments(handler: Handler, rest: str) -> list[str] | None:
    """What ``handler`` is given after the message. None: it needs more than there is."""
    names, needed, every = _known(handler)
    words = rest.split()
    if len(words) < needed:
        return None
    if every:
        return words
    return rest.split(None, len(names) - 1) if names else []


def usage(prefix: str, name: str, handler: Handler) -> str:
    """How it is said: "!deploy WHERE [WHEN]"."""
    names, needed, every = _known(handler)
    shown = [one.upper() if at < needed else f"[{one.upper()}]" for at, one in enumerate(names)]
    return " ".join([prefix + name, *shown, *(["…"] if every else [])])


def helped(handlers: Mapping[str, Handler], prefix: str, wanted: str) -> str:
    """One line on the command ``wanted``, from its docstring; on no such one the names of all."""
    found = read(wanted, prefix, private=True)
    if found is not None and found.name in handlers:
        handler = handlers[found.name]
        told = " ".join((inspect.getdoc(handler) or "").split())
        return ": ".join(filter(None, (usage(prefix, found.name, handler), told)))
    every = ", ".join(prefix + name for name in sorted(handlers))
    return f"{every}; {prefix}help COMMAND says more"


def _known(handler: Handler) -> _Takes:
    """By the function of a method, which lasts longer than its instance."""
    return _takes(getattr(handler, "__func__", handler), 2 if inspect.ismethod(handler) else 1)


@lru_cache(maxsize=1024)
def _takes(function: Handler, first: int) -> _Takes:
    every = [*inspect.signature(function).parameters.values()]
    places = [one for one in every if one.kind in _POSITIONAL][first:]
    needed = sum(one.default is one.empty for one in places)
    names = tuple(one.name for one in places)
    return _Takes(names, needed, every=any(one.kind is one.VAR_POSITIONAL for one in every))
