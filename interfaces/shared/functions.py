"""Functions of the operator's, named by an option as "module:function": who may log in, and the like."""

from collections.abc import Callable
from importlib import import_module
from inspect import isawaitable, iscoroutinefunction
from typing import Any

from interfaces.shared.errors import ConfigError
from interfaces.shared.strand import Strand, pool

__all__ = ["called", "loaded"]


def loaded(option: str, spec: str) -> Callable[..., Any]:
    """The function that ``spec`` of ``option`` names. ConfigError, one line, for one that is not there."""
    module, _, attribute = spec.partition(":")
    try:
        found: Any = import_module(module)
        for name in attribute.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigError(f"{option} {spec}: {error}; write module:function") from error
    if not callable(found):
        raise ConfigError(f"{option} {spec}: {type(found).__name__} cannot be called; write module:function")
    function: Callable[..., Any] = found
    return function


async def called(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives, of whichever kind it is: a plain one may block, it has a thread."""
    if iscoroutinefunction(function):
        return await function(*arguments)
    strand = Strand(pool())
    try:
        found = await strand.run(function, *arguments)
    finally:
        strand.close()
    return await found if isawaitable(found) else found
