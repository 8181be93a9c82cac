"""slack_sdk's own stores: each keeps, finds and forgets the same, and nobody else may read what they have."""

import asyncio
import gc
import sqlite3
import stat
import warnings
from contextlib import asynccontextmanager, closing

import pytest

from interfaces.shared.errors import ConfigError, Unavailable
from interfaces.slack.installations.opening import open_store
from interfaces.slack.installations.records import Place, Records
from interfaces.slack.installations.stores import _schema
from interfaces.testing.slack import App, FakeSlack
from tests.slack.installations.kit import granted, grants

KINDS = ["file:{}/tokens", "sqlite:{}/tokens.db", "sqlite+aiosqlite:///{}/tokens.db"]
every = pytest.mark.parametrize("url", KINDS, ids=["file", "sqlite", "sqlalchemy"])


@asynccontextmanager
async def opened(url, folder):
    """The store, ready."""
    store = open_store(url.format(folder), "1.1")
    await store.prepare()
    try:
        yield store.store
    finally:
        await store.close()


HOOK = {
    "incoming_webhook_url": "https://hooks.slack.com/services/T/B/secret", "incoming_webhook_channel": "#ops",
    "incoming_webhook_channel_id": "C1", "incoming_webhook_configuration_url": "https://x.slack.com/services/B",
}  # fmt: skip
ALL = {
    **HOOK, "enterprise_id": "E1", "enterprise_name": "Grid", "team_name": "Ops", "bot_refresh_token": "xoxe-1-b",
    "bot_token_expires_at": 1_800_000_000, "user_token": "xoxp-1", "user_scopes": "search:read",
    "user_refresh_token": "xoxe-1-u", "user_token_expires_at": 1_800_000_001, "token_type": "bot",
}  # fmt: skip


@every
def test_all_of_it_is_kept(url, tmp_path):
    """Whatever OAuth gives comes back, for the app that it is of."""

    async def main():
        one = granted(**ALL)
        async with opened(url, tmp_path) as store:
            await store.async_save(one)
            named = {"enterprise_id": "E1", "team_id": "T1"}
            found = await store.async_find_installation(**named)
            for name in (*ALL, "bot_token", "bot_id", "bot_user_id", "bot_scopes", "user_id", "app_id"):
                assert getattr(found, name) == getattr(one, name), name
            bot = await store.async_find_bot(**named)
            assert (bot.bot_token, bot.bot_refresh_token) == ("xoxb-T1-1", "xoxe-1-b")
            assert await store.async_find_installation(**named, user_id="U2") is None
        async with opened(url, tmp_path) as store:  # another process
            assert (await store.async_find_bot(**named)).bot_token_expires_at == 1_800_000_000
        other = open_store(url.format(tmp_path), "2.2")
        await other.prepare()
        assert await other.store.async_find_bot(**named) is None
        await other.close()

    asyncio.run(main())


@every
def test_what_is_forgotten(url, tmp_path):
    """A user's, the bot's, or all."""

    async def main():
        async with opened(url, tmp_path) as store:
            records, here = Records(store), Place(None, "T1")
            await store.async_save(granted(user_token="xoxp-1"))
            await records.delete(here, ["U1"])
            record = await records.read(here)
            assert record.bot is not None and record.granted is None
            await records.delete(here, ["UBOT"])
            assert await records.read(here) is None
            await store.async_save(granted())
            await records.delete(here, None)
            assert await records.read(here) is None

    asyncio.run(main())


@every
def test_another_users_tokens_stay(url, tmp_path):
    """Whoever was the last one; the history has none of who is forgotten."""

    async def main():
        async with opened(url, tmp_path) as store:
            records, here = Records(store), Place(None, "T1")
            for number, user in enumerate(("U1", "U2", "U3")):
                await store.async_save(
                    granted(user=user, user_token=f"xoxp-{user}", installed_at=1.5e9 + number)
                )
            await records.delete(here, ["U3"])
            assert (await records.read(here)).installation().user_token in ("xoxp-U2", "xoxp-U1")
            await records.delete(here, ["U2", "U9"])
            assert (await records.read(here)).installation().user_token == "xoxp-U1"
            await records.delete(here, ["U1"])
            assert (await records.read(here)).installation().user_token == ""

    asyncio.run(main())
    assert b"xoxp-" not in b"".join(path.read_bytes() for path in tmp_path.rglob("installer-*"))


def test_rows_do_not_pile_up(tmp_path):
    """slack_sdk's SQLite store adds two with each renewal; a bot's token stays where the newest row has none."""

    async def main():
        async with opened(KINDS[1], tmp_path) as store:
            for number in range(5):
                await store.async_save(granted(bot_token=f"xoxb-{number}"))
            await store.async_save(granted(user="U2"))
            with closing(sqlite3.connect(tmp_path / "tokens.db")) as connection:
                counts = [
                    connection.execute(f"select count(*) from slack_{name}").fetchone()[0] for name in NAMES
                ]
            assert counts == [2, 1]
            await store.async_save(granted(user="U2", bot_token=None, bot_scopes=""))
            with closing(sqlite3.connect(tmp_path / "tokens.db")) as connection:
                assert connection.execute("select count(*) from slack_installations").fetchone() == (3,)

    asyncio.run(main())


