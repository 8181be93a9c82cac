"""Any database that SQLAlchemy has an asynchronous driver for: slack_sdk's store, of the extra slack-stores."""

from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.client import quiet
from interfaces.slack.installations.stores import Store

__all__ = ["database"]


def database(url: str, client_id: str) -> Store:
    """The store of an app in the database at ``url``. ConfigError, which has no password, for a wrong one."""
    kind = url.partition("://")[0]
    try:
        # Parameters of statements are tokens: errors are not to show them.
        engine = create_async_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (ArgumentError, ValueError):
        raise ConfigError(f"--slack-installations {kind}:…: SQLAlchemy cannot read this URL") from None
    except (InvalidRequestError, ImportError) as error:
        raise ConfigError(f"--slack-installations {kind}:…: {_line(error)}") from None
    store = AsyncSQLAlchemyInstallationStore(client_id, engine, logger=quiet("store"))
    return Store(store, lambda: _prepare(store, engine), engine.dispose)


async def _prepare(store: AsyncSQLAlchemyInstallationStore, engine: AsyncEngine) -> None:
    """Make the tables that are not there; twice, since another container may do so, too."""
    try:
        try:
            await store.create_tables()  # type: ignore[no-untyped-call]
        except DBAPIError:
            await store.create_tables()  # type: ignore[no-untyped-call]
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable(f"the store of installations: {_line(error)}") from None


def _line(error: BaseException) -> str:
    """What the driver says, without the statement."""
    return " ".join(str(getattr(error, "orig", None) or error).split())[:300]
