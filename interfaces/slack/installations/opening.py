"""Installations as the options say: one token, or a store; and the pages that install the app.

``file:DIR`` · ``sqlite:FILE`` · ``django:`` · ``postgresql+asyncpg://USER:PASSWORD@HOST/NAME`` and others of SQLAlchemy
"""

from collections.abc import Callable
from importlib import import_module

from interfaces.shared.asgi import Application
from interfaces.shared.errors import ConfigError
from interfaces.shared.interface import Context
from interfaces.shared.options import did_you_mean
from interfaces.slack.installations.base import Installations
from interfaces.slack.installations.many import Many
from interfaces.slack.installations.oauth import oauth_app
from interfaces.slack.installations.single import Single
from interfaces.slack.installations.stores import Store, folder, sqlite
from interfaces.slack.options import SlackOptions

__all__ = ["install_app", "installations", "open_store"]

_DJANGO = "interfaces.django.slack_installations"
_SQL = "interfaces.slack.installations.sql"


def installations(options: SlackOptions, context: Context) -> Installations:
    """Those of the store, else the one of the token. ConfigError, one line, for what cannot be."""
    if not options.installations:
        return Single(options, context)
    return Many(options, context, open_store(options.installations, options.client_id))


def install_app(options: SlackOptions, found: Installations, context: Context) -> Application | None:
    """What answers {path}/install and {path}/oauth_redirect; None where nothing is to be installed."""
    if not isinstance(found, Many) or not (options.scopes or options.user_scopes):
        return None
    return oauth_app(
        options,
        found.store.store,
        telemetry=context.telemetry,
        saved=lambda granted: found.forget(granted.team_id, granted.enterprise_id),
    )


def open_store(url: str, client_id: str) -> Store:
    """The store that ``url`` names, of the app ``client_id``. Nothing is connected yet. ConfigError."""
    kind, _, rest = url.partition(":")
    make = _KINDS.get(kind.lower())
    if make is not None:
        return make(rest, client_id)
    if "+" in kind and rest.startswith("//"):
        return _sql(url, client_id)
    raise ConfigError(
        f"--slack-installations {kind}:…: write file:DIR, sqlite:FILE, django:, or a URL of SQLAlchemy with an"
        f" asynchronous driver, such as postgresql+asyncpg://HOST/NAME{did_you_mean(kind, _KINDS)}"
    )


def _file(rest: str, client_id: str) -> Store:
    return folder(_path("file:DIR", rest), client_id)


def _sqlite(rest: str, client_id: str) -> Store:
    return sqlite(_path("sqlite:FILE", rest), client_id)


def _path(form: str, rest: str) -> str:
    """A path; with three slashes, as URLs have it, an absolute one."""
    path = rest[2:] if rest.startswith("///") else rest
    if not path or path.startswith("//"):
        raise ConfigError(f"--slack-installations {form.partition(':')[0]}:{rest}: write {form}")
    return path


def _sql(url: str, client_id: str) -> Store:
    """SQLAlchemy is an extra."""
    try:
        database = import_module(_SQL).database
    except ImportError as error:
        raise ConfigError(
            f"--slack-installations {url.partition(':')[0]}:…: {error}; pip install 'asgi-interfaces[slack-stores]'"
        ) from None
    made: Store = database(url, client_id)
    return made


def _django(rest: str, client_id: str) -> Store:
    """Django is an extra, and so is its table's encryption."""
    if rest:
        raise ConfigError(f"--slack-installations django:{rest}: write django: and nothing behind it")
    try:
        store = import_module(_DJANGO).store
    except ImportError as error:
        raise ConfigError(
            f"--slack-installations django: {error}; pip install 'asgi-interfaces[django,crypto]'"
        ) from None
    made: Store = store(client_id)
    return made


_KINDS: dict[str, Callable[[str, str], Store]] = {"file": _file, "sqlite": _sqlite, "django": _django}
