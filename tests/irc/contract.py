"""Whether what an application is told is what :mod:`interfaces.irc.messages` says: each key, and what is under it.

The bench of the gateway and the desk of the client ask it of every scope and every event of every test.
"""

from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from interfaces.irc import messages

__all__ = ["BROKEN", "check", "check_scope"]

BROKEN: list[str] = []
"""What was found; after each test it has to be empty (conftest): what an application raises is only logged."""
_ALWAYS: dict[str, dict[str, set[str]]] = {
    "client": {"irc.connect": {"welcome"}},
    "gateway": {
        "irc.connect": {"user", "realname", "host", "password", "account"},
        "irc.join": {"key", "realname"},
    },
}
"""Keys that the contract says of one of the modes, which has them always."""
_NEVER = {
    "irc.connect": {"client": {"user", "realname", "host", "password", "account"}, "gateway": {"welcome"}},
    "irc.join": {"client": {"key", "asked"}},
    "irc.message": {"gateway": {"label"}},
}
"""Those that the other never has."""


@cache
def _told() -> dict[str, Any]:
    """Type → what the contract says of it, of what an application is told."""
    (every,) = messages.SCOPES.values()
    told = [one for one in every if one.__module__ == messages.__name__]
    return {kind: one for one in told for kind in get_args(get_type_hints(one)["type"])}


def check_scope(scope: Any) -> None:
    """Note down what of a scope is not as the contract says; other keys may be a middleware's."""
    for key, kind in get_type_hints(messages.IrcScope).items():
        if key not in scope:
            BROKEN.append(f"the scope has no {key}")
        elif not _fits(scope[key], kind):
            BROKEN.append(f"the scope: {key} is {scope[key]!r}, not {kind}")


def check(event: Any, mode: str) -> None:
    """Note down what of an event is not as the contract says."""
    name = event["type"]
    contract = _told().get(name)
    if contract is None:
        BROKEN.append(f"the contract has no {name}")
        return
    hints = get_type_hints(contract)
    needed = contract.__required_keys__ | _ALWAYS[mode].get(name, set())
    foreign = {key for one, keys in _NEVER.get(name, {}).items() if one == mode for key in keys}
    BROKEN.extend(f"{name} of a {mode} has no {key}" for key in sorted(needed - {*event}))
    BROKEN.extend(f"{name} of a {mode} has {key}" for key in sorted({*event} - ({*hints} - foreign)))
    BROKEN.extend(
        f"{name}: {key} is {value!r}, not {hints[key]}"
        for key, value in event.items()
        if key in hints and not _fits(value, hints[key])
    )


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, as far as the contract has such types."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return value in args
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in args)
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        return {*hints} == {*value} and all(_fits(value[key], one) for key, one in hints.items())
    if origin is tuple:
        return isinstance(value, tuple) and len(value) == len(args) and all(map(_fits, value, args))
    if origin is list:
        return isinstance(value, list) and all(_fits(one, args[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            _fits(k, args[0]) and _fits(v, args[1]) for k, v in value.items()
        )
    if kind in (int, float):
        return isinstance(value, (kind, int)) and not isinstance(value, bool)
    return isinstance(value, NoneType if kind is None else kind)
