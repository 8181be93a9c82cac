"""From ``module:attribute`` to the ASGI application, with errors that a person can read."""

import inspect
import os
import pkgutil
import sys
import sysconfig
import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ApplicationError, ConfigError
from interfaces.shared.options import did_you_mean
from interfaces.shared.pool import THREADS

__all__ = ["failure", "load"]

DEFAULTS = ("application", "app")
"""The attributes tried where only a module is named."""
OURS = tuple(str(Path(__file__).parents[1] / folder) + os.sep for folder in ("runner", "shared"))
"""Where the code is that calls an application."""


def load(
    spec: str, app_dir: str, *, factory: bool = False, wsgi: bool = False, threads: int = THREADS
) -> Application:
    """The application that ``spec``, "module:attribute" or "module", names, imported from ``app_dir``.

    ``factory`` calls what is found without arguments; ``wsgi`` wraps it for ASGI, on so many ``threads``.
    Raises ConfigError (one line) when it is not there or no application, ApplicationError, with the user's
    frames alone, when its own code raises.
    """
    name, _, path = spec.partition(":")
    if not name:
        raise ConfigError(
            "say which application: --app module:attribute, INTERFACES_APP, or app in interfaces.toml"
        )
    if "/" in name or name.endswith(".py"):
        module = name.removesuffix(".py").strip("./").replace("/", ".")
        raise ConfigError(f"{spec}: name a module, not a file: --app {module}:{path or DEFAULTS[0]}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise ConfigError(f"{spec}: {name!r} is no module's name")
    module = _module(name, app_dir)
    path = path or _usual(module)
    where = f"{name}:{path}"
    found = _attribute(module, path, where)
    if not callable(found):
        raise ConfigError(f"{where} is {_a(type(found).__name__)}, which cannot be called")
    if factory:
        found = _made(found, where)
    if wsgi:
        return _wrapped(found, where, threads)
    _check_signature(found, where)
    application: Application = found
    return application


def _module(name: str, app_dir: str) -> Any:
    """Import ``name`` with ``app_dir`` in front of the path."""
    directory = Path(app_dir).expanduser().resolve()
    if not directory.is_dir():
        raise ConfigError(f"--app-dir {app_dir}: no such directory")
    if str(directory) not in sys.path:
        sys.path.insert(0, str(directory))
    try:
        return import_module(name)
    except ConfigError as error:  # of a routing, a layer: it says what and how, and is in one line
        raise ConfigError(f"{name}: {error}") from error
    except (Exception, SystemExit) as error:  # whatever the user's module raises while it runs
        missing = getattr(error, "name", None)
        if isinstance(error, ModuleNotFoundError) and missing and f"{name}.".startswith(f"{missing}."):
            raise ConfigError(_no_module(name, missing, directory)) from None
        raise failure(f"importing {name} failed", error) from error


def _no_module(name: str, missing: str, directory: Path) -> str:
    """Say which part of ``name`` is not there, and what is."""
    parent, _, _ = missing.rpartition(".")
    if parent:
        package = sys.modules.get(parent)
        siblings = [
            f"{parent}.{found.name}" for found in pkgutil.iter_modules(getattr(package, "__path__", []))
        ]
        where = f"{parent} is no package" if not hasattr(package, "__path__") else f"{parent} has none"
    else:
        siblings = [found.name for found in pkgutil.iter_modules([str(directory)])]
        where = f"looked in {directory} (--app-dir) and what is installed"
    close = did_you_mean(missing, siblings, f"{parent}." if parent else "")
    wanted = name if missing == name else f"{missing} (of {name})"
    return f"no module named {wanted}{close or f'; {where}'}"


def _usual(module: Any) -> str:
    """The first of the usual names that ``module`` has."""
    for name in DEFAULTS:
        if hasattr(module, name):
            return name
    name = module.__name__
    raise ConfigError(f"{name} has neither {' nor '.join(DEFAULTS)}: say --app {name}:attribute")


def _attribute(module: Any, path: str, where: str) -> Any:
    """``path`` ("app", "factory.make") of ``module``."""
    found = module
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            owner = getattr(found, "__name__", type(found).__name__)
            close = did_you_mean(part, _public(found))
            raise ConfigError(f"{owner} has no attribute {part!r}{close}") from None
        except Exception as error:  # a property or a module's __getattr__ is the user's code too
            raise failure(f"{where} failed", error) from error
    return found


def _public(owner: Any) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("_")]


def _made(factory: Any, where: str) -> Any:
    """What the factory returns."""
    if inspect.iscoroutinefunction(factory):
        raise ConfigError(f"{where}: a factory is a plain function, not async")
    if not _takes(factory, 0):
        raise ConfigError(f"{where}: a factory (--factory) is called without arguments")
    try:
        found = factory()
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    except (Exception, SystemExit) as error:  # whatever the user's factory raises
        raise failure(f"calling {where} failed", error) from error
    if not callable(found):
        raise ConfigError(f"{where}() gave {_a(type(found).__name__)}, which cannot be called")
    return found


def _wrapped(application: Any, where: str, threads: int) -> Application:
    """A WSGI application as an ASGI one, its calls on ``threads`` threads."""
    if not _takes(application, 2):
        raise ConfigError(f"{where} does not take WSGI's two arguments: leave --wsgi out")
    try:
        from a2wsgi import WSGIMiddleware  # noqa: PLC0415 - the extra [wsgi]
    except ImportError as error:
        raise ConfigError("--wsgi needs a2wsgi: pip install 'asgi-interfaces[wsgi]'") from error

    def terminated(environ: Any, start_response: Any) -> Any:
        environ["wsgi.input_terminated"] = (
            True  # the body ends by itself: Werkzeug reads chunked ones only then
        )
        return application(environ, start_response)

    wrapped: Any = WSGIMiddleware(terminated, workers=threads)
    return cast("Application", wrapped)


def _check_signature(application: Any, where: str) -> None:
    """Tell apart what is called some other way than ASGI 3's ``(scope, receive, send)``."""
    if _takes(application, 3):
        return
    if _takes(application, 2):
        raise ConfigError(f"{where} looks like WSGI (it takes two arguments): add --wsgi")
    if _takes(application, 1):
        raise ConfigError(f"{where} takes one argument, as ASGI 2 did: wrap it with "
                          "asgiref.compatibility.guarantee_single_callable")  # fmt: skip
    if _takes(application, 0):
        raise ConfigError(f"{where} takes no arguments: add --factory if it makes the application")
    raise ConfigError(f"{where} cannot be called as an ASGI application, with scope, receive and send")


def _takes(function: Any, count: int) -> bool:
    """Whether ``count`` positional arguments fit; True where Python cannot tell."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def failure(what: str, error: BaseException) -> ApplicationError:
    """ApplicationError saying ``what``, with the user's frames and, if it is elsewhere, the raising one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _machinery(frame.filename)]
    users = [frame for frame in frames if not _installed(frame.filename)]
    kept = [*users, *([frames[-1]] if users and frames[-1] not in users else [])] or frames
    lines: Iterable[str] = [*traceback.format_list(kept), *traceback.format_exception_only(error)]
    return ApplicationError(f"{what}:\n{''.join(lines).rstrip()}")


def _machinery(filename: str) -> bool:
    """Whether a frame is how we, not how the user's code, came there."""
    return filename.startswith(("<frozen importlib", *OURS)) or filename == import_module.__code__.co_filename


def _installed(filename: str) -> bool:
    """Whether a file is of Python itself or of an installed package."""
    paths = sysconfig.get_paths()
    return filename.startswith(
        (paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], "<")
    )


def _a(noun: str) -> str:
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"