NAMES = ("installations", "bots")


@every
def test_a_renewed_token_is_found(url, tmp_path):
    """The newest, by bot and by installation; of an app without scopes of its bot, too."""

    async def main():
        async with opened(url, tmp_path) as store, FakeSlack(app=App(rotation=True)) as slack:
            from interfaces.slack.installations.client import web_client
            from interfaces.slack.installations.rotation import Rotation

            here, records = Place(None, "T1"), Records(store)
            await store.async_save(grants(slack, user=True, installed_at=1_600_000_000.0))
            rotation = Rotation(records, web_client(slack.api_url), ("1.1", "fake-client-secret"), spread=0.0)
            made = (await rotation.fresh(here)).installation()
            found = (await records.read(here)).installation()
            assert found == made and slack.world.tokens[found.token].refresh
            assert len(slack.called("oauth.v2.access")) == 2

    asyncio.run(main())


@every
def test_an_organisation_is_kept(url, tmp_path):
    """Without a team."""

    async def main():
        async with opened(url, tmp_path) as store:
            await store.async_save(
                granted(None, enterprise_id="E1", is_enterprise_install=True, user_scopes="")
            )
            found = (await Records(store).read(Place("E1", None))).installation()
            assert (found.key, found.team_id, found.is_enterprise_install) == ("E1", None, True)

    asyncio.run(main())


@pytest.mark.parametrize("url", KINDS[:2], ids=["file", "sqlite"])
@pytest.mark.parametrize("before", [False, True], ids=["new", "old"])
def test_nobody_else_may_read_it(url, tmp_path, before):
    """Tokens are for who runs the server; a folder that is there already is closed."""
    if before:
        (tmp_path / "tokens" / "1.1").mkdir(parents=True, mode=0o755)

    async def main():
        async with opened(url, tmp_path) as store:
            await store.async_save(granted())

    asyncio.run(main())
    place = tmp_path / ("tokens/1.1" if url.startswith("file") else "tokens.db")
    assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("url", KINDS[:2], ids=["file", "sqlite"])
def test_where_nothing_can_be_kept(url, tmp_path):
    """Is a mistake in the settings, told in a line."""
    (tmp_path / "tokens").touch()
    (tmp_path / "tokens.db").mkdir()

    async def main():
        async with opened(url, tmp_path):
            pass

    with pytest.raises(ConfigError, match="--slack-installations"):
        asyncio.run(main())


def test_what_is_no_database(tmp_path):
    """Likewise."""
    (tmp_path / "tokens.db").write_bytes(b"no database at all, but some text that is long" * 10)

    async def main():
        async with opened(KINDS[1], tmp_path):
            pass

    with pytest.raises(ConfigError, match="not a database"):
        asyncio.run(main())


def test_an_error_of_sqlite_is_not_nobody(tmp_path):
    """slack_sdk's store logs it and finds nothing, which would lose events."""

    async def main():
        async with opened(KINDS[1], tmp_path) as store:
            await store.async_save(granted())
            with sqlite3.connect(tmp_path / "tokens.db") as connection:
                connection.execute("drop table slack_bots")
            connection.close()
            for call in (store.async_find_bot, store.async_delete_bot):
                with pytest.raises(Unavailable, match="slack_bots"):
                    await call(enterprise_id=None, team_id="T1")

    asyncio.run(main())


def test_two_processes_make_the_tables(tmp_path):
    """Any order does, and one that was killed between its tables."""

    async def main():
        with closing(sqlite3.connect(tmp_path / "tokens.db")) as connection:
            connection.execute(next(words for words in _schema() if "slack_bots" in words))
        stores = [open_store(KINDS[1].format(tmp_path), "1.1") for _ in range(4)]
        await asyncio.gather(*(store.prepare() for store in stores))
        for store in stores:
            await store.store.async_save(granted())
            await store.close()

    asyncio.run(main())


def test_a_file_that_is_gone_is_made_again(tmp_path):
    """Where somebody has removed it while the server runs, it is unavailable, and works once its tables are there."""

    async def main():
        async with opened(KINDS[1], tmp_path) as store:
            (tmp_path / "tokens.db").unlink()
            with pytest.raises(Unavailable):
                await store.async_find_bot(enterprise_id=None, team_id="T1")

    asyncio.run(main())


@every
def test_nothing_is_left_open(url, tmp_path):
    """No connection waits for the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        async def main():
            async with opened(url, tmp_path) as store:
                await store.async_save(granted())
                await store.async_find_bot(enterprise_id=None, team_id="T1")
                assert "secret" not in repr(store) and "xox" not in repr(store)

        asyncio.run(main())
        gc.collect()
