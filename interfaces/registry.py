"""From a name to its interface class; a class is imported when its name is asked for, no earlier.

Third parties put theirs in the entry-point group ``interfaces``, under each of their names. They cannot
take the name of one that is built in.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Interface
from interfaces.shared.options import did_you_mean

__all__ = ["BUILTIN", "console", "load", "names", "select"]

GROUP = "interfaces"
BUILTIN = {
    "http": "interfaces.http_ws.interface:HttpWs",
    "ws": "interfaces.http_ws.interface:HttpWs",
    "email": "interfaces.email.interface:Email",
    "slack": "interfaces.slack.interface:Slack",
    "sms": "interfaces.sms.interface:Sms",
    "irc": "interfaces.irc.interface:Irc",
}
"""Where the class of each of our own names is."""
CONSOLE = "interfaces.console.opening:opened"
"""What stands around an application where ``--console`` asks for it."""

log = logging.getLogger("interfaces.registry")


@cache
def _third_parties() -> dict[str, EntryPoint]:
    """What other distributions announce, by name; ours keep their names, and the first of two theirs."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        if point.name in BUILTIN:
            log.warning("%s may not be called %r, which is built in: left out", point.value, point.name)
        elif point.value != found.setdefault(point.name, point).value:
            log.warning("%s and %s are both called %r: took the first", found[point.name].value, point.value,
                        point.name)  # fmt: skip
    return found


def names() -> list[str]:
    """Every name that ``interfaces serve`` takes here, ours first."""
    return [*BUILTIN, *sorted(_third_parties())]


def load(name: str) -> type[Interface[Any]]:
    """The class that serves ``name``.

    Raises ConfigError when there is none, when it needs a package that is not installed, or when a third
    party's is no interface.
    """
    third = None if name in BUILTIN else _third_parties().get(name)
    if third is None and name not in BUILTIN:
        close = did_you_mean(name, names()) or f"; there is {', '.join(names())}"
        raise ConfigError(f"nothing is called {name!r} here{close}")
    where = third.value if third else BUILTIN[name]
    try:
        module, _, attribute = where.partition(":")
        found = getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise _missing(name, str(error.name), third) from error
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{name} ({where}) cannot be imported: {error}") from error
    if not (isinstance(found, type) and issubclass(found, Interface) and name in found.names):
        raise ConfigError(f"{name}: {where} is no interface class of that name")
    return found


def _missing(name: str, module: str, third: EntryPoint | None) -> ConfigError:
    """Say how to get ``module``: by our extra, or by whoever made ``third``."""
    package = module.partition(".")[0]
    if third is None:
        return ConfigError(f"{name} needs {package}: pip install 'asgi-interfaces[{name}]'")
    maker = third.dist.name if third.dist else third.value
    return ConfigError(f"{name} needs {module}, which {maker} did not install")


def console() -> Callable[..., AbstractAsyncContextManager[Application]]:
    """What makes the development console: with the application, what serves it, and the options of the process.

    Entered, it gives the application to serve instead. Raises ConfigError when it needs what is not installed.
    """
    module, _, attribute = CONSOLE.partition(":")
    try:
        made: Callable[..., AbstractAsyncContextManager[Application]] = getattr(
            import_module(module), attribute
        )
    except ModuleNotFoundError as error:
        raise ConfigError(f"--console needs {error.name}: pip install 'asgi-interfaces[http]'") from error
    return made


def select(asked: Iterable[str]) -> list[tuple[type[Interface[Any]], tuple[str, ...]]]:
    """One entry a class, in the order asked, with the names of it that were asked for.

    Raises ConfigError as :func:`load` does, and when nothing is asked for.
    """
    found: dict[type[Interface[Any]], list[str]] = {}
    for name in dict.fromkeys(asked):
        found.setdefault(load(name), []).append(name)
    if not found:
        raise ConfigError(f"say what to serve: {' '.join(names())}")
    return [(kind, tuple(its)) for kind, its in found.items()]
